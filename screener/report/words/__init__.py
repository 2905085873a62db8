"""Words of what is not the page: one file each."""

"""Pure functions: how good, how sure, which band."""

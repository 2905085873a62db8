"""Where facts come from: files, providers, the synthetic market."""

"""DuckDB, append-only facts: the only side that writes."""

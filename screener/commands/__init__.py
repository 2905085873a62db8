"""One file per command: parse, ask the front door, show."""

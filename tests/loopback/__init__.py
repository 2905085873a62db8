"""Stand-in for the providers on 127.0.0.1: their formats, their faults, invented figures."""

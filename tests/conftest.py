"""What holds for every test."""

from __future__ import annotations

import signal

# Tests started in the background inherit that Ctrl-C is ignored, and so do the processes they start and stop.
signal.signal(signal.SIGINT, signal.default_int_handler)

"""What holds for every test."""

from __future__ import annotations

import os
import signal

from hypothesis import settings

# Tests started in the background inherit that Ctrl-C is ignored, and so do the processes they start and stop.
signal.signal(signal.SIGINT, signal.default_int_handler)

# English, whatever the locale of the machine; tests of the languages say which they mean.
os.environ["SCREENER_LANG"] = "en"

# No deadline: on two busy cores an example takes as long as it takes. What hangs is stopped by pytest's `timeout`.
settings.register_profile("screener", deadline=None)
settings.load_profile("screener")

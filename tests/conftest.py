"""What holds for every test."""

from __future__ import annotations

import os
import signal

import pytest
from hypothesis import settings

from tests.cases import LONG, drawn

# Tests started in the background inherit that Ctrl-C is ignored, and so do the processes they start and stop.
signal.signal(signal.SIGINT, signal.default_int_handler)

# English, whatever the locale of the machine; tests of the languages say which they mean.
os.environ["SCREENER_LANG"] = "en"

# No deadline: on two busy cores an example takes as long as it takes. What hangs is stopped by pytest's `timeout`.
settings.register_profile("screener", deadline=None, max_examples=drawn(100))
settings.load_profile("screener")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests marked `long` are left to SCREENER_LONG=1, as `make soak` has it."""
    if LONG:
        return
    left = [item for item in items if item.get_closest_marker("long")]
    config.hook.pytest_deselected(items=left)
    items[:] = [item for item in items if not item.get_closest_marker("long")]

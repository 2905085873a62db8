"""What is being done, for somebody who waits at a terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Timer

PATIENCE = 1.0  # seconds before anything is shown


@contextmanager
def working(text: str) -> Iterator[None]:
    """A spinner on stderr while the block runs, shown once it has lasted a second; nothing where stderr is no terminal.

    The block must not print: what it wrote to stdout would go through the spinner.
    """
    from screener.report.lines import console
    from screener.report.words import told

    shown = console(stderr=True)
    # FORCE_COLOR makes rich take a pipe for a terminal, TERM=dumb cannot erase a line.
    if not sys.stderr.isatty() or not shown.is_interactive:
        yield
        return
    status = shown.status(f"{told(text)} …")
    timer = Timer(PATIENCE, status.start)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()  # it may be starting the spinner right now
        status.stop()

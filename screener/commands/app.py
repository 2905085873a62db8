"""The process of the command line.

1. Before any library is loaded, the collector is told to look seldom and pydantic to look for no plugins: importing
   makes many objects and no garbage, and the search reads the metadata of every package that is installed. Matrices
   are small here: threads of BLAS that wait for the next one would cost twice what they do.
2. `answer` answers words (`answering`), `main` the words of the process, which then ends with their exit code.
"""

from __future__ import annotations

import atexit
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from io import TextIOWrapper

from screener.core.collecting import seldom


def main() -> None:
    """The process: answers its own words, then ends with their exit code. Python code calls `answer`."""
    seldom()
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    code, stopped = [1], []  # 1: of an exception that nobody catches
    for stream in (sys.stdout, sys.stderr):  # a terminal of few letters gets the others as escapes
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    # Registered first, so called last, after what libraries do at the end of a process.
    atexit.register(lambda: _end(code[0]))

    def stop(number: int, frame: object) -> None:
        stopped.append(number)
        raise KeyboardInterrupt

    for name in ("SIGINT", "SIGTERM", "SIGHUP"):  # else files of ours would be left where temporary ones are
        number = getattr(signal, name, None)
        if number and signal.getsignal(number) in (signal.default_int_handler, signal.SIG_DFL):
            signal.signal(number, stop)  # a job in the background may not hear one of them at all
    try:
        code[0] = answer(sys.argv[1:])
    except BaseException:  # DuckDB makes errors of its own out of a Ctrl-C
        if not stopped:
            raise
        from screener.commands.answering import stopped_by_hand

        code[0] = stopped_by_hand()
    if stopped and code[0] == 128 + signal.SIGINT:
        code[0] = 128 + stopped[0]  # as a shell says it


def answer(words: Sequence[str]) -> int:
    """Runs the command line `words`; returns the exit code."""
    from screener.commands.answering import answered

    return answered(words)


def _end(code: int) -> None:
    """Ends the process as it stands: to take the interpreter apart first takes a seventh of a screen's time."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError):  # said before, or nobody there to be told
            print(end="", file=stream, flush=True)
    os._exit(code)

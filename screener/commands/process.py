"""The process of the command line.

1. Before any library is loaded, the collector is told to look seldom and pydantic to look for no plugins: importing
   makes many objects and no garbage, and the search reads the metadata of every package that is installed. Matrices
   are small here: threads of BLAS that wait for the next one would cost twice what they do.
2. The words of the process are answered, and it ends with their exit code. A Ctrl-C, and what else ends a process, is
   one line; another one, while that line is said, ends it at once.
"""

from __future__ import annotations

import atexit
import os
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from io import TextIOWrapper

from screener.core.collecting import seldom

_ENDING = ("SIGINT", "SIGTERM", "SIGHUP")  # unheard, they would leave files of ours where temporary ones are


def run(answer: Callable[[Sequence[str]], int]) -> None:
    """Answers the words of the process; its exit code is that of the answer."""
    seldom()
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    code, stopped = [1], []  # 1: of an exception that nobody catches

    def stop(number: int, frame: object) -> None:
        stopped.append(number)
        raise KeyboardInterrupt

    try:
        # Registered first, so called last, after what libraries do at the end of a process.
        atexit.register(lambda: _end(code[0]))
        for stream in (sys.stdout, sys.stderr):  # a terminal of few letters gets the others as escapes
            if isinstance(stream, TextIOWrapper):
                stream.reconfigure(errors="backslashreplace")
        _hear(stop)
        code[0] = answer(sys.argv[1:])
    except BaseException as error:  # DuckDB makes errors of its own out of a Ctrl-C
        if not stopped and not isinstance(error, KeyboardInterrupt):
            raise
        _hear(signal.SIG_DFL)
        from screener.commands.answering import stopped_by_hand

        code[0] = stopped_by_hand()
    if stopped and code[0] == 128 + signal.SIGINT:
        code[0] = 128 + stopped[0]  # as a shell says it


def _hear(handler: Callable[[int, object], None] | signal.Handlers) -> None:
    """Sets what a signal does; a job in the background may not hear one of them at all."""
    for name in _ENDING:
        number = getattr(signal, name, None)
        if number and signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, handler)


def _end(code: int) -> None:
    """Ends the process as it stands: to take the interpreter apart first takes a seventh of a screen's time."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError):  # said before, or nobody there to be told
            print(end="", file=stream, flush=True)
    os._exit(code)

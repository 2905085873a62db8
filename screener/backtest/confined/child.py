"""`python -m screener.backtest.confined.child`: the process in which strategies run.

1. Rights are given up first; then everything is imported that a strategy may use; no market was ever seen here.
2. Each message on the control socket brings the socket of one run: a fork of this process serves it and ends.
3. A run: the text is loaded behind the barrier, then each question brings what became known, and is answered by the
   decision of every set of parameters, or by the sentence of what went wrong.
"""

from __future__ import annotations

import gc
import os
import signal
import socket
import sys
from contextlib import suppress
from importlib import import_module
from pathlib import Path

from screener.backtest.confined import landlock
from screener.backtest.confined.readable import readable
from screener.backtest.confined.wire import HOST, Wire
from screener.core.collecting import seldom

_IMPORTED = (
    "screener.backtest.confined.senses",
    "screener.backtest.confined.serving",
    "screener.backtest.event_driven",
    "screener.screen.factors",
    "screener.screen.ranking",
)


def main() -> None:
    """Arguments: `fork` and the number of the control socket's descriptor, or `once` and a port of this machine; then
    `landlock`, or `hook` to leave that out."""
    os.dup2(2, 1)  # what a strategy prints does not mix with results
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who asked ends this process
    how, number, barrier = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    word = sys.stdin.buffer.read()
    sock = socket.create_connection((HOST, number)) if how == "once" else socket.socket(fileno=number)
    with suppress(OSError):  # where memory runs out, the kernel ends this process first
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")
    allowed = readable()
    version = landlock.restrict(allowed) if barrier == "landlock" else 0
    _limit_memory()
    seldom()
    _prepare(allowed)
    if how == "once":
        sock.sendall(word + bytes([version]))
        _serve(sock, allowed)
    else:
        _fork_for_each(sock, allowed, version)


def _limit_memory() -> None:
    """To half of what there is, where the system can: what takes more fails in its own process."""
    with suppress(ImportError, OSError, ValueError):
        import resource

        half = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
        resource.setrlimit(resource.RLIMIT_DATA, (half, half))


def _prepare(allowed: list[Path]) -> None:
    """Imports what every run needs, and what strategies import most; further modules come from what may be read."""
    for name in _IMPORTED:
        import_module(name)
    known = [str(path) for path in allowed]
    sys.path[:] = [entry for entry in sys.path if any(Path(entry).is_relative_to(root) for root in known)]


def _fork_for_each(control: socket.socket, allowed: list[Path], version: int) -> None:
    running: list[int] = []
    gc.freeze()  # what is there now is shared by all forks, and not copied by a look at what is unused
    with suppress(ConnectionError):  # whoever asked may be gone by now; the next message tells
        control.sendall(bytes([version]))
    while True:
        given = _next(control)
        if given is None:  # whoever asked is gone, and so is what it asked for
            for pid in running:
                with suppress(OSError):
                    os.kill(pid, signal.SIGKILL)
                    os.waitpid(pid, 0)
            return
        running = [pid for pid in running if os.waitpid(pid, os.WNOHANG)[0] == 0]
        pid = os.fork()
        if not pid:
            control.close()
            os.setsid()  # it is ended with all that it may have started
            if version:
                landlock.apart()
            _serve(socket.socket(fileno=given), allowed)
            os._exit(0)
        os.close(given)
        running.append(pid)
        with suppress(ConnectionError):
            control.sendall(pid.to_bytes(8, "little"))


def _next(control: socket.socket) -> int | None:
    """The socket on which the next run is asked; None where nobody asks any more."""
    try:
        message, given, _, _ = socket.recv_fds(control, 1, 1)
    except ConnectionError:
        return None
    return given[0] if message else None


def _serve(sock: socket.socket, allowed: list[Path]) -> None:
    from screener.backtest.confined.serving import Serving

    with suppress(EOFError, ConnectionError):
        Serving(Wire(sock), allowed).serve()


if __name__ == "__main__":
    main()

"""`python -m screener.backtest.confined.child`: the process in which strategies run.

1. Rights are given up first; then everything is imported that a strategy may use; no market was ever seen here.
2. Each message on the control socket brings the socket of one run: a fork of this process serves it and ends.
3. A run: the text is loaded behind the barrier, then each question brings what became known, and is answered by the
   decision of every set of parameters, or by the sentence of what went wrong.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
from contextlib import suppress
from importlib import import_module
from pathlib import Path

from screener.backtest.confined import landlock
from screener.backtest.confined.readable import readable

HOST = "127.0.0.1"
_IMPORTED = (
    "screener.backtest.confined.senses",
    "screener.backtest.confined.serving",
    "screener.backtest.event_driven",
    "screener.screen.factors",
    "screener.screen.ranking",
)


def main() -> None:
    """Arguments: `fork` and the number of the control socket's descriptor, or `once` and a port of this machine."""
    os.dup2(2, 1)  # what a strategy prints does not mix with results
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who asked ends this process
    how, number = sys.argv[1], int(sys.argv[2])
    sock = socket.create_connection((HOST, number)) if how == "once" else socket.socket(fileno=number)
    allowed = readable()
    version = landlock.restrict(allowed)
    _prepare(allowed)
    if how == "once":
        sock.sendall(bytes([version]))
        _serve(sock, allowed)
    else:
        _fork_for_each(sock, allowed, version)


def _prepare(allowed: list[Path]) -> None:
    """Imports what every run needs, and what strategies import most; further modules come from what may be read."""
    for name in _IMPORTED:
        import_module(name)
    known = [str(path) for path in allowed]
    sys.path[:] = [entry for entry in sys.path if any(Path(entry).is_relative_to(root) for root in known)]


def _fork_for_each(control: socket.socket, allowed: list[Path], version: int) -> None:
    running: list[int] = []
    control.sendall(bytes([version]))
    while True:
        message, given, _, _ = socket.recv_fds(control, 1, 1)
        if not message:  # whoever asked is gone, and so is what it asked for
            for pid in running:
                with suppress(OSError):
                    os.kill(pid, signal.SIGKILL)
            return
        running = [pid for pid in running if os.waitpid(pid, os.WNOHANG)[0] == 0]
        pid = os.fork()
        if not pid:
            control.close()
            _serve(socket.socket(fileno=given[0]), allowed)
            os._exit(0)
        os.close(given[0])
        running.append(pid)
        control.sendall(pid.to_bytes(8, "little"))


def _serve(sock: socket.socket, allowed: list[Path]) -> None:
    from screener.backtest.confined.serving import Serving
    from screener.backtest.confined.wire import Wire

    with suppress(EOFError):
        Serving(Wire(sock), allowed).serve()


if __name__ == "__main__":
    main()

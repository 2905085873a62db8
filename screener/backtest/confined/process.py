"""The process strategies run in, from the side of whoever asks: one that forks for each run, started once.

Elsewhere than on Linux (Windows cannot fork; on macOS libraries do not stand it) each run is a process of its own that
connects to a port of this machine, and says a word that only it was told.
"""

from __future__ import annotations

import atexit
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from screener.backtest.confined.wire import HOST, WORD, Wire
from screener.core.errors import ScreenerError
from screener.core.undisturbed import undisturbed

_MODULE = "screener.backtest.confined.child"
_FORKS = sys.platform.startswith("linux")
_LANDLOCK = True  # where the kernel has it; the tests take it away
_STARTS_WITHIN = 60.0  # seconds
_KEPT = ("SYSTEMROOT", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "TZ", "LANG", "LC_ALL", "PYTHONUTF8")


class Opened:
    """A run: its wire, how it is confined, how it is ended at once."""

    def __init__(self, wire: Wire, version: int, kill: Callable[[], None]) -> None:
        self.wire, self.kill = wire, kill
        self.how = (
            f"confined by Landlock (version {version}) and an audit hook"
            if version
            else "behind an audit hook only: no Landlock on this system"
        )


class Place:
    """The process that forks. Raises ScreenerError where it does not start."""

    def __init__(self) -> None:
        self._control, theirs = socket.socketpair()
        self._owner, self._lock = os.getpid(), threading.Lock()
        with theirs:
            self._process = _started(["fork", str(theirs.fileno())], descriptors=(theirs.fileno(),))
        self._version = -1
        atexit.register(self.close)

    @property
    def alive(self) -> bool:
        """False after it died, or in a fork of the process that made it."""
        return self._owner == os.getpid() and self._process.poll() is None

    def open(self) -> Opened:
        """A run of its own."""
        with self._lock:
            self._control.settimeout(_STARTS_WITHIN)
            if self._version < 0:
                self._version = self._read(1)[0]
            ours, theirs = socket.socketpair()
            with theirs:
                socket.send_fds(self._control, [b"!"], [theirs.fileno()])
            pid = int.from_bytes(self._read(8), "little")
        return Opened(Wire(ours), self._version, lambda: _kill(pid))

    def _read(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            got = self._control.recv(size - len(data))
            if not got:
                raise EOFError
            data += got
        return data

    def close(self) -> None:
        """Ends it, and what it forked."""
        if self._owner == os.getpid():
            self._control.close()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(5)


_place: list[Place] = []


def prepare() -> None:
    """Starts the process, so that it is ready when it is needed; costs this process a few milliseconds."""
    if _FORKS and not (_place and _place[0].alive):
        _place[:] = [Place()]


def opened() -> Opened:
    """A run in a process of its own. Raises ScreenerError where none can be started."""
    try:
        if not _FORKS:
            return _once()
        prepare()
        return _place[0].open()
    except (OSError, EOFError) as error:
        raise ScreenerError("no process for strategies can be started", got=str(error) or "it ended at once") from error


def _once() -> Opened:
    word = secrets.token_bytes(WORD)
    with socket.create_server((HOST, 0)) as server:
        server.settimeout(_STARTS_WITHIN)
        process = _started(["once", str(server.getsockname()[1])], word=word)
        try:
            ours, said = server.accept()[0], b""
            ours.settimeout(_STARTS_WITHIN)
            while len(said) <= WORD and (more := ours.recv(WORD + 1 - len(said))):
                said += more
        except OSError:
            _end(process)
            raise
    if said[:WORD] != word or len(said) <= WORD:
        _end(process)
        raise OSError("somebody else answered on its port")
    return Opened(Wire(ours), said[WORD], lambda: _end(process))


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()


def _started(arguments: list[str], *, descriptors: tuple[int, ...] = (), word: bytes = b"") -> subprocess.Popen[bytes]:
    """With nothing of this process's environment but where modules are found; `word` is told on its input."""
    path = [str(Path(entry).resolve()) for entry in sys.path if entry]
    environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
    environment |= {
        "PYTHONPATH": os.pathsep.join(path),
        "PYTHONHASHSEED": "0",  # the order of a set is the same in every run
        "PYTHONDONTWRITEBYTECODE": "1",
        "OPENBLAS_NUM_THREADS": "1",  # a fork takes no threads along
        "OMP_NUM_THREADS": "1",
    }
    how = "landlock" if _LANDLOCK else "hook"
    words = [sys.executable, "-m", _MODULE, *arguments, how]
    with undisturbed():
        process = subprocess.Popen(words, pass_fds=descriptors, env=environment, stdin=subprocess.PIPE)  # noqa: S603
    if process.stdin is not None:
        with process.stdin:
            process.stdin.write(word)
    return process


def _kill(pid: int) -> None:
    """The run, and whatever it started."""
    for kill in (os.killpg, os.kill):  # a run that did not come to lead a group yet is killed alone
        with suppress(ProcessLookupError, PermissionError):
            kill(pid, signal.SIGKILL)

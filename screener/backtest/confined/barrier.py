"""An audit hook of Python: what a strategy may not do is refused before it happens, in one sentence.

1. Python raises an event before it opens a file, makes a socket, starts a program, loads a library, walks its memory.
   A hook hears them all and cannot be taken off again.
2. Whoever asks, a file outside Python's own and the libraries', any writing, a connection and a program are refused.
3. The strategy itself is refused more: walking memory and frames, loading code, and the clock, the environment and
   random numbers without a seed, which are no facts of the market.
4. A refusal that the strategy swallowed is told all the same: it is kept, and asked for after each decision.

What reads in native code without an event is only stopped by the operating system (`landlock`), where it can. The hook
is made of Python as well: a strategy that is set on it can take it apart from inside. What then still holds is that its
process was told nothing later, and what the kernel refuses.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Collection
from pathlib import Path
from types import FrameType
from typing import Any

from screener.core.errors import StrategyError

EXPECTED = "everything from the panel, where each row has its known_at"
_ALWAYS = {  # event, or how it begins → what was tried
    "socket.": "opens a connection",
    "subprocess.Popen": "starts a program",
    "os.system": "starts a program",
    "os.exec": "starts a program",
    "os.spawn": "starts a program",
    "os.posix_spawn": "starts a program",
    "os.startfile": "starts a program",
    "os.fork": "starts a process",
    "os.kill": "sends a signal",
    "sqlite3.": "opens a database",
    "urllib.": "opens a connection",
    "os.remove": "removes a file",
    "os.rename": "renames a file",
    "os.mkdir": "makes a folder",
    "shutil.": "copies or removes files",
    "_thread.": "starts a thread",
    "sys.addaudithook": "hooks into Python",
    "gc.get_": "walks through memory by gc",
    "sys._current_frames": "looks at the frames that call it",
    "sys.set": "watches what else runs",
    "mmap.": "maps memory",
    "signal.": "sets or sends a signal",
    "setopencodehook": "hooks into Python",
}
_BY_ITSELF = {
    "ctypes.": "reaches into memory by ctypes",
    "sys._getframe": "looks at the frames that call it",
    "marshal.": "loads code",
    "pickle.": "loads code",
    "code.__new__": "makes code",
    "function.__new__": "makes code",
    "object.__getattr__": "looks behind a function or a frame",
    "os.listdir": "lists a folder",
    "os.scandir": "lists a folder",
}
_CONFINED = "screener.backtest.confined"
_BARRED: tuple[str, ...] = (
    "duckdb",
    "requests",
    "akshare",
    "screener.store",
    "screener.sources",
)
_BARRED += ("screener.research", "screener.commands", _CONFINED)
_PASSED_ON = (__file__, str(Path(__file__).with_name("senses.py")), "ctypes/__init__.py", "inspect.py")
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


class Barrier:
    """What was refused in this process, and the hook that refuses. `file`: the strategy's, by which it is known."""

    def __init__(self, file: str, readable: Collection[Path], *, active: Callable[[], bool] = lambda: True) -> None:
        self.file, self.active = file, active
        self.refused: list[StrategyError] = []
        self._readable = tuple(str(path) for path in readable)
        self._busy = False

    def raise_refused(self) -> None:
        """Raises the first refusal since the last time, even if the strategy swallowed it."""
        if self.refused:
            first, self.refused[:] = self.refused[0], []
            raise first

    def install(self) -> None:
        """For the rest of this process."""
        sys.addaudithook(self.hear)

    def forget_itself(self) -> None:
        """Takes the modules of the barrier out of reach: asked for again, they are refused."""
        for name in [name for name in sys.modules if _within(name, _CONFINED)]:
            del sys.modules[name]
        vars(sys.modules["screener.backtest"]).pop("confined", None)

    def hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        """One event of Python's. Raises StrategyError for what is refused."""
        if self._busy or not self.active():
            return
        self._busy = True  # looking at the frames is an event as well
        try:
            told = self._told(event, arguments)
        finally:
            self._busy = False
        if told:
            self.refuse(*told)

    def refuse(self, what: str, got: str = "") -> None:
        """Keeps and raises the refusal."""
        self._busy = True
        where = self._where()
        self._busy = False
        error = StrategyError(f"LOOK-AHEAD: the strategy {what}", where=where, got=got or None, expected=EXPECTED)
        self.refused.append(error)
        raise error

    def _told(self, event: str, arguments: tuple[Any, ...]) -> tuple[str, str] | None:
        """(What was tried, on what); None where it may go on."""
        first = str(arguments[0]) if arguments else ""
        if event == "open":
            return self._opening(arguments)
        if event == "import" and any(_within(first, name) for name in _BARRED):
            return f"imports {first}", ""
        if event == "import" and first in ("sqlite3", "_sqlite3") and self.asked_directly():  # libraries load it too
            return f"imports {first}", ""
        what = _of(event, _ALWAYS) or (self.asked_directly() and _of(event, _BY_ITSELF)) or ""
        return (what, "" if event.startswith(("object.", "sys.", "code.")) else first[:80]) if what else None

    def _opening(self, arguments: tuple[Any, ...]) -> tuple[str, str] | None:
        path, _, flags = (*arguments, None, 0)[:3]
        if isinstance(path, int):
            return None
        name = os.path.realpath(os.fsdecode(path))
        writes = isinstance(flags, int) and flags & _WRITING
        inside = name == os.path.realpath(self.file)  # Python looks there for the line of a syntax error
        inside = inside or any(name == root or name.startswith(root + os.sep) for root in self._readable)
        if inside and not writes and not self.asked_directly():
            return None
        return ("writes a file" if writes else "opens a file"), name

    def only_libraries(self, what: str) -> None:
        """Refuses the strategy's own line; what a library does for itself goes on."""
        if self.active() and self.asked_directly():
            self.refuse(what)

    def asked_directly(self) -> bool:
        """True where a line of the strategy, or code that it made, calls what raised the event."""
        busy, self._busy = self._busy, True
        name = _outside(sys._getframe())
        self._busy = busy
        return name in (self.file, "<string>")

    def _where(self) -> str:
        """`file:line` of the strategy's innermost line."""
        frame: FrameType | None = sys._getframe()
        while frame is not None and frame.f_code.co_filename != self.file:
            frame = frame.f_back
        return self.file if frame is None else f"{self.file}:{frame.f_lineno}"


def no_answer(where: str, seconds: float) -> StrategyError:
    """Of a strategy that took longer than it may: whether it would have come to an end nobody knows."""
    return StrategyError(
        "the strategy hangs and was stopped",
        where=where,
        got=f"no answer in {seconds:g} s",
        next_step=f"backtest or check-strategy with --patience {6 * seconds:g}, if it only needs longer",
    )


def _within(name: str, root: str) -> bool:
    return name == root or name.startswith(f"{root}.")


def _of(event: str, told: dict[str, str]) -> str:
    return next((what for name, what in told.items() if event.startswith(name)), "")


def _outside(frame: FrameType | None) -> str:
    """The file of the innermost frame that is not of the barrier, nor of a module that only passes the call on."""
    while frame is not None and frame.f_code.co_filename.endswith(_PASSED_ON):
        frame = frame.f_back
    return "" if frame is None else frame.f_code.co_filename

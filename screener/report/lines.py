"""Lines on their way to stdout: with colours at a terminal, through rich; as they are where nobody would see any.

To import rich and to print a table through it takes a fifth of a small screen's time, which a pipe need not wait for.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from rich.console import Console

NARROWEST = 40  # characters
_USUAL = 80  # where nothing tells how wide the terminal is
_BY_HAND = ("FORCE_COLOR", "TTY_COMPATIBLE")  # what makes rich take a pipe for a terminal
_STREAMS = (1, 2) if sys.platform == "win32" else (0, 1, 2)  # that may be a terminal, in the order in which rich looks


class Line:
    """A line in parts, each with a style of rich."""

    def __init__(self, text: str = "", style: str = "") -> None:
        self.parts = [(text, style)]

    def append(self, text: str, style: str = "") -> None:
        """One more part at the end."""
        self.parts.append((text, style))

    def rstrip(self) -> None:
        """Without blanks at the end."""
        while self.parts and not self.parts[-1][0].rstrip():
            self.parts.pop()
        if self.parts:
            text, style = self.parts[-1]
            self.parts[-1] = (text.rstrip(), style)


class Screen(Protocol):
    """Where lines go: already brought to its width."""

    @property
    def width(self) -> int:
        """In characters."""

    def put(self, line: Line) -> None:
        """Prints a line; nothing of it is cut."""


class _Plain:
    """A pipe, a file."""

    def __init__(self) -> None:
        self.width = max(NARROWEST, _width())

    def put(self, line: Line) -> None:
        print("".join(text for text, _ in line.parts), flush=True)  # what is said on stderr afterwards stands after it


class _Coloured:
    """A terminal."""

    def __init__(self) -> None:
        self._console = console()
        self.width = self._console.width

    def put(self, line: Line) -> None:
        from rich.text import Text

        self._console.print(Text.assemble(*line.parts), no_wrap=True, overflow="ignore", crop=False)


def screen() -> Screen:
    """What stdout is now."""
    return _Coloured() if sys.stdout.isatty() or any(name in os.environ for name in _BY_HAND) else _Plain()


def console(*, stderr: bool = False) -> Console:
    """rich's own, that honours NO_COLOR and the width of the terminal, as far as something can be read in it."""
    from rich.console import Console

    made = Console(stderr=stderr, highlight=False, soft_wrap=False)
    if made.width < NARROWEST:
        made.width = NARROWEST
    return made


def _width() -> int:
    """As rich finds it: $COLUMNS, else that of the terminal, else the usual one."""
    told = os.environ.get("COLUMNS", "")
    if told.isdigit():
        return int(told) or _USUAL
    for stream in _STREAMS:
        try:
            return os.get_terminal_size(stream).columns or _USUAL
        except (ValueError, OSError):
            continue  # no terminal
    return _USUAL

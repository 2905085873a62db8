"""Paths that a user names to be read: a regular file or a folder, and nothing that never ends or never answers.

1. A path is looked at before it is opened: opening a FIFO waits for ever, and a device has no end.
2. What is not there passes: whoever reads it says so in words of its own.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

from screener.core.errors import DataRefused, ScreenerError

_OTHERS: tuple[tuple[Callable[[int], bool], str], ...] = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a FIFO"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISSOCK, "a socket"),
)
NUL = "a name with a NUL byte"


def readable(path: Path | str, *, folder: bool = False, error: type[ScreenerError] = DataRefused) -> Path:
    """`path`, fit to be opened: a regular file, with `folder` also a folder, or nothing.

    Raises `error` for anything else, and for a name that the system does not take.
    """
    found = Path(path)
    try:
        mode = found.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return found
    except OSError as fault:
        raise error("cannot read there", where=str(found), got=fault.strerror) from None
    except ValueError:
        raise error("cannot read there", where=repr(str(found)), got=NUL) from None
    if not (stat.S_ISREG(mode) or (folder and stat.S_ISDIR(mode))):
        expected = "a file or a folder" if folder else "a file"
        raise error("cannot read there", where=str(found), got=what_it_is(mode), expected=expected)
    if not os.access(found, os.R_OK):
        raise error("cannot read there", where=str(found), got="Permission denied")
    return found


def state_of(path: Path) -> tuple[int, int]:
    """Size and time of the last change: where they are others than before, so is the file. Raises OSError."""
    found = path.stat()
    return found.st_size, found.st_mtime_ns


def what_it_is(mode: int) -> str:
    """The word for a file of that mode: a FIFO, a device …"""
    return next((word for is_it, word in _OTHERS if is_it(mode)), "a file")

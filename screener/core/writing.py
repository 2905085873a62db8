"""The one way a file or folder of ours is written: whole or not at all, and never over what is not ours.

1. The path is followed to where it leads, through symbolic links; what lies there is looked at, not only named.
2. A file that is there is replaced only where its first bytes are of the kind to be written. A database, whatever its
   name and however it is linked, a FIFO, a device and a folder are never replaced.
3. `fill` writes a draft beside it; the draft reaches the disk, then takes the place of the file.
4. What goes wrong ends in one sentence, and what was there is still there.
"""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from screener.core.errors import ScreenerError
from screener.core.reading import NUL, what_it_is

ANSWER = "screener-answer"  # pages and workbooks say so of themselves: they are not read back as facts
_HEAD = 4096  # bytes that tell a kind


def is_database(head: bytes) -> bool:
    """True for the first bytes of a DuckDB file."""
    return head[8:12] == b"DUCK"


def _is_text(head: bytes) -> bool:
    if b"\0" in head:
        return False
    try:
        head.decode()
    except UnicodeDecodeError as error:
        return len(head) == _HEAD and error.start > _HEAD - 4  # a character that the end of the head cuts
    return True


_KINDS: dict[str, Callable[[bytes], bool]] = {
    "html": lambda head: head.removeprefix(b"\xef\xbb\xbf").lstrip().lower().startswith(b"<!doctype html"),
    "csv": _is_text,
    "xlsx": lambda head: head.startswith(b"PK\x03\x04"),
    "parquet": lambda head: head.startswith(b"PAR1"),
    "png": lambda head: head.startswith(b"\x89PNG"),
    "svg": lambda head: b"<svg" in head and _is_text(head),
    "duckdb": is_database,
    "py": lambda head: False,  # code of somebody is never replaced
}


def written(path: Path, fill: Callable[[Path], object], *, kind: str) -> Path:
    """Writes a file of a kind (html, csv, xlsx, parquet, png, svg, py); returns where it lies.

    `fill` writes all of it to the path it is given, which has no telling ending, and raises OSError where it cannot.
    Raises ScreenerError where it cannot be written or something else lies there; what was there is then untouched.
    """
    target = replaceable(path, kind=kind)
    folder(target.parent, named=path, option="FILE")
    draft = target.with_name(f".{secrets.token_hex(6)}.part")  # short: the name itself may be as long as can be
    try:
        fill(draft)
        _reach_the_disk(draft)
        if target.exists():
            draft.chmod(stat.S_IMODE(target.stat().st_mode))
        draft.replace(replaceable(path, kind=kind))
    except OSError as error:
        raise _cannot(path, error.strerror or str(error)) from None
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
    with suppress(OSError):  # not every system can do this with a folder
        _reach_the_disk(target.parent)
    return target


def replaceable(path: Path, *, kind: str) -> Path:
    """Where `path` leads, if a file of that kind may be written there. Raises ScreenerError."""
    try:
        target = Path(os.path.realpath(path))
        try:
            mode = target.lstat().st_mode
        except (FileNotFoundError, NotADirectoryError):
            return target
        if not stat.S_ISREG(mode):
            raise _cannot(path, what_it_is(mode))
        with target.open("rb") as file:
            head = file.read(_HEAD)
    except OSError as error:
        raise _cannot(path, error.strerror or str(error)) from None
    except ValueError:
        raise _cannot(path, NUL) from None
    if is_database(head) and kind != "duckdb":
        raise _cannot(path, "a database, which is left as it is")
    if head and not _KINDS[kind](head):
        raise _cannot(path, f"a file that is no .{kind}, which is left as it is")
    if not os.access(target, os.W_OK):
        raise _cannot(path, "a file that may not be written")
    return target


def folder(path: Path, *, named: Path | None = None, option: str = "DIR") -> Path:
    """A folder to write into, made where it is missing. Raises ScreenerError, which names `named` (default: itself)."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _cannot(named or path, error.strerror or str(error), option) from None
    except ValueError:
        raise _cannot(named or path, NUL, option) from None
    return path


def _cannot(path: Path, got: str, option: str = "FILE") -> ScreenerError:
    shown = str(path) if "\0" not in str(path) else repr(str(path))
    return ScreenerError("cannot write there", where=shown, got=got, next_step=f"name another {option}")


def _reach_the_disk(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

"""What a confined process may read: Python, the libraries and this package's code; never its tables, never a store."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[2]  # the folder `screener`
_TABLES = ("_data", "_strategies")  # packed with the code: announcements of years to come stand there
_SYSTEM: tuple[str, ...] = ("/usr", "/lib", "/lib64", "/etc/ld.so.cache", "/etc/localtime", "/dev/null", "/dev/urandom")
_SYSTEM += ("/proc/cpuinfo", "/sys/devices/system/cpu")


def readable() -> list[Path]:
    """Folders and files. A folder of libraries that holds this package is given entry by entry, without its tables."""
    roots = dict.fromkeys(Path(root).resolve() for root in (sys.prefix, sys.base_prefix, *_SYSTEM))
    libraries = dict.fromkeys(Path(entry).resolve() for entry in sys.path if entry and Path(entry).exists())
    found = [path for root in (*roots, *_installed(libraries)) for path in _without_tables(root)]
    return [*dict.fromkeys(found)]


def _installed(libraries: dict[Path, None]) -> Iterator[Path]:
    """Folders of libraries; of a checkout, or of a folder one works in, only the package."""
    yield _PACKAGE
    for folder in libraries:
        if any(folder.glob("*.dist-info")):
            yield folder


def _without_tables(root: Path) -> Iterator[Path]:
    """The root; where tables of the package lie beneath it, what lies beside the way to them."""
    tables = [_PACKAGE / name for name in _TABLES if (_PACKAGE / name).exists()]
    if not any(table.is_relative_to(root) for table in tables):
        yield root
        return
    if root in tables or not root.is_dir():
        return
    for entry in sorted(root.iterdir()):
        yield from () if entry in tables else _without_tables(entry)

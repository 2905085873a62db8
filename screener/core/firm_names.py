"""A firm by whatever people call it: any spelling of its code, its name, or a part of the name.

1. What reads as a code is one; a code that no board could carry is refused as such.
2. Names are compared in half width and capitals, without blanks and without a leading ST or *ST; former names count.
3. A whole name goes before a part of one. Several firms: all are named. None: the nearest names.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from screener.core.errors import UnknownSymbol
from screener.core.symbols import half_width, parse_symbol

Names = Mapping[str, Sequence[str]]  # symbol → its names, the one of today first
_SHOWN = 8
_CODE = re.compile("[0-9]{5}")
_STATUS = re.compile(r"^\*?S?\*?ST|[\s·・.]")
_LIST = 'screener query "SELECT symbol, name FROM latest_firms"'


def symbol_of(text: str, names: Callable[[], Names]) -> str:
    """The symbol that `text` names; `names` is asked only where it is no code. Raises UnknownSymbol."""
    try:
        return parse_symbol(text)
    except UnknownSymbol:
        if _CODE.search(half_width(text)) or not _plain(text):
            raise
    known = names()
    found = _matching(text, known)
    if len(found) == 1:
        return found[0]
    if found:
        told = f"one of {_told(found, known)}"
        raise UnknownSymbol("several firms have that in their name", got=repr(text), expected=told)
    near = _near(text, known)
    told = f"{_told(near, known)}, or a code" if near else "a name of the store's firms, or six digits like 301396"
    raise UnknownSymbol("no firm of that name", got=repr(text), expected=told, next_step=_LIST)


def _matching(text: str, known: Names) -> list[str]:
    """Symbols whose name it is, else those that have it in a name."""
    asked = _plain(text)
    spelled = {symbol: [_plain(name) for name in called] for symbol, called in known.items()}
    whole = [symbol for symbol, called in spelled.items() if asked in called]
    return whole or [symbol for symbol, called in spelled.items() if any(asked in name for name in called)]


def _near(text: str, known: Names) -> list[str]:
    from difflib import get_close_matches

    owners = {_plain(name): symbol for symbol, called in known.items() for name in called}
    return list(dict.fromkeys(owners[name] for name in get_close_matches(_plain(text), owners, n=3, cutoff=0.45)))


def _told(symbols: Sequence[str], known: Names) -> str:
    """`宏景科技 301396.SZ, … and 3 more`."""
    rest = f" and {len(symbols) - _SHOWN} more" if len(symbols) > _SHOWN else ""
    return ", ".join(f"{known[symbol][0]} {symbol}" for symbol in symbols[:_SHOWN]) + rest


def _plain(name: str) -> str:
    return _STATUS.sub("", half_width(name))

"""Symbols (`301396.SZ`), the board each belongs to, and indices (`000300.SH`): one spelling of each.

1. Text is brought to half width (NFKC) and capitals; digits are those of ASCII.
2. An exchange may stand before or behind the six digits, in any provider's word; two that differ are refused.
3. `000300` alone is the index CSI 300: no stock carries that code.
"""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum
from functools import lru_cache

from screener.core.errors import UnknownSymbol


class Board(StrEnum):
    """Boards with rules of their own."""

    SSE_MAIN = "sse_main"
    SZSE_MAIN = "szse_main"
    CHINEXT = "chinext"
    STAR = "star"
    BSE = "bse"


# 920 starts with 9 but is BSE, not SSE: the longer prefix is asked first.
BOARD_BY_PREFIX = {
    "920": Board.BSE,
    "688": Board.STAR,
    "689": Board.STAR,
    **dict.fromkeys(("600", "601", "603", "605"), Board.SSE_MAIN),
    **dict.fromkeys(("000", "001", "002", "003"), Board.SZSE_MAIN),
    **dict.fromkeys(("300", "301", "302"), Board.CHINEXT),
    **dict.fromkeys(("4", "8"), Board.BSE),
}
_SUFFIX = {Board.SSE_MAIN: "SH", Board.STAR: "SH", Board.SZSE_MAIN: "SZ", Board.CHINEXT: "SZ", Board.BSE: "BJ"}
_EXCHANGES = {
    "SH": "SH",
    "SS": "SH",
    "SSE": "SH",
    "XSHG": "SH",
    "SZ": "SZ",
    "SZSE": "SZ",
    "XSHE": "SZ",
    "BJ": "BJ",
    "BSE": "BJ",
    "XBEI": "BJ",
}
_WORD = "|".join(sorted(_EXCHANGES, key=len, reverse=True))
_SHAPE = re.compile(rf"(?P<before>{_WORD})?[.#:]?(?P<code>[0-9]{{6}})(?:\.(?P<after>{_WORD}))?")
# Index houses are no exchanges; their words stay as they are.
_INDEX = re.compile(
    rf"(?P<before>{_WORD}|CSI)?[.#:]?(?P<code>[0-9]{{6}}|H[0-9]{{5}})(?:\.(?P<after>{_WORD}|[A-Z]{{2,3}}))?"
)
_INDEX_ONLY = frozenset({"000300"})
# Further codes and names of indices this program asks for.
_INDEX_NAMES = {
    "399300.SZ": "000300.SH",
    "CSI300": "000300.SH",
    "HS300": "000300.SH",
    "沪深300": "000300.SH",
    "899001": "899001.GSI",
    "899001.BJ": "899001.GSI",
    "三板成指": "899001.GSI",
    "HSI": "HSI.HI",
    "^HSI": "HSI.HI",
    "恒生指数": "HSI.HI",
    "SPX": "SPX.GI",
    "INX": "SPX.GI",
    ".INX": "SPX.GI",
    "^GSPC": "SPX.GI",
    "标普500": "SPX.GI",
    "IXIC": "IXIC.GI",
    ".IXIC": "IXIC.GI",
    "^IXIC": "IXIC.GI",
}


@lru_cache(maxsize=8192)
def parse_symbol(text: str) -> str:
    """`sz301396`, `301396`, `301396.XSHE`, `301396.SZ` → `301396.SZ`.

    Raises UnknownSymbol for a code of no board or a code on the wrong exchange.
    """
    shape = _SHAPE.fullmatch(half_width(text))
    if not shape:
        raise UnknownSymbol("symbol not understood", got=repr(text), expected="six digits like 301396 or 301396.SZ")
    code, named = shape["code"], _exchanges(shape)
    if code in _INDEX_ONLY and named <= {"SH"}:
        raise UnknownSymbol(
            "the code of an index", got=repr(text), expected="a stock; indices have a table of their own"
        )
    symbol = f"{code}.{_SUFFIX[_board_of_code(code, text)]}"
    if named - {symbol[-2:]}:
        raise UnknownSymbol("symbol on the wrong exchange", got=repr(text), expected=symbol)
    return symbol


@lru_cache(maxsize=1024)
def parse_index(text: str) -> str:
    """`sh000300`, `000300`, `000300.XSHG`, `399300.SZ`, `沪深300` → `000300.SH`; any other name stays as it is.

    Raises UnknownSymbol where two exchanges are named, and for an empty name.
    """
    plain = half_width(text)
    if not plain:
        raise UnknownSymbol("index not understood", got=repr(text), expected="a code like 000300.SH")
    shape = _INDEX.fullmatch(plain)
    if not shape:
        return _INDEX_NAMES.get(plain, plain)
    named = _exchanges(shape)
    if len(named) > 1:
        raise UnknownSymbol("index on two exchanges", got=repr(text), expected="a code like 000300.SH")
    house = next(iter(named), _house(shape["code"]))
    code = f"{shape['code']}.{house}" if house else shape["code"]
    return _INDEX_NAMES.get(code, code)


def half_width(text: str) -> str:
    """Capitals in half width, without blanks at either end."""
    return unicodedata.normalize("NFKC", text).strip().upper()


def _exchanges(shape: re.Match[str]) -> set[str]:
    """The exchanges that a spelling names, in our words."""
    words = (shape["before"], shape["after"])
    return {_EXCHANGES.get(word, word) for word in words if word}


def _house(code: str) -> str:
    """Who publishes the index of a bare code, by its first digits; empty where they do not tell."""
    houses = {"000": "SH", "399": "SZ", "93": "CSI", "H": "CSI"}
    return next((house for first, house in houses.items() if code.startswith(first)), "")


@lru_cache(maxsize=10_000)  # symbols of a whole market, each asked about several times by a screen
def board_of(symbol: str) -> Board:
    """The board of `301396.SZ`, from its code."""
    return _board_of_code(symbol[:6], symbol)


def _board_of_code(code: str, text: str) -> Board:
    for length in (3, 1):
        board = BOARD_BY_PREFIX.get(code[:length])
        if board:
            return board
    raise UnknownSymbol(
        "code of no A-share board", got=repr(text), expected="600/601/603/605, 688, 000–003, 300–302, 920"
    )

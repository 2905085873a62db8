"""Symbols (`301396.SZ`) and the board each belongs to."""

from __future__ import annotations

import re
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
_EXCHANGE_WORDS = {"SH": "SH", "SZ": "SZ", "BJ": "BJ", "SS": "SH", "XSHG": "SH", "XSHE": "SZ", "XBEI": "BJ", "": ""}
_SHAPE = re.compile(r"^(?P<before>SH|SZ|BJ)?\.?(?P<code>\d{6})(?:\.(?P<after>SH|SZ|BJ|SS|XSHG|XSHE|XBEI))?$")


@lru_cache(maxsize=8192)
def parse_symbol(text: str) -> str:
    """`sz301396`, `301396`, `301396.XSHE`, `301396.SZ` → `301396.SZ`.

    Raises UnknownSymbol for a code of no board or a code on the wrong exchange.
    """
    shape = _SHAPE.match(text.strip().upper())
    if not shape:
        raise UnknownSymbol("symbol not understood", got=repr(text), expected="six digits like 301396 or 301396.SZ")
    code = shape["code"]
    symbol = f"{code}.{_SUFFIX[_board_of_code(code, text)]}"
    named = {_EXCHANGE_WORDS[word or ""] for word in (shape["before"], shape["after"])} - {""}
    if named - {symbol[-2:]}:
        raise UnknownSymbol("symbol on the wrong exchange", got=repr(text), expected=symbol)
    return symbol


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

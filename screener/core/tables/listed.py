"""Who is listed, under which name and with which status."""

from __future__ import annotations

import polars as pl

from screener.core.config import EFFECTIVE_TIME
from screener.core.identity import Identity
from screener.core.known import Known, at
from screener.core.symbols import BOARD_BY_PREFIX
from screener.core.table import Column, RowCheck, Table
from screener.core.tables.columns import KNOWN, MAY, NEED, NOTE, SOURCE, SYMBOL, D, T, one_of

_BOARDS = {prefix: str(board) for prefix, board in BOARD_BY_PREFIX.items()}
_BOARD_OF_CODE = pl.coalesce(
    pl.col("symbol").str.slice(0, length).replace_strict(_BOARDS, default=None, return_dtype=pl.String)
    for length in (3, 1)  # the longer prefix is asked first
)

FIRMS = Table(
    "firms",
    "listed firms",
    ("symbol",),
    (
        SYMBOL,
        Column("name", T, NEED, "short name", "宏景科技"),
        one_of("board", NEED, "sse_main | szse_main | chinext | star | bse", "chinext"),
        Column("theme", T, MAY, "compute_leasing where somebody names it so", "compute_leasing"),
        Column("listed", D, MAY, "first day of trading, where a new listing has sessions without a limit", ""),
        Column("delisted", D, MAY, "first day on which the stock is listed no more", ""),
        KNOWN,
        SOURCE,
        NOTE,
    ),
    # Names and boards are old; that a firm belongs to a theme is known when somebody said so.
    known=Known(stated=True),
    packaged=True,
    checks=(
        RowCheck(
            "the board is not that of the code",
            pl.col("board").is_in(list(_BOARDS.values())) & (pl.col("board") != _BOARD_OF_CODE),
            ("symbol", "board"),
            "60 sse_main, 00 szse_main, 30 chinext, 68 star, 92 bse",
        ),
        RowCheck(
            "delisted before it was listed", pl.col("delisted") <= pl.col("listed"), ("listed", "delisted"), "in order"
        ),
    ),
)

ST_SPELLS = Table(
    "st_spells",
    "intervals in which a name carried ST or *ST, or was in the delisting period (退市整理期)",
    ("spell_id",),
    (
        SYMBOL,
        Column("start", D, NEED, "first day it is proven", "2025-06-24"),
        Column("end", D, MAY, "last day it is proven; empty: still", "2026-04-03"),
        one_of("status", NEED, "ST | *ST | delisting", "*ST"),
        Column("evidence", T, MAY, "what proves it"),
        Column("spell_id", T, MAY, "names the spell; empty: the stored one it overlaps, or a new one", ""),
        KNOWN,
        SOURCE,
    ),
    identity=Identity("spell_id", "start", until="end"),
    known=Known(at("start", EFFECTIVE_TIME)),
    packaged=True,
    checks=(
        RowCheck("the spell ends before it starts", pl.col("end") < pl.col("start"), ("start", "end"), "in order"),
    ),
)

"""What both exchanges tell of the stocks that left them, as rows of `firms`: one list, one shape.

1. A list holds every stock that ever left the exchange, B shares among them, which fall out.
2. `delisted` is the day from which the stock is listed no more; it was known at 09:00 of it.
3. A day in the future makes the list doubtful, a row without a day is left out and told.
"""

from __future__ import annotations

import polars as pl

from screener.core.config import EFFECTIVE_TIME
from screener.core.known import at
from screener.core.symbols import BOARD_BY_PREFIX, Board
from screener.sources.answers import Answer, Ask, source_name, typed
from screener.sources.classify import Cause, Reply, SourceFailure

_OF = {"SH": (Board.SSE_MAIN, Board.STAR), "SZ": (Board.SZSE_MAIN, Board.CHINEXT)}


def delisted_answer(ask: Ask, provider: str, function: str, told: pl.DataFrame, reply: Reply) -> Answer:
    """The answer out of code, name, listed, delisted of one exchange. Raises SourceFailure."""
    length = pl.col("code").str.len_chars()
    told = told.with_columns(
        pl.col("code").cast(pl.String).str.strip_chars(), *(pl.col(day).cast(pl.Date) for day in ("listed", "delisted"))
    )
    if told.is_empty():
        raise SourceFailure(Cause.EMPTY, provider, "no delisted stocks")
    odd = told.filter(length.is_null() | (length != 6))
    if odd.height:
        raise SourceFailure(Cause.SHAPE_CHANGED, provider, f"a code of another form: {odd['code'][0]}")
    ahead = told.filter(pl.col("delisted") > ask.now.date())
    if ahead.height:
        raise SourceFailure(Cause.REFUSED, provider, f"a delisting on {ahead['delisted'][0]}, which lies in the future")
    boards = {prefix: str(board) for prefix, board in BOARD_BY_PREFIX.items() if board in _OF[ask.subject]}
    board = pl.col("code").str.slice(0, 3).replace_strict(boards, default=None, return_dtype=pl.String)
    rows = told.with_columns(board.alias("board")).drop_nulls("board")
    undated = rows.filter(pl.col("delisted").is_null())
    notes = (f"{provider}: no day of {undated.height} delistings ({undated['code'][0]} …)",) if undated.height else ()
    firms = rows.drop_nulls("delisted").select(
        pl.concat_str(pl.col("code"), pl.lit(f".{ask.subject}")).alias("symbol"),
        pl.col("name").str.strip_chars(),
        "board",
        "listed",
        "delisted",
        at("delisted", EFFECTIVE_TIME).alias("known_at"),
        pl.lit(source_name(provider, function)).alias("source"),
    )
    return Answer(provider, {"firms": typed("firms", firms, provider)}, reply.digest, notes, undated.height)

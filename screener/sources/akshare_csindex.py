"""CSI, the publisher of the index, through akshare: levels year by year (longer ranges were cut in the past)."""

from __future__ import annotations

import polars as pl

from screener.sources.answers import Answer, Ask, Source, columns, days, index_answer, years
from screener.sources.classify import Cause, Reply, SourceFailure, call, digest
from screener.sources.http import Wire

NAME, HOST = "CSI", "www.csindex.com.cn"
FUNCTION = "stock_zh_index_hist_csindex"
_CODES = {"000300.SH": "000300", "H00300.CSI": "H00300", "899001.GSI": "899001"}
_NAMES = {"日期": "session", "开盘": "open", "最高": "high", "最低": "low", "收盘": "close"}


def indices(ask: Ask, wire: Wire) -> Answer:
    """Levels of the span. A first row of an older date, which the server sometimes adds, falls out with the span."""
    replies: list[Reply] = []
    for first, last in years(ask.start, ask.last):
        start, end = days(first, last)
        try:
            replies.append(call(wire, NAME, FUNCTION, symbol=_CODES[ask.subject], start_date=start, end_date=end))
        except SourceFailure as failure:
            if failure.cause is not Cause.EMPTY:
                raise
    if not replies:
        raise SourceFailure(Cause.EMPTY, NAME, f"no levels of {ask.subject}")
    frame = pl.concat([columns(reply.frame, NAME, _NAMES) for reply in replies], how="vertical_relaxed")
    codes = {str(code) for reply in replies for code in reply.frame["指数代码"]}
    if codes != {_CODES[ask.subject]}:
        raise SourceFailure(Cause.SHAPE_CHANGED, NAME, f"index {sorted(codes)} instead of {_CODES[ask.subject]}")
    raw = digest([exchange for reply in replies for exchange in reply.exchanges])
    return index_answer(ask, NAME, FUNCTION, frame.unique("session", keep="last", maintain_order=True), raw)


INDICES = Source(NAME, HOST, FUNCTION, indices, lambda index: index in _CODES)

"""CSI, the publisher of the index, through akshare: levels year by year (longer ranges were cut in the past)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from screener.sources.answers import Answer, Ask, Source, columns, days, index_answer, years
from screener.sources.classify import (
    Cause,
    Family,
    Provider,
    Reply,
    SourceFailure,
    Verdict,
    call,
    changed,
    json_object,
    no_rows,
)
from screener.sources.http import Exchange, Host, Wire

NAME, HOST = "CSI", "www.csindex.com.cn"
FUNCTION = "stock_zh_index_hist_csindex"
_THEMES = ("930651.CSI", "930713.CSI", "931071.CSI", "930851.CSI", "000985.CSI")
_CODES = {"000300.SH": "000300", "H00300.CSI": "H00300", "899001.GSI": "899001"} | {
    index: index.partition(".")[0] for index in _THEMES
}
_NAMES = {"日期": "session", "开盘": "open", "最高": "high", "最低": "low", "收盘": "close"}


def _levels(exchange: Exchange, body: Mapping[str, Any]) -> Verdict:
    if body.get("success") is False:
        return Cause.PROVIDER_ERROR, f"{body.get('msg')} ({exchange.host})"
    if not isinstance(body.get("data"), list):
        return changed(exchange, "data")
    return None if body["data"] else no_rows(exchange)


CSI = Provider(NAME, hosts=(Host("csindex.com.cn", 5.0),), families=(Family(r"/csindex-home/", json_object(_levels)),))


def indices(ask: Ask, wire: Wire) -> Answer:
    """Levels of the span. A first row of an older date, which the server sometimes adds, falls out with the span."""
    replies: list[Reply] = []
    for first, last in years(ask.start, ask.last):
        start, end = days(first, last)
        try:
            replies.append(call(wire, CSI, FUNCTION, symbol=_CODES[ask.subject], start_date=start, end_date=end))
        except SourceFailure as failure:
            if failure.cause is not Cause.EMPTY:
                raise
    if not replies:
        raise SourceFailure(Cause.EMPTY, NAME, f"no levels of {ask.subject}")
    frame = pl.concat([columns(reply.frame, NAME, _NAMES) for reply in replies], how="vertical_relaxed")
    frame = frame.drop_nulls("close")  # days before the index was published, calculated back without levels
    codes = {str(code) for reply in replies for code in reply.frame["指数代码"]}
    if codes != {_CODES[ask.subject]}:
        raise SourceFailure(Cause.SHAPE_CHANGED, NAME, f"index {sorted(codes)} instead of {_CODES[ask.subject]}")
    raw = CSI.digest([exchange for reply in replies for exchange in reply.exchanges])
    return index_answer(ask, NAME, FUNCTION, frame.unique("session", keep="last", maintain_order=True), raw)


INDICES = Source(CSI, HOST, FUNCTION, indices, lambda index: index in _CODES)

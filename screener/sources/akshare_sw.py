"""Shenwan, the publisher of the industry indices most brokers measure by, through akshare: the whole history at once.

Akshare switches certificate checks off for this host and sets no time-out; the HTTP policy forces both back on. Units
of volume and amount are documented nowhere, so they are not stored.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from screener.sources.answers import Answer, Ask, Source, columns, index_answer
from screener.sources.classify import (
    Cause,
    Family,
    Provider,
    SourceFailure,
    Verdict,
    call,
    changed,
    json_object,
    no_rows,
)
from screener.sources.http import Exchange, Host, Wire

NAME, HOST = "Shenwan", "www.swsresearch.com"
FUNCTION = "index_hist_sw"
_CODES = {"801750.SI": "801750"}
_NAMES = {"日期": "session", "开盘": "open", "最高": "high", "最低": "low", "收盘": "close"}
_LEVELS = ("open", "high", "low", "close")


def _trend(exchange: Exchange, body: Mapping[str, Any]) -> Verdict:
    if "data" not in body:
        return changed(exchange, "data")
    if body["data"] is None:
        return Cause.PROVIDER_ERROR, f"{body.get('message') or 'no data'} ({exchange.host})"
    if not isinstance(body["data"], list):
        return changed(exchange, "list of levels")
    return None if body["data"] else no_rows(exchange)


SHENWAN = Provider(
    NAME,
    # Clients that ask often are banned; one index is one request.
    hosts=(Host("swsresearch.com", 10.0, per_run=12),),
    families=(Family(r"/index_publish/trend/", json_object(_trend)),),
)


def indices(ask: Ask, wire: Wire) -> Answer:
    """Levels of the span out of the whole history; the open comes as text, or as a number."""
    code = _CODES[ask.subject]
    reply = call(wire, SHENWAN, FUNCTION, symbol=code, period="day")
    told = {str(one) for one in reply.frame["代码"]}
    if told != {code}:
        raise SourceFailure(Cause.SHAPE_CHANGED, NAME, f"index {sorted(told)} instead of {code}")
    frame = columns(reply.frame, NAME, _NAMES).with_columns(pl.col(*_LEVELS).cast(pl.Float64, strict=False))
    if frame["close"].null_count():
        raise SourceFailure(Cause.SHAPE_CHANGED, NAME, "a row without a close")
    return index_answer(ask, NAME, FUNCTION, frame.unique("session", keep="last", maintain_order=True), reply.digest)


INDICES = Source(SHENWAN, HOST, FUNCTION, indices, lambda index: index in _CODES)

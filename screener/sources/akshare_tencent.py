"""Tencent through akshare: daily bars, one request a year. The last resort.

akshare hands out 手 for 股 where a code begins with sz000; the store's unit check refuses such an answer.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from screener.sources.answers import Answer, Ask, Source, bar_answer, columns
from screener.sources.classify import Cause, Family, Provider, Verdict, call, changed, parsed
from screener.sources.http import Exchange, Host, Wire

NAME, HOST = "Tencent", "proxy.finance.qq.com"


def _assigned(exchange: Exchange) -> Verdict:
    """`name={json}`."""
    body, verdict = parsed(exchange, exchange.text.partition("=")[2])
    if verdict:
        return verdict
    if body is None:
        return Cause.PROVIDER_ERROR, f"null from {exchange.host}"
    if body.get("code", 0) != 0:
        return Cause.UNKNOWN_SYMBOL, f"code {body['code']} {body.get('msg', '')} from {exchange.host}"
    return None if "data" in body else changed(exchange, "data")


def _every_year_empty(exchanges: Sequence[Exchange]) -> Verdict:
    """Tencent answers year by year: no rows only where every year has none."""
    years = [one for one in exchanges if one.path.endswith("/newfqkline/get")]
    if not years:
        return None
    symbols: list[dict[str, Any]] = [
        next(iter(json.loads(one.text.partition("=")[2])["data"].values()), {}) for one in years
    ]
    if any("day" not in symbol for symbol in symbols):
        return Cause.SHAPE_CHANGED, "no `day` in the answer of Tencent"
    return None if any(symbol["day"] for symbol in symbols) else (Cause.EMPTY, "no rows from Tencent")


TENCENT = Provider(
    NAME,
    hosts=(Host("qq.com", 3.0), Host("gtimg.cn", 3.0)),
    families=(Family(r"(qq\.com|gtimg\.cn)/", _assigned),),
    together=_every_year_empty,
)


def bars(ask: Ask, wire: Wire) -> Answer:
    """Bars of the span; volume in shares (akshare multiplies), amount in yuan."""
    function = "stock_zh_a_hist_tx"
    span = {"start_date": str(ask.start), "end_date": str(ask.last)}
    reply = call(wire, TENCENT, function, symbol=ask.prefixed, adjust="", timeout=wire.policy.timeout, **span)
    names = {"date": "session", **{name: name for name in ("open", "high", "low", "close", "volume", "amount")}}
    return bar_answer(ask, NAME, function, columns(reply.frame, NAME, names), reply.digest)


BARS = Source(TENCENT, HOST, "stock_zh_a_hist_tx", bars)

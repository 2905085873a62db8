"""Tencent through akshare: daily bars, one request a year. The last resort.

akshare hands out 手 for 股 where a code begins with sz000; the store's unit check refuses such an answer.
"""

from __future__ import annotations

from screener.sources.answers import Answer, Ask, Source, bar_answer, columns
from screener.sources.classify import call
from screener.sources.http import Wire

NAME, HOST = "Tencent", "proxy.finance.qq.com"


def bars(ask: Ask, wire: Wire) -> Answer:
    """Bars of the span; volume in shares (akshare multiplies), amount in yuan."""
    function = "stock_zh_a_hist_tx"
    span = {"start_date": str(ask.start), "end_date": str(ask.last)}
    reply = call(wire, NAME, function, symbol=ask.prefixed, adjust="", timeout=wire.policy.timeout, **span)
    names = {"date": "session", **{name: name for name in ("open", "high", "low", "close", "volume", "amount")}}
    return bar_answer(ask, NAME, function, columns(reply.frame, NAME, names), reply.digest)


BARS = Source(NAME, HOST, "stock_zh_a_hist_tx", bars)

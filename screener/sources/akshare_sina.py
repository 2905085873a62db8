"""Sina through akshare: daily bars, domestic, Hong Kong and American indices, the trading calendar.

Prices are asked unadjusted only: with an adjustment akshare runs the server's text as Python.
"""

from __future__ import annotations

import re
from datetime import timedelta

import polars as pl

from screener.sources.answers import Answer, Ask, Source, bar_answer, columns, index_answer, source_name, typed
from screener.sources.classify import Cause, Family, Provider, SourceFailure, Verdict, call, no_rows
from screener.sources.http import Exchange, Host, Wire

NAME, HOST = "Sina", "finance.sina.com.cn"
_OHLC = {"date": "session", "open": "open", "high": "high", "low": "low", "close": "close"}
_DOMESTIC = {"000300.SH": "sh000300"}
_AMERICAN = {"SPX.GI": ".INX", "IXIC.GI": ".IXIC"}
_HONG_KONG = {"HSI.HI": "HSI"}


def _packed(exchange: Exchange) -> Verdict:
    """`var name="packed";`."""
    found = re.search(r'=\s*"([^"]*)("?)', exchange.text)
    if not found:
        return Cause.SHAPE_CHANGED, f'not `var x="…"` from {exchange.host}'
    if not found[2]:
        return Cause.TRUNCATED, f"packed text cut short from {exchange.host}"
    return None if found[1] else no_rows(exchange)


def _share_amount(exchange: Exchange) -> Verdict:
    text = exchange.text.strip().rstrip(";")
    if text.endswith("(null)"):
        return no_rows(exchange)
    return None if text.endswith(")") else (Cause.TRUNCATED, f"list cut short from {exchange.host}")


def _quoted(exchange: Exchange) -> Verdict:
    """A line `var hq_str_sz300093="…";` for each stock; empty inside where there is no such stock."""
    text = exchange.text.strip()
    if "hq_str_" not in text:
        return Cause.SHAPE_CHANGED, f"no hq_str_ in the answer of {exchange.host}"
    if not text.endswith('";'):
        return Cause.TRUNCATED, f"quotes cut short from {exchange.host}"
    return None if re.search(r'="[^"]', text) else no_rows(exchange)


SINA = Provider(
    NAME,
    hosts=(Host("sina.com.cn", 4.0), Host("sinajs.cn", 4.0)),
    families=(
        Family(r"^hq\.sinajs\.cn/", _quoted),
        Family(r"kl\.js$", _packed, unknown_404=True),
        Family(r"StockService\.getAmountBySymbol", _share_amount),
        Family(r"sina\.com\.cn/", _packed),
    ),
)


def bars(ask: Ask, wire: Wire) -> Answer:
    """The whole history in two requests, cut to the span here: akshare adds a bar at the start of a cut window."""
    function = "stock_zh_a_daily"
    reply = call(wire, SINA, function, symbol=ask.prefixed, adjust="")
    frame = columns(reply.frame, NAME, {**_OHLC, "volume": "volume", "amount": "amount"})
    return bar_answer(ask, NAME, function, frame, reply.digest)


def indices(ask: Ask, wire: Wire) -> Answer:
    """The whole history of one index in one request; volume of CSI 300 in shares."""
    domestic = ask.subject in _DOMESTIC
    if domestic:
        function, symbol, names = "stock_zh_index_daily", _DOMESTIC[ask.subject], {**_OHLC, "volume": "volume"}
    elif ask.subject in _HONG_KONG:
        function, symbol, names = "stock_hk_index_daily_sina", _HONG_KONG[ask.subject], _OHLC
    else:
        function, symbol, names = "index_us_stock_sina", _AMERICAN[ask.subject], _OHLC
    reply = call(wire, SINA, function, symbol=symbol)
    return index_answer(ask, NAME, function, columns(reply.frame, NAME, names), reply.digest, domestic=domestic)


def calendar(ask: Ask, wire: Wire) -> Answer:
    """Sessions from the first one of the store on; refused where they end before today."""
    function = "tool_trade_date_hist_sina"
    reply = call(wire, SINA, function)
    frame = columns(reply.frame, NAME, {"trade_date": "session"})
    frame = frame.filter(pl.col("session") >= ask.calendar.first).unique().sort("session")
    last = frame["session"].to_list()[-1:] or [ask.calendar.first]
    if last[0] < ask.now.date() - timedelta(days=14):
        raise SourceFailure(Cause.TRUNCATED, NAME, f"the calendar ends on {last[0]}")
    frame = frame.with_columns(source=pl.lit(source_name(NAME, function)))
    return Answer(NAME, {"sessions": typed("sessions", frame, NAME)}, reply.digest)


BARS = Source(SINA, HOST, "stock_zh_a_daily", bars, least=2)
INDICES = Source(
    SINA, HOST, "stock_zh_index_daily", indices, lambda index: index in (*_DOMESTIC, *_AMERICAN, *_HONG_KONG)
)
CALENDAR = Source(SINA, HOST, "tool_trade_date_hist_sina", calendar)

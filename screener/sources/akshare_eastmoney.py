"""Eastmoney through akshare: bars and indices (hosts that cut clients off), share capital, announcements with times."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import polars as pl

from screener.sources.announced import announcement_frame, unique_rows
from screener.sources.answers import Answer, Ask, Source, bar_answer, columns, days, index_answer, source_name, typed
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

NAME = "Eastmoney"
QUOTES, DATA, NOTICES = "push2his.eastmoney.com", "datacenter.eastmoney.com", "np-anotice-stock.eastmoney.com"
_NOTICES = "stock_individual_notice_report"
_LOT = 100  # volume comes in 手
_INDEX = {"000300.SH": "sh000300", "H00300.CSI": "csiH00300", "899001.GSI": "bj899001"}


def _kline(exchange: Exchange, body: Mapping[str, Any]) -> Verdict:
    if "data" not in body:
        return changed(exchange, "data")
    if body["data"] is None:
        return no_rows(exchange, Cause.UNKNOWN_SYMBOL if body.get("rc") == 100 else Cause.EMPTY)
    if "klines" not in body["data"]:
        return changed(exchange, "klines")
    return None if body["data"]["klines"] else no_rows(exchange)


def _datacenter(exchange: Exchange, body: Mapping[str, Any]) -> Verdict:
    if "result" not in body:
        return changed(exchange, "result")
    result = body["result"]
    if result is None:
        none = body.get("code") == 9201
        return (Cause.EMPTY if none else Cause.PROVIDER_ERROR), f"{body.get('message')} ({exchange.host})"
    if not isinstance(result.get("data"), list) or "count" not in result:
        return changed(exchange, "data or count")
    return None


def _notices(exchange: Exchange, body: Mapping[str, Any]) -> Verdict:
    data = body.get("data")
    if not isinstance(data, dict) or not isinstance(data.get("list"), list) or "total_hits" not in data:
        return changed(exchange, "data.list or data.total_hits")
    if not data["list"]:
        return no_rows(exchange, Cause.TRUNCATED if data["total_hits"] else Cause.EMPTY)
    return None


def _products(exchange: Exchange, body: Mapping[str, Any]) -> Verdict:
    if not isinstance(body.get("zygcfx"), list):
        return changed(exchange, "zygcfx")
    return None if body["zygcfx"] else no_rows(exchange)


def _company(exchange: Exchange) -> Verdict:
    """The page that says by which form a company reports; a guard's page does not."""
    if "hidctype" in exchange.text:
        return None
    return Cause.BLOCKED, f"a page without the form of the company from {exchange.host}"


def _statement(exchange: Exchange, body: Mapping[str, Any]) -> Verdict:
    if not isinstance(body.get("data"), list):
        return changed(exchange, "data")
    return None if body["data"] else no_rows(exchange)


def _reports(exchange: Exchange, body: Mapping[str, Any]) -> Verdict:
    if not isinstance(body.get("data"), list) or "hits" not in body or "TotalPage" not in body:
        return changed(exchange, "data, hits or TotalPage")
    if not body["data"]:
        return no_rows(exchange, Cause.TRUNCATED if body["hits"] else Cause.EMPTY)
    return None


EASTMONEY = Provider(
    NAME,
    # The quote hosts cut clients off after a dozen calls whatever the pause.
    hosts=(
        Host("push2his.eastmoney.com", 15.0, per_run=10, strikes=1),
        Host("push2.eastmoney.com", 15.0, per_run=10, strikes=1),
        Host("eastmoney.com", 2.5),
    ),
    families=(
        Family(r"/api/qt/stock/kline/get$", json_object(_kline)),
        Family(r"^datacenter[^/]*\.eastmoney\.com/", json_object(_datacenter)),
        Family(r"/api/security/ann$", json_object(_notices)),
        Family(r"/BusinessAnalysis/PageAjax$", json_object(_products)),
        Family(r"/NewFinanceAnalysis/Index$", _company, once=True, page=True),
        Family(r"/NewFinanceAnalysis/(zcfzb|xjllb)(Date)?AjaxNew$", json_object(_statement)),
        Family(r"/report/list$", json_object(_reports)),
    ),
)


def bars(ask: Ask, wire: Wire) -> Answer:
    """Raw bars of the span in one request; volume from 手 to shares."""
    function = "stock_zh_a_hist"
    start, end = days(ask.start, ask.last)
    reply = call(
        wire,
        EASTMONEY,
        function,
        symbol=ask.code,
        period="daily",
        start_date=start,
        end_date=end,
        adjust="",
        timeout=wire.policy.timeout,
    )
    names = {"日期": "session", "开盘": "open", "最高": "high", "最低": "low", "收盘": "close"}
    frame = columns(reply.frame, NAME, {**names, "成交量": "volume", "成交额": "amount"})
    return bar_answer(ask, NAME, function, frame, reply.digest, shares_per_unit=_LOT)


def indices(ask: Ask, wire: Wire) -> Answer:
    """Levels of the span in one request."""
    function = "stock_zh_index_daily_em"
    start, end = days(ask.start, ask.last)
    reply = call(wire, EASTMONEY, function, symbol=_INDEX[ask.subject], start_date=start, end_date=end)
    frame = columns(reply.frame, NAME, {"date": "session", **{n: n for n in ("open", "high", "low", "close")}})
    return index_answer(ask, NAME, function, frame.with_columns(pl.col("session").str.to_date()), reply.digest)


def shares(ask: Ask, wire: Wire) -> Answer:
    """Every change of the share capital, in shares. Of two changes on one day the newer one (first in the answer)."""
    function = "stock_zh_a_gbjg_em"
    reply = call(wire, EASTMONEY, function, symbol=ask.subject)
    _complete(reply)
    names = {"变更日期": "effective_date", "总股本": "total_shares", "已上市流通A股": "float_shares"}
    frame = columns(reply.frame, NAME, names).drop_nulls(["effective_date", "total_shares"])
    frame = frame.unique("effective_date", keep="first", maintain_order=True).with_columns(
        pl.col("total_shares", "float_shares").cast(pl.Float64).round().cast(pl.Int64),
        symbol=pl.lit(ask.subject),
        source=pl.lit(source_name(NAME, function)),
    )
    if frame.is_empty():
        raise SourceFailure(Cause.EMPTY, NAME, f"no share capital of {ask.subject}")
    return Answer(NAME, {"shares": typed("shares", frame, NAME)}, reply.digest)


def _complete(reply: Reply) -> None:
    """Raises SourceFailure where a page was lost: akshare goes on without it."""
    bodies = reply.json_of("/api/data/v1/get")
    total, rows = max(body["result"]["count"] for body in bodies), len(reply.frame)
    if rows < total:
        raise SourceFailure(Cause.TRUNCATED, NAME, f"{rows} of {total} rows of share capital")


def announcements(ask: Ask, wire: Wire) -> Answer:
    """Announcements of the span with the time of publication; akshare drops it, so rows come from the raw answer."""
    found, digest = noticed(ask, wire, ask.code)
    rows = [told(ask.subject, row) for row in found]
    inside = [row for row in rows if ask.first <= row["event_date"] <= ask.last]
    return Answer(NAME, {"announcements": announcement_frame(inside)}, digest)


def noticed(ask: Ask, wire: Wire, codes: str) -> tuple[list[dict[str, Any]], str]:
    """Raw rows of the span and their digest; `codes` with commas between them, empty for the whole market."""
    span = {"begin_date": str(ask.first), "end_date": str(ask.last)}
    try:
        reply = call(wire, EASTMONEY, _NOTICES, security=codes, symbol="全部", **span)
    except SourceFailure as failure:
        if failure.cause is not Cause.EMPTY:
            raise
        return [], ""
    pages = reply.json_of("/api/security/ann")
    found = unique_rows((row for page in pages for row in page["data"]["list"]), "art_code", NAME)
    total = max(page["data"]["total_hits"] for page in pages)
    if len(found) < total:
        raise SourceFailure(Cause.TRUNCATED, NAME, f"{len(found)} of {total} announcements")
    return found, reply.digest


def codes_of(row: Mapping[str, Any]) -> list[str]:
    """The codes of the stocks an announcement is of. Raises SourceFailure."""
    try:
        return [str(code["stock_code"]) for code in row["codes"]]
    except (KeyError, TypeError) as error:
        raise SourceFailure(Cause.SHAPE_CHANGED, NAME, f"announcement: {type(error).__name__} {error}") from None


def told(symbol: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """One raw row as a row of an announcement of `symbol`. Raises SourceFailure where a key is missing."""
    try:
        day = datetime.strptime(row["notice_date"][:10], "%Y-%m-%d").date()
        shown = row["display_time"]
        time = datetime.strptime(shown[:19], "%Y-%m-%d %H:%M:%S") if shown else None
        identity, title = str(row["art_code"]), str(row["title"])
    except (KeyError, TypeError, ValueError) as error:
        raise SourceFailure(Cause.SHAPE_CHANGED, NAME, f"announcement: {type(error).__name__} {error}") from None
    return {
        "announcement_id": f"em-{identity}",
        "symbol": symbol,
        "event_date": day,
        "title": title,
        "time": time,
        "evidence": f"Eastmoney display_time {shown}",
        "url": f"https://data.eastmoney.com/notices/detail/{symbol[:6]}/{identity}.html",
        "source": source_name(NAME, _NOTICES),
    }


BARS = Source(EASTMONEY, QUOTES, "stock_zh_a_hist", bars)
INDICES = Source(EASTMONEY, QUOTES, "stock_zh_index_daily_em", indices, lambda index: index in _INDEX)
SHARES = Source(EASTMONEY, DATA, "stock_zh_a_gbjg_em", shares)
ANNOUNCEMENTS = Source(EASTMONEY, NOTICES, _NOTICES, announcements)

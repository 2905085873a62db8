"""Shenzhen's lists through akshare: name changes (since when a firm carries ST or *ST), and stocks that were delisted.

One request for the whole market each. A spell starts on the day the name begins with ST and ends on the day before it
no longer does. Never told from today's name.
"""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl

from screener.sources.answers import Answer, Ask, Source, columns, source_name
from screener.sources.classify import Cause, Family, Provider, SourceFailure, Verdict, call
from screener.sources.delisted import delisted_answer
from screener.sources.http import Exchange, Host, Wire

NAME, HOST, FUNCTION = "SZSE", "www.szse.cn", "stock_info_sz_change_name"
SUBJECT = "SZ"  # the whole market, one request
DELISTED = "stock_info_sz_delist"
_NAMES = {"证券代码": "code", "变更日期": "day", "变更后简称": "name"}
_LEFT = {"证券代码": "code", "证券简称": "name", "上市日期": "listed", "终止上市日期": "delisted"}


def _workbook(exchange: Exchange) -> Verdict:
    if not exchange.body.startswith(b"PK"):
        return Cause.PROVIDER_ERROR, f"no workbook from {exchange.host}"
    whole = b"PK\x05\x06" in exchange.body[-66_000:]
    return None if whole else (Cause.TRUNCATED, f"workbook cut short from {exchange.host}")


SZSE = Provider(NAME, hosts=(Host("szse.cn", 3.0),), families=(Family(r"szse\.cn/", _workbook),))


def names(ask: Ask, wire: Wire) -> Answer:
    """ST spells of every Shenzhen firm that ever had one."""
    reply = call(wire, SZSE, FUNCTION, symbol="简称变更")
    frame = columns(reply.frame, NAME, _NAMES).with_columns(pl.col("day").cast(pl.Date))
    if frame.is_empty():
        raise SourceFailure(Cause.EMPTY, NAME, "no name changes")
    future = frame.filter(pl.col("day") > ask.now.date())
    if future.height:
        raise SourceFailure(Cause.REFUSED, NAME, f"a name change of {future['day'][0]}, which lies in the future")
    rows = [
        {"symbol": f"{code}.SZ", "source": source_name(NAME, FUNCTION), **spell}
        for (code,), changes in frame.sort("code", "day", maintain_order=True).group_by("code", maintain_order=True)
        for spell in spells([(day, name) for day, name in changes.select("day", "name").iter_rows()])
    ]
    schema = {"symbol": pl.String, "start": pl.Date, "end": pl.Date, "status": pl.String, "evidence": pl.String}
    return Answer(NAME, {"st_spells": pl.DataFrame(rows, schema={**schema, "source": pl.String})}, reply.digest)


def spells(changes: list[tuple[date, str]]) -> list[dict[str, object]]:
    """Name changes of one firm, in order → its spells. `end` is None while it lasts."""
    found: list[dict[str, object]] = []
    for day, name in changes:
        status = status_of(name)
        if found and found[-1]["end"] is None:
            if found[-1]["status"] == status:
                continue
            found[-1]["end"] = day - timedelta(days=1)
        if status:
            evidence = f"name changed to {name} on {day}"
            found.append({"start": day, "end": None, "status": status, "evidence": evidence})
    return [spell for spell in found if spell["end"] is None or spell["end"] >= spell["start"]]  # type: ignore[operator]


def status_of(name: str) -> str | None:
    """`*ST`, `ST` or None, from a short name (N, S and XD may stand before it)."""
    plain = name.upper().replace("＊", "*").replace(" ", "")
    if "*ST" in plain[:5]:
        return "*ST"
    return "ST" if "ST" in plain[:4] else None


def delistings(ask: Ask, wire: Wire) -> Answer:
    """Every A share that left Shenzhen, with its days."""
    reply = call(wire, SZSE, DELISTED, symbol="终止上市公司")
    if reply.frame.empty:  # akshare drops the headings of a list without rows
        raise SourceFailure(Cause.EMPTY, NAME, "no delisted stocks")
    return delisted_answer(ask, NAME, DELISTED, columns(reply.frame, NAME, _LEFT), reply)


NAMES = Source(SZSE, HOST, FUNCTION, names, lambda subject: subject == SUBJECT)
DELISTINGS = Source(SZSE, HOST, DELISTED, delistings, lambda subject: subject == SUBJECT)

"""Shanghai's list of stocks that were delisted, through akshare: one request for the whole exchange.

akshare calls the column of the last day 暂停上市日期 (suspended); the exchange's own name of it is DELIST_DATE. The
answer tells how many rows there are: where fewer came (akshare asks for 500), it is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from screener.sources.answers import Answer, Ask, Source, columns
from screener.sources.classify import Cause, Family, Provider, Verdict, call, changed, json_object, no_rows
from screener.sources.delisted import delisted_answer
from screener.sources.http import Exchange, Host, Wire

NAME, HOST, FUNCTION = "SSE", "query.sse.com.cn", "stock_info_sh_delist"
SUBJECT = "SH"  # the whole exchange, one request
_NAMES = {"公司代码": "code", "公司简称": "name", "上市日期": "listed", "暂停上市日期": "delisted"}


def _list(exchange: Exchange, body: Mapping[str, Any]) -> Verdict:
    rows, page = body.get("result"), body.get("pageHelp")
    if not isinstance(rows, list):
        return changed(exchange, "result")
    total = page.get("total") if isinstance(page, dict) else None
    if not isinstance(total, int):
        return changed(exchange, "pageHelp.total")
    if len(rows) < total:
        return Cause.TRUNCATED, f"{len(rows)} of {total} rows from {exchange.host}"
    return None if rows else no_rows(exchange)


SSE = Provider(NAME, hosts=(Host("sse.com.cn", 3.0),), families=(Family(r"^query\.sse\.com\.cn/", json_object(_list)),))


def delistings(ask: Ask, wire: Wire) -> Answer:
    """Every A share that left Shanghai, with its days."""
    reply = call(wire, SSE, FUNCTION, symbol="全部")
    return delisted_answer(ask, NAME, FUNCTION, columns(reply.frame, NAME, _NAMES), reply)


DELISTINGS = Source(SSE, HOST, FUNCTION, delistings, lambda subject: subject == SUBJECT)

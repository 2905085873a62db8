"""Ratings of real brokers: Eastmoney's list of research reports, of stocks through akshare, of industries directly.

1. Akshare's frame drops the broker's own word, the rating before, analysts and target price: rows come from the raw
   answer. It knows stocks only; the industries of our firms are asked of the same address.
2. A report without any rating is none. The count the provider states must be met, each report once: a page replayed
   or lost is TRUNCATED.
3. Known at the end of the printed day, or of the day in the provider's number of the report where that is later.
4. A round asks for the reports on all stocks between two days: akshare's function would ask for all years of them.
5. The broker's own word is normalised by the table of brokers' standards; a word that stands in no row stays unknown,
   and the provider's own reading of it is kept beside it, never taken for it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import lru_cache
from typing import Any

import polars as pl

from screener.core.config import END_OF_DAY
from screener.core.rating_words import Standards
from screener.core.symbols import parse_symbol
from screener.core.tables import TABLES, packaged
from screener.sources.akshare_eastmoney import EASTMONEY, NAME
from screener.sources.announced import unique_rows
from screener.sources.answers import Answer, Ask, Source, source_name, typed
from screener.sources.classify import Cause, Reply, SourceFailure, asked, call
from screener.sources.http import Wire

HOST, PATH = "reportapi.eastmoney.com", "/report/list"
FUNCTION = "stock_research_report_em"
# The provider's classes in which the firms' industry lies; the numbers are those of its boards (BK0737 …).
INDUSTRIES: Mapping[str, str] = {"软件开发": "737", "计算机设备": "735", "互联网服务": "447"}
_SCALE = ("买入", "增持", "中性", "减持", "卖出")  # the provider's own
_FIRST_RATED = 2  # its code of a change: no rating before
_PAGE = 100


def ratings(ask: Ask, wire: Wire) -> Answer:
    """Ratings of one stock, or of one of `INDUSTRIES`, in the span; none is an answer."""
    industry = INDUSTRIES.get(ask.subject)
    try:
        if industry is None:
            reply = call(wire, EASTMONEY, FUNCTION, symbol=ask.code)
        else:
            reply = asked(wire, EASTMONEY, "report/list", lambda: _pages(ask, industryCode=industry, qType="1"))
    except SourceFailure as failure:
        if failure.cause is not Cause.EMPTY:
            raise
        return Answer(NAME, {"ratings": TABLES["ratings"].empty()}, "")
    found = _complete(reply)
    told = [_rating(ask, row) for row in found]
    rows = [row for row in told if row is not None and ask.first <= row["report_date"] <= ask.last]
    silent = sum(row is None for row in told)
    notes = (f"{NAME}: {silent} reports on {ask.subject} without a rating",) if silent else ()
    frame = pl.DataFrame(rows, schema=_SCHEMA, orient="row") if rows else TABLES["ratings"].empty()
    return Answer(NAME, {"ratings": typed("ratings", frame, NAME)}, reply.digest, notes)


_SCHEMA = {name: dtype for name, dtype in TABLES["ratings"].schema.items() if name != "note"}


def rated(ask: Ask, wire: Wire) -> Answer:
    """Ratings of the firms of a round in the span. Raises SourceFailure where a span with a session has no report."""
    try:
        reply = asked(wire, EASTMONEY, "report/list", lambda: _pages(ask, code="*", qType="0"))
    except SourceFailure as failure:
        if failure.cause is not Cause.EMPTY or ask.calendar.between(ask.first, ask.last):
            raise
        return Answer(NAME, {"ratings": TABLES["ratings"].empty()}, "")
    ours = {firm[:6]: firm for firm in ask.firms}
    found = [row for row in _complete(reply) if str(row.get("stockCode")) in ours]
    told = [_rating(replace(ask, subject=ours[str(row["stockCode"])]), row) for row in found]
    rows = [row for row in told if row is not None and ask.first <= row["report_date"] <= ask.last]
    frame = pl.DataFrame(rows, schema=_SCHEMA, orient="row") if rows else TABLES["ratings"].empty()
    return Answer(NAME, {"ratings": typed("ratings", frame, NAME)}, reply.digest)


def _pages(ask: Ask, **asked_for: str) -> None:
    """Asks for page after page, as akshare does for a stock; the answers are read from what the wire kept."""
    import requests

    page, pages = 1, 1
    while page <= pages:
        told = requests.get(f"https://{HOST}{PATH}", params=_question(ask, page) | asked_for)  # noqa: S113 - the wire sets one
        pages = int(told.json()["TotalPage"])
        page += 1


def _question(ask: Ask, page: int) -> dict[str, str]:
    number = str(page)
    return {
        "industryCode": "*",
        "pageSize": str(_PAGE),
        "industry": "*",
        "rating": "*",
        "ratingChange": "*",
        "beginTime": str(ask.first),
        "endTime": str(ask.last),
        "fields": "",
        "orgCode": "",
        "rcode": "",
        **dict.fromkeys(("pageNo", "p", "pageNum", "pageNumber"), number),
    }


def _complete(reply: Reply) -> list[dict[str, Any]]:
    """Every report on a subject once. Raises SourceFailure where there are fewer than the provider says."""
    pages = reply.json_of(PATH)
    told = ({**row, "_once": f"{row.get('infoCode')} {row.get('stockCode')}"} for page in pages for row in page["data"])
    found = unique_rows(told, "_once", NAME)
    total = max(page["hits"] for page in pages)
    if len(found) < total:
        raise SourceFailure(Cause.TRUNCATED, NAME, f"{len(found)} of {total} reports")
    return found


def _rating(ask: Ask, row: Mapping[str, Any]) -> dict[str, Any] | None:
    """One report as a row of the table; None where it rates nothing."""
    try:
        return _shaped(ask, row)
    except (KeyError, TypeError, ValueError) as error:
        raise SourceFailure(Cause.SHAPE_CHANGED, NAME, f"report: {type(error).__name__} {error}") from None


def _shaped(ask: Ask, row: Mapping[str, Any]) -> dict[str, Any] | None:
    printed, provider, before = (_word(row[name]) for name in ("sRatingName", "emRatingName", "lastEmRatingName"))
    if printed is None and provider is None:
        return None
    day = datetime.strptime(row["publishDate"][:10], "%Y-%m-%d").date()
    number, broker = str(row["infoCode"]), str(row["orgSName"])
    industry = ask.subject in INDUSTRIES
    kind = "industry" if industry else "stock"
    standard = _standards().of(broker, kind, printed, day)
    return {
        "rating_id": f"em-{number}-{INDUSTRIES.get(ask.subject, ask.code)}",  # a report may speak of several
        "subject": _subject(ask, row, industry=industry),
        "subject_kind": kind,
        "broker": broker,
        "rating": standard.rating if standard else None,
        "action": _action(provider, before, row["ratingChange"]),
        "report_date": day,
        "report_date_last": None,
        "market": "A",
        "industry_index": None,
        "analysts": _analysts(row),
        "printed": printed,
        "provider_rating": provider,
        "previous": before,
        "target_low": _price(row["indvAimPriceL"]),
        "target_high": _price(row["indvAimPriceT"]),
        "title": str(row["title"]),
        "url": f"https://pdf.dfcfw.com/pdf/H3_{number}_1.pdf",
        "known_at": datetime.combine(max(day, _numbered(number) or day), END_OF_DAY),
        "source": source_name(NAME, "report/list" if industry else FUNCTION),
    }


def _subject(ask: Ask, row: Mapping[str, Any], *, industry: bool) -> str:
    """What was asked for. Raises ValueError where the row speaks of something else."""
    told = row["industryName"] if industry else parse_symbol(str(row["stockCode"]))
    if told != ask.subject:
        raise ValueError(f"of {told} instead of {ask.subject}")
    return str(told)


def _word(value: Any) -> str | None:
    return str(value).strip() or None if value is not None else None


def _price(value: Any) -> float | None:
    """Yuan; an empty cell and a zero say nothing."""
    figure = float(value) if value not in (None, "") else 0.0
    return figure if figure > 0 else None


def _analysts(row: Mapping[str, Any]) -> str | None:
    """`张三,李四`; the list of authors has their numbers before the names."""
    told: str | None = _word(row["researcher"])
    authors: Sequence[str] = row["author"] or ()
    return told or ",".join(str(one).rpartition(".")[2] for one in authors) or None


def _action(now: str | None, before: str | None, code: Any) -> str | None:
    """What became of the rating, on the provider's own scale; None where it does not tell."""
    if before is None:
        return "首次" if code == _FIRST_RATED else None
    if now == before:
        return "维持"
    if now not in _SCALE or before not in _SCALE:
        return None
    return "上调" if _SCALE.index(now) < _SCALE.index(before) else "下调"


def _numbered(number: str) -> date | None:
    """The day inside `AP202607211827224241`."""
    found = re.match(r"[A-Z]+(\d{8})", number)
    try:
        return datetime.strptime(found[1], "%Y%m%d").date() if found else None
    except ValueError:
        return None


@lru_cache(maxsize=1)
def _standards() -> Standards:
    return Standards(packaged("rating_standards"))


RATINGS = Source(EASTMONEY, HOST, FUNCTION, ratings)
ROUND = Source(EASTMONEY, HOST, "report/list", rated)

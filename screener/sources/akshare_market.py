"""The whole market's announcements, or those of a list of firms, through akshare: cninfo's search with no stock in it.

1. A query is a keyword or a category (or none), a plate or a list of stocks (or all of them), and a span of days. The
   site shows 3 000 rows of a query at most, and page 101 is page 1 again in silence: more than that, or fewer different
   ids than the stated total, is `truncated`.
2. `searched` halves what is truncated: the span down to a day, then the day by plate, then the two large plates by
   theirs. What is truncated even then is refused, never stored in part.
3. Rows are read from the raw answer: id, real time, link. Codes of no board of this market (bonds, funds) are left out.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import polars as pl

from screener.core.errors import UnknownSymbol
from screener.core.symbols import parse_symbol
from screener.sources.akshare_cninfo import CNINFO, NAME, told
from screener.sources.announced import announcement_frame, unique_rows
from screener.sources.answers import days
from screener.sources.classify import Cause, SourceFailure, asked
from screener.sources.http import Wire
from screener.sources.titles import plain_title

_FUNCTION = "stock_zh_a_disclosure_report_cninfo"
_PLATES = {"": ("sz", "sh", "bj"), "sz": ("szmb", "szcy"), "sh": ("shmb", "shkcp")}


@dataclass(frozen=True)
class Query:
    """What is asked of the site at once."""

    keyword: str
    first: date
    last: date
    plate: str = ""
    category: str = ""
    stocks: tuple[str, ...] = ()  # codes

    @property
    def parts(self) -> tuple[Query, ...]:
        """Smaller queries that add up to this one; empty where there are none."""
        if self.first < self.last:
            middle = self.first + (self.last - self.first) // 2
            return replace(self, last=middle), replace(self, first=middle + timedelta(days=1))
        plates = () if self.stocks else _PLATES.get(self.plate, ())
        return tuple(replace(self, plate=plate) for plate in plates)


@dataclass(frozen=True)
class Found:
    """Announcements of a query, in the shape of our table (the note holds the firm's name), and what named them."""

    frame: pl.DataFrame
    digest: str
    queries: int
    left_out: int  # rows of no stock of this market


def searched(query: Query, wire: Wire) -> Found:
    """Everything the site has for a query, halved where it is too much. Raises SourceFailure."""
    try:
        return _asked(query, wire)
    except SourceFailure as failure:
        if failure.cause is not Cause.TRUNCATED or not query.parts:
            raise
    halves = [searched(part, wire) for part in query.parts]
    return Found(
        pl.concat([one.frame for one in halves]).unique("announcement_id", maintain_order=True),
        "".join(one.digest for one in halves)[:32],
        1 + sum(one.queries for one in halves),
        sum(one.left_out for one in halves),
    )


def _asked(query: Query, wire: Wire) -> Found:
    reply = asked(wire, CNINFO, _FUNCTION, lambda: _ask_akshare(query, wire))
    pages = reply.json_of("/new/hisAnnouncement/query")
    rows = unique_rows((row for page in pages for row in page["announcements"] or ()), "announcementId", NAME)
    total = max((int(page["totalAnnouncement"]) for page in pages), default=0)
    if len(rows) < total:
        raise SourceFailure(Cause.TRUNCATED, NAME, f"{len(rows)} different announcements of {total}")
    stocks = list(_of_stocks(rows))
    frame = announcement_frame([told(symbol, row, _FUNCTION) for symbol, row in stocks])
    names = [plain_title(str(row.get("secName") or "")) for _, row in stocks]
    frame = frame.with_columns(pl.Series("note", names, dtype=pl.String))
    return Found(frame, reply.digest, 1, len(rows) - len(stocks))


def _ask_akshare(query: Query, wire: Wire) -> object:
    """One call of the function for one stock without that stock; plate and list go in where it leaves them empty."""
    import akshare

    start, end = days(query.first, query.last)
    with wire.filled(plate=query.plate, stock=_listed(query.stocks)):
        return akshare.stock_zh_a_disclosure_report_cninfo(
            symbol="", market="沪深京", keyword=query.keyword, category=query.category, start_date=start, end_date=end
        )


def _listed(codes: Sequence[str]) -> str:
    """`300093,9900012345;603629,9900023456`, as the site's own page asks for several stocks. Raises KeyError."""
    if not codes:
        return ""
    module = importlib.import_module("akshare.stock_feature.stock_disclosure_cninfo")
    known = vars(module)["__get_stock_json"]("沪深京")
    return ";".join(f"{code},{known[code]}" for code in codes)


def _of_stocks(rows: list[dict[str, object]]) -> Iterator[tuple[str, dict[str, object]]]:
    for row in rows:
        if "secCode" not in row:
            raise SourceFailure(Cause.SHAPE_CHANGED, NAME, "no secCode in an announcement")
        try:
            yield parse_symbol(str(row["secCode"])), row
        except UnknownSymbol:  # a bond, a fund
            continue

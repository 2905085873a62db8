"""What one question tells of many firms, through akshare: announcements by day or by list, share capital, ST.

1. By day: every announcement of the market that is printed with a day, cut to the firms asked for. By list: those of
   up to `MOST` firms over a span. Fewer different ids than the stated total are `truncated`.
2. A site could take the first stock of a list alone and say nothing. So nothing else than the list may come back, and
   the second provider is given the same list backwards: `lacking` then holds what only he tells.
3. cninfo's list of share capital has one row for each stock: its last change. A firm that is missing in it, or stands
   there twice, is no answer about that firm.
"""

from __future__ import annotations

import polars as pl

from screener.core.errors import UnknownSymbol
from screener.core.symbols import parse_symbol
from screener.sources import akshare_eastmoney as eastmoney
from screener.sources.akshare_cninfo import CNINFO, DATA, NAME, SITE, forget_firms
from screener.sources.akshare_market import Found, Query, searched
from screener.sources.announced import announcement_frame
from screener.sources.answers import LISTED, Answer, Ask, Source, columns
from screener.sources.classify import Cause, SourceFailure, call
from screener.sources.http import Wire

MOST = 50  # stocks of one list
_ST_CATEGORY = "特别处理和退市"
_TOTALS = "stock_hold_change_cninfo"
_TEN_THOUSAND = 10_000


def announcements(ask: Ask, wire: Wire) -> Answer:
    """Announcements of the firms in the span, without times of publication unless the site tells them."""
    found = _found(ask, wire, "")
    return Answer(NAME, {"announcements": _ours(found.frame, ask)}, found.digest)


def _found(ask: Ask, wire: Wire, category: str) -> Found:
    codes = tuple(firm[:6] for firm in ask.firms) if ask.subject == LISTED else ()
    try:
        found = searched(Query("", ask.first, ask.last, category=category, stocks=codes), wire)
    except SourceFailure:
        forget_firms()
        raise
    strangers = found.left_out or found.frame.filter(~pl.col("symbol").is_in(ask.firms)).height
    if codes and strangers:
        raise SourceFailure(Cause.REFUSED, NAME, f"{strangers} announcements of firms that are not in the list")
    return found


def _ours(frame: pl.DataFrame, ask: Ask) -> pl.DataFrame:
    return frame.filter(pl.col("symbol").is_in(ask.firms)).with_columns(note=pl.lit(None, dtype=pl.String))


def notices(ask: Ask, wire: Wire) -> Answer:
    """The second provider's rows of the same firms and days, with times of publication."""
    codes = [firm[:6] for firm in reversed(ask.firms)] if ask.subject == LISTED else []
    found, digest = eastmoney.noticed(ask, wire, ",".join(codes))
    ours = {firm[:6]: firm for firm in ask.firms}
    rows = [eastmoney.told(ours[code], row) for row in found for code in eastmoney.codes_of(row) if code in ours]
    inside = [row for row in rows if ask.first <= row["event_date"] <= ask.last]
    frame = announcement_frame(inside).unique("announcement_id", keep="first", maintain_order=True)
    return Answer(eastmoney.NAME, {"announcements": frame}, digest)


def st_announcements(ask: Ask, wire: Wire) -> Answer:
    """No table, as for one firm: what was announced about ST is handed to a person."""
    found = _found(ask, wire, _ST_CATEGORY)
    rows = _ours(found.frame, ask).select("symbol", "event_date", "title").iter_rows()
    advice = "if its ST status changed, load a row of st_spells"
    notes = tuple(f"{firm} {day}: {title} ({advice})" for firm, day, title in rows)
    return Answer(NAME, {}, found.digest, notes)


def totals(ask: Ask, wire: Wire) -> Answer:
    """`shares`: symbol, effective_date, total_shares of each firm's last change; firms told once only."""
    reply = call(wire, CNINFO, _TOTALS, symbol="全部")
    names = {"证券代码": "code", "变动日期": "effective_date", "总股本": "total"}
    told = columns(reply.frame, NAME, names).with_columns(pl.col("code").cast(pl.String))
    told = told.with_columns(pl.col("code").map_elements(_symbol, return_dtype=pl.String).alias("symbol"))
    told = told.filter(pl.col("symbol").is_in(ask.firms)).drop_nulls(["effective_date", "total"])
    whole = (pl.col("total").cast(pl.Float64) * _TEN_THOUSAND).round().cast(pl.Int64)
    frame = told.select("symbol", pl.col("effective_date").cast(pl.Date), total_shares=whole)
    once = frame.filter(~pl.col("symbol").is_duplicated() & (pl.col("total_shares") > 0))
    return Answer(NAME, {"shares": once}, reply.digest)


def _symbol(code: str) -> str | None:
    try:
        return parse_symbol(code.strip())
    except UnknownSymbol:
        return None


ANNOUNCEMENTS = Source(CNINFO, SITE, "stock_zh_a_disclosure_report_cninfo", announcements)
NOTICES = Source(eastmoney.EASTMONEY, eastmoney.NOTICES, "stock_individual_notice_report", notices)
NAMES = Source(CNINFO, SITE, "stock_zh_a_disclosure_report_cninfo", st_announcements)
SHARES = Source(CNINFO, DATA, _TOTALS, totals)

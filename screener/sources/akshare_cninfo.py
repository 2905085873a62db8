"""cninfo, the disclosure site of the exchanges, through akshare: announcements, corporate actions, share capital.

Announcements are read from the raw answer: akshare's time column changes its form with the rows, and a page that comes
back empty is lost in silence. Ratios of dividends are per ten shares.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Mapping
from datetime import datetime, time, timedelta, timezone
from typing import Any
from urllib.parse import parse_qs

import polars as pl

from screener.core.config import END_OF_DAY
from screener.sources.announced import announcement_frame, unique_rows
from screener.sources.answers import Answer, Ask, Source, columns, days, source_name, typed
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

NAME, SITE, DATA = "cninfo", "www.cninfo.com.cn", "webapi.cninfo.com.cn"
_SHANGHAI = timezone(timedelta(hours=8))
_PER_TEN = 10.0
MOST_ROWS = 3000  # of a query: page 101 shows page 1 again, in silence
_TEN_THOUSAND = 10_000
_ST_CATEGORY = "特别处理和退市"


def _query(exchange: Exchange, body: Mapping[str, Any]) -> Verdict:
    missing = [name for name in ("totalAnnouncement", "announcements") if name not in body]
    if missing:
        return changed(exchange, missing[0])
    if int(body["totalAnnouncement"] or 0) > MOST_ROWS:
        return Cause.TRUNCATED, f"{body['totalAnnouncement']} rows, of which the site shows {MOST_ROWS}"
    page = int((parse_qs(exchange.form).get("pageNum") or ["1"])[0])
    if not body["announcements"] and int(body["totalAnnouncement"] or 0) > 30 * (page - 1):
        return Cause.TRUNCATED, f"page {page} is empty although {body['totalAnnouncement']} rows are announced"
    return None


def _too_many(exchange: Exchange) -> bool:
    """More rows than the site shows: akshare would ask for all the pages that are not there."""
    try:
        return int(json.loads(exchange.text)["totalAnnouncement"]) > MOST_ROWS
    except (ValueError, TypeError, KeyError):
        return False


def _firms(exchange: Exchange, body: Mapping[str, Any]) -> Verdict:
    return None if body.get("stockList") else changed(exchange, "stockList")


def _records(exchange: Exchange, body: Mapping[str, Any]) -> Verdict:
    if body.get("resultcode", 200) != 200:
        return Cause.PROVIDER_ERROR, f"result code {body['resultcode']} from {exchange.host}"
    if not isinstance(body.get("records"), list):
        return changed(exchange, "records")
    rows, total = len(body["records"]), body.get("total", 0)
    if not rows:
        return no_rows(exchange, Cause.TRUNCATED if total else Cause.EMPTY)
    if isinstance(total, int) and rows < total:
        return Cause.TRUNCATED, f"{rows} of {total} rows from {exchange.host}"
    return None


CNINFO = Provider(
    NAME,
    hosts=(Host("cninfo.com.cn", 3.5),),
    families=(
        Family(r"/new/hisAnnouncement/query$", json_object(_query), hopeless=_too_many),
        Family(r"/new/data/\w+\.json$", json_object(_firms), once=True),
        Family(r"^webapi\.cninfo\.com\.cn/", json_object(_records)),
    ),
)


def announcements(ask: Ask, wire: Wire) -> Answer:
    """Every announcement of the span, counted against the total the site gives."""
    rows, digest = _announced(ask, wire, "")
    return Answer(NAME, {"announcements": announcement_frame(rows)}, digest)


def st_announcements(ask: Ask, wire: Wire) -> Answer:
    """No table: Shanghai publishes no dated list of names, so announcements about ST are handed to a person."""
    rows, digest = _announced(ask, wire, _ST_CATEGORY)
    notes = tuple(
        f"{ask.subject} {row['event_date']}: {row['title']} (if its ST status changed, load a row of st_spells)"
        for row in rows
    )
    return Answer(NAME, {}, digest, notes)


def _announced(ask: Ask, wire: Wire, category: str) -> tuple[list[dict[str, Any]], str]:
    function = "stock_zh_a_disclosure_report_cninfo"
    start, end = days(ask.first, ask.last)
    try:
        reply = call(
            wire,
            CNINFO,
            function,
            symbol=ask.code,
            market="沪深京",
            keyword="",
            category=category,
            start_date=start,
            end_date=end,
        )
    except SourceFailure as failure:
        raise _unknown(ask, failure) from None
    pages = reply.json_of("/new/hisAnnouncement/query")
    found = unique_rows((row for page in pages for row in page["announcements"] or ()), "announcementId", NAME)
    total = max((int(page["totalAnnouncement"]) for page in pages), default=0)
    if len(found) < total:
        raise SourceFailure(Cause.TRUNCATED, NAME, f"{len(found)} of {total} announcements")
    return [told(ask.subject, row, function) for row in found], reply.digest


def _unknown(ask: Ask, failure: SourceFailure) -> SourceFailure:
    """akshare looks the code up in a list of the site: a KeyError of the code means that it is not listed there."""
    forget_firms()
    if failure.cause is Cause.SHAPE_CHANGED and f"KeyError '{ask.code}'" in failure.detail:
        return SourceFailure(Cause.UNKNOWN_SYMBOL, NAME, f"{ask.code} is not in the site's list of firms")
    return failure


def forget_firms() -> None:
    """Drops akshare's memory of the list of firms: a partial one would live until the end of the process."""
    module = importlib.import_module("akshare.stock_feature.stock_disclosure_cninfo")
    for value in vars(module).values():
        if hasattr(value, "cache_clear"):
            value.cache_clear()


def told(symbol: str, row: dict[str, Any], function: str) -> dict[str, Any]:
    """One raw row of the site as a row of an announcement of `symbol`. Raises SourceFailure where a key is missing."""
    try:
        moment = datetime.fromtimestamp(int(row["announcementTime"]) / 1000, _SHANGHAI).replace(tzinfo=None)
        identity, title, pdf = str(row["announcementId"]), str(row["announcementTitle"]), row["adjunctUrl"]
    except (KeyError, TypeError, ValueError) as error:
        raise SourceFailure(Cause.SHAPE_CHANGED, NAME, f"announcement: {type(error).__name__} {error}") from None
    page = f"http://www.cninfo.com.cn/new/disclosure/detail?stockCode={symbol[:6]}&announcementId={identity}"
    return {
        "announcement_id": f"cninfo-{identity}",
        "symbol": symbol,
        "event_date": moment.date(),
        "title": title,
        "time": moment if moment.time() != time(0) else None,
        "evidence": f"cninfo announcementTime {moment}",
        "url": f"http://static.cninfo.com.cn/{pdf}" if pdf else page,
        "source": source_name(NAME, function),
    }


def actions(ask: Ask, wire: Wire) -> Answer:
    """Dividends and bonus shares that have an ex-date, then rights; two requests."""
    dividends = _or_none(wire, "stock_dividend_cninfo", symbol=ask.code)
    rights = _or_none(wire, "stock_allotment_cninfo", symbol=ask.code, start_date="19900101", end_date="20991231")
    frames = [
        *([_dividends(ask, dividends)] if dividends else []),
        *([_rights(ask, rights)] if rights else []),
    ]
    frame = pl.concat(frames, how="diagonal") if frames else pl.DataFrame(schema=_ACTION)
    frame = frame.with_columns(symbol=pl.lit(ask.subject))
    digest = "".join(reply.digest for reply in (dividends, rights) if reply)
    return Answer(NAME, {"actions": typed("actions", frame, NAME)}, digest)


_ACTION = {
    "ex_date": pl.Date,
    "kind": pl.String,
    "shares_to_holder": pl.Float64,
    "cash_to_holder": pl.Float64,
    "source": pl.String,
    "note": pl.String,
}


def _or_none(wire: Wire, function: str, **arguments: str) -> Reply | None:
    """The reply; None where the site has no rows of this kind for the firm, which is the usual case."""
    try:
        return call(wire, CNINFO, function, **arguments)
    except SourceFailure as failure:
        if failure.cause is Cause.EMPTY:
            return None
        raise


def _dividends(ask: Ask, reply: Reply) -> pl.DataFrame:
    names = {"除权日": "ex_date", "送股比例": "bonus", "转增比例": "converted", "派息比例": "cash", "分红类型": "type"}
    frame = columns(reply.frame, NAME, {**names, "实施方案分红说明": "note"}).drop_nulls("ex_date")
    rows = frame.select(
        pl.col("ex_date").cast(pl.Date),
        (pl.col("bonus", "converted", "cash").cast(pl.Float64).fill_null(0) / _PER_TEN).round(8),
        pl.concat_str("type", "note", separator=" ", ignore_nulls=True).alias("note"),
    )
    # In a reorganisation new shares go to creditors and investors, not to the holder.
    apart = pl.col("note").str.contains("重整").fill_null(False)
    rows = rows.with_columns(apart.alias("apart"), (pl.col("bonus") + pl.col("converted")).alias("shares"))
    merged = rows.group_by("ex_date", "apart", maintain_order=True).agg(
        pl.col("shares").sum(), pl.col("cash").sum(), pl.col("note").str.join("; ")
    )
    kind = (
        pl.when("apart")
        .then(pl.lit("restructuring_conversion"))
        .when((pl.col("shares") > 0) & (pl.col("cash") > 0))
        .then(pl.lit("bonus_and_cash"))
        .when(pl.col("shares") > 0)
        .then(pl.lit("bonus"))
        .otherwise(pl.lit("cash"))
    )
    held = ~pl.col("apart")
    return merged.filter((pl.col("shares") > 0) | (pl.col("cash") > 0)).select(
        "ex_date",
        kind.alias("kind"),
        pl.when(held).then("shares").otherwise(0.0).alias("shares_to_holder"),
        pl.when(held).then("cash").otherwise(0.0).alias("cash_to_holder"),
        pl.lit(source_name(NAME, "stock_dividend_cninfo")).alias("source"),
        "note",
    )


def _rights(ask: Ask, reply: Reply) -> pl.DataFrame:
    """Rights give the holder nothing without payment.

    akshare names 57 columns by position, so their plausibility is checked.
    """
    names = {"证券代码": "code", "除权基准日": "ex_date", "配股比例": "ratio", "配股价格": "price"}
    frame = columns(reply.frame, NAME, names).drop_nulls("ex_date")
    odd = frame.filter((pl.col("code") != ask.code) | ~pl.col("ratio").is_between(0, 10) | ~(pl.col("price") > 0))
    if odd.height:
        raise SourceFailure(Cause.SHAPE_CHANGED, NAME, f"rights issue not understood: {odd.row(0)}")
    return frame.select(
        pl.col("ex_date").cast(pl.Date),
        pl.lit("rights").alias("kind"),
        pl.lit(0.0).alias("shares_to_holder"),
        pl.lit(0.0).alias("cash_to_holder"),
        (pl.col("ratio").cast(pl.Float64) / _PER_TEN).round(8).alias("rights_ratio"),
        pl.col("price").cast(pl.Float64).alias("rights_price"),
        pl.lit(source_name(NAME, "stock_allotment_cninfo")).alias("source"),
        pl.format("{} new shares for 10 at {} yuan", "ratio", "price").alias("note"),
    )


def shares(ask: Ask, wire: Wire) -> Answer:
    """Share capital with the day it was announced: known at the later of both days."""
    function = "stock_share_change_cninfo"
    reply = call(wire, CNINFO, function, symbol=ask.code, start_date="19900101", end_date=f"{ask.now:%Y%m%d}")
    names = {"变动日期": "effective_date", "公告日期": "announced", "总股本": "total", "人民币普通股": "float"}
    if "人民币普通股" not in reply.frame.columns:  # the site leaves out columns without a value
        del names["人民币普通股"]
    frame = columns(reply.frame, NAME, names).drop_nulls(["effective_date", "total"])
    whole = [
        (pl.col(name).cast(pl.Float64) * _TEN_THOUSAND).round().cast(pl.Int64).alias(f"{name}_shares")
        for name in ("total", "float")
        if name in frame.columns
    ]
    announced = pl.col("announced").cast(pl.Date, strict=False)
    late = pl.when(announced > pl.col("effective_date").cast(pl.Date)).then(announced.dt.combine(END_OF_DAY, "us"))
    frame = frame.with_columns(
        *whole, late.alias("known_at"), symbol=pl.lit(ask.subject), source=pl.lit(source_name(NAME, function))
    )
    frame = frame.sort("effective_date").unique("effective_date", keep="last", maintain_order=True)
    return Answer(NAME, {"shares": typed("shares", frame, NAME)}, reply.digest)


def _shanghai(subject: str) -> bool:
    return subject.endswith(".SH")


ANNOUNCEMENTS = Source(CNINFO, SITE, "stock_zh_a_disclosure_report_cninfo", announcements)
NAMES = Source(CNINFO, SITE, "stock_zh_a_disclosure_report_cninfo", st_announcements, _shanghai)
ACTIONS = Source(CNINFO, DATA, "stock_dividend_cninfo", actions, least=2)
SHARES = Source(CNINFO, DATA, "stock_share_change_cninfo", shares)

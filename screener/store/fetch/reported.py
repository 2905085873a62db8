"""When a reported figure was published: with the firm's own report of that period, as its announcement says.

The title names the year and the kind of report (`2025年半年度报告`); corrections and summaries come later and do not
count. A period without such an announcement in the store is known from the end of the day its statements name, and
where they name none, when it was fetched: later than the truth, never earlier.
"""

from __future__ import annotations

from datetime import date, datetime

import polars as pl

from screener.store.database import Store

_REPORTS = {
    3: "{year}年?(?:第?一季度|一季)",
    6: "{year}年?(?:半年度|半年|中期)",
    9: "{year}年?(?:第?三季度|三季)",
    12: "{year}年?(?:年度|年报)",
}
_LATER = "摘要|更正|修订|提示"


def with_publication(store: Store, frame: pl.DataFrame) -> pl.DataFrame:
    """Rows of `segments` of one firm with known_at where the store knows the report they stand in."""
    if frame.is_empty():
        return frame
    told = store.latest_where("announcements", "symbol", [frame["symbol"][0]])
    reports = told.filter(pl.col("kind") == "report", pl.col("title").str.contains("报告"))
    times = {day: _published(reports, day) for day in frame["period_end"].unique()}
    known = pl.col("period_end").replace_strict(times, return_dtype=pl.Datetime("us"))
    by_statement = pl.col("known_at").max().over("period_end")  # of rows of the period that name a day
    return frame.with_columns(known_at=pl.coalesce("known_at", known, by_statement))


def _published(reports: pl.DataFrame, period_end: date) -> datetime | None:
    pattern = _REPORTS.get(period_end.month)
    if pattern is None:
        return None
    title = pl.col("title")
    fits = reports.filter(title.str.contains(pattern.format(year=period_end.year)) & ~title.str.contains(_LATER))
    found = fits.filter(pl.col("known_at").dt.date() > period_end)["known_at"].min()
    return found if isinstance(found, datetime) else None

"""Any frame of ratings → one row per rating, benchmark and reading; hit rates over the final ones.

1. Ratings known at the as-of date, oldest first.
2. Benchmarks of the market by rank; where the text says 或 each is evaluated.
3. Series: split-adjusted price of a stock, the named index of an industry; beside it total return on both sides.
4. Verdicts for every candidate report date, folded into a row: range, bands, whether the band hangs on the date.
5. A repeated rating inside a counted window is a duplicate and is not counted again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import polars as pl

from screener.core.calendar import Calendar
from screener.core.config import BENCHMARK, TOTAL_RETURN_BENCHMARK
from screener.core.errors import ScreenerError
from screener.core.symbols import parse_symbol
from screener.evaluation.rating.evaluate import candidates, evaluate, horizon_end, relative_return
from screener.evaluation.rating.model import PriceSeries, Rating, Reading, Relative, Status, Verdict, band_of
from screener.evaluation.rating.series import basket, series_of, split_adjusted, total_return

Row = dict[str, Any]
CHINESE_MARKETS = ("A", "NEEQ")
NOT_RATED = "not rated by the report"
SEVERITY = {status: rank for rank, status in enumerate(Status)}  # the least conclusive first


@dataclass(frozen=True)
class RatingData:
    """closes (symbol, session, close raw), indices (index, session, close); the rest as in core.tables."""

    closes: pl.DataFrame
    indices: pl.DataFrame
    actions: pl.DataFrame
    benchmarks: pl.DataFrame
    calendar: Calendar


def judge(
    ratings: pl.DataFrame,
    data: RatingData,
    as_of: date,
    *,
    industry_index: str | None = None,
    geometric: bool = False,
) -> list[Row]:
    """Rows with subject, broker, rating, report_date, benchmark, status, horizon_end, relative_return, band, reading …

    ratings: as core.tables RATINGS; those published after `as_of` are left out. relative_return and band are those of
    the latest candidate date, the band only where all dates agree; both null unless final (a superseded one shows its
    return at the change, without a band). Raises ScreenerError for a rating, market or symbol that is not understood.
    """
    known = [rating_of(row) for row in ratings.sort("report_date").iter_rows(named=True) if _known(row, as_of)]
    rows: list[Row] = []
    for rating in known:
        for index in benchmarks_of(rating.market, data.benchmarks):
            rows += _rows(rating, index, data, as_of, known, industry_index, geometric)
    return _mark_duplicates(rows)


def rating_of(row: Mapping[str, Any]) -> Rating:
    """One row of the ratings table as a value; an A-share subject in any common spelling."""
    stock = row["subject_kind"] == "stock" and row["market"] == "A"
    return Rating(
        subject=parse_symbol(row["subject"]) if stock else row["subject"],
        broker=row["broker"],
        rating=row["rating"],
        report_date=row["report_date"],
        report_date_last=row.get("report_date_last"),
        subject_kind=row["subject_kind"],
        action=row.get("action"),
        market=row["market"],
        industry_index=row.get("industry_index"),
        rating_id=row.get("rating_id") or "",
    )


def benchmarks_of(market: str, benchmarks: pl.DataFrame) -> list[str]:
    """Indices of a market by rank. Raises ScreenerError where the standard names none."""
    names = benchmarks.filter(pl.col("market") == market).sort("rank")["index"].to_list()
    if not names:
        known = sorted(set(benchmarks["market"].to_list()))
        raise ScreenerError("no benchmark for this market", where="ratings", got=market, expected=", ".join(known))
    return names


def context(
    firms: Mapping[str, str], dates: Sequence[date], data: RatingData, as_of: date, *, index: str = BENCHMARK
) -> list[Row]:
    """How the report's firms and their equal-weight basket did since each candidate date: so far, never a verdict.

    firms: symbol → name. Firms without a close by the base session are left out of the basket and named in its note.
    """
    level = series_of(data.indices, "index", index, as_of)
    shares = {symbol: split_adjusted(data.closes, data.actions, symbol, as_of) for symbol in sorted(firms)}
    rows: list[Row] = []
    for candidate in dates:
        start = data.calendar.on_or_after(candidate)
        before = data.calendar.before(start)
        for symbol, series in shares.items():
            pair = [_so_far(series, level, base) for base in (start, before)]
            rows.append(_context_row(symbol, firms[symbol], candidate, start, index, pair, NOT_RATED))
        pair = [_so_far(_basket(shares, base), level, base) for base in (start, before)]
        absent = [symbol for symbol, series in shares.items() if series.at(start) is None]
        note = NOT_RATED + (f"; without {', '.join(absent)}" if absent else "")
        rows.append(_context_row("basket", "equal weight", candidate, start, index, pair, note))
    return rows


def _basket(shares: Mapping[str, PriceSeries], base: date) -> PriceSeries | None:
    members = [series for series in shares.values() if series.at(base) is not None]
    return basket(members, base) if members else None


def _so_far(prices: PriceSeries | None, level: PriceSeries, base: date) -> Relative | None:
    """Relative return from `base` to the last day that both series know."""
    if prices is None or prices.last is None or level.last is None:
        return None
    return relative_return(prices, level, base, min(prices.last, level.last))


def _context_row(
    subject: str, name: str, candidate: date, start: date, index: str, pair: Sequence[Relative | None], note: str
) -> Row:
    now, before = pair
    return {
        "subject": subject,
        "name": name,
        "candidate": candidate,
        "start": start,
        "benchmark": index,
        "status": "so_far",
        "so_far": None if now is None else float(now.arithmetic),
        "so_far_geometric": None if now is None else float(now.geometric),
        "so_far_band": None if now is None else band_of(now.arithmetic),
        "so_far_date": None if now is None else min(now.price_date, now.benchmark_date),
        "so_far_from_close_before": None if before is None else float(before.arithmetic),
        "note": note,
    }


def _known(row: Mapping[str, Any], as_of: date) -> bool:
    """Published by the end of `as_of`; an interval is over with its last day."""
    known_at = row.get("known_at")
    day: date = known_at.date() if known_at else row.get("report_date_last") or row["report_date"]
    return day <= as_of


def _rows(
    rating: Rating,
    index: str,
    data: RatingData,
    as_of: date,
    others: Sequence[Rating],
    industry_index: str | None,
    geometric: bool,
) -> list[Row]:
    """The rows of one rating against one benchmark."""
    level = series_of(data.indices, "index", index, as_of)
    calendar = _calendar(rating.market, level, data.calendar)
    prices, reason, step = _subject(rating, data, as_of, industry_index)
    if level.last is None:
        prices, reason, step = None, f"no levels of {index}", f"load levels of {index} (screener load DIR)"
    if prices is None:
        verdicts = _without_series(rating, index, calendar, reason, step)
    else:
        verdicts = evaluate(rating, prices, level, calendar, as_of, geometric=geometric, others=others)
    totals = _totals(rating, data, calendar, as_of, others, geometric)
    rows = [
        _fold(rating, [v for v in verdicts if v.reading is reading])
        | _total_line([v for v in totals if v.reading is reading])
        for reading in Reading
    ]
    confirmed = _confirmed(rows)
    return [row | {"confirmed": confirmed} for row in rows]


def _calendar(market: str, level: PriceSeries, home: Calendar) -> Calendar:
    """Sessions of the market: those of Shanghai and Shenzhen, abroad the days of its own benchmark."""
    return home if market in CHINESE_MARKETS or level.last is None else Calendar(level.dates.tolist())


def _subject(
    rating: Rating, data: RatingData, as_of: date, industry_index: str | None
) -> tuple[PriceSeries | None, str, str]:
    """(series, reason, next step) of what is rated."""
    if rating.subject_kind == "industry":
        name = industry_index or rating.industry_index
        series = series_of(data.indices, "index", name, as_of) if name else None
        if series is None or series.last is None:
            step = "load an index and name it with --industry-index ID"
            return None, "no industry series" + (f" {name}" if name else ""), step
        return series, "", ""
    series = split_adjusted(data.closes, data.actions, rating.subject, as_of)
    if series.last is None:
        return None, f"no prices of {rating.subject}", f"screener fetch --symbols {rating.subject}"
    return series, "", ""


def _without_series(rating: Rating, index: str, calendar: Calendar, reason: str, step: str) -> list[Verdict]:
    """Not evaluable, with what is missing; the horizon stands beside it."""
    verdicts = []
    for candidate in candidates(rating, calendar):
        for reading in Reading:
            end, unknown = horizon_end(candidate, 6 if reading is Reading.E6 else 12, calendar)
            verdicts.append(Verdict(reading, candidate, None, end, unknown, index, Status.NOT_EVALUABLE, reason, step))
    return verdicts


def _totals(
    rating: Rating, data: RatingData, calendar: Calendar, as_of: date, others: Sequence[Rating], geometric: bool
) -> list[Verdict]:
    """The second line, dividends on both sides: stocks of the A market where H00300 is stored."""
    level = series_of(data.indices, "index", TOTAL_RETURN_BENCHMARK, as_of)
    if rating.subject_kind != "stock" or rating.market != "A" or level.last is None:
        return []
    prices = total_return(data.closes, data.actions, rating.subject, as_of)
    if prices.last is None:
        return []
    return evaluate(rating, prices, level, calendar, as_of, geometric=geometric, others=others)


def _total_line(verdicts: Sequence[Verdict]) -> Row:
    last = _headline(verdicts) if verdicts else None
    return {
        "total_return_benchmark": last and last.benchmark,
        "total_return_status": last and str(last.status),
        "relative_total_return": last and last.relative_return,
        "band_total_return": last and last.band,
        "so_far_total_return": last and last.so_far,
    }


def _headline(verdicts: Sequence[Verdict]) -> Verdict:
    """The latest candidate date among those with the least conclusive status."""
    status = min((v.status for v in verdicts), key=SEVERITY.__getitem__)
    return next(v for v in reversed(verdicts) if v.status is status)


def _fold(rating: Rating, verdicts: Sequence[Verdict]) -> Row:
    """One reading over all candidate dates. The least conclusive status wins; figures are those of the latest date."""
    last = _headline(verdicts)
    status = last.status
    waiting = sum(v.status is status for v in verdicts)
    bands = sorted({v.band for v in verdicts if v.band})
    final = status is Status.FINAL
    agreed = final and len(bands) == 1
    return {
        "subject": rating.subject,
        "broker": rating.broker,
        "rating": rating.rating,
        "report_date": rating.report_date,
        "benchmark": last.benchmark,
        "status": str(status),
        "horizon_end": last.horizon_end,
        "relative_return": last.relative_return,
        "band": bands[0] if agreed else None,
        "reading": str(last.reading),
        "hit": last.hit if agreed else None,
        "reason": last.reason,
        "next_step": last.next_step,
        "rating_id": rating.rating_id,
        "subject_kind": rating.subject_kind,
        "market": rating.market,
        "action": rating.action,
        "report_date_last": rating.report_date_last,
        "candidate_dates": len(verdicts),
        "candidate_dates_in_this_status": waiting,
        "horizon_end_first": verdicts[0].horizon_end,
        "session_unknown": any(v.session_unknown for v in verdicts),
        **_range("relative_return", [v.relative_return for v in verdicts]),
        "bands": bands,
        "depends_on_date": len(bands) > 1 if final and last.reading is not Reading.A else None,
        "forms_disagree": any(v.forms_disagree for v in verdicts) if final else None,
        "relative_return_geometric": last.relative_return_geometric,
        "relative_return_from_close_before": last.relative_return_from_close_before,
        "band_from_close_before": last.band_from_close_before,
        **_range("so_far", [v.so_far for v in verdicts]),
        "so_far_bands": sorted({v.so_far_band for v in verdicts if v.so_far_band}),
        "so_far_date": last.so_far_date,
        "highest": last.highest,
        "lowest": last.lowest,
        "superseded_on": last.superseded_on,
        "full_horizon_status": last.full_horizon_status and str(last.full_horizon_status),
        "full_horizon_return": last.full_horizon_return,
        "full_horizon_band": last.full_horizon_band,
        "candidates": [asdict(v) for v in verdicts],
    }


def _range(name: str, values: Sequence[float | None]) -> Row:
    known = [value for value in values if value is not None]
    return {f"{name}_low": min(known, default=None), f"{name}_high": max(known, default=None)}


def _confirmed(rows: Sequence[Row]) -> bool | None:
    """True where E6, E12 and W are final and in the rated band, False where one is not; None before, or undecided."""
    read = [row for row in rows if row["reading"] != Reading.A]
    if any(row["status"] != Status.FINAL for row in read):
        return None
    hits = {row["hit"] for row in read}
    return False if False in hits else (None if None in hits else True)


def _mark_duplicates(rows: list[Row]) -> list[Row]:
    """`duplicate`: the same rating by the same broker while a counted window of it is still open."""
    counted: dict[tuple[str, ...], tuple[str, date]] = {}
    for row in rows:
        key = (row["subject"], row["broker"], row["benchmark"], row["reading"])
        rating, until = counted.get(key, ("", date.min))
        row["duplicate"] = rating == row["rating"] and row["report_date"] <= until
        if not row["duplicate"]:
            counted[key] = (row["rating"], row["horizon_end"])
    return rows

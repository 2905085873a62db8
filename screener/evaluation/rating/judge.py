"""Any frame of ratings → one `Judged` per rating, benchmark, series and reading.

1. Ratings known at the as-of date, oldest first.
2. Benchmarks of the market by rank; where the text says 或 each is evaluated.
3. Series: split-adjusted price of a stock, with total return on both sides beside it; of an industry every index that
   may stand for it (`stand_in`), each judged on its own.
4. Verdicts for every candidate report date, folded into one value per reading.
5. Where the series of one rating would end in different bands, each of them says so.
6. A repeated rating inside a counted window is a duplicate and is not counted again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import polars as pl

from screener.core.calendar import Calendar
from screener.core.config import TOTAL_RETURN_BENCHMARK
from screener.core.errors import ScreenerError
from screener.core.rating_words import Standards
from screener.core.symbols import parse_symbol
from screener.core.tables import TABLES
from screener.evaluation.rating.evaluate import FIRST_MONTHS, LAST_MONTHS, candidates, evaluate, horizon_end
from screener.evaluation.rating.judged import Judged
from screener.evaluation.rating.model import PriceSeries, Rating, Reading, Status, Verdict
from screener.evaluation.rating.series import end_of, level_of, price_of, wealth_of, without_rule
from screener.evaluation.rating.stand_in import StandIn, stand_ins
from screener.point_in_time.frames import frame_of
from screener.point_in_time.market import Market
from screener.point_in_time.versions import as_known

CHINESE_MARKETS = ("A", "NEEQ")


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is the same for every rating of one review."""

    market: Market
    as_of: date
    spells: Mapping[tuple[str, str], Sequence[Rating]]  # subject, broker → its ratings
    geometric: bool
    standards: Standards
    series: dict[tuple[str, str], PriceSeries] = field(default_factory=dict)  # each is made once

    def price(self, symbol: str) -> PriceSeries:
        """`series.price_of`."""
        return self._once("price", symbol, price_of)

    def wealth(self, symbol: str) -> PriceSeries:
        """`series.wealth_of`."""
        return self._once("wealth", symbol, wealth_of)

    def level(self, index: str) -> PriceSeries:
        """`series.level_of`."""
        return self._once("level", index, level_of)

    def _once(self, what: str, name: str, make: Callable[[Market, str, date], PriceSeries]) -> PriceSeries:
        if (what, name) not in self.series:
            self.series[what, name] = make(self.market, name, self.as_of)
        return self.series[what, name]


def judge(
    ratings: pl.DataFrame,
    market: Market,
    as_of: date,
    *,
    industry_index: Sequence[str] = (),
    geometric: bool = False,
) -> tuple[Judged, ...]:
    """Every rating of `ratings` (as core.tables RATINGS) that was published by the end of `as_of`, oldest first.

    industry_index: these stand for every rated industry, whatever its report names; the first is the main one.
    geometric: bands by (1+r) ÷ (1+b) − 1. Raises ScreenerError for a rating, market or symbol that is not understood.
    """
    rows = ratings.sort("report_date", maintain_order=True).iter_rows(named=True)
    known = [rating_of(row) for row in rows if _published(row, as_of)]
    spells: dict[tuple[str, str], list[Rating]] = {}
    for rating in known:
        spells.setdefault((rating.subject, rating.broker), []).append(rating)
    asked = _Asked(market, as_of, spells, geometric, Standards(known_table(market, "rating_standards", as_of)))
    benchmarks, series = (known_table(market, name, as_of) for name in ("benchmarks", "industry_series"))
    held_against = {name: benchmarks_of(name, benchmarks) for name in dict.fromkeys(one.market for one in known)}
    judged: list[Judged] = []
    for rating in known:
        industry = rating.subject_kind == "industry"
        side_by_side = (stand_ins(rating, series, industry_index) or (None,)) if industry else (None,)
        for index in held_against[rating.market]:
            judged += _mark_series([row for one in side_by_side for row in _readings(asked, rating, index, one)])
    return _mark_duplicates(judged)


def of_stock(market: Market, symbol: str, as_of: date) -> tuple[Judged, ...]:
    """The ratings of one stock of the A market, oldest first; none where nobody rated it by the end of `as_of`."""
    rated = {row.rating_id for row in market.ratings if row.symbol == symbol}
    if not rated:
        return ()
    table = known_table(market, "ratings", as_of)
    return judge(table.filter(pl.col("rating_id").is_in(sorted(rated))), market, as_of)


def known_table(market: Market, name: str, as_of: date) -> pl.DataFrame:
    """Rows of a table (the market's, else the packaged one) as they were known by the end of `as_of`."""
    return as_known(frame_of(market.frames, name), TABLES[name].key, end_of(as_of))


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
        printed=row.get("printed"),
        analysts=tuple(name.strip() for name in (row.get("analysts") or "").split(",") if name.strip()),
        **{name: row.get(name) for name in ("target_low", "target_high", "title", "url")},
    )


def benchmarks_of(market: str, benchmarks: pl.DataFrame) -> list[str]:
    """Indices of a market by rank. Raises ScreenerError where the standard names none."""
    names = benchmarks.filter(pl.col("market") == market).sort("rank")["index"].to_list()
    if not names:
        known = sorted(set(benchmarks["market"].to_list()))
        raise ScreenerError("no benchmark for this market", where="ratings", got=market, expected=", ".join(known))
    return names


def _published(row: Mapping[str, Any], as_of: date) -> bool:
    """By the end of `as_of`; an interval is over with its last day."""
    known_at = row.get("known_at")
    day: date = known_at.date() if known_at else row.get("report_date_last") or row["report_date"]
    return day <= as_of


def _readings(asked: _Asked, rating: Rating, index: str, stand_in: StandIn | None) -> list[Judged]:
    """One rating, as one series has it, against one benchmark, reading by reading."""
    level = asked.level(index)
    calendar = _calendar(rating.market, level, asked.market.calendar)
    prices, reason, step = _subject(asked, rating, stand_in)
    if level.last is None:
        prices, reason, step = None, f"no levels of {index}", f"load levels of {index} (screener load DIR)"
    if prices is None:
        verdicts = _without_series(rating, index, calendar, reason, step)
    else:
        verdicts = _verdicts(asked, rating, prices, level, calendar)
    totals = _totals(asked, rating, calendar)
    standard = asked.standards.of(
        rating.broker, rating.subject_kind, rating.printed or rating.rating, rating.report_date
    )
    judged = [Judged(rating, _of(reading, verdicts), _of(reading, totals), stand_in) for reading in Reading]
    confirmed = _confirmed(judged)
    return [replace(row, confirmed=confirmed, standard=standard) for row in judged]


def _of(reading: Reading, verdicts: Sequence[Verdict]) -> tuple[Verdict, ...]:
    return tuple(verdict for verdict in verdicts if verdict.reading is reading)


def _calendar(market: str, level: PriceSeries, home: Calendar) -> Calendar:
    """Sessions of the market: those of Shanghai and Shenzhen, abroad the days of its own benchmark."""
    return home if market in CHINESE_MARKETS or level.last is None else Calendar(level.dates.tolist())


def _subject(asked: _Asked, rating: Rating, stand_in: StandIn | None) -> tuple[PriceSeries | None, str, str]:
    """(series, reason, next step) of what is rated."""
    if rating.subject_kind == "industry":
        return _industry(asked, stand_in)
    series = asked.price(rating.subject)
    if kind := without_rule(asked.market, rating.subject, asked.as_of):
        step = "load what holders got as cash or bonus"
        return None, f"corporate action without a rule ({kind}) of {rating.subject}", step
    if series.last is None:
        return None, f"no prices of {rating.subject}", f"screener fetch --symbols {rating.subject}"
    return series, "", ""


def _industry(asked: _Asked, stand_in: StandIn | None) -> tuple[PriceSeries | None, str, str]:
    if stand_in is None:
        return None, "no industry series", "load an index and name it with --industry-index ID"
    series = asked.level(stand_in.index)
    if series.last is None:
        return None, f"no industry series {stand_in.index}", "screener fetch --only indices"
    return series, "", ""


def _verdicts(
    asked: _Asked, rating: Rating, prices: PriceSeries, level: PriceSeries, calendar: Calendar
) -> list[Verdict]:
    others = asked.spells[rating.subject, rating.broker]
    return evaluate(rating, prices, level, calendar, asked.as_of, geometric=asked.geometric, others=others)


def _without_series(rating: Rating, index: str, calendar: Calendar, reason: str, step: str) -> list[Verdict]:
    """Not evaluable, with what is missing; the horizon stands beside it."""
    verdicts = []
    for candidate in candidates(rating, calendar):
        for reading in Reading:
            months = FIRST_MONTHS if reading is Reading.E6 else LAST_MONTHS
            end, unknown = horizon_end(candidate, months, calendar)
            verdicts.append(Verdict(reading, candidate, None, end, unknown, index, Status.NOT_EVALUABLE, reason, step))
    return verdicts


def _totals(asked: _Asked, rating: Rating, calendar: Calendar) -> list[Verdict]:
    """The second line, dividends on both sides: stocks of the A market where H00300 is stored."""
    level = asked.level(TOTAL_RETURN_BENCHMARK)
    if rating.subject_kind != "stock" or rating.market != "A" or level.last is None:
        return []
    prices = asked.wealth(rating.subject)
    return [] if prices.last is None else _verdicts(asked, rating, prices, level, calendar)


def _confirmed(judged: Sequence[Judged]) -> bool | None:
    """True where E6, E12 and W are final and in the rated band, False where one is not; None before, or undecided."""
    read = [row for row in judged if row.reading is not Reading.A]
    if not all(row.final for row in read):
        return None
    hits = {row.hit for row in read}
    return False if False in hits else (None if None in hits else True)


def _mark_series(judged: Sequence[Judged]) -> list[Judged]:
    """`depends_on_series`: whether the series of one rating would end in different bands, reading by reading."""
    marked = []
    for row in judged:
        told = [one.standing_bands for one in judged if one.reading is row.reading and one.standing_bands]
        apart = any(bands != told[0] for bands in told) if len(told) > 1 else None
        marked.append(replace(row, depends_on_series=apart))
    return marked


def _mark_duplicates(judged: Sequence[Judged]) -> tuple[Judged, ...]:
    """`duplicate`: the same rating by the same broker while a counted window of it is still open."""
    counted: dict[tuple[str, ...], tuple[Rating, date]] = {}
    marked = []
    for row in judged:
        series = row.stand_in.index if row.stand_in else ""
        key = (row.rated.subject, row.rated.broker, row.benchmark, series, row.reading)
        before = counted.get(key)
        again = before is not None and row.rated.report_date <= before[1] and not before[0].differs(row.rated)
        if not again:
            counted[key] = (row.rated, row.horizon_end)
        marked.append(replace(row, duplicate=again))
    return tuple(marked)

"""The answer in a few lines: who ranks, what changed in a month, what acting earned, ratings, what is missing.

1. Ranking: the screen of the day, each firm with its rank a month before.
2. Change: the difference to the same day of the month before, contract by contract; what nobody has read yet.
3. Acting: each back-test against its benchmark, and the same run without its most profitable firm.
4. Ratings of industries on their main series: the way so far, the band of today, when month 6 and month 12 are due.
5. Data: how old prices and benchmark are on the day, and how many firms lack a price, an amount or a share count.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import polars as pl

from screener.core.answer import Answer, Tables
from screener.core.calendar import add_months
from screener.core.config import BENCHMARK, ScreenOptions
from screener.core.stands_on import StandsOn
from screener.evaluation.rating import Judged, lines
from screener.point_in_time.market import Market
from screener.point_in_time.panel import Panel
from screener.screen.diff import Change, Difference, diff
from screener.screen.ranking import ScreenResult, ranks
from screener.screen.row import ScreenRow

if TYPE_CHECKING:
    from screener.evaluation.appraisal import Appraisal

NEW, ENDED, TERMINATED = "new", "ended", "terminated"
SHOWN_RATINGS = 6  # ratings of industries, the newest


@dataclass(frozen=True, slots=True)
class Standing:
    """A firm of the universe; yuan, shares of market cap, None where unknown."""

    symbol: str
    firm: str
    rank: int | None
    rank_before: int | None  # a month before
    score: float | None
    score_low: float | None
    score_high: float | None
    backlog_cny: float | None
    market_cap_cny: float | None
    market_cap_approximate: bool
    coverage: str
    reason: str  # why there is no score


@dataclass(frozen=True, slots=True)
class Event:
    """What became of one contract within the month."""

    what: str  # new | ended | terminated
    symbol: str
    firm: str
    commitment_id: str
    announcement_id: str
    backlog_cny: float  # added to the backlog, or taken off it
    title: str


@dataclass(frozen=True, slots=True)
class Changed:
    """What the month did to the backlog of all firms, in yuan; new + ended + run off + re-read = after − before."""

    since: date
    backlog_before_cny: float
    backlog_after_cny: float
    run_off_cny: float
    re_read_cny: float
    order_like: int  # announcements of orders that became known
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class Earned:
    """One back-test beside its benchmark and beside itself without its most profitable firm."""

    strategy: str
    start: date
    end: date
    total_return: float
    benchmark_return: float | None
    excess_return: float | None
    without_best_firm: float | None
    best_firm: str | None
    max_drawdown: float | None
    fills: int


@dataclass(frozen=True, slots=True)
class Rated:
    """A rating of an industry on its main series."""

    subject: str
    broker: str
    rating: str
    report_date: date
    series: str | None
    standing: str
    so_far_low: float | None
    so_far_high: float | None
    so_far_date: date | None
    today: tuple[str, ...]
    month_6_due: date
    month_12_due: date


@dataclass(frozen=True, slots=True)
class Freshness:
    """How old the facts are on the day, and what is missing."""

    price_session: date | None
    price_age_days: int | None
    benchmark_session: date | None
    benchmark_age_days: int | None
    last_announcement: datetime | None
    announcement_age_days: int | None
    firms: int
    without_price: int
    without_amount: int  # firms of which no amount of an order is known
    approximate_cap: int
    unreviewed: int  # order-like announcements nobody has read
    proposals: int  # readings that wait for a person


@dataclass(frozen=True, repr=False, eq=False)
class Brief(Answer):
    """What a reader needs to know first; every figure of it stands somewhere in the answers behind it."""

    as_of: date
    ranking: tuple[Standing, ...]  # ranked firms first
    changed: Changed | None  # None where no session lies a month before
    earned: tuple[Earned, ...]
    ratings: tuple[Rated, ...]
    freshness: Freshness
    stands_on: StandsOn

    @property
    def ranked(self) -> tuple[Standing, ...]:
        """The firms that have a score."""
        return tuple(row for row in self.ranking if row.rank is not None)

    @property
    def ahead(self) -> tuple[int, int]:
        """How many back-tests beat their benchmark, and how many still do without their most profitable firm."""
        held = [row for row in self.earned if row.benchmark_return is not None]
        without = [row.without_best_firm for row in held if row.without_best_firm is not None]
        index = held[0].benchmark_return or 0.0 if held else 0.0
        return sum((row.excess_return or 0.0) > 0 for row in held), sum(total > index for total in without)

    @property
    def next_due(self) -> tuple[Rated, date] | None:
        """The open rating whose next horizon ends first, and that day; None where none is open."""
        ends = [(row, day) for row in self.ratings for day in (row.month_6_due, row.month_12_due) if day > self.as_of]
        return min(ends, key=lambda one: one[1], default=None)

    def frame(self) -> pl.DataFrame:
        """One row per firm."""
        return pl.DataFrame(self._tables()["ranking"], infer_schema_length=None)

    def _plain(self) -> dict[str, Any]:
        changed = asdict(self.changed) if self.changed else None
        rest = {name: [asdict(row) for row in getattr(self, name)] for name in ("ranking", "earned", "ratings")}
        return {"as_of": self.as_of, **rest, "changed": changed, "freshness": asdict(self.freshness)}

    def _tables(self) -> Tables:
        changed = asdict(self.changed) if self.changed else {}
        events = changed.pop("events", ())
        return {
            "ranking": [asdict(row) for row in self.ranking],
            "changed": [changed] if changed else [],
            "events": list(events),
            "earned": [asdict(row) for row in self.earned],
            "ratings": [{**asdict(row), "today": " ".join(row.today)} for row in self.ratings],
            "freshness": [asdict(self.freshness)],
        }


def brief(
    market: Market,
    as_of: date,
    found: ScreenResult,
    appraisals: Sequence[Appraisal],
    judged: Sequence[Judged],
    options: ScreenOptions,
    waiting: Sequence[tuple[str, datetime]] = (),
) -> Brief:
    """The lines of a day. `market` holds nothing that became known later; `found`: its screen with `options`.

    `waiting`: (symbol, when known) of the readings that wait for a person.
    """
    since = _month_before(market, as_of)
    before = market.at_day(since, options.universe) if since else None
    now = market.at_day(as_of, options.universe)
    then = {row.symbol: row.rank for row in ranks(before, options)} if before else {}
    return Brief(
        as_of=as_of,
        ranking=tuple(_standing(row, then.get(row.symbol)) for row in found.rows),
        changed=_changed(diff(before, now, options), before, now) if before else None,
        earned=tuple(_earned(one) for one in appraisals),
        ratings=_rated(judged),
        freshness=_freshness(market, as_of, found, waiting),
        stands_on=_standing_on(found, appraisals),
    )


def _month_before(market: Market, as_of: date) -> date | None:
    """The same day of the month before; None before the first session."""
    day = add_months(as_of, -1)
    return day if len(market.sessions) and market.sessions[0].item() <= day else None


def _standing(row: ScreenRow, rank_before: int | None) -> Standing:
    return Standing(
        symbol=row.symbol,
        firm=row.firm,
        rank=row.rank,
        rank_before=rank_before,
        score=row.score,
        score_low=row.score_low,
        score_high=row.score_high,
        backlog_cny=row.backlog_cny,
        market_cap_cny=row.market_cap_cny,
        market_cap_approximate=row.market_cap_approximate and row.market_cap_cny is not None,
        coverage=row.coverage,
        reason=row.reason,
    )


def _changed(found: Difference, before: Panel, now: Panel) -> Changed:
    order_like = set(now.kinds.filter(pl.col("order_like"))["kind"])
    told = [row for row in now.announcements if before.as_of < row.known_at and row.kind in order_like]
    changes = [(row.symbol, row.firm, change) for row in found.rows for change in row.changes]
    named = ((_what(change), symbol, firm, change) for symbol, firm, change in changes)
    events = (
        Event(what, symbol, firm, change.commitment_id, change.announcement_id, change.yuan, change.title)
        for what, symbol, firm, change in named
        if what
    )
    effects: dict[str, float] = {}
    for *_, change in changes:
        effects[change.effect] = effects.get(change.effect, 0.0) + change.yuan
    return Changed(
        since=before.session,
        backlog_before_cny=_total(found, "backlog_before_cny"),
        backlog_after_cny=_total(found, "backlog_after_cny"),
        run_off_cny=round(effects.get("burned", 0.0), 2),
        re_read_cny=round(effects.get("re_read", 0.0), 2),
        order_like=len(told),
        events=tuple(sorted(events, key=lambda event: -abs(event.backlog_cny))),
    )


def _what(change: Change) -> str:
    """new, ended (its term is over) or terminated (told so, wholly or in part); empty for what merely ran off."""
    if change.effect == "new":
        return NEW
    if change.effect == "ended":
        return ENDED if change.why == "finished" else TERMINATED
    return ""


def _total(found: Difference, column: str) -> float:
    return round(sum(getattr(row, column) or 0.0 for row in found.rows), 2)


def _earned(found: Appraisal) -> Earned:
    one, best = found.compared, found.without_best
    return Earned(
        strategy=one.strategy,
        start=found.first,
        end=found.last,
        total_return=one.total_return,
        benchmark_return=one.benchmark,
        excess_return=one.excess,
        without_best_firm=one.without_best,
        best_firm=best.symbol if best else None,
        max_drawdown=one.max_drawdown,
        fills=one.fills,
    )


def _rated(judged: Sequence[Judged]) -> tuple[Rated, ...]:
    """The newest ratings of industries, each on its main series, the newest first."""
    told = [
        line
        for line in lines([row for row in judged if row.rated.subject_kind == "industry"])
        if not line.repeated and (line.stand_in is None or line.stand_in.main)
    ]
    newest = sorted(told, key=lambda line: line.rated.report_date, reverse=True)[:SHOWN_RATINGS]
    return tuple(
        Rated(
            subject=line.rated.subject,
            broker=line.rated.broker,
            rating=line.rated.word,
            report_date=line.rated.report_date,
            series=line.stand_in.label if line.stand_in else None,
            standing=line.standing,
            so_far_low=line.so_far[0],
            so_far_high=line.so_far[1],
            so_far_date=line.so_far_date,
            today=tuple(line.today),
            month_6_due=line.six.horizon_end,
            month_12_due=line.twelve.horizon_end,
        )
        for line in newest
    )


def _freshness(market: Market, as_of: date, found: ScreenResult, waiting: Sequence[tuple[str, datetime]]) -> Freshness:
    price, rows = market.last_session(), found.rows
    index = market.indices.get(BENCHMARK)
    level = index.dates[-1].item() if index is not None and len(index.dates) else None
    last = max((row.known_at for row in market.announcements), default=None)
    moment, symbols = found.stands_on.known_by, {row.symbol for row in rows}
    held = [symbol for symbol, known_at in waiting if symbol in symbols and (moment is None or known_at <= moment)]
    return Freshness(
        price_session=price,
        price_age_days=(as_of - price).days if price else None,
        benchmark_session=level,
        benchmark_age_days=(as_of - level).days if level else None,
        last_announcement=last,
        announcement_age_days=(as_of - last.date()).days if last else None,
        firms=len(rows),
        without_price=sum(row.market_cap_cny is None for row in rows),
        without_amount=sum(row.coverage == "none" for row in rows),
        approximate_cap=sum(row.market_cap_approximate and row.market_cap_cny is not None for row in rows),
        unreviewed=sum(row.unreviewed for row in rows),
        proposals=len(held),
    )


def _standing_on(found: ScreenResult, appraisals: Sequence[Appraisal]) -> StandsOn:
    """As the screen, with the hindsight of the back-tests beside it."""
    said = dict.fromkeys(part for one in (found, *appraisals) for part in one.stands_on.hindsight.split("; ") if part)
    return replace(found.stands_on, hindsight="; ".join(said))

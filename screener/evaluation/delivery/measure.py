"""How `delivery` is measured; the rules stand in the package."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

import polars as pl

from screener.core.config import END_OF_DAY, ScreenOptions
from screener.core.tables import TABLES
from screener.evaluation.delivery.answer import Delivery, HalfYear, Life, Survival
from screener.evaluation.delivery.lag import lags
from screener.evaluation.performance.figures import wilson
from screener.point_in_time.frames import frame_of
from screener.point_in_time.market import Market
from screener.point_in_time.panel import Panel
from screener.point_in_time.versions import as_known
from screener.screen.backlog import Plan, plans_of
from screener.screen.ranking import stands_on
from screener.screen.realised import realised

_STATUSES = ("accepted", "recognised", "reduced", "terminated", "silent")
_BALANCES, _FLOWS = ("contract_liabilities", "fixed_assets"), ("capital_expenditure",)
Figure = tuple[float, datetime, tuple[str, ...]]  # yuan, when it was known, the items it is a sum of
Sums = dict[tuple[str, date], Figure]  # (symbol, end of the period)
Halves = Mapping[tuple[str, str], Figure]  # (symbol, half)
Lines = Mapping[str, Halves]  # measure → halves


@dataclass(frozen=True)
class Told:
    """What firms reported: revenue of compute products, and lines of their statements."""

    revenue: Halves
    lines: Lines

    def halves(self) -> set[tuple[str, str]]:
        """(symbol, half) of which anything was reported."""
        return {*self.revenue, *(key for halves in self.lines.values() for key in halves)}


def delivery(market: Market, panel: Panel, day: date, options: ScreenOptions, symbol: str | None = None) -> Delivery:
    """Everything known by the end of `day`; of one firm where `symbol` names it."""
    plans = {name: rows for name, rows in plans_of(panel, options).items() if symbol in (None, name)}
    told = Told(reported_halves(market, day), reported_lines(market, day))
    lives = [life for name, rows in plans.items() for life in _lives(panel, name, rows, day)]
    asked = {name for name, _ in told.halves() if symbol in (None, name)} | {one.symbol for one in lives}
    halves = [half for name in sorted(asked) for half in _halves(panel, name, plans.get(name, ()), told, day)]
    return Delivery(
        tuple(halves),
        tuple(lives),
        tuple(survival(lives)),
        tuple(lags(panel, (plan for rows in plans.values() for plan in rows))),
        tuple(realised(panel, options).values()),
        replace(stands_on(panel, options, sorted(asked)), as_of=day),
    )


def reported_halves(market: Market, day: date) -> Halves:
    """(symbol, half) → yuan of compute products, when it was known, their names; as known by the end of `day`."""
    words = frame_of(market.frames, "products")
    rows = _known(market, day).filter(pl.col("measure") == "revenue").to_dicts()
    compute = [row for row in rows if is_compute(str(row["item"]), row["period_end"], words)]
    return dict(_cut(_sums(compute)))


def reported_lines(market: Market, day: date) -> Lines:
    """Measure → (symbol, half) → yuan of a statement line and when it was known; as known by the end of `day`.

    Balances stand at the end of the half; expenditure is that of the half alone.
    """
    known = _known(market, day)
    found: dict[str, Halves] = {}
    for measure in (*_BALANCES, *_FLOWS):
        sums = _sums(known.filter(pl.col("measure") == measure).to_dicts())
        ends = {key: value for key, value in sums.items() if key[1].month in (6, 12)}
        found[measure] = (
            dict(_cut(ends))
            if measure in _FLOWS
            else {(name, _half_of(end)): told for (name, end), told in ends.items()}
        )
    return found


def _known(market: Market, day: date) -> pl.DataFrame:
    return as_known(frame_of(market.frames, "segments"), TABLES["segments"].key, datetime.combine(day, END_OF_DAY))


def _sums(rows: Iterable[Mapping[str, Any]]) -> Sums:
    sums: Sums = {}
    for row in rows:
        key = (row["symbol"], row["period_end"])
        total, when, names = sums.get(key, (0.0, row["known_at"], ()))
        sums[key] = (total + row["amount"], max(when, row["known_at"]), (*names, row["item"]))
    return sums


def is_compute(item: str, period_end: date, words: pl.DataFrame) -> bool:
    """A product whose name holds a word for compute that was in the table then, and none against it."""
    found = [
        row["is_compute"] for row in words.iter_rows(named=True) if row["name"] in item and row["start"] <= period_end
    ]
    return bool(found) and all(found)


def _cut(sums: Sums) -> Iterator[tuple[tuple[str, str], Figure]]:
    """Half-years out of sums since the first day of the year."""
    for (symbol, end), (amount, when, names) in sums.items():
        if end.month == 6:
            yield (symbol, f"{end.year}H1"), (amount, when, names)
        first = sums.get((symbol, date(end.year, 6, 30)))
        if end.month == 12 and first is not None:
            yield (symbol, f"{end.year}H2"), (round(amount - first[0], 2), max(when, first[1]), names)
        if end.month == 12 and first is None:  # a year nobody has cut
            yield (symbol, f"{end.year}"), (amount, when, names)


def _halves(panel: Panel, symbol: str, plans: Sequence[Plan], told: Told, day: date) -> Iterator[HalfYear]:
    counted = [plan for plan in plans if plan.is_work and plan.excluded is None]
    named = sorted(half for name, half in told.halves() if name == symbol)
    first = min((_half_of(plan.commitment.event_date) for plan in counted), default=_half_of(day))
    for half in sorted({*_between(first, _half_of(day)), *named}):
        start, end = _days(half)
        implied = None
        if counted and end <= day:
            implied = round(sum(_done(plan, end) - _done(plan, start - timedelta(days=1)) for plan in counted), 2)
        if implied or half in named:
            yield _half(panel.names.get(symbol, symbol), (symbol, half), implied, told)


def _half(firm: str, key: tuple[str, str], implied: float | None, told: Told) -> HalfYear:
    amount, when, names = told.revenue.get(key, (None, None, ()))
    lines = {measure: halves[key] for measure, halves in told.lines.items() if key in halves}
    yuan = {measure: line[0] for measure, line in lines.items()}
    return HalfYear(
        *(key[0], firm, key[1]),
        implied_cny=implied,
        reported_cny=amount,
        ratio=amount / implied if amount is not None and implied else None,
        reported_known_at=when,
        products=names,
        contract_liabilities_cny=yuan.get("contract_liabilities"),
        fixed_assets_cny=yuan.get("fixed_assets"),
        capital_expenditure_cny=yuan.get("capital_expenditure"),
        lines_known_at=max((line[1] for line in lines.values()), default=None),
    )


def _done(plan: Plan, day: date) -> float:
    """Yuan of a contract that the burn-off takes for delivered by the end of `day`; what was ended was not."""
    if plan.commitment.event_date > day or not plan.announced:
        return 0.0
    whole = replace(plan, ended=None)
    left = whole.remaining(day)
    if plan.ended is not None and plan.ended.effective_date <= day:
        left = whole.remaining(plan.ended.effective_date)
    return plan.announced * plan.kept - left


def _half_of(day: date) -> str:
    return f"{day.year}H{1 if day.month <= 6 else 2}"


def _days(half: str) -> tuple[date, date]:
    year, second = int(half[:4]), half.endswith("H2")
    if "H" not in half:
        return date(year, 1, 1), date(year, 12, 31)
    return (date(year, 7, 1), date(year, 12, 31)) if second else (date(year, 1, 1), date(year, 6, 30))


def _between(first: str, last: str) -> Iterator[str]:
    year, part = int(first[:4]), int(first[-1])
    while f"{year}H{part}" <= last:
        yield f"{year}H{part}"
        year, part = (year, 2) if part == 1 else (year + 1, 1)


def _lives(panel: Panel, symbol: str, plans: Iterable[Plan], day: date) -> Iterator[Life]:
    for plan in plans:
        row = plan.commitment
        if not plan.is_work or not row.is_compute:
            continue
        kinds = {fact.kind for fact in plan.facts}
        amounts = partial(_sum, plan)
        silent = plan.is_unconfirmed(day) and not kinds
        yield Life(
            row.commitment_id,
            symbol,
            panel.names.get(symbol, symbol),
            row.event_date,
            plan.announced,
            row.counterparty,
            min((fact.effective_date for fact in plan.facts if fact.kind == "acceptance"), default=None),
            amounts("revenue_recognised"),
            amounts("reduction"),
            plan.ended.effective_date if plan.ended is not None else None,
            silent,
            _status(plan, kinds, silent=silent),
            len(plan.facts),
        )


def _sum(plan: Plan, kind: str) -> float | None:
    parts = [fact.amount for fact in plan.facts if fact.kind == kind and fact.amount is not None]
    return sum(parts) if parts else None


def _status(plan: Plan, kinds: set[str], *, silent: bool) -> str:
    if plan.ended is not None:
        return "terminated"
    words = {"reduction": "reduced", "revenue_recognised": "recognised", "acceptance": "accepted"}
    return next((word for kind, word in words.items() if kind in kinds), "silent" if silent else "running")


def survival(lives: Sequence[Life]) -> Iterator[Survival]:
    """What announced contracts came to; one contract may have come to several."""
    flags: dict[str, Callable[[Life], bool]] = {
        "accepted": lambda one: one.accepted_on is not None,
        "recognised": lambda one: one.recognised_cny is not None or one.status == "recognised",
        "reduced": lambda one: one.reduced_cny is not None or one.status == "reduced",
        "terminated": lambda one: one.terminated_on is not None,
        "silent": lambda one: one.silent,
    }
    n = len(lives)
    for status in _STATUSES:
        found = [one for one in lives if flags[status](one)]
        low, high = wilson(len(found), n) if n else (None, None)
        amount = sum(one.announced_cny or 0.0 for one in found)
        yield Survival(status, len(found), n, len(found) / n if n else None, low, high, amount)

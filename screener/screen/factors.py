"""Factors: one function of a `Firm` each. A further factor is one further function with `@factor` above it.

Every value is None where something it needs is unknown. "÷ cap" is a share of market cap (price × total shares known).
Realisation rates of purchase ceilings: one firm reported purchases of 42 % of its ceilings in the twelve months to
2025-09-26, and further ceilings known from elsewhere put it nearer 24 %; hence 0.25, 0.4 and the ceiling itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property, partial
from math import isnan

from pydantic import ValidationError

from screener.core.config import Burn, Policy, ScreenOptions
from screener.core.errors import UsageError
from screener.core.later import LaterRows
from screener.point_in_time.panel import Panel
from screener.screen.backlog import Plans, backlogs, options_for, plans_of
from screener.screen.burn import add_months, months_between, quarter_of, quarter_starts
from screener.screen.contracts import Contract, contract_of
from screener.screen.policy import Reason

ORDER_MONTHS = 12
UNSCHEDULED = "unscheduled"


@dataclass(frozen=True)
class Firm:
    """What is known about one firm on one day: its contracts (counted or not) and its market cap in yuan."""

    symbol: str
    day: date
    market_cap: float | None
    contracts: Sequence[Contract]

    @cached_property
    def counted(self) -> tuple[Contract, ...]:
        """Contracts that count, finished ones included."""
        return tuple(row for row in self.contracts if row.counted)

    @cached_property
    def running(self) -> tuple[Contract, ...]:
        """Contracts that count and have work left."""
        return tuple(row for row in self.contracts if row.counted and row.remaining)

    @cached_property
    def backlog(self) -> float | None:
        """Yuan of remaining work; None where no contract counts."""
        rows = self.counted
        return round(sum(row.remaining or 0.0 for row in rows), 2) if rows else None

    @cached_property
    def purchases(self) -> tuple[Contract, ...]:
        """Purchases that no later one amends, replaces or repeats."""
        rows = (row for row in self.contracts if row.commitment.kind == "purchase")
        return tuple(row for row in rows if row.reason == Reason.NOT_INFLOW)

    def to_cap(self, yuan: float | None) -> float | None:
        """Yuan as a share of market cap."""
        return None if yuan is None or not self.market_cap else yuan / self.market_cap


Factor = Callable[[Firm], float | None]
FACTORS: dict[str, Factor] = {}


def factor(function: Factor) -> Factor:
    """Enter a function into the registry under its own name."""
    FACTORS[function.__name__] = function
    return function


@factor
def score(firm: Firm) -> float | None:
    """Remaining backlog ÷ cap; None where nothing is left or nothing counts."""
    return firm.to_cap(firm.backlog) if firm.backlog else None


@factor
def announced_to_cap(firm: Firm) -> float | None:
    """Announced amounts of the contracts that count ÷ cap, nothing burned."""
    return firm.to_cap(_announced(firm.counted))


@factor
def annualised_to_cap(firm: Firm) -> float | None:
    """A year's worth of the running contracts with a stated term ÷ cap; one-off integration work is no run rate."""
    parts = [
        row.announced * row.plan.kept * 12 / row.plan.term_months
        for row in firm.running
        if row.announced and row.plan.term_months and row.commitment.work != "integration"
    ]
    return firm.to_cap(sum(parts)) if parts else None


@factor
def orders_12m_to_cap(firm: Firm) -> float | None:
    """Counted contracts announced within twelve months ÷ cap; 0 where all are older, None where there is none."""
    rows = firm.counted
    since = add_months(firm.day, -ORDER_MONTHS)
    return firm.to_cap(_announced(row for row in rows if row.commitment.event_date > since) or 0.0) if rows else None


@factor
def days_since_last_order(firm: Firm) -> float | None:
    """Calendar days since the last counted contract was announced."""
    rows = firm.counted
    return float((firm.day - max(row.commitment.event_date for row in rows)).days) if rows else None


@factor
def remaining_life_months(firm: Firm) -> float | None:
    """Calendar months to the end of the running contracts with a known end, weighted by what remains of each."""
    rows = [(row.remaining or 0.0, row.plan.end) for row in firm.running]
    lives = [(yuan, months_between(firm.day, end)) for yuan, end in rows if end is not None and end > firm.day]
    weight = sum(yuan for yuan, _ in lives)
    return sum(yuan * months for yuan, months in lives) / weight if weight else None


@factor
def purchases_to_cap(firm: Firm) -> float | None:
    """Announced purchases ÷ cap at their ceilings: money going out, not work coming in."""
    amounts = [row.commitment.amount for row in purchases(firm) if row.commitment.amount]
    return firm.to_cap(sum(amounts)) if amounts else None


def purchases(firm: Firm) -> Sequence[Contract]:
    """Announced purchases that no later one amends, replaces or repeats."""
    return firm.purchases


@factor
def purchases_to_cap_at_40(firm: Firm) -> float | None:
    """Purchases ÷ cap if 40 % of the ceilings are spent."""
    full = purchases_to_cap(firm)
    return None if full is None else 0.4 * full


@factor
def purchases_to_cap_at_25(firm: Firm) -> float | None:
    """Purchases ÷ cap if 25 % of the ceilings are spent."""
    full = purchases_to_cap(firm)
    return None if full is None else 0.25 * full


@factor
def unnamed_share(firm: Firm) -> float | None:
    """Share of the backlog owed by customers that are not named."""
    if not firm.backlog:
        return None
    unnamed = sum(row.remaining or 0.0 for row in firm.running if not row.commitment.counterparty_named)
    return unnamed / firm.backlog


def runoff_by_quarter(firm: Firm) -> dict[str, float]:
    """Quarter → yuan of the backlog done in it, from the day on; sums to the backlog to the fen."""
    sums: dict[str, int] = {}
    for row in firm.running:
        for quarter, yuan in runoff_of(row).items():
            sums[quarter] = sums.get(quarter, 0) + round(yuan * 100)
    return {quarter: sums[quarter] / 100 for quarter in sorted(sums)}


def runoff_of(row: Contract) -> dict[str, float]:
    """The same for one contract; what has no schedule stands under `unscheduled`."""
    if not row.counted or not row.remaining:
        return {}
    plan, before = row.plan, round(row.remaining * 100)
    if not plan.burns or plan.end is None:
        return {UNSCHEDULED: row.remaining}
    done: dict[str, float] = {}
    day = row.day
    for start in quarter_starts(row.day, plan.end):
        after = round(plan.remaining(start) * 100)
        if before != after:
            done[quarter_of(day)] = (before - after) / 100
        day, before = start, after
    return done


def firms(panel: Panel, options: ScreenOptions, symbols: Iterable[str] | None = None) -> list[Firm]:
    """What is known about each firm of the universe (or of `symbols`); its contracts are made when somebody asks."""
    plans, day, caps = plans_of(panel, options), panel.session, panel.market_cap.tolist()
    found = []
    for symbol in panel.universe if symbols is None else symbols:
        cap = caps[panel.index_of(symbol)]
        rows = LaterRows(partial(_contracts, plans, symbol, day))
        found.append(Firm(symbol, day, None if isnan(cap) else cap, rows))
    return found


def _contracts(plans: Plans, symbol: str, day: date) -> Iterator[Contract]:
    return (contract_of(plan, day) for plan in plans.get(symbol, ()))


def factor_values(panel: Panel, name: str, options: ScreenOptions | None = None) -> dict[str, float | None]:
    """One factor over the universe: symbol → value. Raises UsageError for an unknown name."""
    if name not in FACTORS:
        raise UsageError("no such factor", got=name, expected=", ".join(FACTORS))
    return {firm.symbol: FACTORS[name](firm) for firm in firms(panel, options or ScreenOptions())}


def scores(panel: Panel, policy: str = Policy.FIRM, lag: int = 5, burn: str = Burn.STRAIGHT_LINE) -> dict[str, float]:
    """Symbol → remaining backlog ÷ market cap, for the firms of the universe that have both. The path of strategies.

    Same numbers as `screen`. Raises UsageError for an unknown policy, burn or lag.
    """
    try:
        options = options_for(policy, lag, burn)
    except (ValueError, ValidationError) as error:
        raise UsageError("policy, lag or burn not understood", got=(policy, lag, burn)) from error
    return scores_of(panel, options)


def scores_of(panel: Panel, options: ScreenOptions) -> dict[str, float]:
    """The same for any options of a screen."""
    backlog, caps, universe = backlogs(panel, options), panel.market_cap, frozenset(panel.universe)
    found = {}
    for symbol, yuan in backlog.items():
        cap = float(caps[panel.index_of(symbol)])
        if yuan > 0 and cap > 0 and symbol in universe:
            found[symbol] = yuan / cap
    return found


def excluded_orders(firm: Firm) -> list[Contract]:
    """Inflow commitments that do not count, latest first: what is known instead of an amount."""
    rows = [row for row in firm.contracts if not row.counted and row.commitment.direction == "inflow"]
    return sorted(rows, key=lambda row: (row.commitment.event_date, row.commitment.commitment_id), reverse=True)


def _announced(rows: Iterable[Contract]) -> float | None:
    amounts = [row.announced for row in rows if row.announced is not None]
    return sum(amounts) if amounts else None


def announced(firm: Firm) -> float | None:
    """Yuan announced in the contracts that count."""
    return _announced(firm.counted)


def beside(firm: Firm) -> dict[str, float | None]:
    """All factors of one firm but the score."""
    return {name: function(firm) for name, function in FACTORS.items() if function is not score}

"""A row of the screen: one firm, what is known of it on the day, and its range over counting rules.

1. What the order of a screen needs is found for all firms at once, in columns; so is what was lost and the haircut.
2. What no order needs is found for the rows that somebody looks at (`CELLS`), and so are the firms' contracts.
3. Coverage is `none` where no commitment counts, `partial` where one counts and another one for compute work has no
   disclosed amount, else `disclosed`.
4. 口径区间: lowest and highest backlog over four policies × lags 3, 5, 6 months (and the chosen lag), the other options
   as chosen. A policy under which nothing of a scored firm counts gives 0: its amounts are known, none qualifies.
   It is a range over counting rules, not a confidence interval.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date
from functools import cached_property
from itertools import compress
from math import isnan
from typing import TYPE_CHECKING, Any

import polars as pl

from screener.core.config import Policy, ScreenOptions
from screener.point_in_time.columns import are, cells
from screener.point_in_time.panel import Panel, known_rows, memo_of
from screener.screen.backlog import backlogs
from screener.screen.contracts import Contract
from screener.screen.factors import Firm, announced, beside, excluded_orders, purchases, runoff_by_quarter
from screener.screen.policy import Reason
from screener.screen.realised import after_haircut, lost
from screener.screen.trading import Traded, all_traded

RANGE_LAGS = (3, 5, 6)
ENTERS = "outside the universe; enters it if its proposals are accepted"
GROUPS = ("behind", "factors", "traded", "runoff")
_TRADING = tuple(each.name for each in fields(Traded))


@dataclass(frozen=True)
class ScreenRow:
    """One firm of the screen; yuan, fractions of market cap; None where unknown.

    What a ranking does not need is found when somebody asks for it: see CELLS.
    """

    symbol: str
    firm: str
    as_of: date
    rank: int | None
    score: float | None
    score_low: float | None = field(init=False)
    score_high: float | None = field(init=False)
    backlog_cny: float | None
    backlog_low_cny: float | None = field(init=False)
    backlog_high_cny: float | None = field(init=False)
    market_cap_cny: float | None
    coverage: str = field(init=False)  # disclosed | partial | none
    policy: str
    contracts: int = field(init=False)  # that count and have work left
    announced_cny: float | None = field(init=False)
    market_cap_approximate: bool = field(init=False)
    price_cny: float | None
    price_date: date | None = field(init=False)
    price_age_sessions: int | None  # sessions since that price; 0: of the last one
    finished: tuple[str, ...] = field(init=False)  # commitments that count and have nothing left
    terminated: tuple[str, ...] = field(init=False)
    lost_cny: float | None = field(init=False)  # of the announced work, terminated, denied or reduced
    score_after_haircut: float | None = field(init=False)  # each contract × what was realised of its class
    haircut_n: int | None = field(init=False)  # contracts behind the thinnest of those shares
    unconfirmed: int = field(init=False)  # running contracts without acceptance or revenue after twelve months
    unreviewed: int  # order-like announcements nobody has read yet
    proposals: int  # readings of orders that wait for a person; nothing of them counts
    backlog_with_proposals_cny: float | None  # what they would change; only where asked for
    score_with_proposals: float | None
    reason: str = field(init=False)  # why there is no score, or what is known instead of an amount
    factors: Mapping[str, float | None] = field(init=False)
    traded: Traded = field(init=False)
    runoff: Mapping[str, float] = field(init=False)  # quarter → yuan
    behind: Behind = field(repr=False, compare=False)

    if not TYPE_CHECKING:  # to it the fields above say what there is

        def __getattr__(self, name: str) -> Any:
            """A cell that no ranking needs. Raises AttributeError for another name."""
            if name not in CELLS:
                raise AttributeError(name)
            found = vars(self)[name] = CELLS[name](self.behind)
            return found

    def as_dict(self) -> dict[str, Any]:
        """Flat: the keys above, then one per factor, then those of `trading`, then `runoff_by_quarter`."""
        return {**self.cells(), "runoff_by_quarter": dict(self.runoff)}

    def cell(self, name: str) -> Any:
        """One of `cells`. Raises AttributeError for another name."""
        if name in _PLAIN:
            return getattr(self, name)
        return self.factors[name] if name in self.factors else getattr(self.traded, name)

    def cells(self) -> dict[str, Any]:
        """The same without the run-off, which takes longer than all the rest."""
        plain = {name: getattr(self, name) for name in _PLAIN}
        lists = {name: list(plain[name]) for name in ("finished", "terminated")}
        extra = {name: value for name, value in self.factors.items() if name not in plain}
        return {**plain, **lists, **extra, **{name: getattr(self.traded, name) for name in _TRADING}}


_PLAIN = tuple(f.name for f in fields(ScreenRow) if f.name not in GROUPS)


@dataclass(frozen=True)
class Seen:
    """What the rows of a screen share, asked once for all of them; (N,) by column of the panel."""

    panel: Panel
    options: ScreenOptions
    symbol: str | None  # of which firm alone
    backlogs: Mapping[str, float]
    unreviewed: Mapping[str, int]
    traded: Sequence[Traded]
    prices: Sequence[float]  # NaN where there is none
    last_bars: Sequence[int]  # -1 where there is none
    approximate: Sequence[bool]

    @classmethod
    def of(cls, panel: Panel, options: ScreenOptions, symbol: str | None = None) -> Seen:
        """For the rows of all firms or of one."""
        return cls(
            panel,
            options,
            symbol,
            backlogs(panel, options, symbol),
            unreviewed_of(panel),
            all_traded(panel),
            panel.reference.tolist(),
            panel.last_bar.tolist(),
            panel.shares_derived.tolist(),
        )

    @cached_property
    def ranges(self) -> Sequence[Mapping[str, float]]:
        """Backlogs under each of the counting rules."""
        return _ranges(self.panel, self.options, self.symbol)

    @cached_property
    def lost(self) -> Mapping[str, float]:
        """Symbol → yuan."""
        return lost(self.panel, self.options, self.symbol)

    @cached_property
    def haircuts(self) -> Mapping[str, tuple[float, int]]:
        """Symbol → yuan and n."""
        return after_haircut(self.panel, self.options, self.symbol)

    def score(self, firm: Firm) -> float | None:
        """As the factor has it, without a look at the firm's contracts."""
        return firm.to_cap(self.backlogs.get(firm.symbol) or None)

    def last_bar(self, n: int) -> int | None:
        """Row of the last bar of a column."""
        return self.last_bars[n] if self.last_bars[n] >= 0 else None


@dataclass(frozen=True)
class Behind:
    """What the cells of a row are found in."""

    seen: Seen
    firm: Firm
    outside: bool = False  # of the universe, which proposals would bring it into

    @cached_property
    def range(self) -> tuple[float | None, float | None]:
        """The lowest and the highest backlog, in yuan; None where there is nothing to count otherwise."""
        symbol = self.firm.symbol
        over = [under.get(symbol, 0.0) for under in self.seen.ranges] if self.seen.backlogs.get(symbol) else []
        return (min(over), max(over)) if over else (None, None)

    @property
    def column(self) -> int:
        """Of the panel."""
        return self.seen.panel.index_of(self.firm.symbol)

    @property
    def price_date(self) -> date | None:
        """Of the last bar."""
        last = self.seen.last_bar(self.column)
        return None if last is None else self.seen.panel.day_of(last)

    @property
    def haircut(self) -> tuple[float | None, int | None]:
        """Yuan and n; None where unknown."""
        return self.seen.haircuts.get(self.firm.symbol, (None, None))


# Cells of a row that are found when somebody asks for them.
CELLS: Mapping[str, Callable[[Behind], Any]] = {
    "score_low": lambda row: row.firm.to_cap(row.range[0]),
    "score_high": lambda row: row.firm.to_cap(row.range[1]),
    "backlog_low_cny": lambda row: row.range[0],
    "backlog_high_cny": lambda row: row.range[1],
    "coverage": lambda row: coverage(row.firm),
    "market_cap_approximate": lambda row: row.seen.approximate[row.column],
    "price_date": lambda row: row.price_date,
    "contracts": lambda row: len(row.firm.running),
    "announced_cny": lambda row: announced(row.firm),
    "finished": lambda row: tuple(each.commitment.commitment_id for each in row.firm.contracts if each.finished),
    "terminated": lambda row: tuple(each.commitment.commitment_id for each in _stopped(row.firm)),
    "lost_cny": lambda row: row.seen.lost.get(row.firm.symbol),
    "score_after_haircut": lambda row: row.firm.to_cap(row.haircut[0]),
    "haircut_n": lambda row: row.haircut[1],
    "unconfirmed": lambda row: sum(each.plan.is_unconfirmed(each.day) for each in row.firm.running),
    "reason": lambda row: ENTERS if row.outside else reason(row.firm) or _without_price(row.seen, row.firm.symbol),
    "factors": lambda row: beside(row.firm),
    "traded": lambda row: row.seen.traded[row.column],
    "runoff": lambda row: runoff_by_quarter(row.firm),
}


def row_of(seen: Seen, firm: Firm, rank: int | None = None) -> ScreenRow:
    """The row of a firm; `rank`: where it has a score."""
    panel, n, score = seen.panel, seen.panel.index_of(firm.symbol), seen.score(firm)
    price, last = seen.prices[n], seen.last_bar(n)
    return ScreenRow(
        symbol=firm.symbol,
        firm=panel.names.get(firm.symbol, firm.symbol),
        as_of=firm.day,
        rank=None if score is None else rank,
        score=score,
        backlog_cny=seen.backlogs.get(firm.symbol),
        market_cap_cny=firm.market_cap,
        policy=str(seen.options.policy),
        price_cny=None if isnan(price) else price,
        price_age_sessions=None if last is None else panel.sessions_since(last),
        unreviewed=seen.unreviewed.get(firm.symbol, 0),
        proposals=0,
        backlog_with_proposals_cny=None,
        score_with_proposals=None,
        behind=Behind(seen, firm),
    )


def coverage(firm: Firm) -> str:
    """disclosed, partial (further compute work without an amount) or none (nothing counts)."""
    if not firm.counted:
        return "none"
    hidden = any(row.reason == Reason.NO_AMOUNT and row.commitment.is_compute for row in excluded_orders(firm))
    return "partial" if hidden else "disclosed"


def reason(firm: Firm) -> str:
    """What is known of a firm's orders instead of a backlog; empty where it has one."""
    if not firm.contracts:
        return "no order known"
    if firm.backlog:
        return ""
    if firm.counted:
        return "finished: " + ", ".join(row.commitment.commitment_id for row in firm.counted)
    orders = excluded_orders(firm)
    if orders:
        return "; ".join(_known_instead(row) for row in orders[:3])
    bought = purchases(firm)
    if bought:
        return f"purchases only: {len(bought)} (last {max(row.commitment.event_date for row in bought)})"
    return "no order known"


def _known_instead(row: Contract) -> str:
    what, kind = row.commitment, row.commitment.kind.replace("_", " ")
    if row.reason != Reason.NO_AMOUNT:
        return f"{kind} not counted: {row.reason.replace('_', ' ')} ({what.event_date})"
    term = f" ≥ {what.term_months} months" if what.term_months else ""
    return f"{kind}{term} without an amount ({what.event_date})"


def _stopped(firm: Firm) -> Iterable[Contract]:
    return (row for row in firm.contracts if row.reason in (Reason.TERMINATED, Reason.DENIED))


def _without_price(seen: Seen, symbol: str) -> str:
    """Why a firm with a backlog has no market cap; empty where it has one."""
    panel, n = seen.panel, seen.panel.index_of(symbol)
    last = seen.last_bar(n)
    if not isnan(panel.market_cap[n]):
        return ""
    if last is None or isnan(panel.total_shares[n]):
        return "market cap unknown"
    return (
        panel.ended(panel.symbols[n])
        or f"no price for {panel.sessions_since(last)} sessions, the last of {panel.day_of(last)}"
    )


def unreviewed_of(panel: Panel) -> Mapping[str, int]:
    """Symbol → known order-like announcements nobody has read yet."""
    rows = known_rows(panel, "announcements")
    memo, key = memo_of(panel), ("unreviewed", len(rows))
    if key not in memo:
        kinds = set(panel.kinds.filter(pl.col("order_like"))["kind"])
        waiting = are(rows, "review", "unreviewed") & are(rows, "kind", *kinds)
        memo[key] = Counter(compress(cells(rows, "symbol"), waiting.tolist()))
    found: Mapping[str, int] = memo[key]
    return found


def _ranges(panel: Panel, options: ScreenOptions, symbol: str | None = None) -> list[Mapping[str, float]]:
    """Backlogs under each of the counting rules, of all firms or of one."""
    lags = sorted({*RANGE_LAGS, options.lag_months})
    variants = [options.model_copy(update={"policy": p, "lag_months": lag}) for p in Policy for lag in lags]
    return [backlogs(panel, variant, symbol) for variant in variants]

"""The screen: every firm of the universe, ranked by remaining backlog ÷ market cap, with the range over counting rules.

1. Score by the chosen options. Coverage is `none` where no commitment counts, `partial` where one counts and another
   one for compute work has no disclosed amount, else `disclosed`.
2. 口径区间: lowest and highest backlog over four policies × lags 3, 5, 6 months (and the chosen lag), the other options
   as chosen. A policy under which nothing of a scored firm counts gives 0: its amounts are known, none qualifies.
   It is a range over counting rules, not a confidence interval.
3. Rank = 1 for the highest score; firms without a score have no rank and follow by symbol.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from math import isnan
from typing import Any

import polars as pl

from screener.core.answer import Answer, Tables
from screener.core.config import Policy, ScreenOptions
from screener.core.errors import UsageError
from screener.core.stands_on import StandsOn
from screener.point_in_time.announcements import Announcement
from screener.point_in_time.panel import Panel, memo_of
from screener.screen.backlog import backlogs
from screener.screen.contracts import Contract
from screener.screen.factors import (
    FACTORS,
    Firm,
    Later,
    announced,
    beside,
    excluded_orders,
    firms,
    purchases,
    runoff_by_quarter,
    score,
    scores_of,
)
from screener.screen.policy import Reason
from screener.screen.realised import Realised, after_haircut, lost, realised
from screener.screen.trading import Traded, all_traded

RANGE_LAGS = (3, 5, 6)
ENTERS = "outside the universe; enters it if its proposals are accepted"
GROUPS = ("factors", "traded", "runoff")
_TRADING = tuple(each.name for each in fields(Traded))
_UNSORTED = (*GROUPS, "finished", "terminated")


@dataclass(frozen=True, slots=True)
class ScreenRow:
    """One firm of the screen; yuan, fractions of market cap; None where unknown."""

    symbol: str
    firm: str
    as_of: date
    rank: int | None
    score: float | None
    score_low: float | None
    score_high: float | None
    backlog_cny: float | None
    backlog_low_cny: float | None
    backlog_high_cny: float | None
    market_cap_cny: float | None
    coverage: str  # disclosed | partial | none
    policy: str
    contracts: int  # that count and have work left
    announced_cny: float | None
    market_cap_approximate: bool
    price_cny: float | None
    price_date: date | None
    price_age_sessions: int | None  # sessions since that price; 0: of the last one
    finished: tuple[str, ...]  # commitments that count and have nothing left
    terminated: tuple[str, ...]
    lost_cny: float | None  # of the announced work, terminated, denied or reduced
    score_after_haircut: float | None  # each contract × what was realised of its class; beside the score
    haircut_n: int | None  # contracts behind the thinnest of those shares
    unconfirmed: int  # running contracts without acceptance or revenue after twelve months
    unreviewed: int  # order-like announcements nobody has read yet
    proposals: int  # readings of orders that wait for a person; nothing of them counts
    backlog_with_proposals_cny: float | None  # what they would change; only where asked for
    score_with_proposals: float | None
    reason: str  # why there is no score, or what is known instead of an amount
    factors: Mapping[str, float | None]
    traded: Traded
    runoff: Mapping[str, float]  # quarter → yuan

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


@dataclass(frozen=True, repr=False, eq=False)
class ScreenResult(Answer):
    """Ranked rows first, then the others, and what the result stands on."""

    rows: tuple[ScreenRow, ...]
    stands_on: StandsOn
    contracts: tuple[Contract, ...] = ()  # of the firms of the rows, counted or not
    announcements: tuple[Announcement, ...] = ()  # of these firms
    columns: tuple[str, ...] = ()  # to be shown; none: the usual ones

    def sorted_by(self, column: str) -> ScreenResult:
        """Rows by a column: numbers and dates from high to low (`rank` from 1), text from a to z, unknown last.

        `-column`: from high to low, `+column` from low to high.
        """
        return replace(self, rows=sort_rows(self.rows, column))

    def with_waiting(self, counts: Mapping[str, int], others: ScreenResult | None = None) -> ScreenResult:
        """The same with how many proposals wait per firm, and what the screen would be if they were accepted."""
        would = {row.symbol: row for row in others.rows} if others else {}
        rows = tuple(
            replace(
                row,
                proposals=counts.get(row.symbol, 0),
                backlog_with_proposals_cny=would[row.symbol].backlog_cny if row.symbol in would else None,
                score_with_proposals=would[row.symbol].score if row.symbol in would else None,
            )
            if others or row.symbol in counts
            else row
            for row in self.rows
        )
        outside = sum(counts.values()) - sum(row.proposals for row in rows)
        note = (f"{outside} proposals wait of firms outside this universe",) if outside else ()
        return replace(self, rows=rows, stands_on=replace(self.stands_on, notes=(*self.stands_on.notes, *note)))

    def frame(self) -> pl.DataFrame:
        """One row per firm; lists as text, run-off left out."""
        dicts = [row.cells() for row in self.rows]
        for row in dicts:
            row.update({name: " ".join(row[name]) for name in ("finished", "terminated")})
        return pl.DataFrame(dicts, infer_schema_length=None)

    def _tables(self) -> Tables:
        rows = self._plain()
        return {"screen": [{name: row[name] for name in self.columns} for row in rows] if self.columns else rows}

    def _plain(self) -> list[dict[str, Any]]:
        return [row.as_dict() for row in self.rows]


def screen(panel: Panel, options: ScreenOptions | None = None) -> ScreenResult:
    """Rank the firms of the panel's universe by what is known at its time."""
    options = options or ScreenOptions()
    shown, seen = firms(panel, options), _Seen.of(panel, options)
    symbols = {firm.symbol for firm in shown}
    scores = [(score(firm), firm) for firm in shown]
    scored = sorted((-value, firm.symbol, firm) for value, firm in scores if value is not None)
    rest = sorted((firm for value, firm in scores if value is None), key=lambda firm: firm.symbol)
    ranked = [_row(seen, firm, rank) for rank, (*_, firm) in enumerate(scored, start=1)]
    return ScreenResult(
        (*ranked, *(_row(seen, firm) for firm in rest)),
        stands_on(panel, options),
        tuple(contract for firm in shown for contract in firm.contracts),
        tuple(row for row in panel.announcements if row.symbol in symbols),
    )


def entering(
    panel: Panel, found: ScreenResult, would: ScreenResult, waiting: Mapping[str, int], options: ScreenOptions
) -> ScreenResult:
    """The screen with the firms below it that the waiting proposals would bring into the universe; none has a rank."""
    inside = {row.symbol for row in found.rows}
    new = [row.symbol for row in would.rows if row.symbol in waiting and row.symbol not in inside]
    known = [firm for firm in firms(panel, options, sorted(new)) if firm.symbol in panel.symbols]
    rows = (replace(screen_row(panel, firm, options), reason=ENTERS) for firm in known)
    return replace(found, rows=(*found.rows, *rows))


@dataclass(frozen=True, slots=True)
class Ranked:
    """The rank of a firm of the universe, and what it rests on; as in the screen."""

    symbol: str
    rank: int | None
    score: float | None
    price_date: date | None
    unreviewed: int


def ranks(panel: Panel, options: ScreenOptions | None = None) -> list[Ranked]:
    """The ranks of a screen alone, without its range over counting rules."""
    scores, waiting = scores_of(panel, options or ScreenOptions()), _unreviewed(panel)
    order = {
        symbol: rank for rank, symbol in enumerate(sorted(scores, key=lambda name: (-scores[name], name)), start=1)
    }
    return [
        Ranked(name, order.get(name), scores.get(name), _last_day(panel, name), waiting.get(name, 0))
        for name in panel.universe
    ]


def _last_day(panel: Panel, symbol: str) -> date | None:
    last = _last_bar(panel, panel.index_of(symbol))
    return None if last is None else panel.day_of(last)


def screen_row(panel: Panel, firm: Firm, options: ScreenOptions) -> ScreenRow:
    """The row of one firm as in the screen; outside the universe the same row without a rank."""
    row = _row(_Seen.of(panel, options, firm.symbol), firm)
    if firm.symbol not in panel.universe or row.score is None:
        return row
    others = scores_of(panel, options)
    return replace(row, rank=1 + sum((-other, symbol) < (-row.score, firm.symbol) for symbol, other in others.items()))


def _ranges(panel: Panel, options: ScreenOptions, symbol: str | None = None) -> list[Mapping[str, float]]:
    """Backlogs under each of the counting rules, of all firms or of one."""
    lags = sorted({*RANGE_LAGS, options.lag_months})
    variants = [options.model_copy(update={"policy": p, "lag_months": lag}) for p in Policy for lag in lags]
    return [backlogs(panel, variant, symbol) for variant in variants]


@dataclass(frozen=True)
class _Seen:
    """What the rows of a screen share, asked once for all of them; (N,) by column of the panel."""

    panel: Panel
    policy: str
    ranges: Sequence[Mapping[str, float]]  # backlogs under each of the counting rules
    classes: Mapping[str, Realised]
    unreviewed: Mapping[str, int]
    traded: Sequence[Traded]
    prices: Sequence[float]  # NaN where there is none
    last_bars: Sequence[int]  # -1 where there is none
    approximate: Sequence[bool]

    @classmethod
    def of(cls, panel: Panel, options: ScreenOptions, symbol: str | None = None) -> _Seen:
        """For the rows of all firms or of one."""
        return cls(
            panel,
            str(options.policy),
            _ranges(panel, options, symbol),
            realised(panel, options),
            _unreviewed(panel),
            all_traded(panel),
            panel.reference.tolist(),
            panel.last_bar.tolist(),
            panel.shares_derived.tolist(),
        )


def _row(seen: _Seen, firm: Firm, rank: int | None = None) -> ScreenRow:
    panel, n = seen.panel, seen.panel.index_of(firm.symbol)
    over = [backlog.get(firm.symbol, 0.0) for backlog in seen.ranges] if firm.backlog else []
    low, high = (min(over), max(over)) if over else (None, None)
    price, last = seen.prices[n], seen.last_bars[n] if seen.last_bars[n] >= 0 else None
    running = firm.running if firm.contracts else ()  # of most firms of a market nothing is known
    cut, told = after_haircut(running, seen.classes)
    return ScreenRow(
        symbol=firm.symbol,
        firm=panel.names.get(firm.symbol, firm.symbol),
        as_of=firm.day,
        rank=rank,
        score=score(firm),
        score_low=firm.to_cap(low),
        score_high=firm.to_cap(high),
        backlog_cny=firm.backlog,
        backlog_low_cny=low,
        backlog_high_cny=high,
        market_cap_cny=firm.market_cap,
        coverage=coverage(firm),
        policy=seen.policy,
        contracts=len(running),
        announced_cny=announced(firm),
        market_cap_approximate=seen.approximate[n],
        price_cny=None if isnan(price) else price,
        price_date=None if last is None else panel.day_of(last),
        price_age_sessions=None if last is None else panel.sessions_since(last),
        finished=tuple(row.commitment.commitment_id for row in firm.contracts if row.finished),
        terminated=tuple(row.commitment.commitment_id for row in _stopped(firm)),
        lost_cny=lost(firm.contracts),
        score_after_haircut=firm.to_cap(cut),
        haircut_n=told,
        unconfirmed=sum(row.plan.is_unconfirmed(row.day) for row in running),
        unreviewed=seen.unreviewed.get(firm.symbol, 0),
        proposals=0,
        backlog_with_proposals_cny=None,
        score_with_proposals=None,
        reason=reason(firm) or _without_price(panel, n, last),
        factors=Later(beside, firm),
        traded=seen.traded[n],
        runoff=Later(runoff_by_quarter, firm),
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


def _last_bar(panel: Panel, n: int) -> int | None:
    row = int(panel.last_bar[n])
    return row if row >= 0 else None


def _without_price(panel: Panel, n: int, last: int | None) -> str:
    """Why a firm with a backlog has no market cap; empty where it has one."""
    if not isnan(panel.market_cap[n]):
        return ""
    if last is None or isnan(panel.total_shares[n]):
        return "market cap unknown"
    return (
        panel.ended(panel.symbols[n])
        or f"no price for {panel.sessions_since(last)} sessions, the last of {panel.day_of(last)}"
    )


def _unreviewed(panel: Panel) -> Mapping[str, int]:
    """Symbol → known order-like announcements nobody has read yet."""
    memo, key = memo_of(panel), ("unreviewed", len(panel.announcements))
    if key not in memo:
        kinds = set(panel.kinds.filter(pl.col("order_like"))["kind"])
        waiting = (row for row in panel.announcements if row.review == "unreviewed" and row.kind in kinds)
        memo[key] = Counter(row.symbol for row in waiting)
    found: Mapping[str, int] = memo[key]
    return found


def sort_rows(rows: Sequence[ScreenRow], column: str) -> tuple[ScreenRow, ...]:
    """Rows by a column of `as_dict`, with or without a sign; raises UsageError for an unknown one."""
    name = column.lstrip("+-")
    if name not in sortable():
        from screener.core.condition import nearest

        raise UsageError("no such column to sort by", got=column, expected=nearest(name, sortable()))
    cells = {row.symbol: row.cell(name) for row in rows}
    known = [row for row in rows if cells[row.symbol] is not None]
    rising = name == "rank" or any(isinstance(cells[row.symbol], str) for row in known)
    falling = not rising if column[:1] == name[:1] else column[0] == "-"
    known.sort(key=lambda row: cells[row.symbol], reverse=falling)
    return (*known, *(row for row in rows if cells[row.symbol] is None))


def sortable() -> list[str]:
    """Columns the screen can be sorted by."""
    own = [f.name for kind in (ScreenRow, Traded) for f in fields(kind)]
    return [*(name for name in own if name not in _UNSORTED), *(name for name in FACTORS if name != "score")]


def stands_on(panel: Panel, options: ScreenOptions, symbols: Iterable[str] | None = None) -> StandsOn:
    """Source, span, universe rule and counting rules of a result about `symbols` (default: the universe)."""
    rules = {name: str(value) if name in ("policy", "burn") else value for name, value in options if name != "universe"}
    return panel.stands_on(symbols, hindsight=panel.hindsight, rules={**rules, "range_lags": list(RANGE_LAGS)})

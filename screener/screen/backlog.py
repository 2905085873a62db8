"""Signed work still to do: per commitment whether it counts, when it runs and what of it remains.

1. `known` (told.py) tells what is said of each commitment, `exclusion` (policy.py) which ones count under a policy.
2. A `Plan` is what one commitment means given the facts known by now: amount, start, term, what took some of it away.
   Start = acceptance date if known, else the date a known delay names, else announcement + lag. Integration work starts
   with its announcement (or that delay), runs six months and ends with its acceptance.
   Work without a stated term cannot be burned: it keeps its amount, is flagged `no_term` and told apart by `run_off`
   from work that is kept whole because nothing is to be burned.
3. A reduction by X from day e leaves the share max(0, 1 − X ÷ remaining(e)) of every later remainder: what was done by
   then stays done. One of unknown size is flagged, not guessed. A termination or denial ends the rest once known.
4. Recognised revenue is recorded and confirms; it does not move the straight line: it covers more than the listed work.
5. Plans change only when a fact becomes known, so they are remembered; `contracts.py` sees them on one day.
6. A sum over all firms needs no plans: what counts is found once for each policy, and a lag only moves its start.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property, lru_cache
from math import isnan, nan
from typing import NamedTuple

import numpy as np

from screener.core.arrays import Flags, Floats, Ints, to_fen
from screener.core.config import Burn, Policy, ScreenOptions
from screener.point_in_time.announcements import Commitment, ContractFact
from screener.point_in_time.columns import are, figures
from screener.point_in_time.panel import Panel, known_counts, known_rows, memo_of
from screener.screen.policy import Reason, amounts_as, counted_amounts, detail, exclusions, width_of
from screener.screen.schedule import Schedule, end_of, lapsed, lapses, share_left
from screener.screen.told import ENDING, Known, known

TERM_UNKNOWN, NOT_BURNED = "term_unknown", "not_burned"


@dataclass(frozen=True, slots=True)
class Plan:
    """What a commitment means given the facts known at one moment; yuan after the VAT and stake switches."""

    commitment: Commitment
    excluded: Reason | None  # by the policy; None: counts
    detail: str
    announced: float | None
    start: date
    term_months: int | None  # None: nothing to burn by
    burns: bool
    done_from: date | None  # integration work: its acceptance
    kept: float  # share that known reductions leave
    ended: ContractFact | None
    unconfirmed_from: date | None  # None: confirmed
    facts: tuple[ContractFact, ...]
    originals: tuple[str, ...]  # ids it stands for through amendments
    drop_unconfirmed: bool

    @property
    def end(self) -> date | None:
        """First day without work; None where no term is known."""
        return end_of(self.start, self.term_months, self.done_from)

    @property
    def run_off(self) -> str | None:
        """How it ends: straight_line, term_unknown (kept whole until a term is known), not_burned; None: no work."""
        if not self.is_work:
            return None
        if self.term_months is None:
            return TERM_UNKNOWN
        return str(Burn.STRAIGHT_LINE) if self.burns else NOT_BURNED

    def remaining(self, day: date) -> float:
        """Yuan of work still to do on `day`, to the fen; 0 where no amount is known (see `announced`)."""
        if not self.announced or self.ended is not None:
            return 0.0
        return round(self.announced * self.kept * self._left(day), 2)

    def _left(self, day: date) -> float:
        return share_left(self.start, self.term_months, self.done_from, day) if self.burns else 1.0

    def is_unconfirmed(self, day: date) -> bool:
        """True where a year has passed without acceptance, revenue or a confirming link."""
        return self.is_work and self.unconfirmed_from is not None and day >= self.unconfirmed_from

    @property
    def is_work(self) -> bool:
        """True where it is work for a customer with an amount, counted or not."""
        return self.commitment.direction == "inflow" and self.announced is not None

    def why_not(self, day: date) -> tuple[Reason, str] | None:
        """Why it does not count on `day`; None where it counts (finished work counts with nothing left)."""
        if self.excluded is not None:
            return self.excluded, self.detail
        if self.ended is not None:
            return ENDING[self.ended.kind], self.ended.fact_id
        if self.drop_unconfirmed and self.is_unconfirmed(day):
            return Reason.UNCONFIRMED, f"since {self.unconfirmed_from}"
        return None

    def backlog(self, day: date) -> float:
        """Yuan it adds to the firm's backlog on `day`."""
        return self.remaining(day) if self.why_not(day) is None else 0.0


class _Cells(NamedTuple):
    """What the columns hold of one commitment."""

    excluded: int
    yuan: float
    start: date
    term: int
    done_from: date | None
    ended_by: int
    confirmed: bool
    announced_on: date


class Plans(Mapping[str, tuple[Plan, ...]]):
    """Symbol → plans of its commitments, oldest first; those of a firm are made when somebody asks for them."""

    def __init__(self, known: Known, options: ScreenOptions) -> None:
        self.known, self.options = known, options
        self._made: dict[str, tuple[Plan, ...]] = {}

    def __getitem__(self, symbol: str) -> tuple[Plan, ...]:
        if symbol not in self._made:
            self._made[symbol] = tuple(self._plans(self.known.by_symbol[symbol]))
        return self._made[symbol]

    def __iter__(self) -> Iterator[str]:
        return iter(self.known.by_symbol)

    def __len__(self) -> int:
        return len(self.known.by_symbol)

    @cached_property
    def _announced(self) -> Floats:
        return announced(self.known, self.options)

    @cached_property
    def _excluded(self) -> Ints:
        return exclusions(self.known.against, self.options.policy, len(self.known))

    def plan(self, n: int) -> Plan:
        """Of one commitment, by its place."""
        return next(self._plans(np.array([n])))

    def _plans(self, places: Ints) -> Iterator[Plan]:
        """Of some commitments: their cells are taken out of the columns together."""
        known, when = self.known, Schedule.of(self.known, self.options.lag_months)
        columns = (
            self._excluded,
            self._announced,
            *(when.start, when.term, when.done_from),
            *(known.ended_by, known.confirmed, known.announced_on),
        )
        cells = zip(*(column[places].tolist() for column in columns), strict=True)
        return (self._plan(n, _Cells(*each)) for n, each in zip(places.tolist(), cells, strict=True))

    def _plan(self, n: int, cells: _Cells) -> Plan:
        known, options, row = self.known, self.options, self.known.commitment(n)
        why = known.against[cells.excluded].why if cells.excluded >= 0 else None
        plan = Plan(
            commitment=row,
            excluded=why,
            detail="" if why is None else detail(known.web, row, why),
            announced=None if isnan(cells.yuan) else cells.yuan,
            start=cells.start,
            term_months=cells.term or None,
            burns=options.burn is Burn.STRAIGHT_LINE,
            done_from=cells.done_from,
            kept=1.0,
            ended=known.facts[cells.ended_by] if cells.ended_by >= 0 else None,
            unconfirmed_from=None if cells.confirmed else lapses(cells.announced_on),
            facts=known.facts_of(n),
            originals=known.originals(n)[1:],
            drop_unconfirmed=options.confirmed_only,
        )
        return _reduced(plan, known.reductions(n), options) if known.reduced[n] else plan


def announced(known: Known, options: ScreenOptions) -> Floats:
    """(n,) yuan that the options count of each commitment; NaN where no amount is stated.

    Without VAT where it is stated as included; the parent's stake where asked for and known.
    """
    rows = known.web.commitments.rows
    return _scaled(
        counted_amounts(known.web, options.policy), are(rows, "tax", "included"), figures(rows, "stake"), options
    )


def _scaled(yuan: Floats, taxed: Flags, stake: Floats, options: ScreenOptions) -> Floats:
    if options.vat_rate:
        yuan = np.where(taxed, yuan / (1.0 + options.vat_rate), yuan)
    return np.where(np.isnan(stake), yuan, yuan * stake) if options.attributable else yuan


def _taken(fact: ContractFact, row: Commitment, options: ScreenOptions) -> float:
    """Yuan of a reduction, after the switches that the announced amount went through."""
    taxed, stake = np.array([row.tax == "included"]), np.array([nan if row.stake is None else row.stake])
    return float(_scaled(np.array([fact.amount or 0.0]), taxed, stake, options)[0])


def _reduced(plan: Plan, reductions: Iterable[ContractFact], options: ScreenOptions) -> Plan:
    for fact in reductions:
        left = plan.remaining(fact.effective_date)
        if left > 0:
            plan = replace(plan, kept=plan.kept * max(0.0, 1.0 - _taken(fact, plan.commitment, options) / left))
    return plan


def _known_of(panel: Panel) -> Known:
    """What is told by the panel's time; remembered until a further fact becomes known."""
    memo = memo_of(panel)
    key = ("told", *known_counts(panel))
    if key not in memo:
        memo[key] = known(*(known_rows(panel, name) for name in ("commitments", "facts", "links")))
    found: Known = memo[key]
    return found


def plans_of(panel: Panel, options: ScreenOptions) -> Plans:
    """Plans of all firms as known by the panel's time; remembered until a further fact becomes known."""
    memo = memo_of(panel)
    key = (*known_counts(panel), options)
    if key not in memo:
        memo[key] = Plans(_known_of(panel), options)
    plans: Plans = memo[key]
    return plans


def backlogs(panel: Panel, options: ScreenOptions, symbol: str | None = None) -> Mapping[str, float]:
    """Symbol → yuan of remaining work, for firms with at least one commitment that counts (finished ones: 0).

    Of all firms, or of one.
    """
    memo = memo_of(panel)
    key = (*known_counts(panel), options, panel.session, symbol)
    found: dict[str, float] | None = memo.get(key)
    if found is None:
        now = standing(panel, options, symbol)
        found = memo[key] = now.by_firm(now.counts, now.remaining)
    return found


@dataclass(frozen=True, eq=False)
class Able:
    """The m commitments that count under some policy, oldest first; the same for every option."""

    known: Known
    places: Ints  # (m,) in what is known

    @classmethod
    def of(cls, known: Known, symbol: str | None) -> Able:
        """Of all firms, or of one."""
        none = np.array([], dtype=np.int64)
        asked = np.arange(len(known)) if symbol is None else known.by_symbol.get(symbol, none)
        return cls(known, asked[known.policies[asked] > 0])

    @cached_property
    def symbols(self) -> Sequence[str]:
        """Each once."""
        return tuple(self.known.symbols)

    @cached_property
    def whose(self) -> Ints:
        """(m,) positions in them."""
        return self.known.whose[self.places]


def _able(panel: Panel, symbol: str | None) -> Able:
    """What counts under some policy, of all firms or of one."""
    memo = memo_of(panel)
    key = ("able", *known_counts(panel), symbol)
    if key not in memo:
        memo[key] = Able.of(_known_of(panel), symbol)
    found: Able = memo[key]
    return found


@dataclass(frozen=True, slots=True, eq=False)
class Standing:
    """All that is able as it stands on a day under some options."""

    able: Able
    counts: Flags  # (m,)
    yuan: Floats  # (m,) announced
    remaining: Floats  # (m,) yuan, to the fen

    def by_firm(self, which: Flags, yuan: Floats) -> dict[str, float]:
        """Symbol → the sum of (m,) figures over some of the commitments, to the fen, for firms that have one."""
        symbols, whose = self.able.symbols, self.able.whose[which]
        sums = to_fen(np.bincount(whose, yuan[which], len(symbols)).astype(np.float64)).tolist()
        return {symbols[n]: sums[n] for n in dict.fromkeys(whose.tolist())}


def standing(panel: Panel, options: ScreenOptions, symbol: str | None = None) -> Standing:
    """Of all firms or of one, on the panel's day."""
    able, day = _able(panel, symbol), panel.session
    known, places, yuan = able.known, able.places, _yuan(panel, options, symbol)
    remaining = to_fen(yuan * _left(panel, options, symbol))
    there = (known.policies[places] > width_of(options.policy)) & (known.ended_by[places] < 0)
    for n in np.flatnonzero(there & known.reduced[places]).tolist():
        remaining[n] = plans_of(panel, options).plan(places[n]).remaining(day)
    if options.confirmed_only:
        there &= ~lapsed(known, places, day)
    return Standing(able, there, yuan, remaining)


def _yuan(panel: Panel, options: ScreenOptions, symbol: str | None) -> Floats:
    """(m,) yuan of all that is able: the same on every day until a further fact is known."""
    memo = memo_of(panel)
    key = ("yuan", *known_counts(panel), amounts_as(options.policy), options.vat_rate, options.attributable, symbol)
    if key not in memo:
        able = _able(panel, symbol)
        memo[key] = announced(able.known, options)[able.places]
    found: Floats = memo[key]
    return found


def _left(panel: Panel, options: ScreenOptions, symbol: str | None) -> Floats:
    """(m,) share of the work still to do by the panel's day of all that is able: the same for every policy."""
    memo, day, lag = memo_of(panel), panel.session, options.lag_months
    key = ("left", *known_counts(panel), day, lag, options.burn, symbol)
    if key not in memo:
        places = _able(panel, symbol).places
        if options.burn is Burn.STRAIGHT_LINE:
            memo[key] = Schedule.of(_known_of(panel), lag).left(places, day)
        else:
            memo[key] = np.ones(len(places))
    found: Floats = memo[key]
    return found


@lru_cache(maxsize=256)
def options_for(policy: str, lag: int, burn: str) -> ScreenOptions:
    """Options of the three switches a strategy has; the others at their defaults."""
    return ScreenOptions(policy=Policy(policy), lag_months=lag, burn=Burn(burn))

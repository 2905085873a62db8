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
from functools import lru_cache

import numpy as np

from screener.core.arrays import Flags, Floats, Ints, to_fen
from screener.core.config import Burn, Policy, ScreenOptions
from screener.point_in_time.announcements import Commitment, ContractFact
from screener.point_in_time.panel import Panel, known_counts, memo_of
from screener.screen.burn import INTEGRATION_MONTHS, add_months, fraction_left
from screener.screen.policy import Reason, Web, amounts_as, counted_amount, counts_under, exclusion, width_of
from screener.screen.told import ENDING, Known, Told, known

CONFIRMED_WITHIN_MONTHS = 12
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
        if self.term_months is None:
            return None
        end = add_months(self.start, self.term_months)
        return end if self.done_from is None else max(self.start, min(end, self.done_from))

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
        return _share_left(self.start, self.term_months, self.done_from, day) if self.burns else 1.0

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


class Plans(Mapping[str, tuple[Plan, ...]]):
    """Symbol → plans of its commitments, oldest first; those of a firm are made when somebody asks for them."""

    def __init__(self, known: Known, options: ScreenOptions) -> None:
        self._known, self._options = known, options
        self._made: dict[str, tuple[Plan, ...]] = {}

    def __getitem__(self, symbol: str) -> tuple[Plan, ...]:
        if symbol not in self._made:
            rows = self._known.by_symbol[symbol]
            self._made[symbol] = tuple(_plan(self._known.web, row, self._options) for row in rows)
        return self._made[symbol]

    def spoken_of(self, symbol: str) -> Iterable[Plan]:
        """Of one firm those that a fact speaks of; where its plans were not asked for yet, only these are made."""
        if symbol in self._made:
            return (plan for plan in self._made[symbol] if plan.facts)
        rows = self._known.by_symbol.get(symbol, ())
        return (_plan(self._known.web, row, self._options) for row in rows if row.facts)

    def __iter__(self) -> Iterator[str]:
        return iter(self._known.by_symbol)

    def __len__(self) -> int:
        return len(self._known.by_symbol)


def _plan(web: Web, told: Told, options: ScreenOptions) -> Plan:
    row = told.commitment
    excluded, detail = exclusion(web, row, options.policy) or (None, "")
    start, term, done_from = _schedule(told, options.lag_months)
    plan = Plan(
        commitment=row,
        excluded=excluded,
        detail=detail,
        announced=_announced(web, row, options),
        start=start,
        term_months=term,
        burns=options.burn is Burn.STRAIGHT_LINE,
        done_from=done_from,
        kept=1.0,
        ended=told.ended,
        unconfirmed_from=None if told.confirmed else _lapses(told),
        facts=told.facts,
        originals=told.originals[1:],
        drop_unconfirmed=options.confirmed_only,
    )
    return _reduced(plan, told, options) if told.reductions else plan


def _schedule(told: Told, lag: int) -> tuple[date, int | None, date | None]:
    """(start of burn, months or None, end of integration work by acceptance)."""
    row = told.commitment
    if row.work == "integration":
        return told.delayed or told.announced_on, INTEGRATION_MONTHS, told.accepted
    expected = told.delayed or add_months(told.announced_on, lag)
    return told.accepted or expected, row.term_months or None, None


def _share_left(start: date, term: int | None, done_from: date | None, day: date) -> float:
    """Of work in a straight line what is still to do on `day`; all of it where no term is known."""
    if term is None:
        return 1.0
    return 0.0 if done_from is not None and day >= done_from else fraction_left(start, term, day)


def _lapses(told: Told) -> date:
    """From when on work that nothing has confirmed is told as unconfirmed."""
    return add_months(told.announced_on, CONFIRMED_WITHIN_MONTHS)


def _announced(web: Web, row: Commitment, options: ScreenOptions) -> float | None:
    """Yuan that the options count of a commitment; None where no amount is stated."""
    return _scaled(counted_amount(web, row, options.policy), row, options)


def _scaled(amount: float | None, row: Commitment, options: ScreenOptions) -> float | None:
    """Without VAT where it is stated as included; the parent's stake where asked for and known."""
    if amount is None:
        return None
    if options.vat_rate and row.tax == "included":
        amount /= 1.0 + options.vat_rate
    return amount * row.stake if options.attributable and row.stake is not None else amount


def _reduced(plan: Plan, told: Told, options: ScreenOptions) -> Plan:
    for fact in told.reductions:
        left = plan.remaining(fact.effective_date)
        taken = _scaled(fact.amount, told.commitment, options) or 0.0
        if left > 0:
            plan = replace(plan, kept=plan.kept * max(0.0, 1.0 - taken / left))
    return plan


def _known_of(panel: Panel) -> Known:
    """What is told by the panel's time; remembered until a further fact becomes known."""
    memo = memo_of(panel)
    key = ("told", *known_counts(panel))
    if key not in memo:
        memo[key] = known(panel.commitments, panel.facts, panel.links)
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


@dataclass(frozen=True, slots=True, eq=False)
class Able:
    """The n commitments that count under some policy, oldest first; the same for every option."""

    rows: Sequence[Told]
    symbols: Sequence[str]  # each once
    whose: Ints  # (n,) positions in them
    classes: Sequence[str | None]  # of confidence, each once
    confidence: Ints  # (n,) positions in them
    policies: Ints  # (n,) how many count it, the widest first
    ended: Flags  # (n,)
    reduced: Flags  # (n,)
    confirmed: Flags  # (n,)

    @classmethod
    def of(cls, web: Web, told: Iterable[Told]) -> Able:
        """In columns."""
        pairs = [(row, counts_under(web, row.commitment)) for row in told]
        rows, names = [row for row, policies in pairs if policies], dict[str, int]()
        classes = dict[str | None, int]()
        placed = [names.setdefault(row.commitment.symbol, len(names)) for row in rows]
        classed = [classes.setdefault(row.commitment.confidence, len(classes)) for row in rows]
        return cls(
            rows=rows,
            whose=np.array(placed, dtype=np.int64),
            symbols=tuple(names),
            classes=tuple(classes),
            confidence=np.array(classed, dtype=np.int64),
            policies=np.array([policies for _, policies in pairs if policies], dtype=np.int64),
            ended=np.array([row.ended is not None for row in rows], dtype=bool),
            reduced=np.array([bool(row.reductions) for row in rows], dtype=bool),
            confirmed=np.array([row.confirmed for row in rows], dtype=bool),
        )


def _able(panel: Panel, symbol: str | None) -> Able:
    """What counts under some policy, of all firms or of one."""
    memo, known = memo_of(panel), _known_of(panel)
    key = ("able", *known_counts(panel), symbol)
    if key not in memo:
        memo[key] = Able.of(known.web, known.told if symbol is None else known.by_symbol.get(symbol, ()))
    found: Able = memo[key]
    return found


@dataclass(frozen=True, slots=True, eq=False)
class Standing:
    """All that is able as it stands on a day under some options."""

    able: Able
    counts: Flags  # (n,)
    remaining: Floats  # (n,) yuan, to the fen

    def by_firm(self, which: Flags, yuan: Floats) -> dict[str, float]:
        """Symbol → the sum of (n,) figures over some of the commitments, to the fen, for firms that have one."""
        whose = self.able.whose[which]
        sums = to_fen(np.bincount(whose, yuan[which], len(self.able.symbols)).astype(np.float64)).tolist()
        return {self.able.symbols[n]: sums[n] for n in dict.fromkeys(whose.tolist())}


def standing(panel: Panel, options: ScreenOptions, symbol: str | None = None) -> Standing:
    """Of all firms or of one, on the panel's day."""
    able, day = _able(panel, symbol), panel.session
    remaining = to_fen(yuan_of(panel, options, symbol) * _left(panel, options, symbol))
    there = (able.policies > width_of(options.policy)) & ~able.ended
    for n in np.flatnonzero(there & able.reduced).tolist():
        remaining[n] = plan_of(panel, able.rows[n], options).remaining(day)
    for n in np.flatnonzero(there & ~able.confirmed).tolist() if options.confirmed_only else ():
        there[n] = day < _lapses(able.rows[n])
    return Standing(able, there, remaining)


def plan_of(panel: Panel, told: Told, options: ScreenOptions) -> Plan:
    """Of one commitment."""
    return _plan(_known_of(panel).web, told, options)


def yuan_of(panel: Panel, options: ScreenOptions, symbol: str | None) -> Floats:
    """(n,) yuan of all that is able, 0 where nothing is stated: the same on every day until a further fact is known."""
    memo, web = memo_of(panel), _known_of(panel).web
    key = ("yuan", *known_counts(panel), amounts_as(options.policy), options.vat_rate, options.attributable, symbol)
    if key not in memo:
        rows = _able(panel, symbol).rows
        memo[key] = np.array([_announced(web, told.commitment, options) or 0.0 for told in rows], dtype=np.float64)
    found: Floats = memo[key]
    return found


def _left(panel: Panel, options: ScreenOptions, symbol: str | None) -> Floats:
    """(n,) share of the work still to do by the panel's day of all that is able: the same for every policy."""
    memo, day, lag = memo_of(panel), panel.session, options.lag_months
    key = ("left", *known_counts(panel), day, lag, options.burn, symbol)
    if key not in memo:
        rows = _able(panel, symbol).rows
        if options.burn is Burn.STRAIGHT_LINE:
            memo[key] = np.array([_share_left(*_schedule(told, lag), day) for told in rows], dtype=np.float64)
        else:
            memo[key] = np.ones(len(rows))
    found: Floats = memo[key]
    return found


@lru_cache(maxsize=256)
def options_for(policy: str, lag: int, burn: str) -> ScreenOptions:
    """Options of the three switches a strategy has; the others at their defaults."""
    return ScreenOptions(policy=Policy(policy), lag_months=lag, burn=Burn(burn))

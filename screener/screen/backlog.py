"""Signed work still to do: per commitment whether it counts, when it runs and what of it remains.

1. `weave` (policy.py) tells which commitments count under a policy and which facts belong to them.
2. A `Plan` is what one commitment means given the facts known by now: amount, start, term, what took some of it away.
   Start = acceptance date if known, else the date a known delay names, else announcement + lag. Integration work starts
   with its announcement (or that delay), runs six months and ends with its acceptance.
   Work without a stated term cannot be burned: it keeps its amount, is flagged `no_term` and told apart by `run_off`
   from work that is kept whole because nothing is to be burned.
3. A reduction by X from day e leaves the share max(0, 1 − X ÷ remaining(e)) of every later remainder: what was done by
   then stays done. One of unknown size is flagged, not guessed. A termination or denial ends the rest once known.
4. Recognised revenue is recorded and confirms; it does not move the straight line: it covers more than the listed work.
5. A `Contract` is a plan seen on one day. Plans change only when a fact becomes known, so they are remembered.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache

from screener.core.config import Burn, Policy, ScreenOptions
from screener.point_in_time.announcements import Commitment, ContractFact, Link
from screener.point_in_time.panel import Panel, memo_of
from screener.screen.burn import INTEGRATION_MONTHS, add_months, fraction_left
from screener.screen.policy import Reason, Web, counted_amount, exclusion, weave

CONFIRMED_WITHIN_MONTHS = 12
TERM_UNKNOWN, NOT_BURNED = "term_unknown", "not_burned"
_CONFIRMING = ("acceptance", "revenue_recognised")
_ENDING = {"termination": Reason.TERMINATED, "denial": Reason.DENIED}


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
        if not self.burns or self.term_months is None:
            return 1.0
        if self.done_from is not None and day >= self.done_from:
            return 0.0
        return fraction_left(self.start, self.term_months, day)

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
            return _ENDING[self.ended.kind], self.ended.fact_id
        if self.drop_unconfirmed and self.is_unconfirmed(day):
            return Reason.UNCONFIRMED, f"since {self.unconfirmed_from}"
        return None

    def backlog(self, day: date) -> float:
        """Yuan it adds to the firm's backlog on `day`."""
        return self.remaining(day) if self.why_not(day) is None else 0.0


Plans = Mapping[str, tuple[Plan, ...]]


def make_plans(
    commitments: Iterable[Commitment],
    facts: Iterable[ContractFact],
    links: Iterable[Link],
    options: ScreenOptions,
    *,
    inflow_only: bool = False,
) -> Plans:
    """Symbol → plans of its commitments, oldest first, given what is known; `inflow_only` leaves out all but orders."""
    web = weave(commitments, links)
    told: dict[str, list[ContractFact]] = {}
    for fact in {fact.fact_id: fact for fact in facts}.values():
        told.setdefault(fact.commitment_id, []).append(fact)
    plans: dict[str, list[Plan]] = {}
    for row in web.commitments.values():
        if inflow_only and row.direction != "inflow":
            continue
        same = web.same.get(row.commitment_id, frozenset([row.commitment_id]))
        about = sorted((f for name in same for f in told.get(name, ())), key=lambda f: (f.known_at, f.fact_id))
        plans.setdefault(row.symbol, []).append(_plan(web, row, tuple(about), options))
    return {symbol: tuple(rows) for symbol, rows in plans.items()}


def _plan(web: Web, row: Commitment, facts: tuple[ContractFact, ...], options: ScreenOptions) -> Plan:
    excluded, detail = exclusion(web, row, options.policy) or (None, "")
    originals = tuple(web.originals(row.commitment_id))
    announced_on = min(web.commitments[name].event_date for name in originals)
    start, term, done_from = _schedule(row, announced_on, facts, options.lag_months)
    confirmed = any(fact.kind in _CONFIRMING for fact in facts) or not web.confirmed.isdisjoint(originals)
    plan = Plan(
        commitment=row,
        excluded=excluded,
        detail=detail,
        announced=_scaled(counted_amount(web, row, options.policy), row, options),
        start=start,
        term_months=term,
        burns=options.burn is Burn.STRAIGHT_LINE,
        done_from=done_from,
        kept=1.0,
        ended=next((fact for fact in facts if fact.kind in _ENDING), None),
        unconfirmed_from=None if confirmed else add_months(announced_on, CONFIRMED_WITHIN_MONTHS),
        facts=facts,
        originals=originals[1:],
        drop_unconfirmed=options.confirmed_only,
    )
    return _reduced(plan, row, options)


def _schedule(
    row: Commitment, announced_on: date, facts: Iterable[ContractFact], lag: int
) -> tuple[date, int | None, date | None]:
    """(start of burn, months or None, end of integration work by acceptance)."""
    accepted = min((fact.effective_date for fact in facts if fact.kind == "acceptance"), default=None)
    delayed = [fact.effective_date for fact in facts if fact.kind == "delay"]
    if row.work == "integration":
        return (delayed[-1] if delayed else announced_on), INTEGRATION_MONTHS, accepted
    expected = delayed[-1] if delayed else add_months(announced_on, lag)
    return accepted or expected, row.term_months or None, None


def _scaled(amount: float | None, row: Commitment, options: ScreenOptions) -> float | None:
    """Without VAT where it is stated as included; the parent's stake where asked for and known."""
    if amount is None:
        return None
    if options.vat_rate and row.tax == "included":
        amount /= 1.0 + options.vat_rate
    return amount * row.stake if options.attributable and row.stake is not None else amount


def _reduced(plan: Plan, row: Commitment, options: ScreenOptions) -> Plan:
    for fact in sorted((f for f in plan.facts if f.kind == "reduction" and f.amount), key=lambda f: f.effective_date):
        left = plan.remaining(fact.effective_date)
        taken = _scaled(fact.amount, row, options) or 0.0
        if left > 0:
            plan = replace(plan, kept=plan.kept * max(0.0, 1.0 - taken / left))
    return plan


def plans_of(panel: Panel, options: ScreenOptions, *, inflow_only: bool = False) -> Plans:
    """Plans of all firms as known by the panel's time; remembered until a further fact becomes known."""
    memo = memo_of(panel)
    key = (len(panel.commitments), len(panel.facts), len(panel.links), options, inflow_only)
    plans: Plans | None = memo.get(key)
    if plans is None:
        known = panel.commitments, panel.facts, panel.links
        plans = memo[key] = make_plans(*known, options, inflow_only=inflow_only)
    return plans


def backlogs(panel: Panel, options: ScreenOptions) -> Mapping[str, float]:
    """Symbol → yuan of remaining work, for firms with at least one commitment that counts (finished ones: 0)."""
    memo = memo_of(panel)
    day = panel.session
    key = (len(panel.commitments), len(panel.facts), len(panel.links), options, day)
    found: dict[str, float] | None = memo.get(key)
    if found is None:
        found = memo[key] = _sum_up(plans_of(panel, options, inflow_only=True), day)
    return found


def _sum_up(plans: Plans, day: date) -> dict[str, float]:
    sums = {}
    for symbol, rows in plans.items():
        counted = [plan.remaining(day) for plan in rows if plan.why_not(day) is None]
        if counted:
            sums[symbol] = round(sum(counted), 2)
    return sums


@lru_cache(maxsize=256)
def options_for(policy: str, lag: int, burn: str) -> ScreenOptions:
    """Options of the three switches a strategy has; the others at their defaults."""
    return ScreenOptions(policy=Policy(policy), lag_months=lag, burn=Burn(burn))


@dataclass(frozen=True, slots=True)
class Contract:
    """A commitment seen on one day. Yuan; None is undisclosed."""

    plan: Plan
    day: date
    counted: bool
    reason: str  # empty where it counts
    detail: str
    remaining: float | None

    @property
    def commitment(self) -> Commitment:
        """The commitment itself."""
        return self.plan.commitment

    @property
    def announced(self) -> float | None:
        """Yuan after the VAT and stake switches."""
        return self.plan.announced

    @property
    def finished(self) -> bool:
        """True where it counts and nothing remains."""
        return self.counted and self.remaining == 0

    @property
    def flags(self) -> tuple[str, ...]:
        """What a reader must know about this line."""
        plan, row = self.plan, self.commitment
        return tuple(
            name
            for name, holds in {
                "no_term": plan.run_off == TERM_UNKNOWN,
                "unconfirmed": plan.is_unconfirmed(self.day),
                "reduction_of_unknown_size": any(f.kind == "reduction" and f.amount is None for f in plan.facts),
                "stake_unknown": row.stake is None,
                "tax_unknown": row.tax == "unknown",
            }.items()
            if holds
        )

    @property
    def recognised(self) -> float | None:
        """Yuan of revenue reported for it; None where nothing is reported."""
        parts = [
            fact.amount for fact in self.plan.facts if fact.kind == "revenue_recognised" and fact.amount is not None
        ]
        return sum(parts) if parts else None

    @property
    def accepted(self) -> date | None:
        """Day of its first acceptance."""
        return min((fact.effective_date for fact in self.plan.facts if fact.kind == "acceptance"), default=None)

    def as_dict(self) -> dict[str, object]:
        """Plain values for tables and JSON."""
        row, plan = self.commitment, self.plan
        return {
            "commitment_id": row.commitment_id,
            "announcement_id": row.announcement_id,
            "event_date": row.event_date,
            "known_at": row.known_at,
            "kind": row.kind,
            "work": row.work,
            "direction": row.direction,
            "counterparty": row.counterparty,
            "counterparty_named": row.counterparty_named,
            "confidence": row.confidence,
            "amount_basis": row.amount_basis,
            "stated_cny": row.amount,
            "announced_cny": plan.announced,
            "term_months": plan.term_months,
            "start": plan.start if plan.is_work else None,
            "end": plan.end if plan.is_work else None,
            "run_off": plan.run_off,
            "remaining_cny": self.remaining,
            "counted": self.counted,
            "reason": self.reason,
            "detail": self.detail,
            "finished": self.finished,
            "accepted": self.accepted,
            "recognised_cny": self.recognised,
            "flags": list(self.flags),
            "title": row.title,
        }


def contract_of(plan: Plan, day: date) -> Contract:
    """A plan seen on `day`."""
    why_not = plan.why_not(day)
    reason, detail = ("", "") if why_not is None else (str(why_not[0]), why_not[1])
    return Contract(plan, day, why_not is None, reason, detail, plan.remaining(day) if plan.is_work else None)


def contracts(panel: Panel, options: ScreenOptions, symbol: str | None = None) -> tuple[Contract, ...]:
    """Every known commitment (of one firm) with whether and why it counts, and what of it remains; oldest first."""
    plans = plans_of(panel, options)
    chosen = plans.values() if symbol is None else [plans.get(symbol, ())]
    return tuple(contract_of(plan, panel.session) for rows in chosen for plan in rows)

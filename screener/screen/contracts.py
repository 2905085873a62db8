"""A commitment as it stands on one day: its plan, whether and why it counts, what of it remains."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np

from screener.core.config import ScreenOptions
from screener.point_in_time.announcements import Commitment
from screener.point_in_time.panel import Panel
from screener.screen.backlog import TERM_UNKNOWN, Plan, plans_of, standing
from screener.screen.schedule import Schedule


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


def bounds(panel: Panel, options: ScreenOptions, first: date, last: date) -> Iterator[tuple[str, date, Commitment]]:
    """What starts or ends in a span of days, of the commitments that count; no plan is made of them."""
    now = standing(panel, options)
    known, places = now.able.known, now.able.places[now.counts]
    when = Schedule.of(known, options.lag_months)
    for what, days in (("starts", when.start[places]), ("ends", when.end(places))):
        near = (days >= np.datetime64(first)) & (days <= np.datetime64(last))
        yield from ((what, days[n].item(), known.commitment(places[n])) for n in np.flatnonzero(near).tolist())

"""The lag from announcing to the start of work, out of the facts that are known.

1. Acceptance: months from the first announcement of the contract to its first acceptance.
2. First revenue: revenue of a period ÷ the monthly amount (announced ÷ term) = months worked by the end of the period;
   the lag is what remains of the months since the announcement. It takes the work for even, as the burn-off does, so a
   contract recognised faster than evenly shows a lag below zero.
3. Integration work starts with its announcement and tells nothing of a lag.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from statistics import median

from screener.core.config import ScreenOptions
from screener.evaluation.delivery.answer import Lag
from screener.point_in_time.panel import Panel
from screener.screen.backlog import Plan
from screener.screen.burn import months_between


def lags(panel: Panel, plans: Iterable[Plan]) -> Iterator[Lag]:
    """Per basis and over both: a contract with an acceptance counts once, by its acceptance."""
    days = {row.commitment_id: row.event_date for row in panel.commitments}
    served = [plan for plan in plans if plan.is_work and plan.commitment.is_compute and plan.excluded is None]
    served = [plan for plan in served if plan.commitment.work != "integration"]
    accepted = _known({_name(plan): _to_acceptance(plan, _announced(plan, days)) for plan in served})
    revenue = _known({_name(plan): _to_revenue(plan, _announced(plan, days)) for plan in served})
    for basis, found in (("acceptance", accepted), ("first_revenue", revenue), ("either", {**revenue, **accepted})):
        months = sorted(found.values())
        middle = median(months) if months else None
        low, high = (months[0], months[-1]) if months else (None, None)
        yield Lag(basis, len(months), middle, low, high, ScreenOptions().lag_months)


def _name(plan: Plan) -> str:
    return plan.commitment.commitment_id


def _known(months: Mapping[str, float | None]) -> dict[str, float]:
    return {name: round(value, 2) for name, value in months.items() if value is not None}


def _announced(plan: Plan, days: Mapping[str, date]) -> date:
    return min([plan.commitment.event_date, *(days[name] for name in plan.originals if name in days)])


def _to_acceptance(plan: Plan, announced: date) -> float | None:
    first = min((fact.effective_date for fact in plan.facts if fact.kind == "acceptance"), default=None)
    if first is None:
        return None
    return months_between(announced, first) if first >= announced else -months_between(first, announced)


def _to_revenue(plan: Plan, announced: date) -> float | None:
    told = [fact for fact in plan.facts if fact.kind == "revenue_recognised" and fact.amount]
    if not told or not plan.term_months or not plan.announced:
        return None
    first = min(told, key=lambda fact: fact.effective_date)
    after = first.effective_date + timedelta(days=1)
    if after <= announced:
        return None
    return months_between(announced, after) - (first.amount or 0.0) * plan.term_months / plan.announced

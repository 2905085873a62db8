"""What became of announced work, per firm and per class of confidence: shown beside a score, never in it.

1. Only contracts that count, or would if they had not ended, and only what is known at the panel's time.
2. Kept of a contract: ended, what was recognised as revenue before; else what known reductions leave of it.
3. Lost of a firm = announced − kept over its ended and reduced contracts. A reduction of unknown size is not guessed;
   `explain` marks the contract. None where no contract with an amount is known: nothing could have been lost.
4. Realised of a class = Σ kept ÷ Σ announced over the contracts of all firms whose fate is told: ended, reduced by a
   known size, accepted, or with revenue. What is silent is in no class's share. None where no fate of a class is told.
5. The haircut: each running contract × the share of its class. One class without a share makes the sum unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from screener.core.config import ScreenOptions
from screener.point_in_time.panel import Panel, known_counts, memo_of
from screener.screen.backlog import Plan, plans_of
from screener.screen.contracts import Contract

_STARTED = ("acceptance", "revenue_recognised")
UNCLASSED = "none"


@dataclass(frozen=True, slots=True)
class Realised:
    """Contracts of one class of confidence whose fate is told; yuan."""

    confidence: str
    n: int
    announced_cny: float
    kept_cny: float
    share: float | None


def realised(panel: Panel, options: ScreenOptions) -> Mapping[str, Realised]:
    """Class → what was kept of its contracts, over all firms; remembered until a further fact becomes known."""
    memo, key = memo_of(panel), ("realised", *known_counts(panel), options)
    if key not in memo:
        memo[key] = _by_class(plan for plan in _told_of(panel, options) if _fate(plan) is not None)
    found: Mapping[str, Realised] = memo[key]
    return found


def _told_of(panel: Panel, options: ScreenOptions) -> Iterable[Plan]:
    plans = plans_of(panel, options)
    symbols = sorted({fact.symbol for fact in panel.facts})
    return (plan for symbol in symbols for plan in plans.spoken_of(symbol))


def _by_class(plans: Iterable[Plan]) -> dict[str, Realised]:
    groups: dict[str, list[Plan]] = {}
    for plan in plans:
        groups.setdefault(class_of(plan), []).append(plan)
    found = {}
    for name in sorted(groups):
        told = sum(plan.announced or 0.0 for plan in groups[name])
        kept = sum(_fate(plan) or 0.0 for plan in groups[name])
        found[name] = Realised(name, len(groups[name]), told, kept, kept / told if told else None)
    return found


def class_of(plan: Plan) -> str:
    """A, B, C, D or `none`."""
    return plan.commitment.confidence or UNCLASSED


def _fate(plan: Plan) -> float | None:
    """Yuan kept of a contract whose fate is told; None where it is not, or where it is not work that counts."""
    if not plan.facts:  # of most nothing is told
        return None
    if not plan.is_work or plan.excluded is not None or not plan.announced:
        return None
    if plan.ended is not None:
        return min(plan.announced, _sum(plan, "revenue_recognised"))
    started = any(fact.kind in _STARTED for fact in plan.facts)
    reduced = _sum(plan, "reduction")
    return max(0.0, plan.announced - reduced) if started or reduced else None


def _sum(plan: Plan, kind: str) -> float:
    """Yuan of the facts of a kind, after the switches that the announced amount went through."""
    stated = plan.commitment.amount
    scale = plan.announced / stated if plan.announced and stated else 1.0
    return scale * sum(fact.amount or 0.0 for fact in plan.facts if fact.kind == kind)


def lost(contracts: Iterable[Contract]) -> float | None:
    """Yuan of a firm's announced work that was terminated, denied or reduced; None where no work has an amount."""
    plans = [row.plan for row in contracts if row.plan.is_work and row.plan.excluded is None and row.plan.announced]
    if not plans:
        return None
    fates = [(plan.announced or 0.0, _fate(plan)) for plan in plans]
    return round(sum(told - kept for told, kept in fates if kept is not None), 2)


def after_haircut(running: Iterable[Contract], classes: Mapping[str, Realised]) -> tuple[float | None, int | None]:
    """Yuan that remain × the share of each contract's class, and the smallest n behind a share; None where unknown."""
    rows = [(row.remaining or 0.0, classes.get(class_of(row.plan))) for row in running]
    told = [(yuan, one.share, one.n) for yuan, one in rows if one is not None and one.share is not None]
    if not rows or len(told) < len(rows):
        return None, None
    return round(sum(yuan * share for yuan, share, _ in told), 2), min(n for *_, n in told)

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
from math import isnan, nan

import numpy as np

from screener.core.config import ScreenOptions
from screener.point_in_time.panel import Panel, known_counts, memo_of
from screener.screen.backlog import Plan, plan_of, plans_of, standing, yuan_of
from screener.screen.policy import width_of

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


def lost(panel: Panel, options: ScreenOptions, symbol: str | None = None) -> dict[str, float]:
    """Symbol → yuan of announced work that was terminated, denied or reduced, for firms with work that has an amount.

    Of all firms, or of one.
    """
    now = standing(panel, options, symbol)
    able, gone = now.able, np.zeros(len(now.remaining))
    worth = (able.policies > width_of(options.policy)) & (yuan_of(panel, options, symbol) != 0)
    for n in np.flatnonzero(worth & (able.ended | able.reduced)).tolist():
        plan = plan_of(panel, able.rows[n], options)
        kept = _fate(plan)
        gone[n] = 0.0 if kept is None else (plan.announced or 0.0) - kept
    return now.by_firm(worth, gone)


def after_haircut(panel: Panel, options: ScreenOptions, symbol: str | None = None) -> dict[str, tuple[float, int]]:
    """Symbol → yuan that remain × the share of each contract's class, and the smallest n behind a share.

    For firms with running contracts whose classes all have a share. Of all firms, or of one.
    """
    now, classes = standing(panel, options, symbol), realised(panel, options)
    able, runs = now.able, now.counts & (now.remaining != 0)
    told = [classes.get(one or UNCLASSED) for one in able.classes]
    share = np.array([nan if one is None or one.share is None else one.share for one in told])[able.confidence]
    behind = np.array([0 if one is None else one.n for one in told], dtype=np.int64)[able.confidence]
    least = np.full(len(able.symbols), np.iinfo(np.int64).max)
    np.minimum.at(least, able.whose[runs], behind[runs])
    fewest = dict(zip(able.symbols, least.tolist(), strict=True))
    cut = now.by_firm(runs, now.remaining * share)
    return {name: (yuan, fewest[name]) for name, yuan in cut.items() if not isnan(yuan)}

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

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isnan, nan

import numpy as np

from screener.core.arrays import Flags, Floats
from screener.core.config import ScreenOptions
from screener.point_in_time.columns import cells
from screener.point_in_time.panel import Panel, known_counts, known_rows, memo_of
from screener.screen.backlog import Able, Plan, Standing, plans_of, standing
from screener.screen.policy import width_of
from screener.screen.told import STARTED

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
        memo[key] = _by_class(panel, options)
    found: Mapping[str, Realised] = memo[key]
    return found


def _by_class(panel: Panel, options: ScreenOptions) -> dict[str, Realised]:
    """Firm by firm, as their symbols have it."""
    fates = _fates(panel, options, None)
    able, spoken = fates.now.able, {*cells(known_rows(panel, "facts"), "symbol")}
    symbols, classes = [able.symbols[n] for n in able.whose.tolist()], classes_of(able)
    groups: dict[str, list[int]] = {}
    for n in sorted(np.flatnonzero(fates.told).tolist(), key=lambda n: (symbols[n], n)):
        if symbols[n] in spoken:
            groups.setdefault(classes[n], []).append(n)
    found = {}
    for name in sorted(groups):
        told, kept = (sum(yuan[groups[name]].tolist()) for yuan in (fates.now.yuan, fates.kept))
        found[name] = Realised(name, len(groups[name]), told, kept, kept / told if told else None)
    return found


def classes_of(able: Able) -> Sequence[str]:
    """(m,) A, B, C, D or `none`."""
    told = cells(able.known.web.commitments.rows, "confidence")
    return [told[n] or UNCLASSED for n in able.places.tolist()]


@dataclass(frozen=True, slots=True, eq=False)
class Fates:
    """What became of all that is able."""

    now: Standing
    worth: Flags  # (m,) work that counts, or would if it had not ended, with an amount
    told: Flags  # (m,) of which it is known
    kept: Floats  # (m,) yuan


def _fates(panel: Panel, options: ScreenOptions, symbol: str | None) -> Fates:
    """Of all firms, or of one; plans are made of what ended or was reduced alone."""
    now, plans = standing(panel, options, symbol), plans_of(panel, options)
    known, places = now.able.known, now.able.places
    worth = (known.policies[places] > width_of(options.policy)) & (now.yuan != 0)
    cut = worth & ((known.ended_by[places] >= 0) | known.reduced[places])
    told, kept = worth & (cut | known.started[places]), np.maximum(now.yuan, 0.0)
    for n in np.flatnonzero(cut).tolist():
        yuan = _fate(plans.plan(places[n]))
        told[n], kept[n] = yuan is not None, yuan or 0.0
    return Fates(now, worth, told, kept)


def _fate(plan: Plan) -> float | None:
    """Yuan kept of a contract whose fate is told; None where it is not, or where it is not work that counts."""
    if not plan.facts:  # of most nothing is told
        return None
    if not plan.is_work or plan.excluded is not None or not plan.announced:
        return None
    if plan.ended is not None:
        return min(plan.announced, _sum(plan, "revenue_recognised"))
    started = any(fact.kind in STARTED for fact in plan.facts)
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
    fates = _fates(panel, options, symbol)
    return fates.now.by_firm(fates.worth, np.where(fates.told, fates.now.yuan - fates.kept, 0.0))


def after_haircut(panel: Panel, options: ScreenOptions, symbol: str | None = None) -> dict[str, tuple[float, int]]:
    """Symbol → yuan that remain × the share of each contract's class, and the smallest n behind a share.

    For firms with running contracts whose classes all have a share. Of all firms, or of one.
    """
    now, found = standing(panel, options, symbol), realised(panel, options)
    able, runs, classes = now.able, now.counts & (now.remaining != 0), classes_of(now.able)
    shares = {name: nan if one.share is None else one.share for name, one in found.items()}
    share = np.array([shares.get(name, nan) for name in classes])
    behind = np.array([found[name].n if name in found else 0 for name in classes], dtype=np.int64)
    least = np.full(len(able.symbols), np.iinfo(np.int64).max)
    np.minimum.at(least, able.whose[runs], behind[runs])
    fewest = dict(zip(able.symbols, least.tolist(), strict=True))
    cut = now.by_firm(runs, now.remaining * share)
    return {name: (yuan, fewest[name]) for name, yuan in cut.items() if not isnan(yuan)}

"""The primary p-value: the same firms on placebo dates of the same part of the calendar.

1. Events whose windows share sessions form a cluster; a cluster moves as a whole, so spacing and overlap stay.
2. A cluster may move to offsets at which no firm of it has an event of any kind near, and which have enough estimation
   days: within 60 sessions of its own date, wider (120, anywhere) only where that leaves fewer than 20 offsets.
3. Each draw moves every cluster independently; draws in which two windows of one firm meet are drawn again.
4. Statistic: √N · mean(SCAR) ÷ sd(SCAR); p = (1 + #{|t*| >= |t|}) ÷ (B + 1). Beside it the same for the CAAR.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from screener.core.arrays import Flags, Floats, Ints
from screener.evaluation.event_study.clusters import clusters
from screener.evaluation.event_study.model import Abnormal
from screener.evaluation.event_study.outcome import FLAT, Outcome, absent
from screener.evaluation.event_study.placebo import Placebo

DRAWS = 9999
REACHES = (60, 120, None)  # sessions a placebo date may lie from the true one
ENOUGH_OFFSETS = 20
REDRAWS = 20
_FIRMS = 100  # that are looked at together
_CELLS = 4_000_000  # of drawn events that are looked at together


# Placebo tables that are filled at least in the cells (T, F) that are asked for.
Filled = Callable[[Flags], Placebo]


@dataclass(frozen=True)
class Control:
    """What the placebo dates gave."""

    studentised: Outcome
    caar: Outcome
    mean: float | None  # mean placebo CAAR
    low: float | None  # 2.5 % and 97.5 % of the placebo CAARs
    high: float | None
    offsets: int  # fewest offsets any cluster could move to


@dataclass(frozen=True, eq=False)
class Moves:
    """Where clusters of events (their numbers) may go."""

    groups: Sequence[Ints]
    firms: Ints  # (n,)
    day0: Ints  # (n,)
    clear: Flags  # (T, F)

    def admissible(self, filled: Filled) -> tuple[list[Ints], Placebo | None]:
        """(Sessions by which each cluster may move, the tables): the nearest reach with enough, else the widest.

        Those with the least room come first: where one has nowhere to go, nothing is estimated for the others.
        """
        found: list[Ints] = [np.empty(0, np.int64)] * len(self.groups)
        room = [len(self.open(g, self.clear, None)) for g in range(len(self.groups))]
        tight = [g for g, count in enumerate(room) if count < ENOUGH_OFFSETS]
        left = [g for g, count in enumerate(room) if count >= ENOUGH_OFFSETS]
        placebo = self._settle(found, tight, None, filled) if tight and all(room) else None
        if not all(len(found[g]) for g in tight):
            return found, None
        for reach in REACHES:
            if left:
                placebo = self._settle(found, left, reach, filled)
                left = [g for g in left if len(found[g]) < ENOUGH_OFFSETS]
        return found, placebo

    def _settle(self, found: list[Ints], some: Sequence[int], reach: int | None, filled: Filled) -> Placebo:
        """Looks where some clusters may go; the tables, filled where the days alone allow them to."""
        cells = np.zeros_like(self.clear)
        for g in some:
            mine = self.groups[g]
            cells[self.day0[mine] + self.open(g, self.clear, reach)[:, None], self.firms[mine]] = True
        placebo = filled(cells)
        for g in some:
            found[g] = self.open(g, placebo.free, reach)
        return placebo

    def open(self, g: int, free: Flags, reach: int | None) -> Ints:
        """Offsets but 0, no further than `reach`, at which every event of a cluster is in a cell that is `free`."""
        firms, day0 = self.firms[self.groups[g]], self.day0[self.groups[g]]
        first, last = -int(day0.min()), len(free) - int(day0.max()) - 1
        every = np.arange(first, last + 1) if reach is None else np.arange(max(first, -reach), min(last, reach) + 1)
        good = free[day0 + every[:, None], firms].all(axis=1) & (every != 0)
        return np.asarray(every[good])


def randomisation(
    events: Abnormal, day0: Ints, clear: Flags, filled: Filled, *, gap: int, draws: int = DRAWS, seed: int = 0
) -> Control:
    """Placebo p-values. events.firms (n,) are columns of the tables; day0 (n,) sessions; gap: spacing of a firm.

    `clear` (T, F): sessions that may be drawn as far as the days tell it, see `Bench.clear`.
    """
    moves = Moves([np.array(group) for group in clusters(events.event_rows)], events.firms, day0, clear)
    offsets, placebo = moves.admissible(filled)
    fewest = min((len(found) for found in offsets), default=0)
    if events.n < 2 or fewest == 0 or placebo is None:
        return untold(events.n, fewest)
    shifts, of = _draw(moves.groups, offsets, events.firms, day0, gap, draws, np.random.default_rng(seed))
    caar, studentised = np.empty(draws), np.empty(draws)
    step = max(1, _CELLS // events.n)
    for some in (slice(first, first + step) for first in range(0, draws, step)):
        rows = day0 + shifts[some][:, of]
        caar[some] = placebo.car[rows, events.firms].mean(axis=1)
        studentised[some] = _t(placebo.scar[rows, events.firms])
    note = f"{draws} draws, seed {seed}, {fewest} offsets or more"
    low, high = np.quantile(caar, (0.025, 0.975))
    return Control(
        _outcome(_t(events.scar[None, :])[0], studentised, events.n, note),
        _outcome(float(events.car.mean()), caar, events.n, note),
        float(caar.mean()),
        float(low),
        float(high),
        fewest,
    )


def untold(n: int, fewest: int = 0) -> Control:
    """Of `n` events, the cluster with the fewest offsets having so many: no draw can be made."""
    missing = absent(n, "fewer than 2 events" if n < 2 else "no placebo date for one cluster")
    return Control(missing, missing, None, None, None, fewest)


def _draw(
    groups: Sequence[Ints],
    offsets: Sequence[Ints],
    firms: Ints,
    day0: Ints,
    gap: int,
    draws: int,
    rng: np.random.Generator,
) -> tuple[Ints, Ints]:
    """((B, clusters) sessions by which each cluster moves, (n,) cluster of each event)."""
    of = np.empty(len(day0), dtype=np.int64)
    for g, group in enumerate(groups):
        of[group] = g
    several = _in_several(firms, of)  # the events of a firm in one cluster keep their distance
    apart = [several[group] for group in _to_keep_apart(firms[several], day0[several], gap)]
    shifts, again = np.empty((draws, len(groups)), dtype=np.int64), np.arange(draws)
    for _ in range(REDRAWS):
        for g, choices in enumerate(offsets):
            shifts[again, g] = choices[rng.integers(0, len(choices), len(again))]
        again = again[_meet(shifts[again], of, day0, apart, gap)]
        if not len(again):
            break
    return shifts, of


def _in_several(firms: Ints, of: Ints) -> Ints:
    """Events of firms that have events in more than one cluster."""
    whose = np.unique(np.stack((firms, of)), axis=1)[0]
    several, counts = np.unique(whose, return_counts=True)
    return np.flatnonzero(np.isin(firms, several[counts > 1]))


def _to_keep_apart(firms: Ints, day0: Ints, gap: int) -> list[Ints]:
    """(g, k) matrices: of each row of events, all of one firm, no two may come nearer than `gap`."""
    alike: dict[int, list[Ints]] = {}  # firms with as many events are looked at together
    order = np.lexsort((day0, firms))
    for mine in np.split(order, np.flatnonzero(np.diff(firms[order])) + 1):
        if (np.diff(day0[mine]) > gap).all():  # as `merged` leaves them
            alike.setdefault(len(mine), []).append(mine)
            continue
        for i, j in combinations(mine.tolist(), 2):
            if abs(int(day0[i]) - int(day0[j])) > gap:  # else the true ones are as near
                alike.setdefault(2, []).append(np.array((i, j)))
    return [np.stack(some) for k, some in alike.items() if k > 1]


def _meet(shifts: Ints, of: Ints, day0: Ints, apart: Sequence[Ints], gap: int) -> Flags:
    """(B,) True where two events came nearer than `gap`; shifts (B, clusters), `apart` as of `_to_keep_apart`.

    Some firms at a time, and no further where a draw is known to be bad: of thousands of firms the first hundred tell.
    """
    left = np.arange(len(shifts))
    for group in apart:
        for some in (group[first : first + _FIRMS] for first in range(0, len(group), _FIRMS)):
            moved = np.sort(day0[some] + shifts[left[:, None, None], of[some]], axis=2)
            left = left[~(np.diff(moved, axis=2) <= gap).any(axis=(1, 2))]
    bad = np.ones(len(shifts), dtype=bool)
    bad[left] = False
    return bad


def _t(scar: Floats) -> Floats:
    sd = np.maximum(scar.std(axis=1, ddof=1), FLAT)
    result: Floats = np.sqrt(scar.shape[1]) * scar.mean(axis=1) / sd
    return result


def _outcome(observed: float, drawn: Floats, n: int, note: str) -> Outcome:
    reached = int((np.abs(drawn) >= abs(observed) - FLAT).sum())
    return Outcome(float(observed), (1 + reached) / (len(drawn) + 1), n, note=note)

"""What each commitment did to a firm's backlog between two moments, in yuan and in columns.

With r(p, d) the work that plan p leaves on day d, each commitment that counts at either moment gives
new       r(p₂, d₂) of a commitment not known before;
burned    r(p₁, d₂) − r(p₁, d₁): the old reading, merely later;
ended     what a termination, denial or reduction took off r(p₁, d₂); all of a contract that ran out in between;
re_read   the rest: acceptance, delay, amendment, refuted link, classification, `unconfirmed`.
They sum to its backlog after less its backlog before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from screener.core.arrays import Flags, Floats, Ints, to_fen
from screener.core.config import Burn, ScreenOptions
from screener.point_in_time.columns import cells
from screener.point_in_time.panel import Panel
from screener.screen.backlog import Plans, Standing, plans_of, standing
from screener.screen.schedule import Schedule
from screener.screen.told import Known

EFFECTS = ("new", "ended", "burned", "re_read")
TOLD = ("new", "burned", "ended", "re_read")  # of one commitment, in this order


@dataclass(frozen=True, eq=False)
class Effects:
    """Of u commitments known at either moment: those known before in their order, then the others."""

    ids: Sequence[str]  # (u,)
    symbols: Sequence[str]  # (u,)
    yuan: Mapping[str, Floats]  # effect → (u,)

    @cached_property
    def _rows(self) -> Mapping[str, list[int]]:
        found: dict[str, list[int]] = {}
        touched = np.logical_or.reduce([yuan != 0 for yuan in self.yuan.values()])
        for n in np.flatnonzero(touched).tolist():
            found.setdefault(self.symbols[n], []).append(n)
        return found

    def of(self, symbol: str) -> Iterator[tuple[str, str, float]]:
        """(commitment, effect, yuan) of one firm, those that are not zero."""
        for n in self._rows.get(symbol, ()):
            yield from ((self.ids[n], name, yuan) for name in TOLD if (yuan := self.yuan[name][n].item()))

    @cached_property
    def counts(self) -> Mapping[str, int]:
        """Symbol → how many there are of it."""
        many = np.sum([yuan != 0 for yuan in self.yuan.values()], axis=0).tolist()
        return {symbol: sum(many[n] for n in rows) for symbol, rows in self._rows.items()}


@dataclass(frozen=True, slots=True, eq=False)
class _Moment:
    """One of the two: (n,) over all that is known then."""

    known: Known
    plans: Plans
    counts: Flags
    backlog: Floats  # 0 where it does not count


def effects(before: Panel, after: Panel, options: ScreenOptions) -> Effects:
    """Of all firms."""
    then, now = standing(before, options), standing(after, options)
    first, last = _moment(then, plans_of(before, options)), _moment(now, plans_of(after, options))
    old, new = _paired(first.known, last.known)
    held, left = _at(first.backlog, old, 0.0), _at(last.backlog, new, 0.0)
    later = _at(_later(first, then, options, after), old, 0.0)
    counts, gone = _at(last.counts, new, missing=False), _at(last.known.ended_by, new, missing=0) >= 0
    unknown, over = old < 0, (held != 0) & counts & (left == 0)
    rest = (held != 0) & ~over
    reduced = np.where(rest & counts & ~gone, later * _cut(first, last, old, new), 0.0)
    amends = unknown & _amends(first.known, last.known, new)
    ended = np.where(over, -held, np.where(rest & gone, left - later, reduced))
    again = np.where(rest & ~gone, left - later - reduced, np.where((held == 0) & (~unknown | amends), left, 0.0))
    found = {
        "new": np.where(unknown & ~amends, left, 0.0),
        "burned": np.where(rest, later - held, 0.0),
        "ended": ended,
        "re_read": again,
    }
    ids, symbols = (_told(first.known, last.known, name, old, new) for name in ("commitment_id", "symbol"))
    return Effects(ids, symbols, found)


def _moment(at: Standing, plans: Plans) -> _Moment:
    known, places = at.able.known, at.able.places
    counts, backlog = np.zeros(len(known), dtype=bool), np.zeros(len(known))
    counts[places], backlog[places] = at.counts, np.where(at.counts, at.remaining, 0.0)
    return _Moment(known, plans, counts, backlog)


def _at(column: np.ndarray, places: Ints, missing: float) -> np.ndarray:
    """(u,) cells of a column, another value where there is no place."""
    found = np.full(len(places), missing, dtype=column.dtype)
    found[places >= 0] = column[places[places >= 0]]
    return found


def _paired(first: Known, last: Known) -> tuple[Ints, Ints]:
    """(u,) places of every commitment of a firm, by its id: before and after, -1 where it was not known of the firm."""
    before, after = (cells(known.web.commitments.rows, "symbol") for known in (first, last))
    places = (last.web.commitments.places.get(name, -1) for name in first.web.commitments.ids)
    same = [n if n >= 0 and after[n] == symbol else -1 for n, symbol in zip(places, before, strict=True)]
    matched = np.array(same, dtype=np.int64)
    fresh = np.setdiff1d(np.arange(len(after)), matched)
    old = np.concatenate([np.arange(len(before)), np.full(len(fresh), -1)])
    return old, np.concatenate([matched, fresh])


def _told(first: Known, last: Known, name: str, old: Ints, new: Ints) -> list[str]:
    """(u,) a field of the commitments."""
    before, after = (cells(known.web.commitments.rows, name) for known in (first, last))
    return [before[a] if a >= 0 else after[b] for a, b in zip(old.tolist(), new.tolist(), strict=True)]


def _later(first: _Moment, then: Standing, options: ScreenOptions, after: Panel) -> Floats:
    """(n,) what the plans of before leave on the later day."""
    found, known, places = np.zeros(len(first.known)), first.known, then.able.places
    burns = options.burn is Burn.STRAIGHT_LINE
    share = Schedule.of(known, options.lag_months).left(places, after.session) if burns else 1.0
    found[places] = to_fen(then.yuan * share)
    for n in np.flatnonzero(first.counts & known.reduced).tolist():
        found[n] = first.plans.plan(n).remaining(after.session)
    return found


def _cut(first: _Moment, last: _Moment, old: Ints, new: Ints) -> Floats:
    """(u,) by which share reductions that were not known before changed what is left; 0 for most."""
    found = np.zeros(len(old))
    less = _at(first.known.reduced, old, missing=False) | _at(last.known.reduced, new, missing=False)
    for n in np.flatnonzero(less & (old >= 0) & (new >= 0)).tolist():
        if kept := first.plans.plan(old[n]).kept:
            found[n] = last.plans.plan(new[n]).kept / kept - 1.0
    return found


def _amends(first: Known, last: Known, new: Ints) -> Flags:
    """(u,) True for what stands for a commitment of its firm that was known before."""
    web, before, found = last.web, first.web.commitments, np.zeros(len(last), dtype=bool)
    for name in web.stands_for:
        firm = web.commitments[name].symbol
        earlier = [before[each] for each in web.originals(name)[1:] if each in before]
        found[web.commitments.places[name]] = any(row.symbol == firm for row in earlier)
    return _at(found, new, missing=False)

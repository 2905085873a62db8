"""Cells of an array that were otherwise before some revisions of its market: a correction costs its cells.

1. Revisions are numbered in the order of their moments; a cell stood otherwise before each of a run of them.
2. Cells of a column that are alike over a run of sessions are one entry: a share count is told for years.
3. Nothing is copied until somebody asks for rows of the array.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from functools import cached_property

import numpy as np

from screener.core.arrays import Flags, Ints
from screener.point_in_time.cells import differing

_CELLS = 1 << 20  # of the columns that are compared at a time


@dataclass(frozen=True, eq=False)
class Revised:
    """E entries, by `start`: sessions start ≤ t < stop of column n had `values` before the revisions first … last."""

    start: Ints
    stop: Ints
    n: Ints
    first: Ints
    last: Ints
    values: np.ndarray
    stands: np.ndarray  # what the array has there

    @classmethod
    def of(cls, parts: Iterable[Revised]) -> Revised | None:
        """All entries in order; what differs no longer from what stands is left out. None where nothing is left."""
        found = list(parts)
        if not found:
            return None
        every = cls(*(np.concatenate([getattr(part, each.name) for part in found]) for each in fields(cls)))
        every = every.where((every.first <= every.last) & differing(every.values, every.stands))
        return every.where(np.lexsort((every.first, every.n, every.start))).merged() if len(every.n) else None

    def where(self, chosen: Flags | Ints) -> Revised:
        """Some of the entries."""
        return Revised(*(getattr(self, each.name)[chosen] for each in fields(self)))

    def merged(self) -> Revised:
        """Entries in order, with those as one that say the same of the same cells before revisions in a row."""
        alike = (self.start[1:] == self.start[:-1]) & (self.stop[1:] == self.stop[:-1]) & (self.n[1:] == self.n[:-1])
        alike &= (self.first[1:] == self.last[:-1] + 1) & ~differing(self.values[1:], self.values[:-1])
        begins = np.flatnonzero(np.concatenate([[True], ~alike]))
        ends = np.append(begins[1:], len(self.n)) - 1
        kept = {each.name: getattr(self, each.name)[begins] for each in fields(self)}
        return Revised(**{**kept, "last": self.last[ends]})

    def before(self, number: int, first: int, stop: int) -> tuple[Ints, Ints, np.ndarray]:
        """(t, n, values): the cells of sessions first ≤ t < stop that were otherwise before the revision."""
        near = self._near(first, stop)
        chosen = self.where(near[(self.first[near] <= number) & (number <= self.last[near])])
        return _cells(chosen, first, stop, chosen.values)

    def between(self, before: int, after: int, stop: int) -> tuple[Ints, Ints, np.ndarray]:
        """(t, n, values): what cells of sessions t < stop have before revision `after`, where that may be another
        value than before revision `before`."""
        held, holds = ((self.first <= number) & (number <= self.last) for number in (before, after))
        old, new = self.where(held & ~holds), self.where(holds & ~held)
        # In this order: where an entry follows another, it holds.
        parts = _cells(old, 0, stop, old.stands), _cells(new, 0, stop, new.values)
        t, n, values = (np.concatenate(each) for each in zip(*parts, strict=True))
        return t, n, values

    def _near(self, first: int, stop: int) -> Ints:
        """Entries that may reach into the sessions first ≤ t < stop."""
        return np.arange(*np.searchsorted(self.start, [first - self._longest + 1, stop]))

    @cached_property
    def _longest(self) -> int:
        return int((self.stop - self.start).max())


def otherwise(then: np.ndarray, now: np.ndarray, n: Ints, numbers: tuple[Ints, Ints]) -> Revised:
    """Entries of the cells in which columns differ: (T, C) as they were and as they stand, of symbols n (C,).

    `numbers`: the first and the last revision before which each of them was so.
    """
    c, t = np.nonzero(differing(then, now).T)
    values, stands = then[t, c], now[t, c]
    begins = np.ones(len(t), dtype=bool)
    begins[1:] = (c[1:] != c[:-1]) | (t[1:] != t[:-1] + 1)
    begins[1:] |= differing(values[1:], values[:-1]) | differing(stands[1:], stands[:-1])
    at = np.flatnonzero(begins)
    stop = t[np.append(at[1:], len(t)) - 1] + 1 if len(t) else t
    first, last = (each[c[at]] for each in numbers)
    return Revised(t[at], stop, n[c[at]], first, last, values[at], stands[at])


def parts_of(count: int, sessions: int) -> Iterator[slice]:
    """So many columns in parts that are computed at a time."""
    size = max(1, _CELLS // max(sessions, 1))
    return (slice(first, min(first + size, count)) for first in range(0, count, size))


def _cells(entries: Revised, first: int, stop: int, values: np.ndarray) -> tuple[Ints, Ints, np.ndarray]:
    """(t, n, value) of each cell of the entries in the sessions first ≤ t < stop."""
    begin, end = np.maximum(entries.start, first), np.minimum(entries.stop, stop)
    length = np.maximum(end - begin, 0)
    return spread(begin, length), np.repeat(entries.n, length), np.repeat(values, length)


def spread(begin: Ints, length: Ints) -> Ints:
    """begin, begin + 1 … of each, so many."""
    return np.repeat(begin - np.cumsum(length) + length, length) + np.arange(length.sum())

"""Holding rules that event strategies share."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from screener.point_in_time.announcements import Commitment
from screener.point_in_time.panel import Panel, commitments_from, known_counts, memo_of

Wanted = Callable[[Commitment], bool]


def hold_after(panel: Panel, wanted: Wanted, sessions: int) -> dict[str, float] | None:
    """Equal weight over firms with a `wanted` commitment first usable in the last `sessions` sessions.

    None while the set of firms is the one of the session before, so that nothing is traded for rounding alone.
    """
    recent = _recent(panel, wanted, sessions)
    held = {row.symbol for row in recent if panel.age(row) < sessions}
    before = {row.symbol for row in recent if panel.age(row) >= 1}
    if held == before and not panel.first_decision:
        return None
    return {symbol: 1 / len(held) for symbol in sorted(held)}


@dataclass
class _Asked:
    """How many commitments were asked about; those that were wanted, their places in order and their first sessions."""

    count: int = 0
    rows: list[Commitment] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    entries: list[int] = field(default_factory=list)


def _recent(panel: Panel, wanted: Wanted, sessions: int) -> Sequence[Commitment]:
    """The wanted commitments that could first be used at most `sessions` sessions ago; each is asked about once."""
    memo, (known, _, _) = memo_of(panel), known_counts(panel)
    asked: _Asked = memo.setdefault(("wanted", wanted), _Asked())
    for row in commitments_from(panel, asked.count):
        if wanted(row):
            asked.rows.append(row)
            asked.places.append(asked.count)
            asked.entries.append(panel.t - panel.age(row))
        asked.count += 1
    first = bisect_left(asked.entries, panel.t - sessions)
    return asked.rows[first : bisect_left(asked.places, known)]

"""Holding rules that event strategies share."""

from __future__ import annotations

from collections.abc import Callable
from weakref import WeakKeyDictionary

from screener.point_in_time.announcements import Commitment
from screener.point_in_time.panel import Panel

Wanted = Callable[[Commitment], bool]
Ages = tuple[tuple[int, str], ...]


def hold_after(panel: Panel, wanted: Wanted, sessions: int) -> dict[str, float] | None:
    """Equal weight over firms with a `wanted` commitment first usable in the last `sessions` sessions.

    None while the set of firms is the one of the session before, so that nothing is traded for rounding alone.
    """
    ages = _ages(panel, wanted)
    held = {symbol for age, symbol in ages if age < sessions}
    before = {symbol for age, symbol in ages if 1 <= age <= sessions}
    if held == before and not panel.first_decision:
        return None
    return {symbol: 1 / len(held) for symbol in sorted(held)}


# The variants of a sweep ask the same panels the same question. One answer is kept a panel, as long as the panel lives.
_ASKED: WeakKeyDictionary[Panel, tuple[Wanted, Ages]] = WeakKeyDictionary()


def _ages(panel: Panel, wanted: Wanted) -> Ages:
    """(sessions since it could first be used, symbol) of each wanted commitment."""
    asked = _ASKED.get(panel)
    if asked is None or asked[0] is not wanted:
        asked = _ASKED[panel] = wanted, tuple((panel.age(row), row.symbol) for row in panel.commitments if wanted(row))
    return asked[1]

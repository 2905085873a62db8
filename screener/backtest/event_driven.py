"""Holding rules that event strategies share."""

from __future__ import annotations

from collections.abc import Callable

from screener.point_in_time.announcements import Commitment
from screener.point_in_time.panel import Panel


def hold_after(panel: Panel, wanted: Callable[[Commitment], bool], sessions: int) -> dict[str, float] | None:
    """Equal weight over firms with a `wanted` commitment first usable in the last `sessions` sessions.

    None while the set of firms is the one of the session before, so that nothing is traded for rounding alone.
    """
    ages = [(panel.age(row), row.symbol) for row in panel.commitments if wanted(row)]
    held = {symbol for age, symbol in ages if age < sessions}
    before = {symbol for age, symbol in ages if 1 <= age <= sessions}
    if held == before and not panel.first_decision:
        return None
    return {symbol: 1 / len(held) for symbol in sorted(held)}

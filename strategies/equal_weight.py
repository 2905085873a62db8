"""Hold every firm of the universe at equal weight, rebalanced on the first session of each month."""

from __future__ import annotations

from screener import Panel


def weights(panel: Panel) -> dict[str, float] | None:
    if not (panel.is_first_of_month or panel.first_decision):
        return None
    firms = panel.tradable_universe()
    return {firm: 1 / len(firms) for firm in firms}

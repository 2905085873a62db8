"""Buy every firm of the universe at equal weight once, on the first session, and never trade again."""

from __future__ import annotations

from screener import Panel


def weights(panel: Panel) -> dict[str, float] | None:
    if not panel.first_decision:
        return None
    firms = panel.tradable_universe()
    return {firm: 1 / len(firms) for firm in firms}

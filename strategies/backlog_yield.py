"""Hold the k firms with the most order backlog per market cap, rebalanced on the first session of each month."""

from __future__ import annotations

from screener import Panel, scores


def weights(panel: Panel, *, k: int = 3, policy: str = "firm", lag: int = 5) -> dict[str, float] | None:
    if not (panel.is_first_of_month or panel.first_decision):
        return None
    score = scores(panel, policy=policy, lag=lag)
    top = sorted((firm for firm in score if score[firm] > 0), key=lambda firm: (-score[firm], firm))[:k]
    return {firm: 1 / len(top) for firm in top}

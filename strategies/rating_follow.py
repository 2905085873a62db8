"""Hold firms that brokers rate to outperform, from the session after a rating became known, for N months at most."""

from __future__ import annotations

from screener import Panel, follow_ratings

OUTPERFORM = "优于大市"


def weights(panel: Panel, *, months: int = 12, broker: str = "") -> dict[str, float] | None:
    return follow_ratings(panel, OUTPERFORM, months, broker)

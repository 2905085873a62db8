"""Hold a firm for N sessions after a purchase of compute equipment became known; a new purchase extends the stay."""

from __future__ import annotations

from screener import Commitment, Panel, hold_after


def weights(panel: Panel, *, hold: int = 20) -> dict[str, float] | None:
    return hold_after(panel, _is_compute_purchase, hold)


def _is_compute_purchase(row: Commitment) -> bool:
    return row.kind == "purchase" and row.is_compute and row.amount is not None

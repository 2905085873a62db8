"""Hold a firm for N sessions after a compute order with an amount became known; a new order extends the stay."""

from __future__ import annotations

from screener import Commitment, Panel, hold_after


def weights(panel: Panel, *, hold: int = 20) -> dict[str, float] | None:
    return hold_after(panel, _is_compute_order, hold)


def _is_compute_order(row: Commitment) -> bool:
    signed = row.kind in ("order", "framework") and row.direction == "inflow"
    return signed and row.is_compute and row.amount is not None

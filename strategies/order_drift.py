"""Hold a firm for N sessions after a compute order with an amount became known; a new order extends the stay."""

from __future__ import annotations

from screener.backtest.event_driven import hold_after
from screener.point_in_time.announcements import Commitment
from screener.point_in_time.panel import Panel


def weights(panel: Panel, *, hold: int = 20) -> dict[str, float] | None:
    return hold_after(panel, _is_compute_order, hold)


def _is_compute_order(row: Commitment) -> bool:
    signed = row.kind in ("order", "framework") and row.direction == "inflow"
    return signed and row.is_compute and row.amount is not None

"""Every packaged rule row changes what a market is made of: none stands in the table for show."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from screener.core.calendar import packaged_calendar
from screener.core.tables import packaged
from screener.point_in_time.market import Market
from tests.point_in_time.markets import bars, rows

CODES = {"sse_main": "600{:03d}.SH", "szse_main": "000{:03d}.SZ", "chinext": "300{:03d}.SZ", "star": "688{:03d}.SH"}
CODES |= {"bse": "920{:03d}.BJ"}
STATES = ("plain", "ST", "delisting", "listed")
SYMBOLS = {(board, state): code.format(n + 1) for board, code in CODES.items() for n, state in enumerate(STATES)}
# At each of these some rate gives a limit between two fen.
CLOSES: list[float | None] = [10.05, 10.03, 10.01, 10.07, 10.05, 10.03, 10.05, 10.03]
ARRAYS = (
    *("limit_up", "limit_down", "lot_minimum", "lot_step", "largest_order", "stamp_duty", "purchase_duty"),
    *("transfer_rate", "transfer_per_share", "dividend_tax"),
)
RULES = packaged("rules")


def market_from(day: date, rules: pl.DataFrame) -> dict[str, Any]:
    """What a market of eight sessions from `day` on is made of, with a stock of every board and state."""
    known = datetime(1990, 1, 1)
    spells = [
        {"symbol": symbol, "start": day, "end": None, "status": state, "known_at": known}
        for (_, state), symbol in SYMBOLS.items()
        if state in ("ST", "delisting")
    ]
    firms = [
        {"symbol": symbol, "name": symbol, "board": board, "listed": day, "known_at": known}
        for (board, state), symbol in SYMBOLS.items()
        if state == "listed"
    ]
    frames = {
        "bars": bars(dict.fromkeys(SYMBOLS.values(), CLOSES), day),
        "rules": rules.with_columns(known_at=pl.lit(known)),
        "st_spells": rows("st_spells", *spells),
        "firms": rows("firms", *firms),
    }
    built = Market.build(frames)
    return {name: getattr(built, name) for name in ARRAYS}


def other(row: dict[str, Any]) -> float:
    """A value that the row does not have and its rule may have."""
    return float({"limit_rounding": 0.25, "no_limit_sessions": 3}.get(row["rule"], row["value"] * 2 or 0.001))


@pytest.mark.parametrize("at", range(RULES.height), ids=[f"{r[0]} {r[1]} {r[2]} {r[3]}" for r in RULES.rows()])
def test_a_rule_row_changes_the_market(at: int) -> None:
    row = RULES.row(at, named=True)
    calendar = packaged_calendar()
    day = max(row["start"], calendar.first)
    if row["end"] is not None and day >= row["end"]:
        pytest.skip(f"the packaged calendar begins on {calendar.first}")
    day = calendar.on_or_after(day)
    if row["rule"] in ("lot_minimum", "lot_step"):  # those of the last session hold
        day = calendar.on_or_after(day + timedelta(days=30))
    changed = RULES.with_columns(
        value=pl.when(pl.int_range(pl.len()) == at).then(other(row)).otherwise(pl.col("value"))
    )
    before, after = market_from(day, RULES), market_from(day, changed)
    assert any(not np.array_equal(before[name], after[name], equal_nan=True) for name in ARRAYS)

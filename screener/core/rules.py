"""Dated market rules: price limits, lots, duties. One rule is one row of data/tables/rules.csv.

Formulas: SSE 3.3.13/3.3.17 (limits, half up to the tick), SSE 4.3.2 / SZSE 4.4.2 (ex-right reference price).
"""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import polars as pl

from screener.core.arrays import Days, Floats
from screener.core.errors import RuleGap
from screener.core.symbols import Board
from screener.core.tables import packaged

TICK_FEN = 1


class Rules:
    """Rows of the `rules` table, asked by rule, scope, side and date."""

    def __init__(self, frame: pl.DataFrame) -> None:
        self._rows: dict[tuple[str, str], list[tuple[date, date, str, float]]] = {}
        for row in frame.sort("start").iter_rows(named=True):
            span = (row["start"], row["end"] or date.max, row["side"], row["value"])
            self._rows.setdefault((row["rule"], row["scope"]), []).append(span)

    def value(self, rule: str, scope: str, day: date, *, side: str = "both") -> float:
        """The value in force on `day`. Raises RuleGap where no row covers it."""
        for start, end, row_side, value in self._rows.get((rule, scope), []):
            if start <= day < end and row_side in ("both", side):
                return value
        raise RuleGap(
            "no market rule covers the date", where=f"{rule} {scope} {side}", got=day, next_step="screener status"
        )

    def find(self, rule: str, scope: str, day: date, *, side: str = "both") -> float | None:
        """The value in force on `day`, or None."""
        try:
            return self.value(rule, scope, day, side=side)
        except RuleGap:
            return None

    def over(
        self,
        rule: str,
        scope: str,
        sessions: Days,
        *,
        side: str = "both",
        since: int | None = None,
    ) -> Floats:
        """(T,) `find` for each session, NaN for None. Raises RuleGap for such a one from index `since` on."""
        values = np.full(len(sessions), np.nan)
        for start, end, row_side, value in reversed(self._rows.get((rule, scope), [])):  # of two, the first one holds
            if row_side in ("both", side):
                values[(sessions >= np.datetime64(start)) & (sessions < np.datetime64(end))] = value
        if since is not None and np.isnan(values[since:]).any():
            self.value(rule, scope, sessions[since:][np.isnan(values[since:])][0].astype(object), side=side)
        return values

    def limit_rate(self, board: Board, *, st: bool, day: date) -> float:
        """Daily price limit as a fraction."""
        return self.value("price_limit", f"{board}_st" if st else str(board), day)

    def lot(self, board: Board, day: date) -> tuple[int, int]:
        """(smallest buy, step above it) in shares."""
        return int(self.value("lot_minimum", board, day)), int(self.value("lot_step", board, day))


def packaged_rules() -> Rules:
    """The rules that travel with the package."""
    return Rules(packaged("rules"))


def limit_prices(reference: float, rate: float) -> tuple[float, float]:
    """(limit up, limit down) in yuan: reference × (1 ± rate), half up to the fen, at least one tick away.

    Whole fen and whole per-mille throughout: a float `round` is wrong for 130 of 9 900 prices at 10 %.
    """
    fen, permille = round(reference * 100), round(rate * 1000)
    up = (fen * (1000 + permille) * 2 + 1000) // 2000
    down = (fen * (1000 - permille) * 2 + 1000) // 2000
    return max(up, fen + TICK_FEN) / 100, max(min(down, fen - TICK_FEN), TICK_FEN) / 100


def ex_right_reference(
    prev_close: float, *, cash: float = 0.0, shares: float = 0.0, rights: float = 0.0, rights_price: float = 0.0
) -> float:
    """(prev_close − cash + rights_price × rights) ÷ (1 + shares + rights), half up to the fen; all per share held."""
    exact = (Decimal(str(prev_close)) - Decimal(str(cash)) + Decimal(str(rights_price)) * Decimal(str(rights))) / (
        1 + Decimal(str(shares)) + Decimal(str(rights))
    )
    return float(exact.quantize(Decimal("0.01"), ROUND_HALF_UP))

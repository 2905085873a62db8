"""Dated market rules: price limits, lots, duties. One rule is one row of data/tables/rules.csv."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl

from screener.core.arrays import Days, Floats
from screener.core.errors import RuleGap
from screener.core.symbols import Board
from screener.core.tables import packaged


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

    def changes(self, rule: str, scope: str) -> set[date]:
        """Days on which a row begins, or no longer holds."""
        return {day for start, end, _, _ in self._rows.get((rule, scope), []) for day in (start, end)}

    def gaps(self, rule: str, scope: str, *, side: str = "both") -> list[tuple[date, date]]:
        """The spans [from, to) of all days that no row covers, in order."""
        open_, since = [], date.min
        for start, end, row_side, _ in self._rows.get((rule, scope), []):
            if row_side in ("both", side):
                if start > since:
                    open_.append((since, start))
                since = max(since, end)
        return [*open_, (since, date.max)] if since < date.max else open_

    def opened(self, board: Board, day: date) -> date:
        """`day`, or where the board was not open yet, the first day on which a rule speaks of its lots."""
        return max(day, min((start for start, *_ in self._rows.get(("lot_minimum", str(board)), [])), default=day))

    def lot(self, board: Board, day: date) -> tuple[int, int]:
        """(smallest buy, step above it) in shares."""
        return int(self.value("lot_minimum", board, day)), int(self.value("lot_step", board, day))


def packaged_rules() -> Rules:
    """The rules that travel with the package."""
    return Rules(packaged("rules"))

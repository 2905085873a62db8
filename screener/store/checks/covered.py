"""Bars against the dated rules: a bar of a day for which no rule says how far a price may move cannot be used.

1. `NEEDED` names what a market asks of every session from the first bar of a board on, and of no day before.
2. A bar inside a hole of the rules is refused; one from before its board had any is a finding (`before_rules`).
3. Rows of rules are refused where they leave a hole behind the first day of a rule, or move that day behind a stored
   bar whose board needs no such row yet. What was stored before is not told again.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import reduce
from operator import or_

import polars as pl

from screener.core.rules import Rules
from screener.core.symbols import BOARD_BY_PREFIX, Board
from screener.store.checks.loaded import Loaded, contradiction
from screener.store.facts import Facts

# (rule, of which scopes, side)
NEEDED = (
    ("price_limit", tuple(str(board) for board in Board), "both"),
    ("price_limit", tuple(f"{board}_st" for board in Board), "both"),
    ("lot_minimum", tuple(str(board) for board in Board), "both"),
    ("lot_step", tuple(str(board) for board in Board), "both"),
    ("stamp_duty", ("all",), "sell"),
)


def refused_bars(loaded: Loaded) -> pl.DataFrame | None:
    """Bars of the load on days that no price limit of their board covers."""
    rules = Rules(loaded.facts.latest("rules"))
    odd = [
        of_board(board) & (pl.col("session") >= first) & (pl.col("session") < last)
        for board in Board
        for first, last in rules.gaps("price_limit", str(board))
        if first > date.min
    ]
    if not odd:
        return None
    got = pl.col("session").cast(pl.String)
    expected = "a day that a row of `rules` covers"
    return contradiction(loaded.where(reduce(or_, odd)), None, "no market rule covers the day", got, expected)


def of_board(board: Board) -> pl.Expr:
    """True for the symbols of a board."""
    prefixes = [prefix for prefix, other in BOARD_BY_PREFIX.items() if other is board]
    return reduce(or_, (pl.col("symbol").str.starts_with(prefix) for prefix in prefixes))


def refused_rules(loaded: Loaded) -> pl.DataFrame | None:
    """Rules of the load that leave a day uncovered for which a market needs one."""
    for rule, scope, since, until in holes(loaded.facts):
        rows = loaded.where((pl.col("rule") == rule) & (pl.col("scope") == scope))
        if rows.height:
            got = pl.lit(f"none from {since!s} to {until!s}")
            what = f"days without {rule} of {scope}"
            return contradiction(rows, None, what, got, "rows that follow each other without a hole")
    return None


def holes(facts: Facts) -> Iterator[tuple[str, str, date, date]]:
    """(rule, scope, from, to) of days behind the first one of a rule, or behind a bar, that it does not cover."""
    rules, bars = Rules(facts.latest("rules")), facts.first_bars()
    for rule, scopes, side in NEEDED:
        for scope in scopes:
            told = bars if scope == "all" else bars.filter(of_board(Board(scope.removesuffix("_st"))))
            first = told["first"].to_list()
            for since, until in rules.gaps(rule, scope, side=side):
                used = min((day for day in first if day < until), default=None)
                left_out = scope in set(Board)  # bars from before the first row of their board are a finding
                if since > date.min or (used and not left_out):
                    yield rule, scope, max(since, used or since), until

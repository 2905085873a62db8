"""Checks of commitments and contract facts against what they stand in."""

from __future__ import annotations

import polars as pl

from screener.core.table import Table
from screener.store.checks import refuse


def refuse_currency(table: Table, frame: pl.DataFrame, *, where: str) -> None:
    """Amounts are yuan: a contract in another currency needs its own amount beside them. Raises DataRefused."""
    if table.name != "commitments":
        return
    codes = ~frame["currency"].str.contains(r"^[A-Z]{3}$") | (frame["currency"] == "RMB")
    refuse(table, frame, codes, where, "currency unknown", ("currency",), "CNY, USD … (ISO 4217)")
    bare = (frame["currency"] != "CNY") & frame["amount_high"].is_not_null() & frame["foreign_amount"].is_null()
    expected = "foreign_amount in that currency, amount_low and amount_high in yuan"
    refuse(table, frame, bare, where, "a foreign contract without foreign_amount", ("currency",), expected)


def refuse_order_of_time(table: Table, frame: pl.DataFrame, parents: pl.DataFrame | None, *, where: str) -> None:
    """Refuses a fact known before what it stands in, or of another firm than that. Both would be look-ahead.

    `frame` has its known_at filled; `parents` (id, symbol, known_at): announcements for commitments, commitments for
    contract facts. Raises DataRefused.
    """
    column = table.stands_in
    if parents is None or frame.is_empty():
        return
    named = parents.rename({"id": column, "symbol": "of", "known_at": "since"})
    joined = frame.join(named, on=column, how="left", maintain_order="left")
    other = joined["of"].is_not_null() & (joined["symbol"] != joined["of"])
    refuse(table, joined, other, where, f"symbol differs from that of its {column}", ("symbol", "of"), "the same firm")
    early = joined["since"].is_not_null() & (joined["known_at"] < joined["since"])
    refuse(table, joined, early, where, f"known before its {column}", ("known_at", "since"), "a later known_at")

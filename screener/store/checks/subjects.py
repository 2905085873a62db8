"""What a rating speaks of: a stock of the A market by its symbol, anything else by its name."""

from __future__ import annotations

import polars as pl

from screener.core.errors import UnknownSymbol
from screener.core.symbols import parse_symbol
from screener.core.table import Table
from screener.store.checks.refusal import refuse


def refuse_subjects(table: Table, frame: pl.DataFrame, *, where: str) -> None:
    """Raises DataRefused for the first rating of a stock whose subject is no symbol."""
    if table.name != "ratings":
        return
    stocks = (frame["subject_kind"] == "stock") & (frame["market"] == "A")
    odd = [text for text in frame["subject"].filter(stocks).unique() if not _is_symbol(text)]
    expected = "six digits like 301396 or 301396.SZ; subject_kind industry where a name is rated"
    refuse(table, frame, stocks & frame["subject"].is_in(odd), where, "subject is no stock", ("subject",), expected)


def _is_symbol(text: str) -> bool:
    try:
        parse_symbol(text)
    except UnknownSymbol:
        return False
    return True

"""Columns and checks that several tables share."""

from __future__ import annotations

from screener.core.table import Column, Kind

T, D, TIME, INT, F, FLAG = Kind.TEXT, Kind.DATE, Kind.TIME, Kind.INT, Kind.FLOAT, Kind.FLAG
NEED, MAY = True, False
KNOWN_AT_BASES = "exchange_time | press_report | document_date | price_inferred | date_only"

SYMBOL = Column("symbol", T, NEED, "stock, as 301396.SZ", "301396.SZ")
SOURCE = Column("source", T, MAY, "who said so", "Wind")
KNOWN = Column("known_at", TIME, MAY, "when the market could read it; empty: by the rule of the table", "")
NOTE = Column("note", T, MAY, "remark", "")


def one_of(name: str, required: bool, words: str, example: str = "") -> Column:
    """A column with a closed list of values, written `a | b | c`."""
    return Column(name, T, required, words, example, tuple(word.strip() for word in words.split("|")))

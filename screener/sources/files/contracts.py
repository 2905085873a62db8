"""Contracts as an analyst keeps them: firm, date, amount and term; the rest has defaults that are said.

1. The kind is an order unless it is said; direction and ceiling follow from the kind (data/tables/kinds.csv).
2. One amount is both ends of it, a range has two, what is not more than an amount is a ceiling (`amounts`).
3. A contract that names no announcement stands in one of that firm and day; an announcement is made where nobody else
   has it. A date of signing is no such day: the market does not read it then.
"""

from __future__ import annotations

import polars as pl

from screener.core.table import LINE
from screener.core.tables import packaged
from screener.sources.files.ids import announcement_ids, numbered
from screener.sources.files.made import Made, filled, own_names
from screener.sources.files.outcome import Note

_TITLE = "合同（由合同表录入）"


def contracts(given: Made) -> Made:
    """Commitments with every required column, and the announcements they stand in."""
    frame, notes = filled(given.frame, "kind", "order", "kind is order where not said")
    kinds = packaged("kinds")
    of_kind = dict(kinds.select("kind", "direction").rows())
    directions = frame["kind"].replace_strict(of_kind, default="unclear", return_dtype=pl.String)
    frame, said = filled(frame, "direction", directions, "direction follows from the kind")
    notes += said
    for name, value, words in (
        ("is_compute", True, "is_compute is true where not said"),
        ("tax", "unknown", "tax is unknown where not said"),
        ("currency", "CNY", "currency is CNY where not said"),
    ):
        frame, said = filled(frame, name, value, words)
        notes += said
    frame, said = _bases(frame, kinds.filter("ceiling")["kind"].to_list())
    notes += said
    if "term_months" not in frame.columns or frame["term_months"].null_count():
        count = frame["term_months"].null_count() if "term_months" in frame.columns else frame.height
        notes += (Note("no term: the rule for contracts without one holds", count),) if count else ()
    frame, announced, said = _announced(frame)
    return given.but(frame, notes=notes + said, announced=announced)


def _bases(frame: pl.DataFrame, ceilings: list[str]) -> tuple[pl.DataFrame, tuple[Note, ...]]:
    """Both ends of the amount, and what it is."""
    if frame.is_empty():
        return frame, ()
    one_sided = "amount_low" not in frame.columns
    for name in ("amount_low", "amount_high"):
        if name not in frame.columns:
            frame = frame.with_columns(pl.lit(None, dtype=pl.Float64).alias(name))
    if one_sided:
        frame = frame.with_columns(amount_low=pl.col("amount_high"))
    low, high = pl.col("amount_low"), pl.col("amount_high")
    told = (
        pl.when(low.is_null() & high.is_null()).then(pl.lit("undisclosed"))
        .when(low.is_null() | pl.col("kind").is_in(ceilings)).then(pl.lit("ceiling"))
        .when(low < high).then(pl.lit("range")).otherwise(pl.lit("exact"))
    )  # fmt: skip
    frame, said = filled(
        frame, "amount_basis", frame.select(told.alias("basis"))["basis"], "amount_basis follows from the amount"
    )
    ceiling = pl.col("amount_basis") == "ceiling"
    return frame.with_columns(amount_low=pl.when(ceiling).then(None).otherwise(low)), said


def _announced(frame: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame | None, tuple[Note, ...]]:
    """(contracts with their ids, announcements that may have to be made, what was done)."""
    notes: tuple[Note, ...] = ()
    if "event_date" in frame.columns:
        frame, notes = own_names(frame, "announcement_id", announcement_ids)
    if "commitment_id" not in frame.columns or frame["commitment_id"].null_count():
        names = (
            numbered([name or "" for name in frame["announcement_id"]]) if "announcement_id" in frame.columns else []
        )
        frame, said = filled(frame, "commitment_id", pl.Series(names, dtype=pl.String), "commitment_id is made here")
        notes += said
    if "event_date" not in frame.columns or frame.is_empty():
        return frame, None, notes
    wanted = [
        name
        for name in ("announcement_id", "symbol", "event_date", "kind", "known_at", "url", "source", "title")
        if name in frame.columns
    ]
    rows = frame.select(*wanted, LINE).filter(
        pl.col("event_date").is_not_null(), pl.col("announcement_id").is_not_null()
    )
    rows, _ = filled(rows, "title", _TITLE, "")
    rows = rows.unique("announcement_id", keep="first", maintain_order=True)
    return frame, rows.with_columns(pl.lit("reviewed").alias("review")), notes

"""Days on which nothing was traded, in every provider's way; prices that are no raw ones.

1. A bar without open, high and low (0, empty, NaN, --) is a halted day: left out, a session without a bar is one. Of
   an index many providers have the close alone: only a row without that is left out.
2. So is a row whose four prices are equal and whose volume is empty (Baostock).
3. Prices that say they are adjusted are refused: only raw ones are stored, the store adjusts them itself.
"""

from __future__ import annotations

import polars as pl

from screener.core.adjusted import RAW, adjusted_word
from screener.sources.files.grids import Sheet
from screener.sources.files.headings import plain
from screener.sources.files.outcome import Note, Skipped, refused
from screener.sources.files.telling import Told

_FACTORS = ("adjfactor", "sdqadjfactor", "复权因子", "复权系数", "hfqfactor", "qfqfactor")  # plain
NOT_TRADED = "nothing was traded"
_OHL = ("open", "high", "low")
_RAW = ("3", "", "0", *RAW)


def without_halts(frame: pl.DataFrame) -> tuple[pl.DataFrame, tuple[Skipped, ...]]:
    """Bars or levels without halted days."""
    if not set(_OHL) <= set(frame.columns):
        return frame, ()
    untold = [name for name in ("open", "volume") if name in frame.columns and frame[name].null_count()]
    if "index" not in frame.columns and not untold and not (frame["open"] == 0).any():
        return frame, ()
    nothing = pl.all_horizontal(*((pl.col(name).is_null() | (pl.col(name) == 0)) for name in _OHL))
    if "index" in frame.columns:
        nothing = nothing & (pl.col("close").is_null() | (pl.col("close") == 0))
    elif "volume" in frame.columns:
        nothing = nothing & (pl.col("volume").is_null() | (pl.col("volume") == 0))
        flat = pl.all_horizontal(pl.col("open") == pl.col(name) for name in ("high", "low", "close"))
        unpaid = pl.col("amount").fill_null(0) == 0 if "amount" in frame.columns else pl.lit(True)
        idle = pl.col("volume").is_null() & unpaid
        nothing = nothing | (flat & idle).fill_null(False)
    halted = frame.select(nothing.alias("halted"))["halted"]
    if not halted.any():
        return frame, ()
    first = frame["session"].filter(halted).sort()[0] if "session" in frame.columns else ""
    said = Skipped(f"halted days from {first}", NOT_TRADED, int(halted.sum()))
    return frame.filter(~halted), (said,)


def refuse_adjusted(told: Told, sheet: Sheet) -> None:
    """Raises DataRefused where title, heading or a column say that the prices are adjusted."""
    if told.table.name != "bars":
        return
    said = [word for title in sheet.titles if (word := adjusted_word(title))]
    said += [claim.heading.text for claim in told.claims if claim.heading.adjusted]
    for column, raw in (("adjusted", _RAW), ("factor", ("1", "1.0"))):
        claim = told.of(column)
        if claim is not None:
            cells = sheet.frame[f"c{claim.at}"].cast(pl.String, strict=False).drop_nulls().unique()
            said += [f"{claim.heading.text} {cell}" for cell in cells if not _is_raw(cell, raw)]
    if said:
        raise refused(
            sheet.where,
            "prices are adjusted",
            got=said[0],
            expected="raw prices (不复权)",
            next_step="export without adjustment; corporate actions are a table of their own",
        )


def factor_notes(told: Told) -> tuple[Note, ...]:
    """What is said where a factor stands beside prices that pass for raw."""
    if told.table.name != "bars":
        return ()
    named = [name for name in told.dropped if plain(name) in _FACTORS]
    return tuple(Note(f"{name} is not stored: the prices are taken as raw (不复权)") for name in named)


def _is_raw(cell: str, raw: tuple[str, ...]) -> bool:
    word = plain(cell)
    try:
        return word in raw or (raw[0] != "1" and float(word) == 3) or (raw[0] == "1" and float(word) == 1)
    except ValueError:
        return False

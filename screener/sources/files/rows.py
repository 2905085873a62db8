"""Rows of one table from typed columns: what a file leaves out and has a default, said each time one is used.

1. Bars and levels lose halted days (`halts`).
2. Corporate actions: bonus and converted shares add up, plans that are not carried out yet are left out.
3. Announcements: their kind by the words of the title, their name by address or firm and day (`ids`).
4. Contracts (`contracts`), ratings, firms, links: what does not identify the fact may be missing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import polars as pl

from screener.core.errors import UnknownSymbol
from screener.core.symbols import board_of, parse_symbol
from screener.core.table import row_name
from screener.core.tables.actions import RIGHTS
from screener.sources.files import contracts
from screener.sources.files.halts import without_halts
from screener.sources.files.ids import announcement_ids
from screener.sources.files.made import Made, filled, own_names
from screener.sources.files.outcome import Note, Skipped, refused
from screener.sources.files.plans import planned
from screener.sources.titles import kind_of

# Columns that get a value where a file lacks them.
DEFAULTS: Mapping[str, tuple[str, ...]] = {
    "actions": ("shares_to_holder", "cash_to_holder", "kind"),
    "announcements": ("kind", "review"),
    "commitments": ("kind", "direction", "is_compute", "tax", "currency", "amount_basis"),
    "ratings": ("subject_kind", "market"),
    "firms": ("board",),
    "links": ("state",),
}
_CLOSE = 1e-6
_CARRIED_OUT = r"^(?:已|分红|分配|方案|利润分配)*实施(?:方案|分配|完成|完毕|公告)*$|^(?:implemented|done|completed)$"


def made(dataset: str, frame: pl.DataFrame, where: str) -> Made:
    """The rows of a table, further tables made from them, and what was done. Raises DataRefused."""
    given = Made(dataset, frame, where=where)
    return _MAKERS[dataset](given) if dataset in _MAKERS else given


def lacking(dataset: str, frame: pl.DataFrame) -> tuple[str, ...]:
    """Columns that a file leaves to their defaults; what follows from a column that is there is no default."""
    parts = {"bonus_shares": "shares_to_holder", "converted_shares": "shares_to_holder", "amount_high": "amount_basis"}
    there = {*frame.columns, *(parts[name] for name in frame.columns if name in parts)}
    if dataset == "actions" and {"shares_to_holder", "cash_to_holder"} <= there:
        there.add("kind")
    return tuple(name for name in DEFAULTS.get(dataset, ()) if name not in there)


def _traded(given: Made) -> Made:
    frame, skipped = without_halts(given.frame)
    return given.but(frame, skipped=skipped)


def _actions(given: Made) -> Made:
    frame = given.frame
    skipped: list[Skipped] = []
    notes: list[Note] = []
    if "progress" in frame.columns:
        done = frame["progress"].str.strip_chars().str.to_lowercase().str.contains(_CARRIED_OUT).fill_null(False)
        if (~done).any():
            skipped.append(Skipped("plans of distributions", "not carried out yet", int((~done).sum())))
        frame = frame.filter(done)
    undated = frame["ex_date"].is_null()
    if undated.any() and "progress" in given.frame.columns:
        skipped.append(Skipped("distributions without an ex-date", "not carried out yet", int(undated.sum())))
        frame = frame.filter(~undated)
    frame = planned(_summed(frame, given.where), given.where)
    for name in ("shares_to_holder", "cash_to_holder"):
        frame, said = filled(frame, name, 0.0, f"{name} is 0 where not said")
        frame = frame.with_columns(pl.col(name).cast(pl.Float64))
        notes += said
    frame = _heirs(frame, given.where)
    offered = frame["rights_ratio"].is_not_null() if "rights_ratio" in frame.columns else pl.lit(False)
    nothing = frame.select((pl.col("shares_to_holder") == 0) & (pl.col("cash_to_holder") == 0) & ~offered).to_series()
    if nothing.any() and "kind" not in frame.columns:
        skipped.append(Skipped("rows without shares or cash", "nothing was distributed", int(nothing.sum())))
        frame = frame.filter(~nothing)
    if "kind" not in frame.columns:
        shares, cash = pl.col("shares_to_holder") > 0, pl.col("cash_to_holder") > 0
        kind = pl.when(shares & cash).then(pl.lit("bonus_and_cash")).when(shares).then(pl.lit("bonus"))
        told = pl.when(offered).then(pl.lit(RIGHTS)).otherwise(kind.otherwise(pl.lit("cash")))
        frame = frame.with_columns(told.alias("kind"))
        notes.append(Note("kind of action is told by shares and cash"))
    return given.but(frame, notes=tuple(notes), skipped=tuple(skipped))


def _heirs(frame: pl.DataFrame, where: str) -> pl.DataFrame:
    """What a share became, in our spelling of symbols. Raises DataRefused."""
    if "into_symbol" not in frame.columns:
        return frame
    told: list[str | None] = []
    for row, text in enumerate(frame["into_symbol"]):
        try:
            told.append(parse_symbol(text) if text else None)
        except UnknownSymbol as error:
            raise refused(f"{where} {row_name(frame, row)}", f"actions: into_symbol: {error}") from None
    return frame.with_columns(pl.Series("into_symbol", told, dtype=pl.String))


def _summed(frame: pl.DataFrame, where: str) -> pl.DataFrame:
    """Bonus and converted shares are both shares to the holder."""
    parts = [name for name in ("bonus_shares", "converted_shares") if name in frame.columns]
    if not parts:
        return frame
    total = pl.sum_horizontal(pl.col(name).fill_null(0) for name in parts)
    if "shares_to_holder" not in frame.columns:
        return frame.with_columns(total.alias("shares_to_holder"))
    apart = (total > 0) & ((pl.col("shares_to_holder") - total).abs() > _CLOSE)
    odd = frame.select(apart.fill_null(False).alias("odd"))["odd"]
    if odd.any():
        row = odd.arg_max() or 0
        said = ", ".join(f"{name} {frame[name][row]:g}" for name in ("shares_to_holder", *parts) if frame[name][row])
        place = f"{where} {row_name(frame, row)}"
        raise refused(place, "actions: bonus and converted shares are not all shares", got=said, expected="their sum")
    return frame


def _announcements(given: Made) -> Made:
    frame = given.frame
    notes: list[Note] = []
    titles = frame["title"].fill_null("")
    missing = frame["kind"].is_null() if "kind" in frame.columns else pl.Series([True] * frame.height, dtype=pl.Boolean)
    if missing.any():
        by_title = pl.Series([kind_of(title) for title in titles], dtype=pl.String)
        told = frame["kind"] if "kind" in frame.columns else pl.Series([None] * frame.height, dtype=pl.String)
        frame = frame.with_columns(pl.select(pl.when(missing).then(by_title).otherwise(told)).to_series().alias("kind"))
        notes.append(Note("kind is told by the words of the title", int(missing.sum())))
        frame, _ = filled(frame, "review", "unreviewed", "")
    frame, said = own_names(frame, "announcement_id", announcement_ids)
    return given.but(frame, notes=(*notes, *said))


def _ratings(given: Made) -> Made:
    frame = given.frame
    notes: list[Note] = []
    stock = frame["subject"].str.contains(r"^[0-9]{6}\.(SH|SZ|BJ)$").fill_null(False)
    by_code = pl.select(pl.when(stock).then(pl.lit("stock")).otherwise(pl.lit("industry"))).to_series()
    frame, said = filled(frame, "subject_kind", by_code, "subject_kind is told by the subject")
    notes += said
    frame, said = filled(frame, "market", "A", "market is A where not said")
    notes += said
    frame, said = own_names(
        frame,
        "rating_id",
        lambda rows: [f"{row['broker']}-{row['subject']}-{row['report_date']:%Y%m%d}" for row in rows],
    )
    return given.but(frame, notes=(*notes, *said))


def _firms(given: Made) -> Made:
    boards = pl.Series(
        [board_of(symbol).value if symbol else None for symbol in given.frame["symbol"]], dtype=pl.String
    )
    frame, notes = filled(given.frame, "board", boards, "board is told by the code")
    return given.but(frame, notes=notes)


def _links(given: Made) -> Made:
    frame, notes = filled(given.frame, "state", "asserted", "state is asserted where not said")
    return given.but(frame, notes=notes)


def _facts(given: Made) -> Made:
    def named(rows: list[dict[str, object]]) -> list[str]:
        return [f"{row['commitment_id']}:{row['kind']}:{row['effective_date']}" for row in rows]

    frame, notes = own_names(given.frame, "fact_id", named)
    return given.but(frame, notes=notes)


_MAKERS: Mapping[str, Callable[[Made], Made]] = {
    "bars": _traded,
    "indices": _traded,
    "actions": _actions,
    "announcements": _announcements,
    "commitments": contracts.contracts,
    "contract_facts": _facts,
    "ratings": _ratings,
    "firms": _firms,
    "links": _links,
}

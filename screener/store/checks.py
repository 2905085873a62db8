"""What a file must be before a row of it is stored. Any breach refuses the whole file (odd single rows: `findings`).

1. `shaped`   symbols in one spelling, NaN is missing, whole numbers are whole, declared columns and types.
2. `distinct` equal rows once; the same key with other values is a conflict.
3. `refuse_rows` per row: prices, order of prices, signs, spans, vocabularies.
4. `refuse_units` more than 1 % of the rows with amount ÷ volume outside low … high: the units are wrong.
5. `refuse_context` what needs the store: sessions, the present time, kinds, ids.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import polars as pl

from screener.core.config import CLOSE_TIME
from screener.core.errors import DataRefused, UnknownSymbol
from screener.core.frames import Kind, Table
from screener.core.known import is_domestic
from screener.core.symbols import parse_symbol
from screener.core.tables import TABLES
from screener.store.schema import value_names

UNIT_TOLERANCE = 0.005  # of low and high: rounding of amount and volume
UNIT_SHARE = 0.01  # more odd rows than this: the file's unit is wrong, not the row
_WHOLE = 1e-6
_CALENDAR = "screener fetch --only calendar"


@dataclass(frozen=True)
class Context:
    """What the store knows while a file is checked."""

    now: datetime
    sessions: tuple[date, ...]  # sorted
    kinds: frozenset[str]
    announcement_ids: frozenset[str]
    commitment_ids: frozenset[str]


@dataclass(frozen=True)
class RowCheck:
    """A row is broken where `broken` is true (null: not)."""

    what: str
    broken: pl.Expr
    shown: tuple[str, ...]
    expected: str


_OHLC = ("open", "high", "low", "close")
_PRICES = (
    RowCheck("a price is zero or negative", pl.any_horizontal(pl.col(*_OHLC) <= 0), _OHLC, "prices above 0"),
    RowCheck(
        "prices out of order",
        (pl.col("low") > pl.min_horizontal("open", "close")) | (pl.col("high") < pl.max_horizontal("open", "close")),
        _OHLC,
        "low <= open, close <= high",
    ),
    RowCheck("volume is negative", pl.col("volume") < 0, ("volume",), "shares, 0 or more"),
    RowCheck("amount is negative", pl.col("amount") < 0, ("amount",), "yuan, 0 or more"),
)
ROW_CHECKS: dict[str, tuple[RowCheck, ...]] = {
    "bars": _PRICES,
    "indices": _PRICES,
    "shares": (
        RowCheck("total_shares is not positive", pl.col("total_shares") <= 0, ("total_shares",), "shares above 0"),
        RowCheck(
            "float_shares outside 0 … total_shares",
            (pl.col("float_shares") < 0) | (pl.col("float_shares") > pl.col("total_shares")),
            ("float_shares", "total_shares"),
            "at most all shares",
        ),
    ),
    "actions": (
        RowCheck(
            "a holder cannot get less than nothing",
            (pl.col("shares_to_holder") < 0) | (pl.col("cash_to_holder") < 0),
            ("shares_to_holder", "cash_to_holder"),
            "0 or more for each share held",
        ),
        RowCheck(
            "a price is zero or negative",
            (pl.col("prev_close") <= 0) | (pl.col("reference_price") <= 0),
            ("prev_close", "reference_price"),
            "prices above 0",
        ),
    ),
    "commitments": (
        RowCheck(
            "an amount is negative",
            (pl.col("amount_low") < 0) | (pl.col("amount_high") < 0),
            ("amount_low", "amount_high"),
            "yuan, 0 or more, empty where undisclosed",
        ),
        RowCheck(
            "amount_low above amount_high",
            pl.col("amount_low") > pl.col("amount_high"),
            ("amount_low", "amount_high"),
            "low <= high",
        ),
        RowCheck(
            "an undisclosed amount has a figure",
            (pl.col("amount_basis") == "undisclosed")
            & (pl.col("amount_low").is_not_null() | pl.col("amount_high").is_not_null()),
            ("amount_low", "amount_high"),
            "empty",
        ),
        RowCheck("term is not positive", pl.col("term_months") <= 0, ("term_months",), "months above 0, or empty"),
        RowCheck("stake outside 0 … 1", ~pl.col("stake").is_between(0, 1), ("stake",), "a fraction of 1"),
    ),
    "contract_facts": (
        RowCheck("amount is negative", pl.col("amount") < 0, ("amount",), "yuan, 0 or more"),
        RowCheck(
            "the period ends before it starts",
            pl.col("period_start") > pl.col("effective_date"),
            ("period_start", "effective_date"),
            "period_start <= effective_date",
        ),
    ),
    "st_spells": (
        RowCheck("the spell ends before it starts", pl.col("end") < pl.col("start"), ("start", "end"), "in order"),
    ),
    "ratings": (
        RowCheck(
            "the interval of the report ends before it starts",
            pl.col("report_date_last") < pl.col("report_date"),
            ("report_date", "report_date_last"),
            "in order",
        ),
    ),
}  # fmt: skip

# Columns whose declared meaning is a closed list, written `a | b | c`.
CLOSED_LISTS: dict[str, tuple[str, ...]] = {
    "announcements": ("known_at_basis", "review"),
    "commitments": ("work", "direction", "amount_basis", "tax", "printed_column", "term_basis", "confidence"),
    "contract_facts": ("kind",),
    "links": ("kind", "state"),
    "actions": ("kind",),
    "firms": ("board",),
    "st_spells": ("status",),
    "ratings": ("subject_kind", "rating", "action", "market"),
}
# The day a row speaks of and how many days after today it may lie: a firm files this evening under tomorrow's date.
_DAYS: dict[str, tuple[str, int]] = {
    "bars": ("session", 0),
    "indices": ("session", 0),
    "announcements": ("event_date", 1),
    "ratings": ("report_date", 0),
}


def vocabulary(table: str, column: str) -> tuple[str, ...]:
    """The words a closed column may hold."""
    return tuple(word.strip() for word in TABLES[table].column(column).meaning.split("|"))


def shaped(table: Table, frame: pl.DataFrame, *, where: str) -> pl.DataFrame:
    """`frame` in the declared shape, symbols as `301396.SZ`. Raises DataRefused with the first row that does not."""
    frame = frame.rename({name: name.strip() for name in frame.columns if name != name.strip()})
    if "symbol" in frame.columns and "symbol" in table.names:
        frame = frame.with_columns(_symbols(table, frame["symbol"], where))
    floats = [name for name, dtype in frame.schema.items() if dtype.is_float()]
    frame = frame.with_columns(pl.col(floats).fill_nan(None))
    for column in table.columns:
        if column.kind is Kind.INT and column.name in floats:
            frame = frame.with_columns(_whole(table, frame[column.name], where))
    checked = table.check(frame, where=where)
    for column in table.columns:
        if column.kind is Kind.FLOAT:
            refuse(
                table, checked, checked[column.name].is_infinite(), where, f"{column.name} is infinite", (), "a number"
            )
    return checked


def distinct(table: Table, frame: pl.DataFrame, *, where: str) -> pl.DataFrame:
    """Equal rows once, in order. Raises DataRefused where one key has several values.

    Rows that differ in `source` alone are equal; the alphabetically first source stays, so that order does not matter.
    """
    in_order = any(rising(frame, key) for key in (table.key, table.key[::-1]))  # by symbol or by day: no hashing
    if in_order or frame.select(table.key).n_unique() == frame.height:
        return frame
    values = _compared(table)
    spread = [pl.struct(values).n_unique().over(table.key).alias("spread")]
    clash = frame.select(spread)["spread"] > 1
    refuse(table, frame, clash, where, "one key with different values", tuple(values), "each fact once")
    return frame.sort("source", maintain_order=True, nulls_last=True).unique(
        table.key, keep="first", maintain_order=True
    )


def refuse_contradiction(table: Table, files: Sequence[tuple[str, pl.DataFrame]]) -> None:
    """Raises DataRefused where two files (name, shaped frame) of one load give one key different values.

    They cannot both be right, and which of them is read first must not decide; what the store holds is not asked.
    """
    if len(files) < 2:
        return
    columns = [*table.key, *_compared(table)]
    rows = pl.concat(frame.select(*columns, pl.lit(name).alias("file")) for name, frame in files)
    rows = rows.filter(rows.select(table.key).is_duplicated())
    rows = rows.filter(pl.struct(_compared(table)).n_unique().over(table.key) > 1).sort([*table.key, "file"])
    if rows.is_empty():
        return
    first, second = rows.row(0, named=True), rows.row(1, named=True)
    differ = [name for name in _compared(table) if first[name] != second[name]]
    raise DataRefused(
        f"{table.name}: two files of one load disagree",
        where=" ".join(str(first[name]) for name in table.key),
        got=", ".join(
            f"{name} {first[name]} in {first['file']}, {second[name]} in {second['file']}" for name in differ
        ),
        expected="one value for each fact; take the row out of one of the files",
    )


def refuse_rows(table: Table, frame: pl.DataFrame, *, where: str) -> None:
    """Raises DataRefused for the first row that breaks a check of its table or a closed list."""
    checks = ROW_CHECKS.get(table.name, ())
    broken = frame.select(check.broken.fill_null(False).alias(str(index)) for index, check in enumerate(checks))
    for index, check in enumerate(checks):
        refuse(table, frame, broken[str(index)], where, check.what, check.shown, check.expected)
    for name in CLOSED_LISTS.get(table.name, ()):
        words = vocabulary(table.name, name)
        unknown = frame[name].is_not_null() & ~frame[name].is_in(words)
        refuse(table, frame, unknown, where, f"{name} unknown", (name,), " | ".join(words))


def unit_odd() -> pl.Expr:
    """True where amount ÷ volume lies outside low … high by more than the tolerance (null without an amount)."""
    average = pl.when(pl.col("volume") > 0).then(pl.col("amount") / pl.col("volume"))
    return ~average.is_between(pl.col("low") * (1 - UNIT_TOLERANCE), pl.col("high") * (1 + UNIT_TOLERANCE))


def refuse_units(table: Table, frame: pl.DataFrame, *, where: str) -> None:
    """Raises DataRefused where more than 1 % of the bars (and more than one) speak of other units than shares and yuan.

    A file of a single odd row is refused too when it is off by a factor of ten: that is a unit, not a block trade.
    """
    if table.name != "bars":
        return
    mean = pl.col("amount") / pl.col("volume") / pl.mean_horizontal("low", "high")
    traded = frame.filter(pl.col("volume") > 0, pl.col("amount").is_not_null())
    odd = traded.filter(unit_odd()).with_columns(mean.alias("factor"))
    wild = odd.filter(~pl.col("factor").is_between(0.1, 10)).height > 0
    if odd.height <= UNIT_SHARE * traded.height or (odd.height == 1 and not wild):
        return
    refuse(
        table,
        frame,
        frame.select(unit_odd().fill_null(False).alias("odd"))["odd"],
        where,
        f"{odd.height} of {traded.height} rows have amount ÷ volume outside low … high "
        f"(typically × {_median(odd['factor']):.4g})",
        ("low", "high", "volume", "amount"),
        "volume in shares, amount in yuan; name other units in a column map (--map)",
    )


def refuse_context(table: Table, frame: pl.DataFrame, context: Context, *, where: str) -> None:
    """Raises DataRefused for days that were no session or are still to come, unknown kinds and unknown ids."""
    _refuse_future(table, frame, context, where)
    if table.name == "bars":
        _refuse_non_sessions(table, frame, context, where)
    if table.name == "sessions":
        _refuse_other_calendar(table, frame, context, where)
    if table.name in ("announcements", "commitments"):
        expected = " | ".join(sorted(context.kinds))
        refuse(table, frame, ~frame["kind"].is_in(list(context.kinds)), where, "kind unknown", ("kind",), expected)
    commitments, announcements = context.commitment_ids, context.announcement_ids
    ends = {
        "commitments": {"announcement_id": announcements},
        "contract_facts": {"commitment_id": commitments, "announcement_id": announcements},
        "links": dict.fromkeys(("from_id", "to_id"), commitments | announcements),
    }
    for name, ids in ends.get(table.name, {}).items():
        unknown = frame[name].is_not_null() & ~frame[name].is_in(list(ids))
        refuse(table, frame, unknown, where, f"{name} unknown", (name,), "an id of the store or of the same load")


def _refuse_future(table: Table, frame: pl.DataFrame, context: Context, where: str) -> None:
    if table.name not in _DAYS:
        return
    name, slack = _DAYS[table.name]
    today = context.now.date()
    future = frame[name] > today + timedelta(days=slack)
    refuse(table, frame, future, where, f"{name} lies in the future", (name,), f"not after {today}")
    if context.now.time() >= CLOSE_TIME or table.name not in ("bars", "indices"):
        return
    domestic = pl.lit(True) if table.name == "bars" else is_domestic()
    unfinished = frame.select(domestic & (pl.col(name) == today))[:, 0]
    refuse(
        table, frame, unfinished, where, "the session is not over", (name,), f"rows before {today}, or load after 15:00"
    )


def _refuse_non_sessions(table: Table, frame: pl.DataFrame, context: Context, where: str) -> None:
    known = pl.Series(context.sessions, dtype=pl.Date)
    span = f"{context.sessions[0]} … {context.sessions[-1]}"
    outside = ~frame["session"].is_between(context.sessions[0], context.sessions[-1])
    refuse(table, frame, outside, where, f"session outside the known sessions {span}", ("session",), _CALENDAR)
    closed = ~frame["session"].is_in(known.implode())
    refuse(table, frame, closed, where, "the exchanges were closed that day", ("session",), "a session of the calendar")


def _refuse_other_calendar(table: Table, frame: pl.DataFrame, context: Context, where: str) -> None:
    """Where a calendar overlaps the known one, both must name the same sessions."""
    if not context.sessions or frame.is_empty():
        return
    known = pl.Series(context.sessions, dtype=pl.Date)
    extra = frame["session"].is_between(known.min(), known.max()) & ~frame["session"].is_in(known.implode())
    refuse(table, frame, extra, where, "not a session of the known calendar", ("session",), "the same sessions")
    inside = known.is_between(frame["session"].min(), frame["session"].max())
    missing = known.filter(inside & ~known.is_in(frame["session"].implode()))
    if missing.len():
        raise DataRefused(f"{table.name}: a known session is missing", where=where, expected=missing[0])


def _compared(table: Table) -> list[str]:
    """Columns in which two rows of one fact may not differ inside a load."""
    return [*value_names(table), *(["known_at"] if "known_at" in table.names else [])]


def rising(frame: pl.DataFrame, key: tuple[str, ...]) -> bool:
    """True where the rows are sorted by these columns without a repetition."""
    above, equal = pl.lit(False), pl.lit(True)
    for name in key:
        above = above | (equal & (pl.col(name) > pl.col(name).shift()))
        equal = equal & (pl.col(name) == pl.col(name).shift())
    return bool(frame.select(above.slice(1).fill_null(False).all()).item())


def _median(series: pl.Series) -> float:
    middle = series.median()
    return float(middle) if isinstance(middle, float) else 0.0


def _symbols(table: Table, series: pl.Series, where: str) -> pl.Series:
    """The column in one spelling; every different text is parsed once."""
    text = series.cast(pl.String)
    parsed: dict[str, str] = {}
    for spelled in text.unique().drop_nulls():
        try:
            parsed[spelled] = parse_symbol(spelled)
        except UnknownSymbol as error:
            row = (text == spelled).arg_max() or 0
            place = f"{where} row {row + 1}"
            raise DataRefused(
                f"{table.name}: {error.what}", where=place, got=error.got, expected=error.expected
            ) from None
    if all(spelled == symbol for spelled, symbol in parsed.items()):
        return text
    return text.replace_strict(parsed, default=None, return_dtype=pl.String).alias(series.name)


def _whole(table: Table, series: pl.Series, where: str) -> pl.Series:
    """Floats that are whole numbers up to float noise → integers; a plain cast would cut 1.9 to 1."""
    rounded = series.round()
    broken = ((series - rounded).abs() > _WHOLE * rounded.abs().clip(1)).fill_null(False)
    refuse(table, series.to_frame(), broken, where, f"{series.name} is not whole", (series.name,), "a whole number")
    return rounded.cast(pl.Int64)


def refuse(
    table: Table, frame: pl.DataFrame, broken: pl.Series, where: str, what: str, shown: Iterable[str], expected: str
) -> None:
    """Raises DataRefused naming the first broken row, its key and what it holds."""
    broken = broken.fill_null(False)
    if not broken.any():
        return
    index = broken.arg_max() or 0
    row = frame.row(index, named=True)
    key = " ".join(str(row[name]) for name in table.key if name in row)
    place = f"{where} row {index + 1}" + (f", {key}" if key else "")
    got = ", ".join(f"{name} {row[name]}" for name in shown) or None
    raise DataRefused(f"{table.name}: {what}", where=place, got=got, expected=expected)

"""Whose rows these are: the codes of a table, or the code its sheet, title, file or folder names.

1. A row of an index inside bars, a fund, a B share is left out and named; a code that is none is refused with its line.
2. A bare code whose row carries the name of an index is that index (000905 中证500), not the stock of that code.
3. A firm may stand by its short name where the packaged list of firms has it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

import polars as pl

from screener.core.table import without_repeats
from screener.core.tables import packaged
from screener.sources.files import cells
from screener.sources.files.codes import Code, Sort, bare, code_in_names, code_of, index_of, looks_like_index
from screener.sources.files.grids import Sheet
from screener.sources.files.headings import entries, heading_of
from screener.sources.files.outcome import Note, NotOurs, Skipped, refused
from screener.sources.files.telling import WHOSE, Told

SAMPLE = 200


@dataclass(frozen=True)
class Whose:
    """The rows that are ours, the codes of each, and what was left out."""

    sheet: Sheet
    codes: pl.Series | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()
    skipped: tuple[Skipped, ...] = ()


def sort_of(sheet: Sheet) -> Sort | None:
    """What the codes of a table are, before it is told; None where it has none and no name has one."""
    column = _column(sheet, *WHOSE)
    if column is None:
        found = code_in_names(sheet.names)
        return found.sort if found else (Sort.STOCK if _named_firms(sheet) is not None else None)
    try:
        sample = without_repeats(cells.text(sheet.frame[column])).drop_nulls().unique(maintain_order=True).head(SAMPLE)
    except cells.Unread:
        return None
    sorts = {code_of(text).sort for text in sample} - {Sort.OTHER}
    if not sorts and len(sample):
        return Sort.OTHER
    return Sort.INDEX if sorts == {Sort.INDEX} or _all_index_names(sheet) else Sort.STOCK


def whose(told: Told, sheet: Sheet) -> Whose:
    """The codes of a table's rows in our spelling, and the rows that are ours. Raises DataRefused, NotOurs."""
    column = code_column(told)
    if column is None or (column == "subject" and told.of("subject") is None):
        return Whose(sheet)
    claim = told.of(column)
    if claim is None:
        return _by_name(told, sheet, column)
    try:
        texts = cells.text(sheet.frame[f"c{claim.at}"])
    except cells.Unread as error:
        raise refused(
            sheet.where, f"{told.table.name}: {column} {error.what}", got=error.got, expected=error.expected
        ) from None
    names = _names(told, sheet)
    if column == "subject":
        return Whose(sheet, _subjects(texts).rename(column))
    return _sorted(told, sheet, texts.rename(column), names)


def code_column(told: Told) -> str | None:
    """The column that says whose a row is; the indices that other tables name are words of theirs."""
    found = next((name for name in WHOSE if name in told.table.names), None)
    return None if found == "index" and told.table.name != "indices" else found


def names_in(sheet: Sheet) -> dict[str, str]:
    """Symbol → short name of any table that has both, also of one that is none of ours."""
    code, name = _column(sheet, *WHOSE), _column(sheet, "name")
    if code is None or name is None or sheet.frame[name].dtype != pl.String:
        return {}
    try:
        texts = cells.text(sheet.frame[code])
    except cells.Unread:
        return {}
    read = {text: code_of(text) for text in texts.unique().drop_nulls()}
    stocks = {text: one.symbol for text, one in read.items() if one.sort is Sort.STOCK}
    return _pairs(
        texts.replace_strict(stocks, default=None, return_dtype=pl.String), sheet.frame[name].str.strip_chars()
    )


def _column(sheet: Sheet, *columns: str) -> str | None:
    """The first column of a file whose heading may mean one of ours."""
    for at, name in enumerate(sheet.headings):
        if any(one.column in columns for one in entries(heading_of(name).word)):
            return f"c{at}"
    return None


def _named_firms(sheet: Sheet) -> pl.Series | None:
    """The short names of a table without codes, where the packaged list of firms has one of them."""
    column = _column(sheet, "name")
    if column is None or sheet.frame[column].dtype != pl.String:
        return None
    texts = sheet.frame[column].str.strip_chars()
    return texts if any(bare(text) in _firms() for text in texts.unique().drop_nulls()) else None


def _all_index_names(sheet: Sheet) -> bool:
    column = _column(sheet, "name")
    if column is None or sheet.frame[column].dtype != pl.String:
        return False
    names = sheet.frame[column].drop_nulls().unique().head(SAMPLE)
    return len(names) > 0 and all(looks_like_index(name) for name in names)


def _by_name(told: Told, sheet: Sheet, column: str) -> Whose:
    found = code_in_names(sheet.names)
    if found is None:
        texts = _named_firms(sheet) if column == "symbol" else None
        return Whose(sheet) if texts is None else _sorted(told, sheet, texts.rename(column), None)
    if found.sort is Sort.OTHER or (found.sort is Sort.INDEX and column != "index"):
        raise NotOurs(f"{found.symbol} is {found.why}")
    symbol = index_of(found.symbol).symbol if column == "index" else found.symbol
    codes = pl.Series(column, [symbol], dtype=pl.String).new_from_index(0, sheet.frame.height)
    return Whose(sheet, codes, notes=(Note(f"{column} {symbol} by the name of the file"),))


def _subjects(texts: pl.Series) -> pl.Series:
    read = {text: code_of(text) for text in texts.unique().drop_nulls()}
    spelled = {text: code.symbol if code.sort is Sort.STOCK else text for text, code in read.items()}
    return texts.replace_strict(spelled, default=None, return_dtype=pl.String)


def _sorted(told: Told, sheet: Sheet, texts: pl.Series, names: pl.Series | None) -> Whose:
    index = told.table.name == "indices"
    code_in = index_of if index else code_or_name
    read = {text: code_in(text) for text in without_repeats(texts).unique().drop_nulls()}
    _refuse_wrong(told, sheet, texts, read)
    if names is None and not index and all(code == Code(Sort.STOCK, text) for text, code in read.items()):
        return Whose(sheet, texts)  # nothing but stocks, in our spelling
    sorts = texts.replace_strict(
        {text: code.sort.value for text, code in read.items()}, default=None, return_dtype=pl.String
    )
    if names is not None and not index:
        digits = texts.str.contains(r"^[0-9]{6}$") & names.replace_strict(
            {name: looks_like_index(name) for name in names.unique().drop_nulls()},
            default=False,
            return_dtype=pl.Boolean,
        )
        sorts = sorts.set(digits.fill_null(False), Sort.INDEX.value)
    symbols = texts.replace_strict(
        {text: code.symbol for text, code in read.items()}, default=None, return_dtype=pl.String
    )
    ours = (sorts == (Sort.INDEX if index else Sort.STOCK).value) | texts.is_null()
    others = pl.DataFrame([texts.alias("text"), sorts.alias("sort")]).filter(~ours)
    skipped = left_out(others.group_by("text", "sort", maintain_order=True).len().rows(), read)
    if not ours.any() and texts.len():
        raise NotOurs("; ".join(f"{one.what}: {one.why}" for one in skipped))
    lost = int(texts.filter(ours).is_in([text for text, code in read.items() if code.restored]).sum())
    notes: tuple[Note, ...] = (Note("leading zeros of codes put back, such as 977 → 000977", lost),) if lost else ()
    claim = told.of("index") if index else None
    if claim is not None and claim.entry is not None and claim.entry.rank >= 0:
        notes += (Note(f"{claim.heading.text}: the codes are those of indices, such as {symbols[0]}"),)
    kept = _only(sheet, ours)
    found = _pairs(symbols.filter(ours), names.filter(ours)) if names is not None else {}
    return Whose(kept, symbols.filter(ours).rename(texts.name), found, notes, skipped)


def code_or_name(text: str) -> Code:
    """What a cell says, where a firm may stand by its short name."""
    code = code_of(text)
    if code.sort is Sort.WRONG:
        symbol = _firms().get(bare(text))
        return Code(Sort.STOCK, symbol) if symbol else code
    return code


def _refuse_wrong(told: Told, sheet: Sheet, texts: pl.Series, read: Mapping[str, Code]) -> None:
    wrong = [text for text, code in read.items() if code.sort is Sort.WRONG]
    if wrong:
        row = texts.is_in(wrong).fill_null(False).arg_max() or 0
        raise refused(sheet.place(row), f"{told.table.name}: {read[texts[row]].why}", line=sheet.line(row))


def left_out(texts: Iterable[tuple[str, str, int]], read: Mapping[str, Code]) -> tuple[Skipped, ...]:
    """What is said of rows that are none of ours. `texts`: (text, sort, rows), in the order of the file."""
    left: dict[str, list[str]] = {}
    counts: dict[str, int] = {}
    for text, sort, count in texts:
        why = read[text].why or ("an index" if sort == Sort.INDEX else "no index")
        counts[why] = counts.get(why, 0) + count
        if text not in left.setdefault(why, []):
            left[why].append(text)
    return tuple(
        Skipped(", ".join(found[:3]) + (f" and {len(found) - 3} more" if len(found) > 3 else ""), why, counts[why])
        for why, found in left.items()
    )


def _only(sheet: Sheet, ours: pl.Series) -> Sheet:
    if ours.all():
        return sheet
    lines = sheet.lines if sheet.lines is not None else pl.int_range(-1, -sheet.frame.height - 1, -1, eager=True)
    return replace(sheet, frame=sheet.frame.filter(ours), lines=lines.filter(ours))


def _names(told: Told, sheet: Sheet) -> pl.Series | None:
    claim = told.of("name")
    if claim is None or sheet.frame[f"c{claim.at}"].dtype != pl.String:
        return None
    return sheet.frame[f"c{claim.at}"].str.strip_chars()


def _pairs(symbols: pl.Series, names: pl.Series) -> dict[str, str]:
    pairs = pl.DataFrame([symbols.alias("symbol"), names.alias("name")]).drop_nulls()
    pairs = pairs.filter(pl.col("name") != "").unique("symbol", keep="last", maintain_order=True)
    return dict(pairs.rows())


@lru_cache(maxsize=1)
def _firms() -> dict[str, str]:
    return {bare(name): symbol for symbol, name in packaged("firms").select("symbol", "name").rows()}

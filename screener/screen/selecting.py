"""A part of a screen: the firms that a condition holds for, the first of them, a choice of columns.

Ranks stay those of the whole screen. What is left out is told in the notes of what the answer stands on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

import polars as pl

from screener.core.errors import UsageError
from screener.core.later import LaterRows
from screener.screen.factors import FACTORS
from screener.screen.ranking import ScreenResult
from screener.screen.row import GROUPS, ScreenRow
from screener.screen.trading import Traded

if TYPE_CHECKING:  # most screens have no condition
    from screener.core.condition import Condition

_TYPES = {"str": pl.String(), "bool": pl.Boolean(), "int": pl.Int64(), "float": pl.Float64(), "date": pl.String()}


def columns() -> dict[str, pl.DataType]:
    """Every column a row knows, with its type; days and lists are text there."""
    told = {each.name: str(each.type) for kind in (ScreenRow, Traded) for each in fields(kind)}
    own = {name: _TYPES.get(kind.removesuffix(" | None"), pl.String()) for name, kind in told.items()}
    return {name: kind for name, kind in own.items() if name not in GROUPS} | dict.fromkeys(
        (name for name in FACTORS if name not in own), pl.Float64()
    )


def condition_of(text: str) -> Condition:
    """Raises UsageError."""
    from screener.core.condition import Condition

    return Condition.of(text, [*columns()])


def checked_columns(names: Sequence[str]) -> tuple[str, ...]:
    """Columns by name, each once. Raises UsageError for one that no row has."""
    known = columns()
    for name in names:
        if name not in known:
            from screener.core.condition import nearest

            raise UsageError("no such column", where="--columns", got=name, expected=nearest(name, [*known]))
    return tuple(dict.fromkeys(names))


def selected(found: ScreenResult, condition: Condition | None, top: int | None, shown: Sequence[str]) -> ScreenResult:
    """The rows that pass, in their order, the first `top` of them, with the columns to be shown (none: the usual)."""
    rows, notes = found.rows, list[str]()
    rules: dict[str, Any] = {}
    if condition is not None:
        rows, told = _passing(rows, condition)
        notes, rules = [told], {"where": condition.text}
    if top is not None and top < len(rows):
        notes.append(f"the first {top} of {len(rows)} firms are shown (--top)")
        rows, rules = rows[:top], {**rules, "top": top}
    left = {row.symbol for row in rows}
    stands_on = replace(
        found.stands_on, notes=(*found.stands_on.notes, *notes), rules={**found.stands_on.rules, **rules}
    )
    return replace(
        found,
        rows=tuple(rows),
        stands_on=stands_on,
        contracts=LaterRows(lambda: (row for row in found.contracts if row.commitment.symbol in left)),
        announcements=LaterRows(lambda: (row for row in found.announcements if row.symbol in left)),
        columns=tuple(shown),
    )


def _passing(rows: Sequence[ScreenRow], condition: Condition) -> tuple[tuple[ScreenRow, ...], str]:
    """The rows for which it holds, and a sentence on the others."""
    cells = [_cells(row) for row in rows]
    judged = condition.judged(pl.DataFrame(cells, schema=columns()))
    unknown = [row for row, holds in zip(cells, judged, strict=True) if holds is None]
    told = f"{judged.count(True)} of {len(rows)} firms pass {condition.text}"
    if unknown:
        from screener.core.condition import unknown_columns

        why = ", ".join(f"{name} unknown ({count})" for name, count in unknown_columns(condition, unknown).items())
        told += f"; {len(unknown)} cannot be judged and are left out{': ' if why else ''}{why}"
    return tuple(row for row, holds in zip(rows, judged, strict=True) if holds), told


def _cells(row: ScreenRow) -> dict[str, Any]:
    """The cells of a row: days as 2026-06-30, lists as words."""
    plain = row.cells()
    return {name: _cell(plain[name]) for name in columns()}


def _cell(value: Any) -> Any:
    if isinstance(value, list):
        return " ".join(value)
    return value.isoformat() if hasattr(value, "isoformat") else value

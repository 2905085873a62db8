"""What several pictures are made of: rows that have what is drawn, names, bars with their range."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from screener.core.answer import Answer
from screener.core.errors import UsageError
from screener.report.charts import Figure, Trace, figure, inert
from screener.report.headings import heading
from screener.report.words import language

Rows = Sequence[Mapping[str, Any]]
LEFT: dict[str, Any] = {"paper_bgcolor": "@paper", "hovermode": "closest"}
YI = 1e8


def rows_of(answer: Answer, table: str, *needed: str) -> list[dict[str, Any]]:
    """The rows of a table that have all that is drawn. Raises UsageError where there are none."""
    rows = [dict(row) for row in answer.sheets().get(table, ())]
    known = [row for row in rows if all(row.get(key) is not None for key in needed)]
    if not known:
        raise UsageError("nothing to draw", where=table, got=f"{len(rows)} rows", next_step="ask for another day")
    return known


def called(key: str) -> str:
    """The heading of a column; money is drawn in 亿, which its axis says."""
    return heading(key, language()).removesuffix("(元)").removesuffix(" cny")


def firm_of(row: Mapping[str, Any]) -> str:
    return inert(" ".join(str(row[key]) for key in ("symbol", "firm") if row.get(key)))


def bar(x: Sequence[Any], y: Sequence[Any], key: str, colour: str, **more: Any) -> Trace:
    return {"type": "bar", "x": list(x), "y": list(y), "name": called(key), "marker": {"color": colour}, **more}


def spread(values: Sequence[float], low: Sequence[float | None], high: Sequence[float | None]) -> dict[str, Any]:
    """Error bars from `low` to `high`; none where an end is not known."""
    ends = [(one if a is None else a, one if b is None else b) for one, a, b in zip(values, low, high, strict=True)]
    up = [b - one for one, (_, b) in zip(values, ends, strict=True)]
    down = [one - a for one, (a, _) in zip(values, ends, strict=True)]
    return {"type": "data", "symmetric": False, "array": up, "arrayminus": down, "color": "@muted"}


def across(rows: Rows, key: str, low: str = "", high: str = "") -> Trace:
    """Bars that lie, the first row on top, with their range."""
    values = [row[key] for row in rows]
    trace = bar(values, [firm_of(row) for row in rows], key, "@c1", orientation="h")
    span = spread(values, [row.get(low) for row in rows], [row.get(high) for row in rows]) if low else None
    return trace | ({"error_x": span} if span else {})


def lying(traces: Sequence[Trace], count: int, xformat: str, **layout: Any) -> Figure:
    shown = {"autorange": "reversed", "type": "category"}
    height = 140 + 26 * count
    return figure(traces, xaxis={"tickformat": xformat}, yaxis=shown, height=height, **LEFT, **layout)


def in_yi() -> dict[str, Any]:
    return {"title": {"text": "亿"}, "tickformat": ",.4~g"}

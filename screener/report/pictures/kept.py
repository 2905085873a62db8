"""Pictures of what a store holds: its days, its announcements and findings by month, versions, loads, a SELECT."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from itertools import cycle
from typing import Any

from screener.core.errors import UsageError
from screener.report.cells import is_number
from screener.report.charts import COLOURS, Figure, figure, inert, line
from screener.report.headings import word
from screener.report.pictures.parts import LEFT, Rows, bar, called, lying, rows_of
from screener.report.words import language

_DAY_MS = 86_400_000


def alerts(answer: Any) -> Figure:
    """A time line: what happened or is due, a row for each kind of alert."""
    rows = rows_of(answer, "alerts")
    return _points(rows, "day", "what", lambda row: f"{row['symbol']} {row['detail']}")


def _points(rows: Rows, day: str, kind: str, told: Callable[[Mapping[str, Any]], str]) -> Figure:
    traces = []
    for name, colour in zip(dict.fromkeys(row[kind] for row in rows), cycle(COLOURS)):
        some = [row for row in rows if row[kind] == name]
        shown = inert(word(kind, str(name), language()))
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "x": [str(row[day]) for row in some],
                "y": [shown] * len(some),
                "text": [inert(told(row)) for row in some],
                "name": shown,
                "marker": {"color": colour, "size": 9},
                "hovertemplate": "%{x} %{text}<extra></extra>",
            }
        )
    layout: dict[str, Any] = {"xaxis": {"type": "date"}, "yaxis": {"type": "category"}, "showlegend": False}
    return figure(traces, height=200 + 26 * len(traces), **LEFT, **layout)


def coverage(answer: Any) -> Figure:
    """Which days each table of the store covers."""
    rows = [row for row in rows_of(answer, "tables", "first", "last") if row["rows"]]
    lasting = [((row["last"] - row["first"]).days + 1) * _DAY_MS for row in rows]
    trace = bar(lasting, [row["dataset"] for row in rows], "rows", "@c1")
    trace["marker"]["line"] = {"color": "@c1", "width": 2}  # a single day can be seen too
    told = [f"{row['first']} … {row['last']}: {row['rows']:,}" for row in rows]
    placed = {"orientation": "h", "base": [str(row["first"]) for row in rows], "text": told, "textposition": "none"}
    shown = trace | placed | {"hovertemplate": "%{y} %{text}<extra></extra>"}
    drawn = lying([shown], len(rows), "%Y-%m")
    drawn["layout"]["xaxis"] |= {"type": "date"}
    return drawn


def findings(answer: Any) -> Figure:
    """Findings by check, over the month of the row where its key has a day; those without one by table alone."""
    rows = rows_of(answer, "findings")
    return _counted((f"{row['dataset']} {row['check']}", _month_in(str(row["row_key"]))) for row in rows)


def _month_in(key: str) -> str:
    """`2026-06` out of `603629.SH 2026-06-30`."""
    parts = (part for part in key.replace("|", " ").split() if len(part) >= len("2026-06-30"))
    for part in parts:
        try:
            return f"{date.fromisoformat(part[:10]):%Y-%m}"
        except ValueError:
            continue
    return called("undated")


def _counted(pairs: Iterator[tuple[str, str]]) -> Figure:
    """(name, month) counted: stacked bars by month, a colour for each of the most frequent names, one for the rest."""
    told = list(pairs)
    ranked = [name for name, _ in Counter(name for name, _ in told).most_common()]
    named = set(ranked if len(ranked) <= len(COLOURS) else ranked[: len(COLOURS)])
    rest = called("all_others")
    counts = Counter((name if name in named else rest, month) for name, month in told)
    months = sorted({month for _, month in told})
    coloured = [*zip((name for name in ranked if name in named), COLOURS, strict=False), (rest, "@muted")]
    traces = [
        {
            "type": "bar",
            "x": months,
            "y": [counts[name, month] for month in months],
            "name": inert(name),
            "marker": {"color": colour},
        }
        for name, colour in coloured
        if any(counts[name, month] for month in months)
    ]
    return figure(traces, barmode="stack", xaxis={"type": "category"}, yaxis={"tickformat": ",d"}, **LEFT)


def announcements(answer: Any) -> Figure:
    """Announcements by the month in which they became known, and by kind."""
    rows = rows_of(answer, answer.name, "known_at", "kind")
    return _counted((word("kind", str(row["kind"]), language()), f"{row['known_at']:%Y-%m}") for row in rows)


def history(answer: Any) -> Figure:
    """Each number of a fact over the moments at which it was written; a point a version where none moved."""
    rows = rows_of(answer, "history", "fetched_at")
    key = next(iter(rows[0]))
    moved = [
        name
        for name, value in rows[0].items()
        if name != key and len({row[name] for row in rows}) > 1 and all(is_number(row[name]) for row in rows)
    ]
    one = len({row[key] for row in rows}) == 1
    if not moved or not one:
        return _points(rows, "fetched_at", key, lambda row: str(row["changed"]))
    when = [str(row["fetched_at"]) for row in rows]
    traces = [
        line(when, [row[name] for row in rows], called(name), colour, line={"shape": "hv"}) | {"mode": "lines+markers"}
        for name, colour in zip(moved, cycle(COLOURS), strict=False)
    ]
    return figure(traces, **LEFT)


def selection(answer: Any) -> Figure:
    """The first column across, each column of numbers a line; bars where the first column is words."""
    rows = rows_of(answer, "query")
    first = next(iter(rows[0]))
    numbers = [name for name in rows[0] if name != first and any(is_number(row[name]) for row in rows)]
    if not numbers:
        raise UsageError("nothing to draw", where="query", expected="a column of numbers after the first")
    across = [row[first] for row in rows]
    words = any(isinstance(value, str) for value in across)
    shown = [inert(str(value)) if isinstance(value, (str, date, datetime)) else value for value in across]
    traces = []
    for name, colour in zip(numbers, cycle(COLOURS), strict=False):
        values = [row[name] if is_number(row[name]) else None for row in rows]
        bars = {"type": "bar", "x": shown, "y": values, "name": inert(name), "marker": {"color": colour}}
        traces.append(bars if words else line(shown, values, name, colour))
    layout: dict[str, Any] = {"xaxis": {"type": "category"}} if words else {}
    return figure(traces, **LEFT, **layout)


def loading(answer: Any) -> Figure:
    """Rows of each file: new, revised, unchanged."""
    rows = [row for row in rows_of(answer, "load") if row["dataset"]]
    names = [inert(f"{row['file']} {row['dataset']}") for row in rows]
    traces = [
        bar([row[key] for row in rows], names, key, colour, orientation="h")
        for key, colour in zip(("new", "revised", "unchanged"), ("@c1", "@c2", "@muted"), strict=True)
    ]
    return lying(traces, len(rows), ",d", barmode="stack")

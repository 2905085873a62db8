"""The picture of each kind of answer, as an analyst would draw it by hand; `.plot()` asks for it.

1. What is ranked becomes bars with their range, what has days a line or points in time, what is counted stacked bars by
   month, what adds up a waterfall or a stack of parts, what was estimated a point with its interval.
2. Rows without the figure that is drawn are left out; where none has it, that is an error, no empty picture.
3. Growth is drawn on a log axis (`charts.stacked`): the same share, the same height.
4. Names are headings of the workbook, in the language of the terminal; text from outside is made inert.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from itertools import cycle
from typing import Any

from screener.core.answer import Answer
from screener.core.errors import UsageError
from screener.evaluation.rating import EDGE
from screener.report.charts import COLOURS, Figure, Trace, figure, inert, line, path_figure, stacked, sweep_figure
from screener.report.headings import heading, word
from screener.report.words import language

Rows = Sequence[Mapping[str, Any]]
Draw = Callable[[Any], Figure]
_LEFT: dict[str, Any] = {"paper_bgcolor": "@paper", "hovermode": "closest"}
_PARTS = ("log_new", "log_ended", "log_burned", "log_re_read", "log_price", "log_shares")
_FLOWS = ("new_cny", "ended_cny", "burned_cny", "re_read_cny")
_DAY_MS, _YI = 86_400_000, 1e8
# Of these a picture says nothing that the words do not; what to draw instead.
_INSTEAD = dict.fromkeys(("Check", "strategies"), "backtest(strategy).plot()")


def picture(answer: Answer) -> Figure:
    """The figure of an answer. Raises UsageError where there is nothing to draw, naming what is to be used instead."""
    kind = str(getattr(answer, "name", type(answer).__name__)) if type(answer).__name__ == "Rows" else ""
    kind = kind or type(answer).__name__
    if kind in _INSTEAD:
        raise UsageError("no picture of this answer", got=kind, expected=_INSTEAD[kind])
    draw = _DRAWN.get(kind)
    if draw is None:
        raise UsageError("no picture of this answer", got=kind, expected=", ".join(_DRAWN))
    return draw(answer)


def _rows(answer: Answer, table: str, *needed: str) -> list[dict[str, Any]]:
    """The rows of a table that have all that is drawn. Raises UsageError where there are none."""
    rows = [dict(row) for row in answer.sheets().get(table, ())]
    known = [row for row in rows if all(row.get(key) is not None for key in needed)]
    if not known:
        raise UsageError("nothing to draw", where=table, got=f"{len(rows)} rows", next_step="ask for another day")
    return known


def _called(key: str) -> str:
    """The heading of a column; money is drawn in 亿, which its axis says."""
    return heading(key, language()).removesuffix("(元)").removesuffix(" cny")


def _firm(row: Mapping[str, Any]) -> str:
    return inert(" ".join(str(row[key]) for key in ("symbol", "firm") if row.get(key)))


def _bar(x: Sequence[Any], y: Sequence[Any], key: str, colour: str, **more: Any) -> Trace:
    return {"type": "bar", "x": list(x), "y": list(y), "name": _called(key), "marker": {"color": colour}, **more}


def _span(values: Sequence[float], low: Sequence[float | None], high: Sequence[float | None]) -> dict[str, Any]:
    """Error bars from `low` to `high`; none where an end is not known."""
    ends = [(one if a is None else a, one if b is None else b) for one, a, b in zip(values, low, high, strict=True)]
    up = [b - one for one, (_, b) in zip(values, ends, strict=True)]
    down = [one - a for one, (a, _) in zip(values, ends, strict=True)]
    return {"type": "data", "symmetric": False, "array": up, "arrayminus": down, "color": "@muted"}


def _across(rows: Rows, key: str, low: str = "", high: str = "") -> Trace:
    """Bars that lie, the first row on top, with their range."""
    values = [row[key] for row in rows]
    trace = _bar(values, [_firm(row) for row in rows], key, "@c1", orientation="h")
    span = _span(values, [row.get(low) for row in rows], [row.get(high) for row in rows]) if low else None
    return trace | ({"error_x": span} if span else {})


def _lying(traces: Sequence[Trace], count: int, xformat: str, **layout: Any) -> Figure:
    shown = {"autorange": "reversed", "type": "category"}
    height = 140 + 26 * count
    return figure(traces, xaxis={"tickformat": xformat}, yaxis=shown, height=height, **_LEFT, **layout)


def _screen(answer: Any) -> Figure:
    rows = sorted(_rows(answer, "screen", "score"), key=lambda row: row["rank"] or len(answer.rows))
    return _lying([_across(rows, "score", "score_low", "score_high")], len(rows), ".0%")


def _brief(answer: Any) -> Figure:
    """The ranking, and beside it what acting on it earned."""
    rows, earned = _rows(answer, "ranking", "score"), answer.sheets()["earned"]
    bars = [_across(rows, "score", "score_low", "score_high")]
    for key, colour in (("total_return", "@c1"), ("benchmark_return", "@muted"), ("without_best_firm", "@c2")):
        known = [row for row in earned if row[key] is not None]
        bars.append(
            _bar([row[key] for row in known], [inert(row["strategy"]) for row in known], key, colour, orientation="h")
            | {"xaxis": "x2", "yaxis": "y2"}
        )
    right = {"domain": [0.62, 1.0], "tickformat": "+.0%", "anchor": "y2"}
    names = {"anchor": "x2", "autorange": "reversed", "type": "category"}
    drawn = _lying(bars, len(rows), ".0%", xaxis2=right, yaxis2=names)
    drawn["layout"]["xaxis"] |= {"domain": [0.0, 0.42]}
    return drawn


def _explained(answer: Any) -> Figure:
    """How the contracts of a firm run off, by quarter."""
    rows = _rows(answer, "runoff", "total")
    quarters = [key for key in rows[0] if key not in ("commitment_id", "total")]
    last = max((at for at, key in enumerate(quarters) if any(row[key] for row in rows)), default=0)
    shown = quarters[: last + 1]
    traces = [
        _bar([key.removesuffix("_cny") for key in shown], [row[key] / _YI for key in shown], "", colour)
        | {"name": inert(str(row["commitment_id"]))}
        for row, colour in zip(rows, cycle(COLOURS), strict=False)
    ]
    return figure(traces, barmode="stack", yaxis=_yi(), xaxis={"type": "category"}, **_LEFT)


def _yi() -> dict[str, Any]:
    return {"title": {"text": "亿"}, "tickformat": ",.4~g"}


def _difference(answer: Any) -> Figure:
    """A waterfall of one firm's backlog; of several the parts of the change of the log of their scores."""
    if len(answer.rows) == 1:
        return _waterfall(_rows(answer, "diff")[0])
    rows = _rows(answer, "diff", "log_change")
    names = [_firm(row) for row in rows]
    traces = [_bar(names, [row[key] for row in rows], key, colour) for key, colour in zip(_PARTS, COLOURS, strict=True)]
    total = {"type": "scatter", "mode": "markers", "x": names, "y": [row["log_change"] for row in rows]}
    traces.append({**total, "name": _called("log_change"), "marker": {"color": "@ink", "symbol": "diamond", "size": 9}})
    return figure(traces, yformat="+.2f", barmode="relative", xaxis={"type": "category"}, **_LEFT)


def _waterfall(row: Mapping[str, Any]) -> Figure:
    keys = ("backlog_before_cny", *_FLOWS, "backlog_after_cny")
    trace = {
        "type": "waterfall",
        "x": [_called(key) for key in keys],
        "y": [(row[key] or 0.0) / _YI for key in keys],
        "measure": ["absolute", *("relative" for _ in _FLOWS), "total"],
        "name": _firm(row),
        "increasing": {"marker": {"color": "@c3"}},
        "decreasing": {"marker": {"color": "@c2"}},
        "totals": {"marker": {"color": "@c1"}},
    }
    return figure([trace], yaxis=_yi(), xaxis={"type": "category"}, **_LEFT)


def _delivered(answer: Any) -> Figure:
    """Revenue that the contracts imply beside what was reported, by half-year."""
    rows = _rows(answer, "halves", "implied_cny")
    names = [f"{_firm(row)} {row['half']}" for row in rows]
    traces = [
        _bar(names, [None if row[key] is None else row[key] / _YI for row in rows], key, colour)
        for key, colour in (("implied_cny", "@c1"), ("reported_cny", "@c2"))
    ]
    return figure(traces, yaxis=_yi(), xaxis={"type": "category"}, **_LEFT)


def _rated(answer: Any) -> Figure:
    """Relative returns of each band that was called, after 6 and 12 months and so far, between the bands' edges."""
    rows = _rows(answer, "lines")
    pending = [row for row in rows if row["standing"] == "pending"]
    points = {
        "month_6_return": [(row, row["month_6_return"]) for row in rows],
        "month_12_return": [(row, row["month_12_return"]) for row in rows],
        # Both ends where the day of the report is not known: neither is the true one.
        "so_far": [(row, one) for row in pending for one in {row["so_far_low"], row["so_far_high"]}],
    }
    traces = [
        _boxes([point for point in points[key] if point[1] is not None], key, colour)
        for key, colour in zip(points, ("@c1", "@c2", "@muted"), strict=True)
        if any(value is not None for _, value in points[key])
    ]
    if not traces:
        raise UsageError("nothing to draw", where="ratings", got="no return known", next_step="ask for another day")
    edges = [_level(sign * float(EDGE)) for sign in (1, -1)]
    layout = {"boxmode": "group", "xaxis": {"type": "category"}, "shapes": edges}
    return figure(traces, yformat="+.0%", **_LEFT, **layout)


def _boxes(points: Sequence[tuple[Mapping[str, Any], float]], key: str, colour: str) -> Trace:
    """A box for each band with every point beside it."""
    return {
        "type": "box",
        "boxpoints": "all",
        "jitter": 0.4,
        "pointpos": 0,
        "marker": {"color": colour, "size": 4},
        "x": [row["rating"] for row, _ in points],
        "y": [value for _, value in points],
        "text": [inert(f"{row['subject']} {row['broker']} {row['report_date']}") for row, _ in points],
        "name": _called(key),
    }


def _level(at: float) -> dict[str, Any]:
    across = {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": at, "y1": at}
    return across | {"line": {"color": "@muted", "dash": "dot"}}


def _alerted(answer: Any) -> Figure:
    """A time line: what happened or is due, a row for each kind of alert."""
    rows = _rows(answer, "alerts")
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
    return figure(traces, height=200 + 26 * len(traces), **_LEFT, **layout)


def _estimated(answer: Any) -> Figure:
    """The mean abnormal return after each kind of announcement, with its interval."""
    rows = [dict(row) for row in answer.frame().to_dicts() if row["caar"] is not None]
    if not rows:
        raise UsageError("nothing to draw", where="events", got="no estimate", next_step="screener status")
    names = [inert(word("kind", str(row["kind"]), language())) + f" (n {row['n']})" for row in rows]
    values = [row["caar"] for row in rows]
    trace = {"type": "scatter", "mode": "markers", "x": values, "y": names, "name": _called("caar")}
    span = _span(values, [row["low"] for row in rows], [row["high"] for row in rows])
    zero = {"type": "line", "yref": "paper", "y0": 0, "y1": 1, "x0": 0, "x1": 0, "line": {"color": "@muted"}}
    return _lying([{**trace, "error_x": span, "marker": {"color": "@c1", "size": 9}}], len(rows), "+.0%", shapes=[zero])


def _path(answer: Any) -> Figure:
    words = {"band": "95 %", "offset": _called("offset")}
    return path_figure(answer.mean_path, words, paper_bgcolor="@paper")


def _swept(answer: Any) -> Figure:
    """Bars of one axis of the grid with the line of luck, a heat map of two."""
    cells = answer.heat_map
    if cells is None:
        raise UsageError("nothing to draw", where="sweep", expected="a grid in which something varies and trades")
    return sweep_figure(cells, answer.luck)


def _covered(answer: Any) -> Figure:
    """Which days each table of the store covers."""
    rows = [row for row in _rows(answer, "tables", "first", "last") if row["rows"]]
    lasting = [((row["last"] - row["first"]).days + 1) * _DAY_MS for row in rows]
    trace = _bar(lasting, [row["dataset"] for row in rows], "rows", "@c1")
    trace["marker"]["line"] = {"color": "@c1", "width": 2}  # a single day can be seen too
    told = [f"{row['first']} … {row['last']}: {row['rows']:,}" for row in rows]
    placed = {"orientation": "h", "base": [str(row["first"]) for row in rows], "text": told, "textposition": "none"}
    shown = trace | placed | {"hovertemplate": "%{y} %{text}<extra></extra>"}
    drawn = _lying([shown], len(rows), "%Y-%m")
    drawn["layout"]["xaxis"] |= {"type": "date"}
    return drawn


def _found(answer: Any) -> Figure:
    """Findings by check, over the month of the row where its key has a day; those without one by table alone."""
    rows = _rows(answer, "findings")
    return _counted((f"{row['dataset']} {row['check']}", _month_in(str(row["row_key"]))) for row in rows)


def _month_in(key: str) -> str:
    """`2026-06` out of `603629.SH 2026-06-30`."""
    parts = (part for part in key.replace("|", " ").split() if len(part) >= len("2026-06-30"))
    for part in parts:
        try:
            return f"{date.fromisoformat(part[:10]):%Y-%m}"
        except ValueError:
            continue
    return _called("undated")


def _counted(pairs: Iterator[tuple[str, str]]) -> Figure:
    """(name, month) counted: stacked bars by month, a colour for each of the most frequent names, one for the rest."""
    told = list(pairs)
    ranked = [name for name, _ in Counter(name for name, _ in told).most_common()]
    named = set(ranked if len(ranked) <= len(COLOURS) else ranked[: len(COLOURS)])
    rest = _called("all_others")
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
    return figure(traces, barmode="stack", xaxis={"type": "category"}, yaxis={"tickformat": ",d"}, **_LEFT)


def _announced(answer: Any) -> Figure:
    """Announcements by the month in which they became known, and by kind."""
    rows = _rows(answer, answer.name, "known_at", "kind")
    return _counted((word("kind", str(row["kind"]), language()), f"{row['known_at']:%Y-%m}") for row in rows)


def _versions(answer: Any) -> Figure:
    """Each number of a fact over the moments at which it was written; a point a version where none moved."""
    rows = _rows(answer, "history", "fetched_at")
    key = next(iter(rows[0]))
    moved = [
        name
        for name, value in rows[0].items()
        if name != key and len({row[name] for row in rows}) > 1 and all(_is_number(row[name]) for row in rows)
    ]
    one = len({row[key] for row in rows}) == 1
    if not moved or not one:
        return _points(rows, "fetched_at", key, lambda row: str(row["changed"]))
    when = [str(row["fetched_at"]) for row in rows]
    traces = [
        line(when, [row[name] for row in rows], _called(name), colour, line={"shape": "hv"}) | {"mode": "lines+markers"}
        for name, colour in zip(moved, cycle(COLOURS), strict=False)
    ]
    return figure(traces, **_LEFT)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _queried(answer: Any) -> Figure:
    """The first column across, each column of numbers a line; bars where the first column is words."""
    rows = _rows(answer, "query")
    first = next(iter(rows[0]))
    numbers = [name for name in rows[0] if name != first and any(_is_number(row[name]) for row in rows)]
    if not numbers:
        raise UsageError("nothing to draw", where="query", expected="a column of numbers after the first")
    across = [row[first] for row in rows]
    words = any(isinstance(value, str) for value in across)
    shown = [inert(str(value)) if isinstance(value, (str, date, datetime)) else value for value in across]
    traces = []
    for name, colour in zip(numbers, cycle(COLOURS), strict=False):
        values = [row[name] if _is_number(row[name]) else None for row in rows]
        bars = {"type": "bar", "x": shown, "y": values, "name": inert(name), "marker": {"color": colour}}
        traces.append(bars if words else line(shown, values, name, colour))
    layout: dict[str, Any] = {"xaxis": {"type": "category"}} if words else {}
    return figure(traces, **_LEFT, **layout)


def _loaded(answer: Any) -> Figure:
    """Rows of each file: new, revised, unchanged."""
    rows = [row for row in _rows(answer, "load") if row["dataset"]]
    names = [inert(f"{row['file']} {row['dataset']}") for row in rows]
    traces = [
        _bar([row[key] for row in rows], names, key, colour, orientation="h")
        for key, colour in zip(("new", "revised", "unchanged"), ("@c1", "@c2", "@muted"), strict=True)
    ]
    return _lying(traces, len(rows), ",d", barmode="stack")


_DRAWN: Mapping[str, Draw] = {
    "Appraisal": stacked,
    "Overview": _path,
    "Overviews": _estimated,
    "ScreenResult": _screen,
    "Brief": _brief,
    "Explanation": _explained,
    "Difference": _difference,
    "SweepAnswer": _swept,
    "Review": _rated,
    "Delivery": _delivered,
    "Alerts": _alerted,
    "Status": _covered,
    "Findings": _found,
    "History": _versions,
    "Selection": _queried,
    "Loading": _loaded,
    "announcements": _announced,
    "proposals": _announced,
}

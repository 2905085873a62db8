"""Small pictures as plain SVG: they need no script, print sharply, and take their colours from the style sheet.

1. A picture is a box of width × height points; whoever shows it this wide has its letters in their own size.
2. It is a list of marks (line, box, text) in the order in which they are drawn; a class names what a mark means.
3. Growth is drawn on a log axis: the same share looks the same wherever it is earned.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import isfinite, log

import numpy as np

from screener.core.units import percent, signed_percent
from screener.evaluation.brief import Standing
from screener.evaluation.dossier import Run
from screener.evaluation.rating import CONTEXT, EDGE, Cone

WIDTH, HEIGHT = 166.0, 112.0  # a third of a sheet of A4
LEFT, RIGHT, TOP, BOTTOM = 32.0, 4.0, 6.0, 15.0
POINTS = 240  # of a line; more cannot be seen
TICKS = (0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.5, 2.0, 3.0, 5.0, 7.0, 10.0, 20.0, 50.0, 100.0)


@dataclass(frozen=True, slots=True)
class Mark:
    """One mark: `line` (points), `box` (x, y, width, height) or `text` (x, y, words, anchor)."""

    kind: str
    of: str  # its class in the style sheet
    points: str = ""
    at: tuple[float, ...] = ()
    words: str = ""
    anchor: str = "start"


@dataclass
class Picture:
    """Marks in a box; empty where there is nothing to draw."""

    width: float = WIDTH
    height: float = HEIGHT
    marks: list[Mark] = field(default_factory=list)
    legend: list[tuple[str, str]] = field(default_factory=list)  # (class, words), written below it

    def line(self, of: str, points: Iterable[tuple[float, float]]) -> None:
        """A line through points."""
        self.marks.append(Mark("line", of, points=" ".join(f"{x:.1f},{y:.1f}" for x, y in points)))

    def box(self, of: str, x: float, y: float, width: float, height: float) -> None:
        """A filled box."""
        self.marks.append(Mark("box", of, at=(round(x, 1), round(y, 1), round(max(width, 0.6), 1), round(height, 1))))

    def text(self, of: str, x: float, y: float, words: str, anchor: str = "start") -> None:
        """Words on their base line."""
        self.marks.append(Mark("text", of, at=(round(x, 1), round(y, 1)), words=words, anchor=anchor))


@dataclass(frozen=True)
class Scale:
    """A value → a place between two ends."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        span = (self.high - self.low) or 1.0
        return self.start + (value - self.low) / span * (self.end - self.start)


def ranking(rows: Sequence[Standing], most: int = 8) -> Picture:
    """One bar per ranked firm, with the range over counting rules behind it."""
    shown = rows[:most]
    step, left = 15.0, 46.0
    picture = Picture(height=max(step * len(shown) + 4, 40))
    widest = max((row.score_high or row.score or 0.0 for row in shown), default=0.0)
    scale = Scale(0.0, widest, left, WIDTH - 36)
    for number, row in enumerate(shown):
        y = 4 + number * step
        low, score, high = (scale(value or 0.0) for value in (row.score_low, row.score, row.score_high))
        picture.text("name", 0, y + 10, row.firm[:5])
        picture.box("range", low, y, high - low, 13)
        picture.box("solid", left, y + 3, score - left, 7)
        picture.text("value", high + 4, y + 10, percent(row.score, 1))
    return picture


def growth(runs: Sequence[Run], benchmark: str, width: float = WIDTH, height: float = HEIGHT) -> Picture:
    """Growth of one yuan of each strategy and of the benchmark on a log axis; empty without a back-test."""
    picture = Picture(width, height)
    if not runs:
        return picture
    curves = [("bench", benchmark, runs[0].appraisal.curves.benchmark)]
    curves += [(f"s{number}", run.name, run.appraisal.curves.strategy) for number, run in enumerate(runs[:6], start=1)]
    known = np.concatenate([values[np.isfinite(values) & (values > 0)] for _, _, values in curves])
    low, high = float(known.min()), float(known.max())
    y = Scale(log(low), log(high), height - BOTTOM, TOP)
    days = runs[0].appraisal.curves.dates
    x = Scale(0, len(days) - 1, LEFT, width - RIGHT)
    for tick in TICKS:
        if low <= tick <= high:
            _across(picture, y(log(tick)), f"{tick:g}", "base" if tick == 1 else "grid")
    _span(picture, str(days[0])[:7], str(days[-1])[:7])
    for of, name, values in curves:
        there = [t for t in _kept(len(values)) if isfinite(values[t]) and values[t] > 0]
        picture.line(of, [(x(t), y(log(values[t]))) for t in there])
        picture.legend.append((of, name))
    return picture


def rating(cone: Cone | None, upper: str, lower: str, basket: str) -> Picture:
    """The way of the rated series against the benchmark, between the edges of the bands, up to month 12."""
    picture = Picture()
    if cone is None or not cone.paths:
        return picture
    edge, shown = float(EDGE), cone.paths[:6]
    values = [value for path in shown for value in path.values] + [edge, -edge]
    y = Scale(min(values), max(values), HEIGHT - BOTTOM, TOP)
    x = Scale(cone.start.toordinal(), cone.ends[1].toordinal(), LEFT, WIDTH - RIGHT)
    for value, of in ((edge, "up"), (0.0, "base"), (-edge, "down")):
        _across(picture, y(value), signed_percent(value, 0), of)
    half = x(cone.ends[0].toordinal())
    picture.line("grid", [(half, TOP), (half, HEIGHT - BOTTOM)])
    picture.text("tick", half, HEIGHT - 3, str(cone.ends[0])[2:7], "middle")
    _span(picture, str(cone.start)[2:7], str(cone.ends[1])[2:7])
    for number, path in enumerate(shown, start=1):
        of = "bench" if path.kind == CONTEXT else f"s{number}"
        picture.line(of, [(x(day.toordinal()), y(v)) for day, v in zip(path.days, path.values, strict=True)])
        picture.legend.append((of, basket if path.kind == CONTEXT else path.name))
    picture.legend += [("up", upper), ("down", lower)]
    return picture


def _across(picture: Picture, y: float, words: str, of: str) -> None:
    picture.line(of, [(LEFT, y), (picture.width - RIGHT, y)])
    picture.text("tick", LEFT - 3, y + 3, words, "end")


def _span(picture: Picture, first: str, last: str) -> None:
    picture.text("tick", LEFT, picture.height - 3, first)
    picture.text("tick", picture.width - RIGHT, picture.height - 3, last, "end")


def _kept(count: int) -> list[int]:
    """Places of at most `POINTS` values, the first and the last among them."""
    step = max(1, -(-count // POINTS))
    return sorted({*range(0, count, step), count - 1})

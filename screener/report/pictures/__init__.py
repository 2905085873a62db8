"""The picture of each kind of answer, as an analyst would draw it by hand; `.plot()` asks for it.

1. What is ranked becomes bars with their range, what has days a line or points in time, what is counted stacked bars by
   month, what adds up a waterfall or a stack of parts, what was estimated a point with its interval.
2. Rows without the figure that is drawn are left out; where none has it, that is an error, no empty picture.
3. Growth is drawn on a log axis (`charts.stacked`): the same share, the same height.
4. Names are headings of the workbook, in the language of the terminal; text from outside is made inert.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from screener.core.answer import Answer
from screener.core.errors import UsageError
from screener.report.charts import Figure, stacked
from screener.report.pictures import firms, judged, kept

Draw = Callable[[Any], Figure]
_DRAWN: Mapping[str, Draw] = {
    "Appraisal": stacked,
    "Overview": judged.mean_path,
    "Overviews": judged.estimates,
    "ScreenResult": firms.screen,
    "Brief": firms.brief,
    "Explanation": firms.explanation,
    "Difference": firms.difference,
    "SweepAnswer": judged.sweep,
    "Review": judged.ratings,
    "Delivery": firms.delivery,
    "Alerts": kept.alerts,
    "Status": kept.coverage,
    "Findings": kept.findings,
    "History": kept.history,
    "Selection": kept.selection,
    "Loading": kept.loading,
    "announcements": kept.announcements,
    "proposals": kept.announcements,
}
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

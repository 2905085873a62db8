"""The sections of the page in their order: name → function of (source, canvas) that returns values for its template."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from screener.report.page.sections import (
    backtests,
    believe,
    brief,
    cheating,
    context,
    events,
    firms,
    limits,
    ranked,
    ratings,
    stands_on,
    sweeps,
)
from screener.report.page.source import Canvas, PageSource

Section = Callable[[PageSource, Canvas], dict[str, Any]]
SECTIONS: dict[str, Section] = {
    "brief": brief.build,
    "screen": ranked.build,
    "firms": firms.build,
    "backtests": backtests.build,
    "events": events.build,
    "ratings": ratings.build,
    "believe": believe.build,
    "sweeps": sweeps.build,
    "cheating": cheating.build,
    "context": context.build,
    "limits": limits.build,
    "stands_on": stands_on.build,
}

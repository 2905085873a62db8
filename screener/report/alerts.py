"""Alerts as a terminal table."""

from __future__ import annotations

from screener.evaluation.alerts import Alerts
from screener.report.tables import Field, print_table, say

_FIELDS = (
    Field("day", "day"),
    Field("what", "what"),
    Field("symbol", "symbol"),
    Field("detail", "detail", wrap=True),
)


def print_alerts(answer: Alerts) -> None:
    """One line per alert, by day, and how many there are."""
    print_table(_FIELDS, answer.frame().to_dicts())
    say(f"{len(answer.found)} alerts since {answer.since}")

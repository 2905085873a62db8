"""Alerts as a terminal table."""

from __future__ import annotations

from screener.evaluation.alerts import Alerts
from screener.report.tables import Field, print_table, say

_FIELDS = (
    Field("day", "day"),
    Field("what", "what", said=True),
    Field("symbol", "symbol"),
    Field("detail", "detail", wrap=True, said=True),
)


def print_alerts(answer: Alerts) -> None:
    """One line per alert, by day, and how many there are."""
    rows = answer.frame().to_dicts()
    print_table(
        _FIELDS, rows, empty="nothing changed and nothing is due since that day: name an earlier one to see more"
    )
    say(f"{len(rows)} alerts since {answer.since}")

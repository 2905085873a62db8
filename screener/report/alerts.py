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


def lines(answer: Alerts) -> list[str]:
    """What is printed, as lines of plain text: stamps, a line per alert, how many there are, what it stands on."""
    told = ["  ".join(field.show(row[field.key]) for field in _FIELDS) for row in answer.frame().to_dicts()]
    return [*answer.stands_on.stamps, *told, _counted(answer), answer.stands_on.line]


def print_alerts(answer: Alerts) -> None:
    """One line per alert, by day, and how many there are."""
    print_table(_FIELDS, answer.frame().to_dicts())
    say(_counted(answer))


def _counted(answer: Alerts) -> str:
    return f"{len(answer.found)} alerts since {answer.since}"

"""Alerts as a terminal table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from screener.evaluation.alerts import Alerts
from screener.report.tables import Field, print_table, say
from screener.report.words import told

_FIELDS = (
    Field("day", "day"),
    Field("what", "what", said=True),
    Field("symbol", "symbol"),
    Field("detail", "detail", wrap=True, said=True),
)


def lines(answer: Alerts) -> list[str]:
    """What is printed, as lines of plain text: stamps, a line per alert, how many there are, what it stands on."""
    rows = ["  ".join(_cell(field, row) for field in _FIELDS) for row in answer.frame().to_dicts()]
    said = answer.stands_on
    return [*map(told, said.stamps), *rows, told(_counted(answer)), told(said.line)]


def _cell(field: Field, row: Mapping[str, Any]) -> str:
    shown = field.show(row[field.key])
    return told(shown) if field.said else shown


def print_alerts(answer: Alerts) -> None:
    """One line per alert, by day, and how many there are."""
    rows = answer.frame().to_dicts()
    print_table(
        _FIELDS, rows, empty="nothing changed and nothing is due since that day: name an earlier one to see more"
    )
    say(_counted(answer))


def _counted(answer: Alerts) -> str:
    return f"{len(answer.found)} alerts since {answer.since}"

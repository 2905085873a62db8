"""What changed between two days, as it is printed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields as fields_of
from functools import partial
from typing import Any

from screener.core.later import Chained
from screener.core.units import percent, signed_percent, yi
from screener.report.tables import Field, head, print_table, say_all, sign_style
from screener.screen.diff import Difference, FirmDiff
from screener.screen.effects import EFFECTS

_CHANGES = (
    Field("symbol", "symbol"),
    Field("commitment_id", "id"),
    Field("effect", "effect", lambda effect: str(effect).replace("_", "-"), said=True),
    Field("yuan", "amount", lambda value: yi(value, 4), right=True),
    Field("why", "why", wrap=True, said=True, drop=1),
)
_BETWEEN = (
    Field("symbol", "symbol"),
    Field("known_at", "known at", lambda at: f"{at:%Y-%m-%d}"),
    Field("kind", "kind", said=True, drop=1),
    Field("title", "title", wrap=True),
)


def _of_firm(pair: tuple[str, Any]) -> dict[str, Any]:
    """The cells of something of a firm: its symbol, and the fields of the thing."""
    symbol, row = pair
    return {**{each.name: getattr(row, each.name) for each in fields_of(row)}, "symbol": symbol}


def print_diff(found: Difference) -> None:
    """What changed each score, as log shares that add up, and the announcements in between."""
    shown = [row for row in found.rows if row.status != "unscored"]
    fields = [
        Field("symbol", "symbol"),
        Field("before", "before", percent, right=True),
        Field("after", "after", percent, right=True),
        Field("log", "ln", _signed, right=True, style=_tinted),
        *(
            Field(name, name.replace("_", "-"), _signed, right=True, style=_tinted)
            for name in (*EFFECTS, "price", "shares")
        ),
    ]
    print_table(
        fields,
        shown,
        cells=_of_scores,
        title=f"Scores {found.first} → {found.last}; ln(after ÷ before) and its parts",
        empty="no firm had a score on either day: nothing to compare; screener screen --as-of D shows a day",
    )
    changes = Chained([(row.count, partial(_each, row, "changes")) for row in shown])
    if changes:
        print_table(_CHANGES, changes, title="What changed the backlogs", cells=_of_firm)
    between = Chained([(row.between, partial(_each, row, "announcements")) for row in shown])
    if between:
        print_table(_BETWEEN, between, title="Announcements in between", cells=_of_firm)
    say_all(_shared(row) for row in head(shown) if row.log_shares and row.log_change)


def _of_scores(row: FirmDiff) -> dict[str, Any]:
    scores = {"before": row.score_before, "after": row.score_after, "log": row.log_change}
    return {"symbol": row.symbol, "firm": row.firm, **scores, **(row.log_shares or {})}


def _each(row: FirmDiff, name: str) -> Iterator[tuple[str, Any]]:
    """What a row has of something, each with the firm's symbol."""
    return ((row.symbol, each) for each in getattr(row, name))


def _shared(row: FirmDiff) -> str:
    parts = (
        f"{name.replace('_', '-')} {signed_percent(value / (row.log_change or 1.0), 0)}"
        for name, value in (row.log_shares or {}).items()
        if value
    )
    return f"{row.symbol}: of the change, " + ", ".join(parts)


def _tinted(value: Any) -> str:
    return sign_style(_signed(value))


def _signed(value: float | None) -> str:
    return "—" if value is None else f"{value:+.3f}"

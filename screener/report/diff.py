"""What changed between two days, as it is printed."""

from __future__ import annotations

from dataclasses import fields as fields_of
from typing import Any

from screener.core.units import percent, signed_percent, yi
from screener.report.tables import Field, head, print_table, say_all, sign_style
from screener.screen.diff import EFFECTS, Difference, FirmDiff

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
    cells = [
        {
            "symbol": row.symbol,
            "firm": row.firm,
            "before": row.score_before,
            "after": row.score_after,
            "log": row.log_change,
            **(row.log_shares or {}),
        }
        for row in shown
    ]
    print_table(
        fields,
        cells,
        title=f"Scores {found.first} → {found.last}; ln(after ÷ before) and its parts",
        empty="no firm had a score on either day: nothing to compare; screener screen --as-of D shows a day",
    )
    changes = [(row.symbol, change) for row in shown for change in row.changes]
    if changes:
        print_table(_CHANGES, changes, title="What changed the backlogs", cells=_of_firm)
    between = [(row.symbol, each) for row in shown for each in row.announcements]
    if between:
        print_table(_BETWEEN, between, title="Announcements in between", cells=_of_firm)
    say_all(_shared(row) for row in head(shown) if row.log_shares and row.log_change)


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

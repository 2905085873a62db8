"""Rating verdicts as terminal tables: pending where pending, context never called a verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from screener.core.units import number, percent, signed_percent
from screener.evaluation.scorecard import Scorecard
from screener.report.tables import Field, print_table, say, text

Row = Mapping[str, Any]
_VERDICTS = (
    Field("subject", "subject", wrap=True),
    Field("rating", "rating"),
    Field("dates", "report date"),
    Field("reading", "reads"),
    Field("status", "status", wrap=True),
    Field("horizon_end", "horizon"),
    Field("relative_return", "relative", signed_percent, right=True),
    Field("band", "band"),
)
_CONTEXT = (
    Field("candidate", "from"),
    Field("relative_return", "so far", signed_percent, right=True),
    Field("band", "band if it ended there"),
    Field("before", "from the close before", signed_percent, right=True),
    Field("so_far_date", "to"),
)


def print_ratings(rows: Sequence[Row]) -> None:
    """Every rating by reading, then why a verdict is missing."""
    cells = [
        {**row, "dates": _dates(row), "horizon_end": _horizon(row), "status": row["status"].replace("_", " ")}
        for row in rows
    ]
    benchmarks = ", ".join(sorted({row["benchmark"] for row in rows}))
    print_table(_VERDICTS, cells, title=f"Ratings against {benchmarks}")
    reasons = {(row["subject"], row["reason"], row["next_step"]) for row in rows if row["reason"]}
    for subject, reason, step in sorted(reasons):
        say(f"{subject}: {reason}" + (f"; {step}" if step else ""))
    if any(row["reading"] == "A" for row in rows):
        say(
            "reading A (any day in the window) is an upper bound, never a verdict; * = no session known yet on that day"
        )


def _dates(row: Row) -> str:
    last: date | None = row.get("report_date_last")
    return f"{row['report_date']}…{last:%d}" if last and last != row["report_date"] else text(row["report_date"])


def _horizon(row: Row) -> str:
    return text(row["horizon_end"]) + ("*" if row.get("session_unknown") else "")


def print_context(rows: Sequence[Row]) -> None:
    """The basket by candidate report date, then each firm at the last of them."""
    if not rows:
        return
    last = max(row["candidate"] for row in rows)
    basket = [row for row in rows if row["subject"] == "basket"]
    print_table(
        _CONTEXT, [_context(row) for row in basket], title="Context, NOT rated by the report: basket of its firms"
    )
    firms = [row for row in rows if row["subject"] != "basket" and row["candidate"] == last]
    fields = (Field("subject", "symbol"), Field("name", "firm"), *_CONTEXT[1:])
    print_table(
        fields, [_context(row) for row in firms], title=f"Context, NOT rated by the report: its firms from {last}"
    )


def _context(row: Row) -> dict[str, Any]:
    return {
        **row,
        "relative_return": row["so_far"],
        "band": row["so_far_band"],
        "before": row["so_far_from_close_before"],
    }


def print_hits(rows: Sequence[Row]) -> None:
    """Hit rates with their n and interval; nothing where nothing is final."""
    if not any(row["n"] for row in rows):
        say("no final rating yet: no hit rate")
        return
    fields = [Field(name, name.replace("_", " ")) for name in ("broker", "reading", "benchmark", "n", "hits")]
    rates = [Field(name, name.replace("_", " "), percent, right=True) for name in ("hit_rate", "low", "high")]
    waiting = [Field("pending", "pending"), Field("n_effective", "n eff.", number, right=True)]
    print_table([*fields, *rates, *waiting], [row for row in rows if row["n"]], title="Hit rates")


def print_scorecard(card: Scorecard) -> None:
    """Rating × realised band, the hit rate on n and on the effective n, and the null of the same stocks."""
    names = list(card.table()[0]) if card.table() else []
    fields = [Field(name, name, right=name != "rating") for name in names]
    print_table(fields, card.table(), title=f"Scorecard {card.reading}: rating × realised band")
    say(card.note)
    if card.n:
        low, high = card.clopper_pearson_effective or (None, None)
        say(
            f"hit rate {percent(card.hit_rate)} of n {card.n}; on {card.n_effective:.1f} independent looks "
            f"[{percent(low)}, {percent(high)}] (Clopper–Pearson); base rate {percent(card.base_rate)}, "
            f"skill {signed_percent(card.skill)}; kappa {number(card.kappa)}, tau-b {number(card.tau_b)}; "
            f"{card.duplicates} repeats not counted"
        )
    say()

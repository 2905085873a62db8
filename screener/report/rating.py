"""Rating verdicts as terminal tables: pending where pending, context never called a verdict."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from screener.core.units import number, percent, signed_percent
from screener.evaluation.rating import BASKET, Context, HitRate, Judged, Reading, Review, Scorecard
from screener.report.tables import Field, print_table, say, text

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
    Field("so_far", "so far", signed_percent, right=True),
    Field("so_far_band", "band if it ended there"),
    Field("so_far_from_close_before", "from the close before", signed_percent, right=True),
    Field("so_far_date", "to"),
)
_NOT_RATED = "Context, NOT rated by the report:"


def print_review(answer: Review) -> None:
    """Verdicts, hit rates, scorecards where asked, context."""
    print_ratings(answer.judged)
    print_hits(answer.hits)
    for card in answer.cards:
        print_scorecard(card)
    print_context(answer.context)


def print_ratings(judged: Sequence[Judged]) -> None:
    """Every rating by reading, then why a verdict is missing."""
    benchmarks = ", ".join(sorted({row.benchmark for row in judged}))
    print_table(_VERDICTS, [_cells(row) for row in judged], title=f"Ratings against {benchmarks}")
    lasts = ((row.rated.subject, row.headline) for row in judged)
    for subject, reason, step in sorted({(subject, v.reason, v.next_step) for subject, v in lasts if v.reason}):
        say(f"{subject}: {reason}" + (f"; {step}" if step else ""))
    if any(row.reading is Reading.A for row in judged):
        say(
            "reading A (any day in the window) is an upper bound, never a verdict; * = no session known yet on that day"
        )


def _cells(row: Judged) -> dict[str, Any]:
    unknown = any(verdict.session_unknown for verdict in row.verdicts)
    return {
        "subject": row.rated.subject,
        "rating": row.rated.rating,
        "dates": _dates(row),
        "reading": row.reading,
        "status": row.status.replace("_", " "),
        "horizon_end": text(row.horizon_end) + ("*" if unknown else ""),
        "relative_return": row.relative_return,
        "band": row.band,
    }


def _dates(row: Judged) -> str:
    first, last = row.rated.report_date, row.rated.report_date_last
    return f"{first}…{last:%d}" if last and last != first else text(first)


def print_context(rows: Sequence[Context]) -> None:
    """The basket by candidate report date, then each firm at the last of them."""
    if not rows:
        return
    last = max(row.candidate for row in rows)
    print_table(
        _CONTEXT, _plain(row for row in rows if row.subject == BASKET), title=f"{_NOT_RATED} basket of its firms"
    )
    print_table(
        (Field("subject", "symbol"), Field("name", "firm"), *_CONTEXT[1:]),
        _plain(row for row in rows if row.subject != BASKET and row.candidate == last),
        title=f"{_NOT_RATED} its firms from {last}",
    )


def _plain(rows: Iterable[Context]) -> list[dict[str, Any]]:
    return [row.as_dict() for row in rows]


def print_hits(rates: Sequence[HitRate]) -> None:
    """Hit rates with their n and interval; nothing where nothing is final."""
    if not any(rate.n for rate in rates):
        say("no final rating yet: no hit rate")
        return
    fields = [Field(name, name.replace("_", " ")) for name in ("broker", "reading", "benchmark", "n", "hits")]
    shares = [Field(name, name.replace("_", " "), percent, right=True) for name in ("hit_rate", "low", "high")]
    waiting = [Field("pending", "pending"), Field("n_effective", "n eff.", number, right=True)]
    print_table([*fields, *shares, *waiting], [rate.as_dict() for rate in rates if rate.n], title="Hit rates")


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

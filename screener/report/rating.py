"""Rating verdicts as terminal tables: pending where pending, context never called a verdict.

One line per subject and series; the four readings of each only where asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from screener.core.stands_on import first_of
from screener.core.units import UNKNOWN, number, percent, signed_percent
from screener.evaluation.rating import (
    BASKET,
    LEAST,
    Context,
    HitRate,
    Judged,
    Line,
    Rating,
    Record,
    Review,
    Scorecard,
    Status,
    lines,
)
from screener.report.tables import Field, print_table, say, text

_SHOWN, _INDUSTRIES = 30, 5  # ratings of stocks, and of industries: the newest
_STANDS = (
    Field("so_far", "so far"),
    Field("today", "band today", wrap=True, drop=2),
    Field("month_6", "month 6", wrap=True, said=True),
    Field("month_12", "month 12", wrap=True, said=True, drop=1),
)
_SERIES = (Field("series", "series", wrap=True), *_STANDS)
_STOCKS = (
    Field("subject", "subject", wrap=True),
    Field("broker", "broker", wrap=True),
    Field("rating", "rating", wrap=True),
    Field("dates", "report date", drop=3),
    *_STANDS,
)
_READINGS = (
    Field("subject", "subject", wrap=True),
    Field("series", "series", wrap=True),
    Field("rating", "rating", wrap=True, drop=2),
    Field("dates", "report date", drop=3),
    Field("reading", "reads"),
    Field("status", "status", wrap=True, said=True),
    Field("horizon_end", "due", drop=1),
    Field("so_far", "so far"),
    Field("relative_return", "relative", signed_percent, right=True),
    Field("geometric", "(1+r)/(1+b)−1", signed_percent, right=True, drop=6),
    Field("before", "from the close before", signed_percent, right=True, drop=5),
    Field("extremes", "lowest … highest", drop=4),
    Field("band", "band"),
)
_CONTEXT = (
    Field("candidate", "from"),
    Field("so_far", "so far", signed_percent, right=True),
    Field("so_far_band", "band if it ended there"),
    Field("so_far_from_close_before", "from the close before", signed_percent, right=True, drop=1),
    Field("so_far_date", "to", drop=2),
)
_NOT_RATED = "Context, NOT rated by the report:"
_NEEDS_A_WORD = (Status.NOT_EVALUABLE, Status.STALE)
_NAMED = 6  # subjects that a reason concerns


def print_review(answer: Review, *, full: bool = False) -> None:
    """Where each rating stands, hit rates, scorecards where asked, context; `full`: the four readings of each."""
    print_ratings(answer.judged, full=full, made_up=answer.stands_on.synthetic)
    print_hits(answer.hits)
    for card in answer.cards:
        print_scorecard(card)
    print_records(answer.records)
    print_context(answer.context, full=full)


def print_ratings(judged: Sequence[Judged], *, full: bool = False, made_up: bool = False) -> None:
    """One line per subject and series, then why a verdict is missing and what it hangs on.

    made_up: of a SYNTHETIC store, which takes nothing that is fetched: no such step is named.
    """
    every = lines(judged)
    stands = list(every) if full else [line for line in every if not line.repeated]
    industries: dict[tuple[Rating, str], list[Line]] = {}
    for line in stands:
        if line.rated.subject_kind == "industry":
            industries.setdefault((line.rated, line.benchmark), []).append(line)
    for group in list(industries.values())[0 if full else -_INDUSTRIES :]:
        _print_industry(group)
    _print_stocks([line for line in stands if line.rated.subject_kind == "stock"], full=full)
    _say_until(stands)
    left = len(every) - len(stands) + sum(map(len, list(industries.values())[: 0 if full else -_INDUSTRIES]))
    if left:
        say(f"{left} lines are left out (ratings that repeat a standing one, older industries): --full")
    if full:
        print_table(_READINGS, [_cells(row) for row in judged], title="The four readings of each")
        say("A (any day in the window) is an upper bound, never a verdict; * = no session known yet on that day")
    for main in dict.fromkeys(line.stand_in for line in stands if line.stand_in and line.stand_in.main):
        said = main.reason or main.certainty.replace("_", " ")
        say(f"main series {main.label}: {said}; --industry-index ID,… takes others")
    _say_why(stands, fetching=not made_up)


def _print_industry(stands: Sequence[Line]) -> None:
    """One industry: every series beside the others."""
    first = stands[0]
    title = f"{first.rated.broker}: {first.rated.subject} {first.rated.word} ({_dates(first.rated)})"
    shown = [line for line in stands if line is first or line.six.status is not Status.NOT_EVALUABLE]
    print_table(_SERIES, [_line(line) for line in shown], title=f"{title} against {first.benchmark}")
    if first.depends_on_series:
        say("depends on the series: they do not end in the same band")
    if any(line.depends_on_date for line in stands):
        say("depends on the date: a / b are the bands of the candidate report dates")


def _print_stocks(stands: Sequence[Line], *, full: bool) -> None:
    shown = stands if full else stands[-_SHOWN:]
    if not shown:
        return
    benchmarks = ", ".join(sorted({line.benchmark for line in stands}))
    print_table(_STOCKS, [_line(line) for line in shown], title=f"Ratings against {benchmarks}")
    if len(shown) < len(stands):
        say(f"{len(stands) - len(shown)} older ratings are not shown: --full")


def _say_until(stands: Sequence[Line]) -> None:
    days = [line.so_far_date for line in stands if line.so_far_date is not None]
    if days:
        first, last = min(days), max(days)
        say(f"so far: to {last}, the last day of both series" + (f" ({first} for some)" if first != last else ""))
    say()


def _line(line: Line) -> dict[str, Any]:
    return {
        "subject": line.rated.subject,
        "broker": line.rated.broker,
        "rating": line.rated.word,
        "dates": _dates(line.rated),
        "series": line.stand_in and line.stand_in.label,
        "so_far": _range(*line.so_far),
        "today": " / ".join(line.today) or UNKNOWN,
        "month_6": _end(line.six),
        "month_12": _end(line.twelve),
    }


def _end(row: Judged) -> str:
    """`due 2026-12-22…30`, `+12.30% 优于大市: hit`, or the status: a rating that was changed says so here alone."""
    if row.final:
        low, high = row.relative_return_range
        told = {True: "hit", False: "miss", None: "depends on the date" if row.depends_on_date else "—"}[row.hit]
        return f"{_range(low, high)} {' / '.join(row.bands)}: {told}"
    if row.status in (Status.PENDING, Status.PARTIAL):
        return f"due {_days(row.verdicts[0].horizon_end, row.horizon_end)}{_unknown(row)}"
    if row.status is Status.SUPERSEDED:
        return f"superseded {row.headline.superseded_on}: {signed_percent(row.relative_return)}"
    return row.status.replace("_", " ")


def _say_why(stands: Sequence[Line], *, fetching: bool) -> None:
    """Why lines have no verdict where time alone does not explain it: each reason once, and whom it concerns."""
    found: dict[tuple[str, str], dict[str, None]] = {}
    for line in stands:
        for row in (line.six, line.twelve):
            if row.status in _NEEDS_A_WORD and row.headline.reason:
                found.setdefault((row.headline.reason, row.headline.next_step), {})[line.rated.subject] = None
    for (reason, named), subjects in found.items():
        step = named if fetching or not named.startswith("screener fetch") else ""
        say(f"{reason}: {first_of(list(subjects), _NAMED)}" + (f"; {step}" if step else ""))


def _cells(row: Judged) -> dict[str, Any]:
    last, final = row.headline, row.final
    return {
        "subject": row.rated.subject,
        "series": row.stand_in and row.stand_in.index,
        "rating": row.rated.word,
        "dates": _dates(row.rated),
        "reading": row.reading,
        "status": row.status.replace("_", " "),
        "horizon_end": _days(row.verdicts[0].horizon_end, row.horizon_end) + _unknown(row),
        "so_far": _range(*row.so_far_range),
        "relative_return": row.relative_return,
        "geometric": last.relative_return_geometric if final else None,
        "before": last.relative_return_from_close_before,
        "extremes": _range(last.lowest, last.highest),
        "band": row.band,
    }


def _unknown(row: Judged) -> str:
    return "*" if any(verdict.session_unknown for verdict in row.verdicts) else ""


def _range(low: float | None, high: float | None) -> str:
    """`-14.26…-8.68%`, one figure where both round to it."""
    first, last = signed_percent(low), signed_percent(high)
    return last if first == last else f"{first.rstrip('%')}…{last}"


def _dates(rated: Rating) -> str:
    return _days(rated.report_date, rated.report_date_last or rated.report_date)


def _days(first: date, last: date) -> str:
    """`2026-06-22…30`, the whole of the second day where the month differs."""
    if first == last:
        return text(first)
    return f"{first}…{last:%d}" if (first.year, first.month) == (last.year, last.month) else f"{first}…{last}"


def print_context(rows: Sequence[Context], *, full: bool = False) -> None:
    """The basket by candidate report date; `full`: each firm at the last of them too."""
    if not rows:
        return
    print_table(
        _CONTEXT, _plain(row for row in rows if row.subject == BASKET), title=f"{_NOT_RATED} basket of its firms"
    )
    if not full:
        return
    last = max(row.candidate for row in rows)
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
        say("no rating is final yet, so there is no hit rate")
        return
    fields = [
        Field("broker", "broker", wrap=True),
        Field("reading", "reading"),
        Field("benchmark", "benchmark", drop=4),
    ]
    counts = [Field(name, name, right=True) for name in ("n", "hits")]
    shares = [
        Field(name, name.replace("_", " "), percent, right=True, drop=drop)
        for name, drop in (("hit_rate", 0), ("low", 1), ("high", 1))
    ]
    waiting = [
        Field("pending", "pending", right=True, drop=3),
        Field("n_effective", "n eff.", number, right=True, drop=2),
    ]
    told = [rate.as_dict() for rate in rates if rate.n]
    print_table([*fields, *counts, *shares, *waiting], told, title="Hit rates")


def print_scorecard(card: Scorecard) -> None:
    """Rating × realised band, the hit rate on n and on the effective n, and the null of the same stocks."""
    names = list(card.table()[0]) if card.table() else []
    fields = [Field(name, name, right=name != "rating") for name in names]
    none = f"Scorecard {card.reading}: no rating is final yet"
    print_table(fields, card.table(), title=f"Scorecard {card.reading}: rating × realised band", empty=none)
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


_RECORD = (
    Field("rank", "rank", right=True, drop=1),
    Field("name", "name", wrap=True),
    Field("n", "n", right=True),
    Field("pending", "pending", right=True, drop=7),
    Field("hit_rate", "hit rate", percent, right=True),
    Field("interval", "95 %", drop=2),
    Field("base_rate", "base", percent, right=True, drop=3),
    Field("p_q", "p · q", drop=4),
    Field("mean", "mean as called", drop=6),
    Field("median", "median as called", drop=8),
    Field("below_neutral", "below neutral", right=True, drop=9, said=True),
    Field("portfolio", "portfolio · excess", drop=5),
    Field("verdict", "verdict", wrap=True, said=True),
)


def print_records(found: Sequence[Record]) -> None:
    """Who was right, ranked names first, a table for each horizon."""
    for reading in dict.fromkeys(one.reading for one in found):
        own = [one for one in found if one.reading == reading]
        months = {"E6": 6, "E12": 12}[reading]
        title = f"Who was right after {months} months, by {own[0].by}: first of each spell, whole horizon"
        print_table(_RECORD, [_record(one) for one in own], title=title)
        ranked = sum(one.rank is not None for one in own)
        say(
            f"base: blind picks of the same days among the same stocks; p: as many hits by such picks; q: over the "
            f"{ranked} ranked names together; names with fewer than {LEAST} final ratings are not ranked"
        )
        repeated, odd = sum(one.repeated for one in own), sum(one.not_understood for one in own)
        say(f"{sum(one.ratings for one in own)} ratings: {repeated} repeat one, {odd} are in words nobody wrote down")
        say()


def _record(one: Record) -> dict[str, Any]:
    return {
        **one.as_dict(),
        "interval": _range(one.low, one.high).replace("+", ""),
        "p_q": UNKNOWN if one.p is None else f"{one.p:.3f} · {UNKNOWN if one.q is None else f'{one.q:.3f}'}",
        "mean": _with_interval(one.mean, one.mean_low, one.mean_high),
        "median": _with_interval(one.median, one.median_low, one.median_high),
        "below_neutral": f"{one.below_neutral} of {one.ratings}",
        "portfolio": _earned(one),
    }


def _earned(one: Record) -> str:
    if one.portfolio_return is None:
        return UNKNOWN
    return f"{signed_percent(one.portfolio_return)} · {signed_percent(one.portfolio_excess)}"


def _with_interval(value: float | None, low: float | None, high: float | None) -> str:
    return signed_percent(value) + ("" if low is None else f" [{_range(low, high)}]")

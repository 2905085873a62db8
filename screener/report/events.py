"""An event study in the terminal: headline lines, what could be had, on demand every test, the path and the events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from screener.core.units import UNKNOWN, number, signed_percent
from screener.evaluation.event_study import Overview, Overviews, Study
from screener.evaluation.event_study.overview import line, rows_of_tests
from screener.report.tables import Field, print_table, say

ATTAINABLE = "What could be had from the open on (buy at the open)"
ATTAINABLE_KEY = (
    "gap: close before → open, not to be had · day: open → close of day 0 · holding: open of the fill → end · "
    "excess: holding less the index · once, in 5, never: bought at the first open, at it or one of 5 more, not at all "
    "· missed: holding, of those never bought"
)
READINGS = {"printed": "printed day", "after": "session after"}
_JOINED = " ".join


def _interval(pair: tuple[float | None, float | None]) -> str:
    low, high = pair
    return UNKNOWN if low is None or high is None else f"{low * 100:+.1f} … {high * 100:+.1f}"


LINES = (
    Field("window", "window"),
    Field("reading", "day 0", said=True),
    Field("caar", "CAAR", signed_percent, right=True),
    Field("interval", "95 %", _interval, right=True, drop=1),
    Field("n", "n", right=True),
    Field("firms", "firms", right=True, drop=4),
    Field("n_effective", "n eff.", lambda v: number(v, 1), right=True, drop=3),
    Field("detectable_effect", "detectable", signed_percent, right=True, drop=2),
    Field("p", "placebo p", right=True, said=True),
)
HAD = (
    Field("reading", "day 0", said=True),
    Field("gap", "gap", signed_percent, right=True, drop=1),
    Field("open_to_close_day0", "day", signed_percent, right=True, drop=5),
    Field("attainable", "holding", signed_percent, right=True),
    Field("attainable_excess", "excess", signed_percent, right=True, drop=2),
    Field("n", "n", right=True),
    Field("filled_at_once", "once", right=True, drop=3),
    Field("filled", "in 5", right=True, drop=4),
    Field("unfilled", "never", right=True, drop=6),
    Field("unfilled_return", "missed", signed_percent, right=True, drop=7),
)
TESTS = (
    Field("test", "test", said=True),
    Field("statistic", "statistic", lambda v: number(v, 3), right=True),
    Field("p", "p", lambda v: number(v, 4), right=True),
    Field("n", "n", right=True),
    Field("note", "note", wrap=True, said=True, drop=1),
)
PATH = (
    Field("offset", "session", right=True),
    Field("aar", "AAR", signed_percent, right=True),
    Field("caar", "CAAR", signed_percent, right=True),
    Field("n", "n", right=True),
)
EVENTS = (
    Field("symbol", "symbol"),
    Field("firm", "firm", drop=5),
    Field("announcements", "rows", _JOINED, wrap=True, drop=6),
    Field("event_date", "printed"),
    Field("day0", "day 0"),
    Field("known_at_basis", "basis", said=True, drop=7),
    Field("car", "CAR", signed_percent, right=True),
    Field("scar", "SCAR", number, right=True, drop=1),
    Field("estimation_days", "est. days", right=True, drop=8),
    Field("beta", "beta", number, right=True, drop=2),
    Field("beta_all_days", "all days", number, right=True, drop=9),
    Field("adaptive_end", "τ*", right=True, drop=4),
    Field("flags", "flags", _JOINED, wrap=True, said=True, drop=3),
)
DROPPED = (
    Field("announcement", "row"),
    Field("symbol", "symbol"),
    Field("event_date", "printed"),
    Field("reason", "left out because", wrap=True, said=True),
)


def print_events(answer: Overview | Overviews, *, full: bool = False) -> None:
    """The tables of one kind (full: everything), or a line for every kind; stamps and conclusion are printed before."""
    if isinstance(answer, Overviews):
        _print_all(answer)
    else:
        _print_one(answer, full=full)


def _print_one(answer: Overview, *, full: bool) -> None:
    say(f"{answer.study.label} · {_model(answer)}")
    say()
    fields = [*LINES, Field("model", "model")] if full else LINES
    print_table(fields, [_line_row(one) for one in answer.lines])
    print_table(HAD, [_reading(asdict(row)) for row in answer.attainable], title=ATTAINABLE)
    say(ATTAINABLE_KEY)
    say()
    if full:
        _print_full(answer.study)
    else:
        say(f"all tests, path, events: screener events --kind {answer.study.kind} --full")


def _model(answer: Overview | Overviews) -> str:
    """How the figures were made."""
    rules = answer.stands_on.rules
    return (
        f"model {rules['model']}, estimated on {rules['estimation_window']} · {rules['placebo_draws']} placebo draws, "
        f"seed {rules['seed']}"
    )


def _reading(row: Mapping[str, Any]) -> dict[str, Any]:
    return {**row, "reading": READINGS[row["reading"]]}


def _line_row(one: Study) -> dict[str, Any]:
    return {**_reading(line(one)), "interval": (one.low, one.high), "p": _shown_p(one)}


def _shown_p(one: Study) -> str:
    if one.p is None:
        return UNKNOWN
    return "descriptive" if one.descriptive else f"{one.p:.3f}"


def _print_full(study: Study) -> None:
    print_table(TESTS, rows_of_tests(study), title=f"Tests of CAAR{study.window} = 0; the first is the primary")
    control = study.control
    if control is not None and control.mean is not None:
        say(
            f"placebo dates: CAAR {signed_percent(control.mean)}, 95 % of draws "
            f"{signed_percent(control.low)} … {signed_percent(control.high)}; "
            f"window in market days: {signed_percent(study.caar_market_days)}; r̄ {study.correlation:.4f}; "
            f"as many firms as {study.firms_effective:.1f} with equal shares"
        )
    print_table(PATH, [vars(day) for day in study.path], title="Path", empty="no path: no event has prices around it")
    print_table(
        EVENTS,
        [vars(row) for row in study.events],
        title=f"Events in {study.window}",
        empty="no event in this window has prices: screener status shows the gaps",
    )
    print_table(DROPPED, [vars(row) for row in study.dropped], title="Left out", empty="no event was left out")


def _print_all(answer: Overviews) -> None:
    say(f"every kind · {_model(answer)}")
    rows = [{"kind": one.study.kind, "q": one.q, **_line_row(one.study)} for one in answer.kinds]
    q = Field("q", "q (BH)", lambda v: number(v, 3), right=True)
    print_table([Field("kind", "kind"), *LINES, q], rows)

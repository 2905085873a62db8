"""Everything `events` shows about one kind, as plain rows: the command, the demo and the page print from this."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from screener.core.errors import UsageError
from screener.evaluation.event_study.conclusion import conclude
from screener.evaluation.event_study.kinds import KINDS
from screener.evaluation.event_study.model import ESTIMATION, MINIMUM, Model, Window
from screener.evaluation.event_study.outcome import Outcome
from screener.evaluation.event_study.sample import Reading
from screener.evaluation.event_study.study import ADAPTIVE, HEADLINE, Bench, Study, attainable_rows, study
from screener.evaluation.inference.multiple import benjamini_hochberg

LATEST_START, LONGEST = 10, 60
HINDSIGHT = "the firms were chosen in June 2026, knowing what they had announced"


def parse_window(text: str | None) -> Window | None:
    """`0:1` → [0,+1], `adaptive` → the limit-adaptive window, None → None. Raises UsageError."""
    if text is None:
        return None
    if text == "adaptive":
        return ADAPTIVE
    first, _, last = text.partition(":")
    try:
        window = Window(int(first), int(last))
    except ValueError as error:
        raise UsageError("window not understood", got=repr(text), expected="0:1, -1:1 or adaptive") from error
    if not -LATEST_START <= window.first <= window.last <= LONGEST:
        raise UsageError(
            "window outside what can be tested", got=text, expected=f"-{LATEST_START} <= first <= last <= {LONGEST}"
        )
    return window


def overview(
    bench: Bench, kind: str, window: Window | None = None, *, model: Model = Model.TWO_FACTOR, full: bool = False
) -> dict[str, Any]:
    """One kind: keys kind, window, conclusion, n, firms, n_effective, caar, ci, detectable_effect, tests, path …

    The headline is `window` ([0,+1] where none is given) on the printed day; `lines` holds the other windows and
    readings, with `full` also the other models and the adaptive window.
    """
    main = study(bench, kind, window or HEADLINE[0], model=model)
    lines = [main, *_beside(bench, kind, window, model)]
    if full:
        lines += _more(bench, kind, window or HEADLINE[0], model)
    market = bench.market
    return {
        "kind": kind,
        "label": main.label,
        "window": main.window,
        "conclusion": conclude(main),
        "n": main.n,
        "firms": main.firms,
        "n_effective": main.n_effective,
        "firms_effective": main.firms_effective,
        "caar": main.caar,
        "ci": [main.low, main.high],
        "detectable_effect": main.detectable,
        "descriptive_only": main.descriptive,
        "tests": {name: _test(outcome) for name, outcome in main.tests.items()},
        "placebo": _control(main),
        "path": list(main.path),
        "events": list(main.events),
        "lines": [line(one) for one in lines],
        "attainable": [asdict(row) for row in attainable_rows(bench, kind, (window or HEADLINE[0]).last)],
        "dropped": [asdict(row) for row in main.dropped],
        "model": str(model),
        "reading": main.reading,
        "caar_market_days": main.caar_market_days,
        "mean_correlation": main.correlation,
        "estimation": {"window": list(ESTIMATION), "minimum": MINIMUM[model]},
        "hindsight": HINDSIGHT,
        "data": {
            "source": market.source,
            "synthetic": market.synthetic,
            "first": market.sessions[0].astype(object),
            "last": market.sessions[-1].astype(object),
            "draws": bench.draws,
            "seed": bench.seed,
        },
    }


def overview_all(
    bench: Bench, window: Window | None = None, *, model: Model = Model.TWO_FACTOR
) -> list[dict[str, Any]]:
    """Every kind with an event; `q` is the Benjamini–Hochberg value of the primary p over the kinds tested."""
    found = [overview(bench, kind, window, model=model) for kind in KINDS]
    held = [one for one in found if one["n"]]
    tested = [one for one in held if not one["descriptive_only"] and one["tests"]["randomisation"]["p"] is not None]
    q = benjamini_hochberg([one["tests"]["randomisation"]["p"] for one in tested])
    for one, value in zip(tested, q, strict=True):
        one["q"] = value
    return held


def _beside(bench: Bench, kind: str, window: Window | None, model: Model) -> list[Study]:
    """The other window of the headline, and the session after where only a date is known."""
    others = [] if window else [(HEADLINE[1], Reading.PRINTED)]
    pairs = [*others, (window or HEADLINE[0], Reading.AFTER)]
    return [study(bench, kind, w, model=model, reading=reading, path=False) for w, reading in pairs]


def _more(bench: Bench, kind: str, window: Window, model: Model) -> list[Study]:
    adaptive = [] if window.adaptive else [study(bench, kind, ADAPTIVE, model=model, path=False)]
    return adaptive + [study(bench, kind, window, model=other, path=False) for other in Model if other != model]


def line(one: Study) -> dict[str, Any]:
    """One row of the headline table."""
    p = {name: one.tests[name].p if name in one.tests else None for name in ("randomisation", "randomisation_caar")}
    return {
        "window": one.window,
        "reading": one.reading,
        "model": one.model,
        "caar": one.caar,
        "low": one.low,
        "high": one.high,
        "n": one.n,
        "firms": one.firms,
        "n_effective": one.n_effective,
        "detectable_effect": one.detectable,
        "p": None if one.descriptive else p["randomisation"],
        "p_descriptive": p["randomisation"],
        "p_caar": p["randomisation_caar"],
        "descriptive_only": one.descriptive,
    }


def _test(outcome: Outcome) -> Mapping[str, Any]:
    return {
        "statistic": outcome.statistic,
        "p": outcome.p,
        "n": outcome.n,
        "df": outcome.df,
        "note": outcome.note,
    }


def _control(one: Study) -> Mapping[str, Any] | None:
    control = one.control
    if control is None:
        return None
    return {"caar": control.mean, "low": control.low, "high": control.high, "offsets": control.offsets}


def rows_of_tests(tests: Mapping[str, Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    """Rows test, statistic, p, n, df, note; the primary first."""
    return [{"test": name, **values} for name, values in tests.items()]

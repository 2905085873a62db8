"""Everything `events` answers: one kind with all its readings, or every kind side by side.

1. The headline is the window asked for ([0,+1]) on the printed day; beside it the other window and the other reading,
   on demand the other models and the adaptive window.
2. Every kind at once: Benjamini–Hochberg over the primary p-values of the kinds that may be tested.
3. What may be concluded stands before the first figure, after what must be known about the data.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import polars as pl

from screener.core.answer import Answer, Row, Tables
from screener.core.errors import UsageError
from screener.core.stands_on import StandsOn
from screener.evaluation.event_study.bench import Bench
from screener.evaluation.event_study.conclusion import conclude
from screener.evaluation.event_study.feasible import Attainable
from screener.evaluation.event_study.kinds import separate_kinds
from screener.evaluation.event_study.model import ESTIMATION, MINIMUM, Model, Window
from screener.evaluation.event_study.outcome import Outcome
from screener.evaluation.event_study.path import MeanPath
from screener.evaluation.event_study.sample import Reading
from screener.evaluation.event_study.study import ADAPTIVE, HEADLINE, Study, attainable_rows, studies, study
from screener.evaluation.inference.multiple import benjamini_hochberg
from screener.point_in_time.found import Counts

ALL = "all"
LATEST_START, LONGEST = 10, 60
FALSE_DISCOVERY = 0.10


@dataclass(frozen=True, repr=False, eq=False)
class Overview(Answer):
    """One kind of event: the headline study, the others beside it, and what could be had."""

    study: Study
    beside: tuple[Study, ...]  # other windows and readings; with `full` also models
    attainable: tuple[Attainable, ...]  # printed day, session after
    standing: StandsOn
    q: float | None = None  # Benjamini–Hochberg, where every kind was asked for and this one may be tested

    @property
    def stands_on(self) -> StandsOn:
        """Market, hindsight, model, windows, draws; the conclusion is its note."""
        return self.standing

    @property
    def lines(self) -> tuple[Study, ...]:
        """The headline first."""
        return (self.study, *self.beside)

    @property
    def conclusion(self) -> str:
        """What may be concluded, in one sentence."""
        return conclude(self.study)

    @property
    def draws(self) -> int:
        """Placebo draws."""
        return int(self.standing.rules["placebo_draws"])

    @property
    def seed(self) -> int:
        """Seed of the placebo draws."""
        return int(self.standing.rules["seed"])

    @property
    def mean_path(self) -> MeanPath:
        """The mean path with its band, computed when asked. Raises UsageError where no event is left to draw."""
        return self.study.mean_path

    def frame(self) -> pl.DataFrame:
        """One row per window, reading and model; the headline first."""
        return pl.DataFrame([line(one) for one in self.lines], infer_schema_length=None)

    def _tables(self) -> Tables:
        kind, main = {"kind": self.study.kind}, self.study
        lines = [{**kind, **line(one)} for one in self.lines]
        if self.q is not None:
            lines[0]["q"] = self.q
        return {
            "events_lines": lines,
            "events_tests": [{**kind, "window": main.window, **row} for row in rows_of_tests(main)],
            "events_path": [{**kind, **asdict(day)} for day in main.path],
            "events_events": [{**kind, **vars(row)} for row in main.events],
            "events_attainable": [{**kind, **asdict(row)} for row in self.attainable],
            "events_dropped": [{**kind, **vars(row)} for row in main.dropped],
        }

    def _plain(self) -> dict[str, Any]:
        main, stands_on = self.study, self.standing
        return {
            "kind": main.kind,
            "label": main.label,
            "window": main.window,
            "conclusion": self.conclusion,
            "n": main.n,
            "firms": main.firms,
            "n_effective": main.n_effective,
            "firms_effective": main.firms_effective,
            "caar": main.caar,
            "ci": [main.low, main.high],
            "detectable_effect": main.detectable,
            "descriptive_only": main.descriptive,
            "tests": {name: _plain_outcome(outcome) for name, outcome in main.tests.items()},
            "placebo": _plain_control(main),
            "path": [asdict(day) for day in main.path],
            "events": [dict(vars(row)) for row in main.events],
            "lines": [line(one) for one in self.lines],
            "attainable": [asdict(row) for row in self.attainable],
            "left_out": dict(main.left_out),
            "dropped": [dict(vars(row)) for row in main.dropped],
            "model": main.model,
            "reading": main.reading,
            "caar_market_days": main.caar_market_days,
            "mean_correlation": main.correlation,
            "estimation": {name: stands_on.rules[f"estimation_{name}"] for name in ("window", "minimum")},
            "hindsight": stands_on.hindsight,
            "data": {
                "source": stands_on.source,
                "synthetic": stands_on.synthetic,
                "first": stands_on.first_session,
                "last": stands_on.price_session,
                "draws": self.draws,
                "seed": self.seed,
            },
        } | ({} if self.q is None else {"q": self.q})


@dataclass(frozen=True, repr=False, eq=False)
class Overviews(Answer):
    """Every kind that has an event, each as an `Overview`, and how many differ from placebo dates."""

    kinds: tuple[Overview, ...]
    standing: StandsOn

    @property
    def stands_on(self) -> StandsOn:
        """As of one kind; `conclusion_<kind>` holds what may be concluded about each."""
        return self.standing

    @property
    def conclusion(self) -> str:
        """What may be concluded over all kinds, in one sentence."""
        return conclude_all(self.kinds)

    def frame(self) -> pl.DataFrame:
        """One row per kind: its headline and its q."""
        rows = [{"kind": one.study.kind, **line(one.study), "q": one.q} for one in self.kinds]
        return pl.DataFrame(rows, infer_schema_length=None)

    def _tables(self) -> Tables:
        tables: dict[str, list[Row]] = {}
        for one in self.kinds:
            for name, rows in one._tables().items():
                tables.setdefault(name, []).extend(rows)
        return dict(tables)

    def _plain(self) -> list[dict[str, Any]]:
        return [one._plain() for one in self.kinds]


def look(
    bench: Bench, kind: str, window: Window | None = None, *, model: Model = Model.TWO_FACTOR, full: bool = False
) -> Overview | Overviews:
    """One kind, or every kind for `all`. Raises UsageError for an unknown kind."""
    if kind == ALL:
        return overview_all(bench, window, model=model)
    return overview(bench, kind, window, model=model, full=full)


def overview(
    bench: Bench, kind: str, window: Window | None = None, *, model: Model = Model.TWO_FACTOR, full: bool = False
) -> Overview:
    """One kind; window: [0,+1] where none is given; full: other models and the adaptive window too.

    Raises UsageError for an unknown kind.
    """
    windows = [window] if window else HEADLINE
    bench.together(windows)
    main, *beside = studies(bench, kind, _looks(windows, full=full), model=model)
    if full:
        beside += [study(bench, kind, windows[0], model=other) for other in Model if other != model]
    held = attainable_rows(bench, kind, windows[0].last)
    return Overview(main, tuple(beside), held, _standing(bench, main))


def _looks(windows: Sequence[Window], *, full: bool) -> list[tuple[Window, Reading]]:
    """Every window on the printed day, the first on the session after; `full`: the adaptive one too."""
    looks = [*((window, Reading.PRINTED) for window in windows), (windows[0], Reading.AFTER)]
    return [*looks, (ADAPTIVE, Reading.PRINTED)] if full and not windows[0].adaptive else looks


def overview_all(bench: Bench, window: Window | None = None, *, model: Model = Model.TWO_FACTOR) -> Overviews:
    """Every kind with an event; `q` is the Benjamini–Hochberg value of the primary p over the kinds tested."""
    found = [overview(bench, kind, window, model=model) for kind in separate_kinds(bench.market)]
    held = [one for one in found if one.study.n]
    p = {one.study.kind: one.study.p for one in held if not one.study.descriptive and one.study.p is not None}
    q = dict(zip(p, benjamini_hochberg(list(p.values())), strict=True))
    kinds = tuple(replace(one, q=q.get(one.study.kind)) for one in held)
    return Overviews(kinds, _standing_all(bench, kinds, window or HEADLINE[0], model))


def conclude_all(kinds: Sequence[Overview]) -> str:
    """How many of the kinds that may be tested differ from placebo dates."""
    tested = [one for one in kinds if not one.study.descriptive]
    found = [one.q for one in tested if one.q is not None]
    if not found:
        return "Nothing can be concluded: no kind has an effective n of 8."
    seen = sum(q < FALSE_DISCOVERY for q in found)
    return (
        f"{seen} of {len(tested)} kinds with an effective n of 8 or more differ from placebo dates at a false "
        f"discovery rate of 10 %; the hypothesis named beforehand is order [0,+1], the rest is exploratory."
    )


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


def parse_model(name: str) -> Model:
    """The model called `name`. Raises UsageError."""
    try:
        return Model(name)
    except ValueError as error:
        raise UsageError("unknown model", got=repr(name), expected=" | ".join(Model)) from error


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


def rows_of_tests(one: Study) -> list[dict[str, Any]]:
    """Rows test, statistic, p, n, df, note; the primary first."""
    return [{"test": name, **_plain_outcome(outcome)} for name, outcome in one.tests.items()]


def _standing(bench: Bench, main: Study) -> StandsOn:
    said = conclude(main)
    rules = _rules(bench, main.kind, main.window, Model(main.model)) | {f"conclusion_{main.kind}": said}
    return bench.market.stands_on(hindsight=main.hindsight, rules=rules, notes=(said,), findings=_odd(bench, [main]))


def _standing_all(bench: Bench, kinds: Sequence[Overview], window: Window, model: Model) -> StandsOn:
    rules = _rules(bench, ALL, str(window), model) | {f"conclusion_{one.study.kind}": one.conclusion for one in kinds}
    hindsight = next((one.study.hindsight for one in kinds if one.study.hindsight), "")
    return bench.market.stands_on(
        hindsight=hindsight,
        rules=rules,
        notes=(conclude_all(kinds),),
        findings=_odd(bench, [one.study for one in kinds]),
    )


def _odd(bench: Bench, studies: Sequence[Study]) -> Counts:
    """Findings on rows of the firms with events."""
    return bench.market.findings_of({symbol for one in studies for symbol in one.symbols})


def _rules(bench: Bench, kind: str, window: str, model: Model) -> dict[str, Any]:
    return {
        "kind": kind,
        "window": window,
        "model": str(model),
        "estimation_window": list(ESTIMATION),
        "estimation_minimum": MINIMUM[model],
        "placebo_draws": bench.draws,
        "seed": bench.seed,
    }


def _plain_outcome(outcome: Outcome) -> dict[str, Any]:
    return {
        "statistic": outcome.statistic,
        "p": outcome.p,
        "n": outcome.n,
        "df": outcome.df,
        "note": outcome.note,
    }


def _plain_control(one: Study) -> dict[str, Any] | None:
    control = one.control
    if control is None:
        return None
    return {"caar": control.mean, "low": control.low, "high": control.high, "offsets": control.offsets}

"""`screener events`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from screener.commands.options import CsvDir, Db, Json, Xlsx

if TYPE_CHECKING:
    from screener.evaluation.event_study import Bench

Kind = Annotated[
    str,
    typer.Option(
        "--kind",
        help="order (also order_a, _b, _c) | service | purchase | raise | report | investment | agreement | all.",
        metavar="KIND",
    ),
]

ATTAINABLE = "What could be had from the open on (buy at the open)"
ATTAINABLE_KEY = (
    "gap: close before → open, not to be had · day: open → close of day 0 · held: open of the fill → end · "
    "excess: held less the index · once, in 5, never: bought at the first open, at it or one of 5 more, not at all · "
    "missed: held, of those never bought"
)


def events(
    kind: Kind = "order",
    window: Annotated[
        str | None,
        typer.Option("--window", help="First and last session around day 0, as 0:1, -1:1, or adaptive.", metavar="A:B"),
    ] = None,
    model: Annotated[
        str, typer.Option("--model", help="two_factor | market | market_adjusted.", metavar="MODEL")
    ] = "two_factor",
    full: Annotated[bool, typer.Option("--full", help="All tests, models, the path and every event.")] = False,
    draws: Annotated[int, typer.Option("--draws", help="Placebo draws.", min=99, max=99_999)] = 9999,
    seed: Annotated[int, typer.Option("--seed", help="Seed of the placebo draws.")] = 0,
    plot: Annotated[
        Path | None, typer.Option("--plot", help="Draw the mean path: .html, .png or .svg.", metavar="FILE")
    ] = None,
    db: Db = None,
    as_json: Json = False,
    csv: CsvDir = None,
    xlsx: Xlsx = None,
) -> None:
    """Event study: did announcements of a kind move the price? The first line says what may be concluded.

    Example: screener events --kind purchase --window 0:1 --full
    """
    from screener.commands.context import market_of
    from screener.commands.output import hand_out, print_json
    from screener.core.errors import StoreError
    from screener.evaluation.event_study import Bench, kind_of, overview, overview_all, parse_window

    chosen, normal = parse_window(window), _model(model)
    if kind != "all":
        kind_of(kind)
    if plot is not None:
        _drawable(kind, plot)
    market = market_of(db)
    if not len(market.sessions):
        raise StoreError("no prices in the store", next_step="screener load DIR, or screener fetch")
    bench = Bench(market, draws=draws, seed=seed)
    if kind == "all":
        found = overview_all(bench, chosen, model=normal)
    else:
        written = as_json or csv is not None or xlsx is not None
        found = [overview(bench, kind, chosen, model=normal, full=full or written)]
    if plot is not None:
        from screener.report.charts import plot_events

        plot_events(bench, found[0], plot)
    hand_out(_tables(found), lambda: _stands_on(found, bench, str(normal)), csv=csv, xlsx=xlsx)
    if as_json:
        print_json(found if kind == "all" else found[0])
    elif kind == "all":
        _print_all(found)
    else:
        _print(found[0], full=full)


def _drawable(kind: str, plot: Path) -> None:
    """Said before the study is made."""
    from screener.core.errors import UsageError
    from screener.report.charts import checked_ending

    checked_ending(plot)
    if kind == "all":
        raise UsageError("one picture shows one kind", got="--kind all", expected="one kind with --plot")


def _model(name: str) -> Any:
    from screener.core.errors import UsageError
    from screener.evaluation.event_study import Model

    try:
        return Model(name)
    except ValueError as error:
        raise UsageError("unknown model", got=repr(name), expected=" | ".join(Model)) from error


def _tables(found: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Tables of files, each row with its kind; where every kind is asked for, the headline carries its q."""
    from screener.evaluation.event_study import rows_of_tests

    names = ("path", "events", "attainable", "dropped")
    tables = {f"events_{name}": [{"kind": one["kind"], **row} for one in found for row in one[name]] for name in names}
    tests = [
        {"kind": one["kind"], "window": one["window"], **row} for one in found for row in rows_of_tests(one["tests"])
    ]
    lines = [
        {"kind": one["kind"], **row} | ({"q": one["q"]} if row is one["lines"][0] and "q" in one else {})
        for one in found
        for row in one["lines"]
    ]
    return {"events_lines": lines, "events_tests": tests, **tables}


def _stands_on(found: list[dict[str, Any]], bench: Bench, model: str) -> dict[str, Any]:
    """What a workbook's figures rest on and what may be concluded from them."""
    from screener.evaluation.event_study.overview import HINDSIGHT

    market = bench.market
    return {
        "source": market.source,
        "synthetic": market.synthetic,
        "first_session": market.sessions[0].astype(object),
        "last_session": market.sessions[-1].astype(object),
        "model": model,
        **{f"estimation_{key}": value for one in found[:1] for key, value in one["estimation"].items()},
        "placebo_draws": bench.draws,
        "seed": bench.seed,
        "hindsight": HINDSIGHT,
        **{f"conclusion_{one['kind']}": one["conclusion"] for one in found},
    }


def _print(one: Mapping[str, Any], *, full: bool) -> None:
    from screener.report.tables import print_table, say

    say(one["conclusion"])
    say(_standing(one))
    say()
    print_table(_line_fields(full), [_line_row(row) for row in one["lines"]])
    print_table(_attainable_fields(), [_reading_row(row) for row in one["attainable"]], title=ATTAINABLE)
    say(ATTAINABLE_KEY)
    say()
    if not full:
        say(f"all tests, path, events: screener events --kind {one['kind']} --full")
        return
    _print_full(one)


def _standing(one: Mapping[str, Any]) -> str:
    """What the figures stand on."""
    data = one["data"]
    synthetic = "SYNTHETIC · " if data["synthetic"] else ""
    return (
        f"{synthetic}{one['label']} · {_short(data['source'])}, {data['first']} … {data['last']} · "
        f"model {one['model']}, estimated on {one['estimation']['window']} · {data['draws']} placebo draws, "
        f"seed {data['seed']} · HINDSIGHT: {one['hindsight']}"
    )


def _short(source: str, longest: int = 60) -> str:
    """Where many files fed the store, their list stays in the JSON."""
    return source if len(source) <= longest else f"{source[:longest].rstrip()} …"


def _reading_row(row: Mapping[str, Any]) -> dict[str, Any]:
    return {**row, "reading": "printed day" if row["reading"] == "printed" else "session after"}


def _line_row(row: Mapping[str, Any]) -> dict[str, Any]:
    return {**_reading_row(row), "interval": (row["low"], row["high"]), "p": _shown_p(row)}


def _shown_p(row: Mapping[str, Any]) -> str:
    if row["p_descriptive"] is None:
        return "—"
    return "descriptive" if row["descriptive_only"] else f"{row['p']:.3f}"


def _line_fields(full: bool) -> list[Any]:
    from screener.core.units import number, signed_percent
    from screener.report.tables import Field

    fields = [
        Field("window", "window"),
        Field("reading", "day 0"),
        Field("caar", "CAAR", signed_percent, right=True),
        Field("interval", "95 %", _interval, right=True),
        Field("n", "n", right=True),
        Field("firms", "firms", right=True),
        Field("n_effective", "n eff.", lambda v: number(v, 1), right=True),
        Field("detectable_effect", "detectable", signed_percent, right=True),
        Field("p", "placebo p", right=True),
    ]
    return [*fields, Field("model", "model")] if full else fields


def _interval(pair: tuple[float | None, float | None]) -> str:
    from screener.core.units import UNKNOWN

    low, high = pair
    return UNKNOWN if low is None or high is None else f"{low * 100:+.1f} … {high * 100:+.1f}"


def _attainable_fields() -> list[Any]:
    from screener.core.units import signed_percent
    from screener.report.tables import Field

    names = {
        "gap": "gap",
        "open_to_close_day0": "day",
        "attainable": "held",
        "attainable_excess": "excess",
    }
    counts = {"n": "n", "filled_at_once": "once", "filled": "in 5", "unfilled": "never"}
    return [
        Field("reading", "day 0"),
        *(Field(key, heading, signed_percent, right=True) for key, heading in names.items()),
        *(Field(key, heading, right=True) for key, heading in counts.items()),
        Field("unfilled_return", "missed", signed_percent, right=True),
    ]


def _print_full(one: Mapping[str, Any]) -> None:
    from screener.core.units import number, signed_percent
    from screener.evaluation.event_study import rows_of_tests
    from screener.report.tables import Field, print_table, say

    print_table(
        [Field("test", "test"), Field("statistic", "statistic", lambda v: number(v, 3), right=True),
         Field("p", "p", lambda v: number(v, 4), right=True), Field("n", "n", right=True),
         Field("note", "note", wrap=True)],
        rows_of_tests(one["tests"]), title=f"Tests of CAAR{one['window']} = 0; the first is the primary",
    )  # fmt: skip
    placebo = one["placebo"]
    if placebo and placebo["caar"] is not None:
        say(
            f"placebo dates: CAAR {signed_percent(placebo['caar'])}, 95 % of draws "
            f"{signed_percent(placebo['low'])} … {signed_percent(placebo['high'])}; "
            f"window in market days: {signed_percent(one['caar_market_days'])}; r̄ {one['mean_correlation']:.4f}; "
            f"as many firms as {one['firms_effective']:.1f} with equal shares"
        )
    print_table(
        [Field("offset", "session", right=True), Field("aar", "AAR", signed_percent, right=True),
         Field("caar", "CAAR", signed_percent, right=True), Field("n", "n", right=True)],
        one["path"], title="Path",
    )  # fmt: skip
    _print_events(one)


def _print_events(one: Mapping[str, Any]) -> None:
    from screener.core.units import number, signed_percent
    from screener.report.tables import Field, print_table

    joined = " ".join
    print_table(
        [Field("symbol", "symbol"), Field("firm", "firm"), Field("announcements", "rows", joined),
         Field("event_date", "printed"), Field("day0", "day 0"), Field("known_at_basis", "basis"),
         Field("car", "CAR", signed_percent, right=True), Field("scar", "SCAR", number, right=True),
         Field("estimation_days", "est. days", right=True), Field("beta", "beta", number, right=True),
         Field("beta_all_days", "all days", number, right=True), Field("adaptive_end", "τ*", right=True),
         Field("flags", "flags", joined, wrap=True)],
        one["events"], title=f"Events in {one['window']}",
    )  # fmt: skip
    print_table(
        [Field("announcement", "row"), Field("symbol", "symbol"), Field("event_date", "printed"),
         Field("reason", "left out because", wrap=True)],
        one["dropped"], title="Left out",
    )  # fmt: skip


def _print_all(found: list[dict[str, Any]]) -> None:
    from screener.report.tables import Field, print_table, say

    tested = [one for one in found if not one["descriptive_only"]]
    best = min((one["q"] for one in tested if "q" in one), default=None)
    seen = sum(one.get("q", 1.0) < 0.10 for one in tested)
    say(
        "Nothing can be concluded: no kind has an effective n of 8."
        if best is None
        else f"{seen} of {len(tested)} kinds with an effective n of 8 or more differ from placebo dates at a false "
        f"discovery rate of 10 %; the hypothesis named beforehand is order [0,+1], the rest is exploratory."
    )
    if found:
        say(_standing({**found[0], "label": "every kind"}))
    rows = [{"kind": one["kind"], "q": one.get("q"), **_line_row(one["lines"][0])} for one in found]
    q = Field("q", "q (BH)", lambda v: "—" if v is None else f"{v:.3f}", right=True)
    print_table([Field("kind", "kind"), *_line_fields(False), q], rows)

"""`screener report`."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from screener.commands.options import AsOf, BurnOption, Db, Lag, PolicyOption, UniverseOption, parse_day
from screener.commands.progress import working
from screener.core.config import END_OF_DAY, Burn, Policy, ScreenOptions, Universe

if TYPE_CHECKING:
    import polars as pl

    from screener.backtest.mistakes import Mistakes
    from screener.core.config import BacktestOptions
    from screener.point_in_time.market import Market
    from screener.report.page import PageSource
    from screener.report.page.source import Run

STRATEGIES = "equal_weight,backlog_yield,order_drift"


def report(
    out: Annotated[Path, typer.Option(help="The page.", metavar="FILE")] = Path("report.html"),
    as_of: AsOf = None,
    strategies: Annotated[str, typer.Option(help="Which to back-test, by commas.", metavar="A,B,C")] = STRATEGIES,
    lang: Annotated[str, typer.Option(help="zh | en.", metavar="LANG")] = "zh",
    policy: PolicyOption = Policy.FIRM,
    burn: BurnOption = Burn.STRAIGHT_LINE,
    lag: Lag = 5,
    universe: UniverseOption = Universe.KNOWN,
    db: Db = None,
) -> None:
    """One self-contained HTML page: screen, firms, back-tests, events, ratings; opens from disk, loads nothing.

    Example: screener report --lang en --as-of 2026-06-30 --out report.html
    """
    from screener.core.errors import ScreenerError
    from screener.report.page import render
    from screener.report.tables import say

    options = ScreenOptions(policy=policy, burn=burn, lag_months=lag, universe=universe)
    names = [name.strip() for name in strategies.split(",") if name.strip()]
    source = gather(db, parse_day(as_of), names, lang, options)
    with working("building the page"):
        page = render(source).encode()
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_bytes(page)
    except OSError as error:
        raise ScreenerError("cannot write there", where=str(out), got=error.strerror) from error
    say(f"{out}: {len(page) / 1e6:.1f} MB; open it in a browser, it loads nothing")


def gather(db: Path | None, day: date | None, names: list[str], lang: str, options: ScreenOptions) -> PageSource:
    """Everything the page needs, out of a store, as known by the end of `day` (default: the last session)."""
    from screener.backtest import trials
    from screener.commands.context import db_path, frames_of
    from screener.evaluation.searches import searches
    from screener.report.page.words import words_of

    words_of(lang)  # a wrong language is said before any work
    path = db_path(db)
    frames = frames_of(db)
    return page_source(frames, day, names, lang, options, searches=searches(trials.read(path)), store=path.name)


def page_source(
    stored: dict[str, pl.DataFrame], day: date | None, names: list[str], lang: str, options: ScreenOptions, **more: Any
) -> PageSource:
    """The same out of the store's frames; what was known later is cut off first. `more`: fields of PageSource."""
    from screener.commands.rating import evaluate, last_session
    from screener.core.config import BacktestOptions
    from screener.point_in_time.cut import known_only
    from screener.point_in_time.market import Market
    from screener.report.page import PageSource

    known_day = day or last_session(stored)
    frames = known_only(stored, datetime.combine(known_day, END_OF_DAY))
    last_session(frames)  # nothing to show before the first price: said here
    market = Market.build(frames)
    back = BacktestOptions(universe=options.universe, screen=options)
    rated = not frames["ratings"].is_empty()
    runs = _runs(market, names, back)
    judged = evaluate(frames, known_day, None, None, geometric=False)[0] if rated else []
    return PageSource(
        market=market, as_of=known_day, language=lang, options=options, backtest=back, ratings=judged,
        runs=runs, mistakes=_mistakes(runs), seed=_seed(market), **more,
    )  # fmt: skip


def _runs(market: Market, names: list[str], options: BacktestOptions) -> list[Run]:
    from screener.backtest import engine
    from screener.backtest.strategy import load
    from screener.core.errors import UsageError
    from screener.evaluation.appraisal import Appraisal
    from screener.report.page.source import Run

    try:
        engine.span_of(market, options)
    except UsageError:
        return []  # too few sessions known on that day: the page says so
    runs = []
    for name in names:
        chosen = load(name)
        decide, params = chosen.bind()
        with working(f"back-testing {name}"):
            result = engine.run(market, decide, options, params=params, name=chosen.name)
        runs.append(Run(chosen.name, chosen.description, decide, Appraisal(result)))
    return runs


def _mistakes(runs: list[Run]) -> Mistakes:
    from screener.backtest.mistakes import mistakes_of

    with working("cheating on purpose"):
        return mistakes_of([(run.decide, run.appraisal.result) for run in runs])


def _seed(market: Market) -> Any:
    """The seed of the SYNTHETIC market; None for prices of any other origin."""
    if not market.synthetic:
        return None
    import inspect

    from screener.sources.synthetic import synthetic_market

    return inspect.signature(synthetic_market).parameters["seed"].default

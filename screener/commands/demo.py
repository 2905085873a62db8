"""`screener demo`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from screener.point_in_time.market import Market

STRATEGIES = ("equal_weight", "backlog_yield", "order_drift")


def demo(
    out: Annotated[Path, typer.Option(help="Where the store of the demo goes.", metavar="DIR")] = Path("demo_out"),
) -> None:
    """Offline: the report's 61 announcements with a SYNTHETIC market; screen, back-tests, rating status.

    Example: screener demo --out /tmp/demo
    """
    from screener.commands.context import load_synthetic
    from screener.commands.progress import working
    from screener.point_in_time.market import Market
    from screener.report.tables import say
    from screener.store.database import Store

    path = _fresh(out)
    with working("loading the SYNTHETIC market"):
        with Store.create_or_open(path) as store:
            load_synthetic(store)
            frames = store.frames()
        market = Market.build(frames)
    _screen(market)
    _backtests(market)
    _ratings(frames)
    say("go on there with")
    say(f"  export SCREENER_DB={path}")
    for command in ("screen --as-of 2026-06-30", "explain 301396 --runoff", "backtest order_drift --full", "report"):
        say(f"  screener {command}")


def _fresh(out: Path) -> Path:
    """The demo's own file, made anew each time; nothing else in the folder is touched."""
    from screener.core.errors import ScreenerError

    path = out / "demo.duckdb"
    try:
        out.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
    except OSError as error:
        raise ScreenerError("cannot write there", where=str(out), got=error.strerror) from error
    return path


def _screen(market: Market) -> None:
    from screener.commands.context import panel_of
    from screener.core.config import REPORT_KNOWN_AT, Universe
    from screener.report.screen import print_screen
    from screener.screen.ranking import screen

    print_screen(screen(panel_of(market, REPORT_KNOWN_AT.date(), Universe.KNOWN)))


def _backtests(market: Market) -> None:
    from screener.commands.progress import working
    from screener.evaluation.appraisal import appraise
    from screener.report.backtest import print_compared
    from screener.report.tables import say

    rows = []
    for name in STRATEGIES:
        with working(f"back-testing {name}"):
            found = appraise(market, name)
            rows.append(found.compared)
    for line in found.result.hindsight:
        say(line)
    span = f"{found.first} … {found.last}, {len(found.result.sessions)} sessions"
    print_compared(rows, title=f"SYNTHETIC back-tests, {span}")


def _ratings(frames: dict[str, Any]) -> None:
    from screener.commands.rating import evaluate, last_session
    from screener.report.rating import print_ratings

    judged, _, _ = evaluate(frames, last_session(frames), None, None, geometric=False)
    print_ratings(judged)

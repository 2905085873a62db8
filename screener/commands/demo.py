"""`screener demo`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from screener.research import Research


def demo(
    out: Annotated[Path, typer.Option(help="Where the store of the demo goes.", metavar="DIR")] = Path("demo_out"),
) -> None:
    """Offline: the report's 61 announcements with a SYNTHETIC market; screen, back-tests, rating status.

    Example: screener demo --out /tmp/demo
    """
    from screener.commands.output import Out, show
    from screener.commands.progress import working
    from screener.core.config import REPORT_KNOWN_AT
    from screener.report.rating import print_ratings
    from screener.report.screen import print_screen
    from screener.report.tables import say
    from screener.research import demo

    with working("loading the SYNTHETIC market"):
        house = demo(out)
    show(house.screen(REPORT_KNOWN_AT.date()), print_screen, Out())
    _backtests(house)
    print_ratings([row for row in house.ratings().judged if row.rated.subject_kind == "industry"])
    say("go on there with")
    say(f"  export SCREENER_DB={house.path}")
    for command in (
        "screen --as-of 2026-06-30",
        "explain 301396 --runoff",
        "backtest order_drift --full",
        "rating",
        "report",
    ):
        say(f"  screener {command}")


def _backtests(house: Research) -> None:
    """The strategies of the page, one line each."""
    from screener.commands.progress import working
    from screener.report.backtest import print_compared
    from screener.report.tables import say
    from screener.research import STRATEGIES, packaged

    found = []
    for name in STRATEGIES:
        with working(f"back-testing {name}"):
            found.append(house.backtest(packaged(name)))
    for line in found[-1].result.hindsight:
        say(line)
    sessions = found[-1].result.sessions
    span = f"{sessions[0]} … {sessions[-1]}, {len(sessions)} sessions"
    print_compared([one.compared for one in found], f"SYNTHETIC back-tests, {span}")

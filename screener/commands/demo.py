"""`screener demo`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from screener.core.answer import Answer
    from screener.research import Appraisal, Research

PAGE, BOOK = "report.html", "screen.xlsx"


def demo(
    out: Annotated[Path, typer.Option(help="Where its store, page and workbook go.", metavar="DIR")] = Path("demo_out"),
) -> None:
    """Offline: the report's 61 announcements with a SYNTHETIC market; screen, back-tests, ratings, page and workbook.

    Example: screener demo --out /tmp/demo
    """
    from screener.commands.output import Out, show
    from screener.commands.progress import working
    from screener.core.config import REPORT_KNOWN_AT
    from screener.core.writing import replaceable
    from screener.report.rating import print_ratings
    from screener.report.screen import print_screen
    from screener.report.tables import say
    from screener.research import demo

    replaceable(out / PAGE, kind="html")  # a place to leave alone is said before any work
    replaceable(out / BOOK, kind="xlsx")
    with working("loading the SYNTHETIC market"):
        house = demo(out)
    found = house.screen(REPORT_KNOWN_AT.date())
    show(found, print_screen, Out())
    done = _backtests(house)
    print_ratings([row for row in house.ratings().judged if row.rated.subject_kind == "industry"], made_up=True)
    _files(house, out, found, done)
    say("go on there with")
    say(f"  export SCREENER_DB={house.path}")
    for command in (
        "screen --as-of 2026-06-30",
        "explain 301396 --runoff",
        "backtest order_drift --full",
        "rating",
        "report --brief",
    ):
        say(f"  screener {command}")


def _files(house: Research, out: Path, found: Answer, done: Sequence[Appraisal]) -> None:
    """The page with the back-tests just printed, and the screen as a workbook, in the language of the terminal."""
    from screener.commands.progress import working
    from screener.report.tables import say
    from screener.report.words import language
    from screener.report.workbook import write_book

    page, book = out / PAGE, out / BOOK
    with working("building the page"):
        house.report(page, lang=language(), finished=done)
    with working("writing the workbook"):
        write_book(book, found, language())
    say("written")
    say(f"  {page}: the page as of {done[-1].result.market.last_session()}; open it in a browser")
    say(f"  {book}: the screen above, with live formulas")


def _backtests(house: Research) -> list[Appraisal]:
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
    return found

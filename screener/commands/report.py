"""`screener report`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from screener.commands.options import (
    SCREEN,
    AsOf,
    BurnOption,
    CsvDir,
    Db,
    Json,
    Lag,
    PolicyOption,
    RowsOption,
    UniverseOption,
    Xlsx,
    words,
)
from screener.core.config import Burn, Policy, Universe
from screener.core.errors import UsageError

if TYPE_CHECKING:
    from screener.commands.output import Out
    from screener.research import Brief, Research


def report(
    out: Annotated[
        Path | None, typer.Option(help="The page; default: report.html, or brief.html.", metavar="FILE")
    ] = None,
    as_of: AsOf = None,
    brief: Annotated[bool, typer.Option("--brief", help="The answer alone: one A4 page, and its lines here.")] = False,
    strategies: Annotated[
        str | None, typer.Option(help="Which to back-test; default: three packaged ones.", metavar="A,B,C")
    ] = None,
    lang: Annotated[str, typer.Option(help="zh | en.", metavar="LANG")] = "zh",
    policy: PolicyOption = Policy.FIRM,
    burn: BurnOption = Burn.STRAIGHT_LINE,
    lag: Lag = SCREEN.lag_months,
    universe: UniverseOption = Universe.KNOWN,
    db: Db = None,
    as_json: Json = False,
    csv: CsvDir = None,
    xlsx: Xlsx = None,
    rows: RowsOption = 40,
) -> None:
    """One self-contained HTML page: the answer first, then screen, firms, back-tests, events, ratings.

    It opens from disk and loads nothing. --json, --csv and --xlsx hand out the figures of --brief; its sheet is then
    written only where --out names one.

    Example: screener report --lang en --as-of 2026-06-30 --out report.html
    """
    from screener.commands.output import Out
    from screener.commands.progress import working
    from screener.core.settings import settings
    from screener.report.tables import say
    from screener.research import open

    names = words(strategies) or None
    asked: dict[str, Any] = {"lang": lang, "strategies": names, "policy": policy, "burn": burn}
    asked |= {"lag_months": lag, "universe": universe, "execution": settings().costs()}
    form = Out(as_json, csv, xlsx, rows)
    if brief:
        _brief(open(db), out or (None if form.written else Path("brief.html")), as_of, form, asked)
        return
    if form.written:
        raise UsageError("the whole page has no figures to hand out", got="--json, --csv or --xlsx", expected="--brief")
    page = out or Path("report.html")
    with working("building the page"):
        size = open(db).report(page, as_of, **asked)
    say(f"{page}: {size / 1e6:.1f} MB; open it in a browser, it loads nothing")


def _brief(house: Research, out: Path | None, as_of: str | None, form: Out, asked: dict[str, Any]) -> None:
    """The sheet of paper where one is asked for, and its lines in every form."""
    from screener.commands.output import show
    from screener.commands.progress import working
    from screener.report.brief import print_brief
    from screener.report.page import words_of
    from screener.report.tables import say

    def draw(found: Brief) -> None:
        print_brief(found, words_of(lang))
        if out is not None:
            say(f"{out}: one page of A4; open it in a browser and print it")

    lang = asked.pop("lang")
    with working("building the brief"):
        found = house.brief(as_of, **asked) if out is None else house.write_brief(out, as_of, lang=lang, **asked)
    show(found, draw, form)

"""`screener explain SYMBOL`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from screener.commands.options import AsOf, BurnOption, CsvDir, Db, Json, Lag, PolicyOption, Xlsx, parse_day
from screener.core.config import Burn, Policy, ScreenOptions, Universe
from screener.core.symbols import parse_symbol

if TYPE_CHECKING:
    from screener.screen.explain import Explanation


def explain(
    symbol: Annotated[str, typer.Argument(help="301396, sz301396 or 301396.SZ.", metavar="SYMBOL")],
    as_of: AsOf = None,
    runoff: Annotated[bool, typer.Option("--runoff", help="Contract × quarter.")] = False,
    policy: PolicyOption = Policy.FIRM,
    burn: BurnOption = Burn.STRAIGHT_LINE,
    lag: Lag = 5,
    db: Db = None,
    as_json: Json = False,
    csv: CsvDir = None,
    xlsx: Xlsx = None,
) -> None:
    """Every announcement, amount, burn-off and link behind a firm's score.

    Example: screener explain 301396 --as-of 2026-06-30 --runoff
    """
    from screener.commands.context import panel_of, screened_market
    from screener.commands.output import print_json, write_csv
    from screener.screen.explain import explain as look

    wanted = parse_symbol(symbol)
    panel = panel_of(screened_market(db, Universe.KNOWN, wanted), parse_day(as_of), Universe.KNOWN)
    found = look(panel, wanted, ScreenOptions(policy=policy, burn=burn, lag_months=lag))
    if csv is not None:
        tables = {"lines": found.lines_frame().to_dicts(), "runoff": found.runoff_frame().to_dicts()}
        write_csv(csv, tables | {"links": [link.as_dict() for link in found.links]})
    if xlsx is not None:
        _workbook(xlsx, found)
    if as_json:
        print_json(found.as_dict())
    else:
        from screener.report.screen import print_explanation

        print_explanation(found, runoff=runoff)


def _workbook(path: Path, found: Explanation) -> None:
    from dataclasses import asdict

    from screener.report.workbook import write_screen
    from screener.screen.ranking import ScreenResult

    further = {"links": [link.as_dict() for link in found.links], "facts": [asdict(fact) for fact in found.facts]}
    result = ScreenResult((found.row,), found.stands_on)
    write_screen(path, result, found.contracts, found.announcements, further)

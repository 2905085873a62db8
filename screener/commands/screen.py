"""`screener screen`."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from screener.commands.options import (
    SCREEN,
    AsOf,
    Attributable,
    BurnOption,
    Confirmed,
    CsvDir,
    Db,
    Json,
    Lag,
    PolicyOption,
    RowsOption,
    UniverseOption,
    Vat,
    Xlsx,
    words,
)
from screener.core.config import Burn, Policy, Universe
from screener.report.words import told


def screen(
    as_of: AsOf = None,
    policy: PolicyOption = Policy.FIRM,
    burn: BurnOption = Burn.STRAIGHT_LINE,
    lag: Lag = SCREEN.lag_months,
    universe: UniverseOption = Universe.KNOWN,
    confirmed_only: Confirmed = False,
    vat: Vat = SCREEN.vat_rate,
    attributable: Attributable = False,
    with_proposals: Annotated[
        bool, typer.Option("--with-proposals", help="Beside it what readings that wait for review would change.")
    ] = False,
    where: Annotated[
        str | None,
        typer.Option(help="Only firms for which it holds: score > 0.03 and not st.", metavar="EXPR"),
    ] = None,
    columns: Annotated[
        str | None, typer.Option(help="Columns to print and write, of those of the JSON.", metavar="A,B,…")
    ] = None,
    sort: Annotated[str, typer.Option(help="Column of the JSON; -column from high to low.", metavar="COLUMN")] = "rank",
    top: Annotated[int | None, typer.Option(help="Only the first so many firms.", min=1, metavar="N")] = None,
    db: Db = None,
    as_json: Json = False,
    csv: CsvDir = None,
    xlsx: Xlsx = None,
    rows: RowsOption = 200,
) -> None:
    """Rank firms by remaining order backlog ÷ market cap, as both were known on a day.

    Example: screener screen --as-of 2026-06-30 --policy strict
    """
    from screener.commands.output import Out, show
    from screener.report.screen import print_screen
    from screener.research import open

    result = open(db).screen(
        as_of,
        where=where,
        sort=sort,
        top=top,
        columns=words(columns),
        with_proposals=with_proposals,
        policy=policy,
        burn=burn,
        lag_months=lag,
        universe=universe,
        confirmed_only=confirmed_only,
        vat_rate=vat,
        attributable=attributable,
    )

    if as_json:  # a list has no place for what was left out
        for note in result.stands_on.notes:
            print(told(note), file=sys.stderr)
    show(result, print_screen, Out(as_json, csv, xlsx, rows))

"""`screener alerts --since D`."""

from __future__ import annotations

from typing import Annotated

import typer

from screener.commands.options import CsvDir, Db, Json, RowsOption, UniverseOption, Xlsx
from screener.core.config import Universe

ALERTS_FOUND = 10


def alerts(
    since: Annotated[str, typer.Option("--since", help="First day.", metavar="D")],
    db: Db = None,
    universe: UniverseOption = Universe.KNOWN,
    as_json: Json = False,
    csv: CsvDir = None,
    xlsx: Xlsx = None,
    rows: RowsOption = 200,
) -> None:
    """List what changed or is due since a day. Exit code 10 if there is anything.

    Example: screener alerts --since 2026-06-01
    """
    from screener.commands.output import Out, show
    from screener.report.alerts import print_alerts
    from screener.research import open

    answer = open(db).alerts(since, universe)
    show(answer, print_alerts, Out(as_json, csv, xlsx, rows))
    if answer.found:
        raise typer.Exit(ALERTS_FOUND)

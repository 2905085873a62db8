"""`screener alerts --since D`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from screener.commands.options import CsvDir, Db, Json, RowsOption, UniverseOption, Xlsx
from screener.core.config import Universe

if TYPE_CHECKING:
    from screener.serving.notices import Notices

ALERTS_FOUND = 10


def alerts(
    since: Annotated[str, typer.Option("--since", help="First day.", metavar="D")],
    db: Db = None,
    universe: UniverseOption = Universe.KNOWN,
    as_json: Json = False,
    csv: CsvDir = None,
    xlsx: Xlsx = None,
    rows: RowsOption = 200,
    notify: Annotated[
        list[str] | None,
        typer.Option(
            "--notify",
            help="Also send them there, where there are any: mailtos://…, json://… (extra `notify`).",
            metavar="URL",
        ),
    ] = None,
) -> None:
    """List what changed or is due since a day. Exit code 10 if there is anything.

    Example: screener alerts --since 2026-06-01
    """
    from screener.commands.output import Out, show
    from screener.report.alerts import lines, print_alerts
    from screener.research import open

    notices = _notices(notify)  # a wrong address is said before any work
    answer = open(db).alerts(since, universe)
    show(answer, print_alerts, Out(as_json, csv, xlsx, rows))
    if answer.found:
        if notices is not None:
            notices.send(f"screener: {len(answer.found)} alerts since {since}", lines(answer))
        raise typer.Exit(ALERTS_FOUND)


def _notices(urls: list[str] | None) -> Notices | None:
    if not urls:
        return None
    from screener.serving.notices import Notices

    return Notices(urls)

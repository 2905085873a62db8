"""`screener alerts --since D`."""

from __future__ import annotations

from typing import Annotated

import typer

from screener.commands.options import CsvDir, Db, Json, Xlsx, parse_day
from screener.core.errors import UsageError

ALERTS_FOUND = 10


def alerts(
    since: Annotated[str, typer.Option("--since", help="First day.", metavar="D")],
    db: Db = None,
    as_json: Json = False,
    csv: CsvDir = None,
    xlsx: Xlsx = None,
) -> None:
    """List what changed or is due since a day. Exit code 10 if there is anything.

    Example: screener alerts --since 2026-06-01
    """
    from screener.commands.context import market_of
    from screener.commands.output import hand_out, print_json
    from screener.evaluation.alerts import alerts as alerts_of
    from screener.report.alerts import print_alerts
    from screener.report.tables import say

    day = parse_day(since)
    if day is None:
        raise UsageError("no day given", expected="--since 2026-06-01")
    answer = alerts_of(market_of(db), day)
    hand_out(answer.tables(), csv=csv)
    hand_out(answer.sheets(), answer.stands_on.as_dict, xlsx=xlsx)
    if as_json:
        print_json(answer.as_dict())
    else:
        for line in answer.stands_on.stamps:
            say(line)
        print_alerts(answer)
        say(answer.stands_on.line)
    if answer.found:
        raise typer.Exit(ALERTS_FOUND)

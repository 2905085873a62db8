"""`screener screen`."""

from __future__ import annotations

from typing import Annotated

import typer

from screener.commands.options import (
    AsOf,
    Attributable,
    BurnOption,
    Confirmed,
    CsvDir,
    Db,
    Json,
    Lag,
    PolicyOption,
    UniverseOption,
    Vat,
    Xlsx,
    parse_day,
)
from screener.core.config import Burn, Policy, ScreenOptions, Universe


def screen(
    as_of: AsOf = None,
    policy: PolicyOption = Policy.FIRM,
    burn: BurnOption = Burn.STRAIGHT_LINE,
    lag: Lag = 5,
    universe: UniverseOption = Universe.KNOWN,
    confirmed_only: Confirmed = False,
    vat: Vat = 0.0,
    attributable: Attributable = False,
    sort: Annotated[str, typer.Option(help="Column of the JSON to sort by.", metavar="COLUMN")] = "rank",
    db: Db = None,
    as_json: Json = False,
    csv: CsvDir = None,
    xlsx: Xlsx = None,
) -> None:
    """Rank firms by remaining order backlog ÷ market cap, as both were known on a day.

    Example: screener screen --as-of 2026-06-30 --policy strict
    """
    from screener.commands.context import panel_of, screened_market
    from screener.commands.output import print_json, write_csv
    from screener.screen.ranking import screen as rank

    options = ScreenOptions(
        policy=policy, burn=burn, lag_months=lag, universe=universe, confirmed_only=confirmed_only,
        vat_rate=vat, attributable=attributable,
    )  # fmt: skip
    panel = panel_of(screened_market(db, universe), parse_day(as_of), universe)
    result = rank(panel, options).sorted_by(sort)
    rows = [row.as_dict() for row in result.rows]
    if csv is not None:
        write_csv(csv, {"screen": rows, "stands_on": [dict(result.stands_on)]})
    if xlsx is not None:
        from screener.report.workbook import write_screen
        from screener.screen.backlog import contracts

        write_screen(xlsx, result, contracts(panel, options), panel.announcements)
    if as_json:
        print_json(rows)
    else:
        from screener.report.screen import print_screen

        print_screen(result)

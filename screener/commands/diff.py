"""`screener diff D1 D2 [SYMBOL]`."""

from __future__ import annotations

from typing import Annotated

import typer

from screener.commands.options import BurnOption, CsvDir, Db, Json, Lag, PolicyOption, UniverseOption, parse_day
from screener.core.config import Burn, Policy, ScreenOptions, Universe
from screener.core.symbols import parse_symbol


def diff(
    first: Annotated[str, typer.Argument(help="Earlier day.", metavar="D1")],
    last: Annotated[str, typer.Argument(help="Later day.", metavar="D2")],
    symbol: Annotated[str | None, typer.Argument(help="One firm.", metavar="SYMBOL")] = None,
    policy: PolicyOption = Policy.FIRM,
    burn: BurnOption = Burn.STRAIGHT_LINE,
    lag: Lag = 5,
    universe: UniverseOption = Universe.KNOWN,
    db: Db = None,
    as_json: Json = False,
    csv: CsvDir = None,
) -> None:
    """What changed the scores between two days: new, ended, burned, re-read, price and shares.

    Example: screener diff 2025-06-30 2026-06-30 301396
    """
    from screener.commands.context import market_of, panel_of
    from screener.commands.output import print_json, write_csv
    from screener.screen.diff import diff as compare

    market, options = market_of(db), ScreenOptions(policy=policy, burn=burn, lag_months=lag, universe=universe)
    before, after = (panel_of(market, parse_day(day), universe) for day in (first, last))
    rows = compare(before, after, options, parse_symbol(symbol) if symbol else None)
    if csv is not None:
        write_csv(csv, {"diff": [row.as_dict() for row in rows]})
    if as_json:
        print_json([row.as_dict() for row in rows])
    else:
        from screener.report.screen import print_diff

        print_diff(rows, first, last)

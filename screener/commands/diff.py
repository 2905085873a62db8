"""`screener diff D1 D2 [SYMBOL]`."""

from __future__ import annotations

from typing import Annotated

import typer

from screener.commands.options import SCREEN, BurnOption, CsvDir, Db, Json, Lag, PolicyOption, UniverseOption, Xlsx
from screener.core.config import Burn, Policy, Universe


def diff(
    first: Annotated[str, typer.Argument(help="Earlier day.", metavar="D1")],
    last: Annotated[str, typer.Argument(help="Later day.", metavar="D2")],
    symbol: Annotated[str | None, typer.Argument(help="One firm.", metavar="SYMBOL")] = None,
    policy: PolicyOption = Policy.FIRM,
    burn: BurnOption = Burn.STRAIGHT_LINE,
    lag: Lag = SCREEN.lag_months,
    universe: UniverseOption = Universe.KNOWN,
    db: Db = None,
    as_json: Json = False,
    csv: CsvDir = None,
    xlsx: Xlsx = None,
) -> None:
    """What changed the scores between two days: new, ended, burned, re-read, price and shares.

    Example: screener diff 2025-06-30 2026-06-30 301396
    """
    from screener.commands.output import Out, show
    from screener.report.screen import print_diff
    from screener.research import open

    found = open(db).diff(first, last, symbol, policy=policy, burn=burn, lag_months=lag, universe=universe)
    show(found, print_diff, Out(as_json, csv, xlsx))

"""`screener explain SYMBOL`."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from screener.commands.options import (
    SCREEN,
    AsOf,
    BurnOption,
    CsvDir,
    Db,
    Firm,
    Json,
    Lag,
    PolicyOption,
    RowsOption,
    Xlsx,
)
from screener.core.config import Burn, Policy


def explain(
    symbol: Firm,
    as_of: AsOf = None,
    runoff: Annotated[bool, typer.Option("--runoff", help="Contract × quarter.")] = False,
    delivery: Annotated[bool, typer.Option("--delivery", help="Also promised against reported.")] = False,
    policy: PolicyOption = Policy.FIRM,
    burn: BurnOption = Burn.STRAIGHT_LINE,
    lag: Lag = SCREEN.lag_months,
    db: Db = None,
    as_json: Json = False,
    csv: CsvDir = None,
    xlsx: Xlsx = None,
    rows: RowsOption = 200,
) -> None:
    """Every announcement, amount, burn-off and link behind a firm's score.

    Example: screener explain 301396 --as-of 2026-06-30 --runoff
    """
    from screener.commands.output import Out, show
    from screener.report.explanation import print_explanation
    from screener.research import open

    house, how = open(db), {"policy": policy, "burn": burn, "lag_months": lag}
    promised = house.delivery(as_of, symbol=symbol, **how) if delivery else None
    found = house.explain(symbol, as_of, delivery=promised, **how)

    show(found, partial(print_explanation, runoff=runoff), Out(as_json, csv, xlsx, rows))
    if promised is not None and not as_json:
        from screener.report.delivery import print_delivery

        print_delivery(promised)

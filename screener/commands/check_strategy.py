"""`screener check-strategy NAME`."""

from __future__ import annotations

from typing import Annotated

import typer

from screener.commands.options import Db, Json
from screener.core.config import Universe


def check_strategy(
    name: Annotated[str, typer.Argument(help="Name or file of a strategy.", metavar="NAME")],
    db: Db = None,
    universe: Annotated[Universe, typer.Option(help="Which symbols it may hold.")] = Universe.KNOWN,
    as_json: Json = False,
) -> None:
    """Check a strategy: the contract, and the same decisions when everything later is deleted or scrambled.

    Example: screener check-strategy order_drift
    """
    from screener.backtest import lookahead, strategy
    from screener.commands.context import market_or_synthetic
    from screener.commands.output import print_json

    market = market_or_synthetic(db)
    done = lookahead.check(lambda: strategy.load(name), market, universe=universe)
    if as_json:
        print_json(done)
        return
    print(
        f"{done.strategy}: ok. {done.sessions} sessions ({done.decisions} with a decision): the same when everything "
        f"later is deleted or scrambled, and when asked twice; {done.microseconds:.0f} µs a decision; "
        f"data: {market.source}. A name or a date written into the file is hindsight that no check can see"
    )

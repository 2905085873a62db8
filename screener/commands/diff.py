"""`screener diff D1 D2 [SYMBOL]`."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from screener.commands.groups import Settled
from screener.commands.options import (
    SCREEN,
    BurnOption,
    CsvDir,
    Db,
    FirmOrNone,
    Json,
    Lag,
    PolicyOption,
    RowsOption,
    UniverseOption,
    Xlsx,
)
from screener.core.config import Burn, Policy, Universe
from screener.core.days import is_before_today


class COMMAND(Settled):
    """Takes `-30d` for a day, not for an option of that letter."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """A day that begins with a hyphen gets a wide one, which `day_of` reads alike."""
        return super().parse_args(ctx, [f"－{word[1:]}" if is_before_today(word) else word for word in args])


def diff(
    first: Annotated[str, typer.Argument(help="Earlier day.", metavar="D1")],
    last: Annotated[str, typer.Argument(help="Later day.", metavar="D2")],
    symbol: FirmOrNone = None,
    policy: PolicyOption = Policy.FIRM,
    burn: BurnOption = Burn.STRAIGHT_LINE,
    lag: Lag = SCREEN.lag_months,
    universe: UniverseOption = Universe.KNOWN,
    db: Db = None,
    as_json: Json = False,
    csv: CsvDir = None,
    xlsx: Xlsx = None,
    rows: RowsOption = 200,
) -> None:
    """What changed the scores between two days: new, ended, burned, re-read, price and shares.

    Example: screener diff 2025-06-30 2026-06-30 301396
    """
    from screener.commands.output import Out, show
    from screener.report.diff import print_diff
    from screener.research import open

    found = open(db).diff(first, last, symbol, policy=policy, burn=burn, lag_months=lag, universe=universe)
    show(found, print_diff, Out(as_json, csv, xlsx, rows))

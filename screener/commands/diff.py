"""`screener diff D1 D2 [SYMBOL]`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from screener.commands.options import BurnOption, CsvDir, Db, Json, Lag, PolicyOption, UniverseOption, Xlsx, parse_day
from screener.core.config import Burn, Policy, ScreenOptions, Universe
from screener.core.errors import UnknownSymbol, UsageError
from screener.core.symbols import parse_symbol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from screener.point_in_time.panel import Panel
    from screener.screen.diff import FirmDiff


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
    xlsx: Xlsx = None,
) -> None:
    """What changed the scores between two days: new, ended, burned, re-read, price and shares.

    Example: screener diff 2025-06-30 2026-06-30 301396
    """
    from screener.commands.context import panel_of, screened_market
    from screener.commands.output import hand_out, print_json
    from screener.screen.diff import diff as compare

    wanted = parse_symbol(symbol) if symbol else None
    market, options = (
        screened_market(db, universe, wanted),
        ScreenOptions(policy=policy, burn=burn, lag_months=lag, universe=universe),
    )
    before, after = (panel_of(market, parse_day(day), universe) for day in (first, last))
    if before.as_of > after.as_of:
        raise UsageError("the days are the wrong way round", got=f"{first} {last}", expected="the earlier day first")
    if wanted and wanted not in market.symbols:
        raise UnknownSymbol("the store holds nothing of this symbol", got=wanted, next_step="screener status")
    rows = compare(before, after, options, wanted)
    hand_out(_tables(rows), lambda: _stands_on(before, after, options), csv=csv, xlsx=xlsx)
    if as_json:
        print_json([row.as_dict() for row in rows])
    else:
        from screener.report.screen import print_diff

        print_diff(rows, first, last)


def _stands_on(before: Panel, after: Panel, options: ScreenOptions) -> dict[str, Any]:
    from screener.screen.ranking import stands_on

    both = {"before": stands_on(before, options), "after": stands_on(after, options)}
    return {f"{key}_{when}": value for when, found in both.items() for key, value in found.items()}


def _tables(rows: Sequence[FirmDiff]) -> dict[str, list[dict[str, Any]]]:
    """Scores with their parts, one column each; the commitments and announcements behind them."""
    nested = ("changes", "announcements", "effects_cny", "log_shares")
    cells = []
    for row in rows:
        plain = row.as_dict()
        effects = {f"{name}_cny": value for name, value in plain["effects_cny"].items()}
        parts = {f"log_{name}": value for name, value in (plain["log_shares"] or {}).items()}
        cells.append({key: value for key, value in plain.items() if key not in nested} | effects | parts)
    behind = {
        name: [{"symbol": row.symbol, **entry} for row in rows for entry in row.as_dict()[name]]
        for name in ("changes", "announcements")
    }
    return {"diff": cells, **behind}

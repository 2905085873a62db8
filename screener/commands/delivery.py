"""`screener delivery`."""

from __future__ import annotations

from screener.commands.options import AsOf, BurnOption, CsvDir, Db, Json, Lag, OfFirm, PolicyOption, Xlsx
from screener.core.config import Burn, Policy


def delivery(
    as_of: AsOf = None,
    symbol: OfFirm = None,
    policy: PolicyOption = Policy.FIRM,
    burn: BurnOption = Burn.STRAIGHT_LINE,
    lag: Lag = 5,
    db: Db = None,
    as_json: Json = False,
    csv: CsvDir = None,
    xlsx: Xlsx = None,
) -> None:
    """兑现率: contracts announced against acceptance, revenue and termination; burn-off against reported revenue.

    Example: screener delivery --as-of 2026-06-30
    """
    from screener.commands.output import Out, show
    from screener.report.delivery import print_delivery
    from screener.research import open

    found = open(db).delivery(as_of, symbol=symbol, policy=policy, burn=burn, lag_months=lag)
    show(found, print_delivery, Out(as_json, csv, xlsx))

"""Delivery as terminal tables."""

from __future__ import annotations

from dataclasses import asdict

from screener.core.units import number, percent, yi
from screener.evaluation.delivery import Delivery
from screener.report.tables import Field, print_table, say

_HALVES = (
    Field("symbol", "symbol"),
    Field("half", "half"),
    Field("implied_cny", "implied", yi, right=True),
    Field("reported_cny", "reported", yi, right=True),
    Field("ratio", "ratio", lambda value: "—" if value is None else f"{value:.2f}", right=True),
    Field("reported_known_at", "known since", drop=1),
    Field("products", "products", " ".join, wrap=True, drop=2),
)
_STATEMENTS = (
    Field("symbol", "symbol"),
    Field("half", "half"),
    Field("contract_liabilities_cny", "合同负债 end", yi, right=True),
    Field("fixed_assets_cny", "固定资产 end", yi, right=True),
    Field("capital_expenditure_cny", "购建支付 paid", yi, right=True),
    Field("lines_known_at", "known since", drop=1),
)
_LAGS = (
    Field("basis", "from announcing to", lambda value: str(value).replace("_", " "), said=True),
    Field("n", "n", right=True),
    Field("median_months", "median", number, right=True),
    Field("lowest_months", "lowest", number, right=True, drop=1),
    Field("highest_months", "highest", number, right=True, drop=1),
    Field("default_months", "taken", right=True),
)
_REALISED = (
    Field("confidence", "class", said=True),
    Field("n", "n", right=True),
    Field("announced_cny", "announced", yi, right=True),
    Field("kept_cny", "kept", yi, right=True),
    Field("share", "share", percent, right=True),
)
_LIVES = (
    Field("commitment_id", "id", wrap=True),
    Field("symbol", "symbol"),
    Field("announced_on", "announced", drop=1),
    Field("announced_cny", "amount", yi, right=True),
    Field("status", "status", said=True),
    Field("accepted_on", "accepted on", drop=3),
    Field("recognised_cny", "recognised", lambda value: yi(value, 4), right=True, drop=4),
    Field("reduced_cny", "reduced", yi, right=True, drop=5),
    Field("terminated_on", "terminated", drop=2),
    Field("facts", "facts", right=True, drop=6),
)
_SURVIVAL = (
    Field("status", "came to", said=True),
    Field("contracts", "contracts", right=True),
    Field("n", "of", right=True),
    Field("share", "share", percent, right=True),
    Field("interval", "95 % interval", right=True),
    Field("amount_cny", "announced", yi, right=True),
)


def print_delivery(found: Delivery) -> None:
    """Half-years, contracts, and what contracts came to."""
    say(found.first_line)
    if found.halves:
        print_table(
            _HALVES,
            [asdict(one) for one in found.halves],
            title="Compute revenue implied by our burn-off against reported, per half-year",
        )
        say("above 1: work never announced, equipment passed through, or a burn-off too slow; it is never subtracted")
        _print_statements(found)
    if found.lives:
        print_table(_LIVES, [asdict(one) for one in found.lives], title="Compute contracts and what became of them")
        rows = [{**asdict(one), "interval": f"{percent(one.low)} – {percent(one.high)}"} for one in found.survival]
        print_table(_SURVIVAL, rows, title="What announced contracts came to")
    print_table(_LAGS, [asdict(one) for one in found.lag], title="Lag of the start of work, months")
    _print_realised(found)


def _print_statements(found: Delivery) -> None:
    rows = [asdict(one) for one in found.halves if one.lines_known_at is not None]
    if rows:
        print_table(_STATEMENTS, rows, title="Statement lines of the whole firm, per half-year")
    else:
        say("no statement lines: screener fetch --only segments brings them")


def _print_realised(found: Delivery) -> None:
    if found.realised:
        rows = [asdict(one) for one in found.realised]
        print_table(_REALISED, rows, title="Kept of announced work whose fate is told, all firms, by class")
    else:
        say("of no class of contracts is any fate told: the haircut of the screen is unknown")

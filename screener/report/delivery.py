"""Delivery as terminal tables."""

from __future__ import annotations

from dataclasses import asdict

from screener.core.units import percent, yi
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
_LIVES = (
    Field("commitment_id", "id", wrap=True),
    Field("symbol", "symbol"),
    Field("announced_on", "announced", drop=1),
    Field("announced_cny", "amount", yi, right=True),
    Field("status", "status", said=True),
    Field("accepted_on", "accepted", drop=3),
    Field("recognised_cny", "recognised", lambda value: yi(value, 4), right=True, drop=4),
    Field("terminated_on", "terminated", drop=2),
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
    if found.lives:
        print_table(_LIVES, [asdict(one) for one in found.lives], title="Compute contracts and what became of them")
        rows = [{**asdict(one), "interval": f"{percent(one.low)} – {percent(one.high)}"} for one in found.survival]
        print_table(_SURVIVAL, rows, title="What announced contracts came to")

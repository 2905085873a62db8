"""`screener check-strategy NAME`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from screener.commands.options import Db, Json, Patience, UniverseOption
from screener.core.config import Universe

if TYPE_CHECKING:
    from screener.research import Check


def check_strategy(
    name: Annotated[str, typer.Argument(help="Name or file of a strategy.", metavar="NAME")],
    db: Db = None,
    universe: UniverseOption = Universe.KNOWN,
    patience: Patience = 10.0,
    as_json: Json = False,
) -> None:
    """Check a strategy: the contract, and the same decisions when everything later is deleted or scrambled.

    Example: screener check-strategy order_drift
    """
    from screener.commands.output import Out, show
    from screener.research import open_or_demo

    show(open_or_demo(db).check(name, universe, patience=patience), _draw, Out(as_json))


def _draw(done: Check) -> None:
    from screener.report.tables import say

    say(
        f"{done.strategy}: ok. {done.sessions} sessions ({done.decisions} with a decision), each the same when "
        f"everything later is deleted, and when asked in another order; {done.how}; "
        f"{done.microseconds:.0f} µs a decision; data: {done.stands_on.source}. "
        f"A name or a date written into the file is hindsight that no check can see"
    )

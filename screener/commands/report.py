"""`screener report`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from screener.commands.options import SCREEN, AsOf, BurnOption, Db, Lag, PolicyOption, UniverseOption
from screener.core.config import Burn, Policy, Universe


def report(
    out: Annotated[Path, typer.Option(help="The page.", metavar="FILE")] = Path("report.html"),
    as_of: AsOf = None,
    strategies: Annotated[
        str | None, typer.Option(help="Which to back-test; default: three packaged ones.", metavar="A,B,C")
    ] = None,
    lang: Annotated[str, typer.Option(help="zh | en.", metavar="LANG")] = "zh",
    policy: PolicyOption = Policy.FIRM,
    burn: BurnOption = Burn.STRAIGHT_LINE,
    lag: Lag = SCREEN.lag_months,
    universe: UniverseOption = Universe.KNOWN,
    db: Db = None,
) -> None:
    """One self-contained HTML page: screen, firms, back-tests, events, ratings; opens from disk, loads nothing.

    Example: screener report --lang en --as-of 2026-06-30 --out report.html
    """
    from screener.commands.progress import working
    from screener.core.settings import settings
    from screener.report.tables import say
    from screener.research import open

    names = None if strategies is None else [name.strip() for name in strategies.split(",") if name.strip()]
    with working("building the page"):
        size = open(db).report(
            out,
            as_of,
            lang=lang,
            strategies=names,
            execution=settings().costs(),
            policy=policy,
            burn=burn,
            lag_months=lag,
            universe=universe,
        )
    say(f"{out}: {size / 1e6:.1f} MB; open it in a browser, it loads nothing")

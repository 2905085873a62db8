"""`screener strategies`."""

from __future__ import annotations

from pathlib import Path

from screener.commands.options import Json
from screener.core.errors import StrategyError


def strategies(as_json: Json = False) -> None:
    """List strategies: ./strategies first, then the packaged ones.

    Example: screener strategies
    """
    from screener.backtest.strategy import available
    from screener.commands.output import print_json
    from screener.report.tables import Field, print_table

    rows = [_row(path) for path in available()]
    if as_json:
        print_json(rows)
        return
    columns = [
        Field("strategy", "strategy"),
        Field("parameters", "parameters", wrap=True),
        Field("description", "description", wrap=True),
    ]
    print_table(columns, rows)


def _row(path: Path) -> dict[str, str]:
    """One file; a broken one shows what is wrong with it instead of hiding the others."""
    from screener.backtest.strategy import load

    try:
        found = load(str(path))
    except StrategyError as error:
        return {"strategy": path.stem, "parameters": "", "description": f"broken: {error}", "file": str(path)}
    parameters = " ".join(f"{key}={value}" for key, value in found.defaults.items())
    return {"strategy": found.name, "parameters": parameters, "description": found.description, "file": str(path)}

"""`screener strategies`."""

from __future__ import annotations

from screener.commands.options import Json


def strategies(as_json: Json = False) -> None:
    """List strategies: ./strategies first, then the packaged ones.

    Example: screener strategies
    """
    from screener.backtest import strategy
    from screener.commands.output import print_json
    from screener.report.tables import Field, print_table

    rows = [
        {
            "strategy": found.name,
            "parameters": " ".join(f"{key}={value}" for key, value in found.defaults.items()),
            "description": found.description,
            "file": str(found.path),
        }
        for found in (strategy.load(str(path)) for path in strategy.available())
    ]
    if as_json:
        print_json(rows)
        return
    columns = [
        Field("strategy", "strategy"),
        Field("parameters", "parameters", wrap=True),
        Field("description", "description", wrap=True),
    ]
    print_table(columns, rows)

"""`screener strategies`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from screener.commands.options import CsvDir, Json, Xlsx
from screener.core.errors import StrategyError

_RULE = "./strategies first, then the packaged ones; of two with one name the first"


def strategies(as_json: Json = False, csv: CsvDir = None, xlsx: Xlsx = None) -> None:
    """List strategies: ./strategies first, then the packaged ones.

    Example: screener strategies
    """
    from screener.backtest.strategy import available
    from screener.commands.output import hand_out, print_json
    from screener.report.tables import Field, print_table

    listed = [_row(path) for path in available()]
    rows = [row for row, _ in listed]
    defaults = [
        {"strategy": row["strategy"], "parameter": key, "default": value} for row, has in listed for key, value in has
    ]
    tables = {"strategies": rows, "parameters": defaults}
    hand_out(tables, lambda: {"own_folder": str(Path("strategies").absolute()), "order": _RULE}, csv=csv, xlsx=xlsx)
    if as_json:
        print_json(rows)
        return
    columns = [
        Field("strategy", "strategy"),
        Field("parameters", "parameters", wrap=True),
        Field("description", "description", wrap=True),
    ]
    print_table(columns, rows)


def _row(path: Path) -> tuple[dict[str, str], list[tuple[str, Any]]]:
    """One file and its parameters; a broken one shows what is wrong with it instead of hiding the others."""
    from screener.backtest.strategy import load

    try:
        found = load(str(path))
    except StrategyError as error:
        return {"strategy": path.stem, "parameters": "", "description": f"broken: {error}", "file": str(path)}, []
    defaults = list(found.defaults.items())
    parameters = " ".join(f"{key}={value}" for key, value in defaults)
    row = {"strategy": found.name, "parameters": parameters, "description": found.description, "file": str(path)}
    return row, defaults

"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from screener.core.config import Burn, Policy, Universe
from screener.core.errors import UsageError


def _workbook(path: Path | None) -> Path | None:
    """Refused before the work, not after it."""
    if path is not None and path.suffix.lower() != ".xlsx":
        raise UsageError("not the name of a workbook", got=path.name, expected="a name that ends in .xlsx")
    return path


Db = Annotated[
    Path | None, typer.Option("--db", help="Store; default $SCREENER_DB, else data/screener.duckdb.", metavar="FILE")
]
AsOf = Annotated[
    str | None, typer.Option("--as-of", help="Known by the end of this day; default: the last session.", metavar="D")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
CsvDir = Annotated[Path | None, typer.Option("--csv", help="Also write the tables as CSV here.", metavar="DIR")]
Xlsx = Annotated[
    Path | None,
    typer.Option("--xlsx", help="Also write an Excel workbook.", metavar="FILE", callback=_workbook),
]
PolicyOption = Annotated[Policy, typer.Option("--policy", help="Which commitments count.")]
BurnOption = Annotated[Burn, typer.Option("--burn", help="How backlog runs off.")]
Lag = Annotated[int, typer.Option("--lag", help="Months from announcement to start.", min=0, max=24, metavar="M")]
UniverseOption = Annotated[Universe, typer.Option("--universe", help="Which symbols may be ranked or held.")]
Confirmed = Annotated[bool, typer.Option("--confirmed-only", help="Leave out contracts unconfirmed after 12 months.")]
Vat = Annotated[
    float, typer.Option("--vat", help="Rate taken off amounts stated with tax: 0.06 or 0.13.", min=0, max=1)
]
Attributable = Annotated[bool, typer.Option("--attributable", help="Count the parent's stake instead of 100 %.")]


def words(text: str | None) -> list[str]:
    """The words of an option that takes several, with commas between them."""
    return [word.strip() for word in (text or "").split(",") if word.strip()]

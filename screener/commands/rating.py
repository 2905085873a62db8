"""`screener rating`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from screener.commands.options import AsOf, CsvDir, Db, Json, RowsOption, Xlsx

if TYPE_CHECKING:
    pass


def rating(
    as_of: AsOf = None,
    ratings: Annotated[
        Path | None, typer.Option(help="CSV of ratings; default: those in the store.", metavar="FILE")
    ] = None,
    industry_index: Annotated[
        str | None, typer.Option(help="Index that stands for the industry.", metavar="ID")
    ] = None,
    geometric: Annotated[bool, typer.Option("--geometric", help="Band by (1+r)/(1+b)−1 instead of r−b.")] = False,
    scorecard: Annotated[bool, typer.Option("--scorecard", help="Hit rates against base rates, kappa.")] = False,
    db: Db = None,
    as_json: Json = False,
    csv: CsvDir = None,
    xlsx: Xlsx = None,
    rows: RowsOption = 200,
) -> None:
    """Realised rating bands against the benchmark 6 to 12 months after the report; pending where the time has not come.

    Example: screener rating --as-of 2026-10-09
    """
    from screener.commands.output import Out, show
    from screener.report.rating import print_review
    from screener.research import open

    answer = open(db).ratings(
        as_of, file=ratings, industry_index=industry_index, geometric=geometric, scorecard=scorecard
    )
    show(answer, print_review, Out(as_json, csv, xlsx, rows))

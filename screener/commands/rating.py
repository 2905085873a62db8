"""`screener rating`."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from screener.commands.options import AsOf, CsvDir, Db, Json, Xlsx, words


def rating(
    as_of: AsOf = None,
    ratings: Annotated[
        Path | None, typer.Option(help="CSV of ratings; default: those in the store.", metavar="FILE")
    ] = None,
    industry_index: Annotated[
        str | None,
        typer.Option(help="Indices that stand for the industry; default: the table of series.", metavar="ID,…"),
    ] = None,
    geometric: Annotated[bool, typer.Option("--geometric", help="Band by (1+r)/(1+b)−1 instead of r−b.")] = False,
    scorecard: Annotated[
        bool, typer.Option("--scorecard", help="Hit rates against base rates; who was right.")
    ] = False,
    by: Annotated[
        str, typer.Option("--by", help="Scorecard by broker, analyst, rating or year.", metavar="WORD")
    ] = "broker",
    full: Annotated[bool, typer.Option("--full", help="The four readings of each rating too.")] = False,
    db: Db = None,
    as_json: Json = False,
    csv: CsvDir = None,
    xlsx: Xlsx = None,
) -> None:
    """Realised rating bands against the benchmark 6 to 12 months after the report; pending where the time has not come.

    Example: screener rating --as-of 2026-10-09
    """
    from screener.commands.output import Out, show
    from screener.report.rating import print_review
    from screener.research import open

    answer = open(db).ratings(
        as_of, file=ratings, industry_index=words(industry_index), geometric=geometric, scorecard=scorecard, by=by
    )
    show(answer, partial(print_review, full=full), Out(as_json, csv, xlsx))

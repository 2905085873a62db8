"""`screener rating`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from screener.commands.options import AsOf, CsvDir, Db, Json, Xlsx, parse_day

if TYPE_CHECKING:
    import polars as pl


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
) -> None:
    """Realised rating bands against the benchmark 6 to 12 months after the report; pending where the time has not come.

    Example: screener rating --as-of 2026-10-09
    """
    from screener.commands.context import market_of
    from screener.commands.output import hand_out, print_json
    from screener.evaluation.rating import review
    from screener.report.rating import print_review
    from screener.report.tables import say

    given = rated_in(ratings) if ratings else None
    market = market_of(db)
    answer = review(
        market, parse_day(as_of) or market.last_session(),
        ratings=given, industry_index=industry_index, geometric=geometric, scorecard=scorecard,
    )  # fmt: skip
    hand_out(answer.tables(), csv=csv)
    hand_out(answer.sheets(), answer.stands_on.as_dict, xlsx=xlsx)
    if as_json:
        print_json(answer.as_dict())
        return
    for line in answer.stands_on.stamps:
        say(line)
    print_review(answer)
    say(answer.stands_on.line)


def rated_in(file: Path) -> pl.DataFrame:
    """The ratings of a CSV or Parquet file, as `screener load` reads one. Raises DataRefused."""
    from screener.core.tables import TABLES
    from screener.sources.files import FileMap, read_file

    return TABLES["ratings"].check(read_file(file, FileMap(dataset="ratings")).frame, where=file.name)

"""`screener load DIR`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from screener.commands.options import Db, Json
from screener.core.errors import UsageError

if TYPE_CHECKING:
    from screener.research import Loading


def load(
    folder: Annotated[
        Path | None, typer.Argument(help="Folder (or one file) of CSV and Parquet.", metavar="DIR")
    ] = None,
    column_map: Annotated[
        Path | None, typer.Option("--map", help="TOML: your column names, units and date formats.", metavar="FILE")
    ] = None,
    template: Annotated[
        str | None, typer.Option(help="Print a header and an example row of a dataset, load nothing.", metavar="NAME")
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Stored prices are wrong: let the new ones replace them in whole.")
    ] = False,
    db: Db = None,
    as_json: Json = False,
) -> None:
    """Load CSV or Parquet: bars, indices, actions, shares, announcements, commitments, contract facts, ratings.

    A file's dataset is told by its columns. A refused file changes nothing. Odd rows that are kept are told, and what
    could not be checked.

    Example: screener load my_data --map wind.toml
    """
    if template is not None:
        from screener.research import template_of

        print(template_of(template), end="")
        return
    if folder is None:
        raise UsageError("no folder given", next_step="screener load DIR, or screener load --template bars")
    from screener.commands.output import Out, show
    from screener.research import open

    show(open(db).load(folder, column_map, replace=replace), _draw, Out(as_json))


def _draw(answer: Loading) -> None:
    from screener.report.tables import Field, print_table, say

    counts = [Field(name, name, lambda n: f"{n:,}", right=True) for name in ("new", "revised", "unchanged")]
    print_table(
        [Field("file", "file"), Field("dataset", "dataset"), *counts, Field("not stored", "columns not stored")],
        answer.tables()["load"],
    )
    for line in answer.notes:
        say(line)
    say("next: screener status, then screener screen")

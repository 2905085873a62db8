"""`screener load DIR`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from screener.commands.options import Db, Json
from screener.core.errors import UsageError


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
    db: Db = None,
    as_json: Json = False,
) -> None:
    """Load CSV or Parquet: bars, indices, actions, shares, announcements, commitments, contract facts, ratings.

    A file's dataset is told by its columns. A refused file changes nothing.

    Example: screener load my_data --map wind.toml
    """
    from screener.sources import files

    if template is not None:
        print(files.template(template), end="")
        return
    if folder is None:
        raise UsageError("no folder given", next_step="screener load DIR, or screener load --template bars")
    _load(folder, column_map, db, as_json)


def _load(folder: Path, column_map: Path | None, db: Path | None, as_json: bool) -> None:
    from screener.commands.context import db_path
    from screener.commands.output import print_json
    from screener.report.tables import Field, print_table, say
    from screener.sources import files
    from screener.store.database import Store
    from screener.store.ingest import load_folder

    folder_map = files.read_map(column_map) if column_map else None
    with Store.create_or_open(db_path(db)) as store:
        reports = load_folder(store, folder, folder_map)
    rows = [
        {name: getattr(report, name) for name in ("file", "dataset", "new", "revised", "unchanged")}
        | {"not stored": ", ".join(report.dropped)}
        for report in reports
    ]
    if as_json:
        print_json(rows)
        return
    counts = [Field(name, name, lambda n: f"{n:,}", right=True) for name in ("new", "revised", "unchanged")]
    print_table(
        [Field("file", "file"), Field("dataset", "dataset"), *counts, Field("not stored", "columns not stored")], rows
    )
    say(f"store: {db_path(db)}; next: screener status, then screener screen")

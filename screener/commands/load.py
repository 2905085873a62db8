"""`screener load DIR`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from screener.commands.options import Db, Json
from screener.core.collecting import keep_pages
from screener.core.errors import UsageError

if TYPE_CHECKING:
    from screener.research import Loading

_SHOWN = 12  # lines of notes and of what was left out


def load(
    folder: Annotated[
        Path | None, typer.Argument(help="Folder (or one file), all below it too.", metavar="DIR")
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
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Do everything but the writing.")] = False,
    db: Db = None,
    as_json: Json = False,
) -> None:
    """Load your files: bars, indices, actions, shares, announcements, contracts, their facts, ratings.

    CSV, Excel (.xlsx, .xls), text, Parquet, also in .gz and .zip. A file's dataset, units and firm are told by its
    headings and its name; what is none of ours is named. A refused file changes nothing.
    Odd rows that are kept are told, and what could not be checked.

    Example: screener load my_data --dry-run
    """
    if template is not None:
        from screener.research import template_of

        print(template_of(template), end="")
        return
    if folder is None:
        raise UsageError("no folder given", next_step="screener load DIR, or screener load --template bars")
    keep_pages()
    from screener.commands.output import Out, show
    from screener.research import open

    show(open(db).load(folder, column_map, replace=replace, dry_run=dry_run), _draw, Out(as_json))


def _draw(answer: Loading) -> None:
    from screener.report.tables import Field, count, print_table, say

    counts = [
        Field(name, name, count, right=True, drop=drop)
        for name, drop in (("rows", 0), ("new", 0), ("revised", 2), ("unchanged", 3))
    ]
    span = [Field("symbols", "symbols", lambda n: count(n) if n else "", right=True, drop=4)]
    span += [Field(name, name, lambda day: str(day or ""), drop=1) for name in ("first", "last")]
    print_table(
        [
            Field("file", "file", wrap=True),
            Field("dataset", "dataset"),
            *counts,
            *span,
        ],
        [row for row in answer.rows if row["dataset"]],
        empty="no file was read as one of our tables: screener load --template bars shows what one looks like",
    )
    for line in answer.warnings:
        say(line)
    _list(
        "columns not stored", [f"{row['file']}: {row['not stored']}" for row in answer.rows if row["not stored"]], say
    )
    _list("note", [f"{file}: {note}" for file, note in answer.notes], say)
    _list("left out", [str(one) if file == one.what else f"{file}: {one}" for file, one in answer.left_out], say)
    say("nothing was written (--dry-run)" if answer.dry_run else "next: screener status, then screener screen")


def _list(what: str, lines: list[str], say: Callable[[str], None]) -> None:
    for line in lines[:_SHOWN]:
        say(f"{what}: {line}")
    if len(lines) > _SHOWN:
        say(f"{what}: {len(lines) - _SHOWN:,} more (--json has all)")

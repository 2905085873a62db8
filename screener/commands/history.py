"""`screener history TABLE KEY …`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from screener.commands.options import CsvDir, Db, Json, RowsOption, Xlsx

if TYPE_CHECKING:
    from screener.research import History

_SHOWN = ("changed", "known_at", "fetched_at", "command", "origin")


def history(
    table: Annotated[str, typer.Argument(help="A table of facts, as actions or commitments.", metavar="TABLE")],
    key: Annotated[list[str], typer.Argument(help="Its key, or a part of it.", metavar="KEY …")],
    db: Db = None,
    as_json: Json = False,
    csv: CsvDir = None,
    xlsx: Xlsx = None,
    rows: RowsOption = 200,
) -> None:
    """Every version of a fact: what changed, since when it was known, and who said so.

    Example: screener history commitments R05-1
    """
    from screener.commands.output import Out, show
    from screener.research import open

    show(open(db).history(table, *key), _draw, Out(as_json, csv, xlsx, rows))


def _changed(what: str) -> str:
    return "first version" if what == "first" else what


def _draw(found: History) -> None:
    from screener.report.tables import Field, print_table

    columns = found.rows.columns
    shown, wide = (*columns[: columns.index("changed")], *_SHOWN), ("changed", "origin")
    drops = {"command": 1, "origin": 2, "fetched_at": 3}
    fields = [
        Field("changed", "changed", _changed, wrap=True, said=True)
        if name == "changed"
        else Field(name, name.replace("_", " "), wrap=name in wide, drop=drops.get(name, 0))
        for name in shown
    ]
    print_table(fields, found.rows.to_dicts(), empty="no version is stored")

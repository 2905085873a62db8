"""`screener read [ID …]`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from screener.commands.options import CsvDir, Db, Json, Xlsx
from screener.core.errors import UsageError
from screener.report.words import told

if TYPE_CHECKING:
    from screener.core.answer import Rows


def read(
    ids: Annotated[list[str] | None, typer.Argument(help="Ids of announcements.", metavar="[ID …]")] = None,
    unreviewed: Annotated[bool, typer.Option("--unreviewed", help="All that nobody has read yet.")] = False,
    file: Annotated[Path | None, typer.Option("--file", help="A PDF, web page or text instead.", metavar="F")] = None,
    ocr: Annotated[bool, typer.Option("--ocr", help="Recognise pages without text (extra `ocr`).")] = False,
    limit: Annotated[int | None, typer.Option(help="At most so many documents.", min=1, metavar="N")] = None,
    db: Db = None,
    as_json: Json = False,
    csv: CsvDir = None,
    xlsx: Xlsx = None,
) -> None:
    """Propose commitments and contract facts out of documents of announcements, each value with its place.

    Example: screener read --file notice.pdf --json
    """
    from screener.commands.output import Out, show
    from screener.research import open

    if sum((bool(ids), unreviewed, file is not None)) != 1:
        raise UsageError("read what?", expected="one of ID …, --unreviewed, --file F")
    house = open(db)
    if file is not None:
        found = house.read_file(file, ocr=ocr)
    else:
        found = house.read(*(ids or ()), ocr=ocr, limit=limit, report=None if as_json else _tell)
    show(found, _draw, Out(as_json, csv, xlsx))


def _tell(announcement_id: str, done: str) -> None:
    typer.echo(f"{announcement_id}: {told(done)}", err=True)


def _draw(found: Rows) -> None:
    from screener.report.reading import print_proposals
    from screener.report.tables import say

    print_proposals(found.rows)
    if found.rows and found.rows[0].get("announcement_id"):
        say("next: screener review")

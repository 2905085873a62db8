"""`screener query SQL`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from screener.commands.options import CsvDir, Db, Json, Xlsx

if TYPE_CHECKING:
    from screener.research import Selection


def query(
    sql: Annotated[str, typer.Argument(help="One SELECT.", metavar="SQL")],
    db: Db = None,
    as_json: Json = False,
    csv: CsvDir = None,
    xlsx: Xlsx = None,
) -> None:
    """Answer one read-only SELECT over the store; it can neither write nor read files.

    Example: screener query "SELECT symbol, count(*) AS bars FROM latest_bars GROUP BY symbol"
    """
    from screener.commands.output import Out, show
    from screener.research import open

    answer = open(db).query(sql)
    if as_json:  # the rows on stdout are the user's; what they stand on is said beside them
        print(*answer.stands_on.stamps, answer.stands_on.line, sep="\n", file=sys.stderr)
    show(answer, _draw, Out(as_json, csv, xlsx))


def _draw(answer: Selection) -> None:
    from screener.report.tables import Field, print_table

    print_table([Field(name, name, wrap=True) for name in answer.rows.columns], answer.rows.to_dicts())

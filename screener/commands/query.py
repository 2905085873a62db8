"""`screener query SQL`."""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from screener.commands.options import CsvDir, Db, Json, RowsOption, Xlsx
from screener.report.words import told

if TYPE_CHECKING:
    from screener.research import Selection


def query(
    sql: Annotated[str, typer.Argument(help="One SELECT.", metavar="SQL")],
    db: Db = None,
    as_json: Json = False,
    csv: CsvDir = None,
    xlsx: Xlsx = None,
    rows: RowsOption = 200,
    memory: Annotated[str, typer.Option("--memory", help="Most memory the query may take.", metavar="SIZE")] = "2GB",
    seconds: Annotated[float, typer.Option("--seconds", help="Longest time it may take.", metavar="S")] = 60,
) -> None:
    """Answer one read-only SELECT over the store; it can neither write nor read files.

    Example: screener query "SELECT symbol, count(*) AS bars FROM latest_bars GROUP BY symbol"
    """
    from screener.commands.frames import print_frame, write_frame
    from screener.commands.output import Out, show, write_csv
    from screener.research import open

    answer = open(db).query(sql, memory=memory, seconds=seconds)
    if csv is not None:  # by columns: a selection may have many rows
        write_csv(csv, {"stands_on": [answer.stands_on.as_dict()]})
        write_frame(csv, "query", answer.frame())
    draw = partial(_draw, most=rows)
    if as_json:  # the rows on stdout are the user's; what they stand on is said beside them
        print(*map(told, (*answer.stands_on.stamps, answer.stands_on.line)), sep="\n", file=sys.stderr)
        print_frame(answer.frame())
    if xlsx is not None or not as_json:
        show(answer, draw, Out(xlsx=xlsx, rows=rows), quiet=as_json)


def _draw(answer: Selection, most: int) -> None:
    from screener.report.tables import Field, print_table, say_more

    rows = answer.rows.head(most).to_dicts()
    fields = [Field(name, name, wrap=True, name=True) for name in answer.rows.columns]
    print_table(fields, rows, empty="no row answers this: screener status shows what the store holds")
    say_more(answer.rows.height - most, answer.rows.height)

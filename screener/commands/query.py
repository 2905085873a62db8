"""`screener query SQL`."""

from __future__ import annotations

from typing import Annotated

import typer

from screener.commands.options import CsvDir, Db, Json, Xlsx


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
    from screener.commands.context import db_path
    from screener.commands.output import print_json, write_csv
    from screener.report.tables import Field, print_table
    from screener.store.database import Store

    with Store.open_read_only(db_path(db)) as store:
        answer = store.query(sql)
    rows = answer.to_dicts()
    if csv is not None:
        write_csv(csv, {"query": rows})
    if xlsx is not None:
        from screener.report.sheets import write_tables

        write_tables(xlsx, {"query": rows}, {"sql": sql, "store": str(db_path(db))})
    if as_json:
        print_json(rows)
    else:
        print_table([Field(name, name, wrap=True) for name in answer.columns], rows)

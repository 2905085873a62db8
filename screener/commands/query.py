"""`screener query SQL`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from screener.commands.options import CsvDir, Db, Json, Xlsx

if TYPE_CHECKING:
    import polars as pl


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
    from screener.commands.output import hand_out, origin, print_json
    from screener.report.tables import Field, print_table
    from screener.store.database import Store

    with Store.open_read_only(db_path(db)) as store:
        answer = store.query(sql)
    rows = _numbers(answer).to_dicts()
    hand_out({"query": rows}, lambda: {"sql": sql, **origin(db)}, csv=csv, xlsx=xlsx)
    if as_json:
        print_json(rows)
    else:
        print_table([Field(name, name, wrap=True) for name in answer.columns], rows)


def _numbers(answer: pl.DataFrame) -> pl.DataFrame:
    """Decimals as plain numbers: DuckDB sums whole numbers into them, and neither JSON nor Excel has the type."""
    import polars as pl

    decimals = {name: kind for name, kind in answer.schema.items() if isinstance(kind, pl.Decimal)}
    return answer.with_columns(
        pl.col(name).cast(pl.Float64 if kind.scale else pl.Int128) for name, kind in decimals.items()
    )

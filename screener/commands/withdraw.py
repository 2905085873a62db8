"""`screener withdraw TABLE KEY …`."""

from __future__ import annotations

from typing import Annotated

import typer

from screener.commands.options import Db, Json


def withdraw(
    table: Annotated[str, typer.Argument(help="A table of facts, as actions or commitments.", metavar="TABLE")],
    key: Annotated[list[str], typer.Argument(help="Its key, or a part of it that is unique.", metavar="KEY …")],
    why: Annotated[str, typer.Option(help="The reason; it stays in the history.", metavar="TEXT")],
    db: Db = None,
    as_json: Json = False,
) -> None:
    """Take a wrong fact back from now on; what was known before stays in the history.

    Example: screener withdraw actions 603629 2026-07-07 --why "booked twice"
    """
    from screener.commands.output import print_json
    from screener.report.tables import say
    from screener.research import open

    taken = open(db).withdraw(table, *key, why=why)
    if as_json:
        print_json({"table": table, "key": taken, "why": why})
        return
    say(f"{table} {taken}: withdrawn from now on; an earlier day still sees it, loading it again restores it")
    say(f"next: screener history {table} {taken}")

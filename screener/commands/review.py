"""`screener review`."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from screener.commands.languages import refusal
from screener.commands.options import CsvDir, Db, Json, Xlsx
from screener.core.errors import ScreenerError, UsageError
from screener.report.words import told

if TYPE_CHECKING:
    from screener.research import Research

_KEYS = "a accept · e edit · r reject · s skip · q quit"


def review(
    accept: Annotated[str | None, typer.Option(help="Accept this proposal.", metavar="ID")] = None,
    reject: Annotated[str | None, typer.Option(help="Reject this proposal.", metavar="ID")] = None,
    edits: Annotated[
        list[str] | None, typer.Option("--set", help="Replace a value, as amount=3.03亿 or of=R05-1.", metavar="K=V")
    ] = None,
    why: Annotated[str, typer.Option(help="Why it is rejected.", metavar="TEXT")] = "",
    reviewer: Annotated[str | None, typer.Option(help="Who decides; default: the login.", metavar="NAME")] = None,
    listed: Annotated[bool, typer.Option("--list", help="Print the queue and stop.")] = False,
    web: Annotated[bool, typer.Option("--web", help="In a browser on this machine, with the document beside.")] = False,
    lang: Annotated[str, typer.Option(help="zh | en, of the page.")] = "zh",
    everything: Annotated[bool, typer.Option("--all", help="Also proposals that are no compute work.")] = False,
    db: Db = None,
    as_json: Json = False,
    csv: CsvDir = None,
    xlsx: Xlsx = None,
) -> None:
    """Walk through proposals, the largest against market cap first: accept, edit, reject or skip each.

    Example: screener review --reviewer wang
    """
    from screener.commands.output import Out, show
    from screener.report.reading import print_queue
    from screener.report.tables import say
    from screener.research import open

    house, who = open(db), reviewer or getpass.getuser()
    if accept is not None or reject is not None:
        if accept is not None and reject is not None:
            raise UsageError("one decision at a time", got="--accept and --reject")
        say(_decided(house, accept or reject or "", who, None if reject is not None else parsed(edits or ()), why))
        return
    if web:
        from screener.commands.desk import serve
        from screener.serving.desk.server import DeskServer

        serve(DeskServer(house, reviewer=who, lang=lang, everything=everything), "review")
        return
    found, out = house.waiting(everything=everything), Out(as_json, csv, xlsx)
    if listed or out.written or not found.rows:
        show(found, lambda queue: print_queue(queue.rows), out)
        return
    _walk(house, found.rows, who)


def parsed(words: list[str] | tuple[str, ...]) -> dict[str, str]:
    """`k=v` words. Raises UsageError."""
    found = {}
    for word in words:
        name, sign, value = word.partition("=")
        if not sign:
            raise UsageError("edit not understood", got=word, expected="K=V, as amount=3.03亿")
        found[name.strip()] = value.strip()
    return found


def _decided(house: Research, proposal_id: str, who: str, edits: Mapping[str, str] | None, why: str) -> str:
    """Writes a decision; what it did, in a line."""
    if edits is None:
        house.reject(proposal_id, who, why)
        return f"{proposal_id}: rejected by {who}"
    done = house.accept(proposal_id, who, edits)
    return f"{proposal_id}: accepted by {who} as {done}"


def _walk(house: Research, rows: Any, who: str) -> None:
    from screener.report.reading import print_waiting
    from screener.report.tables import say

    for number, row in enumerate(rows, 1):
        print_waiting(row, number, len(rows))
        while (key := _key()) not in ("a", "e", "r", "s", "q"):
            say(_KEYS)
        if key == "q":
            break
        if key == "s":
            continue
        edits = parsed(_ask("k=v, several apart by a space: ").split()) if key == "e" else {}
        try:
            say(_decided(house, row["proposal_id"], who, None if key == "r" else edits, ""))
        except ScreenerError as error:  # told, and the proposal waits on
            say(f"not written: {refusal(error)}")
    say("next: screener screen")


def _key() -> str:
    """One key of a terminal; elsewhere the first letter of a line."""
    if sys.stdin.isatty():
        return typer.getchar().lower()
    line = sys.stdin.readline()
    return line.strip().lower()[:1] if line else "q"


def _ask(words: str) -> str:
    typer.echo(told(words), nl=False)
    return sys.stdin.readline().strip()

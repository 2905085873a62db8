"""`screener status`."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Annotated

import typer

from screener.commands.options import CsvDir, Db, Json, RowsOption, Xlsx

SHOWN_ENDS = 20

if TYPE_CHECKING:
    from polars import DataFrame

    from screener.research import Findings, Status


def status(
    findings: Annotated[bool, typer.Option("--findings", help="Explain the odd rows that were kept.")] = False,
    db: Db = None,
    as_json: Json = False,
    csv: CsvDir = None,
    xlsx: Xlsx = None,
    rows: RowsOption = 200,
) -> None:
    """Coverage, gaps, findings and staleness of the store, and what to run next.

    Example: screener status
    """
    from screener.commands.output import Out, show
    from screener.research import open

    out = Out(as_json, csv, xlsx, rows)
    if findings:
        show(open(db).findings(), _explain, out)
    else:
        show(open(db).status(), _draw, out)


def _draw(found: Status) -> None:
    """Tables that hold something, gaps, what is unread, the next command."""
    from screener.report.tables import Field, count, head, print_table, say, say_more, text

    fields = [
        Field("dataset", "table"),
        Field("rows", "rows", count, right=True),
        Field("revised", "revised", count, right=True, drop=5),
        Field("symbols", "symbols", count, right=True, drop=3),
        Field("first", "first", text, drop=1),
        Field("last", "last", text),
        Field("stale_sessions", "behind", count, right=True, drop=4),
        Field("odd", "findings", wrap=True, drop=2),
    ]
    rows = [
        {**vars(entry), "odd": " ".join(f"{check} {count(n)}" for check, n in entry.findings.items()) or ""}
        for entry in found.coverage
        if entry.rows
    ]
    print_table(fields, rows, empty="the store is empty: screener fetch, or screener load DIR")
    if any(entry.findings for entry in found.coverage):
        say("what the findings mean: screener status --findings")
    gaps = found.gaps.height
    if gaps:
        say(f"{gaps} runs of sessions without a bar inside a symbol's span (halts, or missing rows): status --json")
    if found.ended.height:
        _draw_ended(found.ended)
    waiting = found.unreviewed.to_dicts()
    for row in head(waiting):
        say(f"{row['symbol']}: {row['announcements']} order-like announcements unreviewed, its score is incomplete")
    say_more(len(waiting) - len(head(waiting)), len(waiting))
    say(f"store: {found.db}")
    say(f"next: {found.next}")


def _draw_ended(ended: DataFrame) -> None:
    """Series that end early; a reason that holds for several of them stands below the table, once."""
    from screener.report.tables import Field, count, print_table, say, text

    kept = ended.head(SHOWN_ENDS).to_dicts()
    told = Counter(row["became"] for row in kept)
    repeated = [sentence for sentence, n in told.items() if n > 1 and ": " in sentence]
    for row in kept:
        if row["became"] in repeated:
            row["became"] = row["became"].partition(": ")[0]
    more = f", {count(ended.height - len(kept))} more: status --json" if ended.height > len(kept) else ""
    columns = [Field("symbol", "symbol"), Field("last", "last bar", text)]
    columns += [Field("sessions", "sessions since", count, right=True)]
    columns += [Field("became", "became", wrap=True, said=True)]
    print_table(columns, kept, title=f"Series that end before the market{more}")
    for sentence in repeated:
        say(sentence)


def _explain(found: Findings) -> None:
    """Each check with its meaning, its worst rows and what to do."""
    from screener.report.tables import count, say

    if not found.told:
        say("no findings: every stored row passes every check")
    for one in found.told:
        say(f"{one.check}: {count(one.rows)} on {one.dataset}")
        say(f"  {one.meaning}")
        for example in one.examples:
            say(f"  {example}")
        say(f"  to do: {one.todo}")

"""`screener status`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from screener.commands.options import CsvDir, Db, Json, Xlsx

if TYPE_CHECKING:
    from screener.research import Status


def status(db: Db = None, as_json: Json = False, csv: CsvDir = None, xlsx: Xlsx = None) -> None:
    """Coverage, gaps, findings and staleness of the store, and what to run next.

    Example: screener status
    """
    from screener.commands.output import Out, show
    from screener.research import open

    show(open(db).status(), _draw, Out(as_json, csv, xlsx))


def _draw(found: Status) -> None:
    """Tables that hold something, gaps, what is unread, the next command."""
    from screener.report.tables import Field, print_table, say, text

    def count(n: int | None) -> str:
        return "—" if n is None else f"{n:,}"

    fields = [
        Field("dataset", "table"),
        *(Field(name, name, count, right=True) for name in ("rows", "revised", "symbols")),
        Field("first", "first", text),
        Field("last", "last", text),
        Field("stale_sessions", "behind", count, right=True),
        Field("odd", "findings", wrap=True),
    ]
    rows = [
        {**vars(entry), "odd": " ".join(f"{check} {n:,}" for check, n in entry.findings.items()) or ""}
        for entry in found.coverage
        if entry.rows
    ]
    print_table(fields, rows)
    gaps = found.gaps.height
    if gaps:
        say(f"{gaps} runs of sessions without a bar inside a symbol's span (halts, or missing rows): status --json")
    for row in found.unreviewed.to_dicts():
        say(f"{row['symbol']}: {row['announcements']} order-like announcements unreviewed, its score is incomplete")
    say(f"store: {found.db}")
    say(f"next: {found.next}")

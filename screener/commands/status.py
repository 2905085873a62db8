"""`screener status`."""

from __future__ import annotations

from typing import Any

from screener.commands.options import CsvDir, Db, Json, Xlsx


def status(db: Db = None, as_json: Json = False, csv: CsvDir = None, xlsx: Xlsx = None) -> None:
    """Coverage, gaps, findings and staleness of the store, and what to run next.

    Example: screener status
    """
    from screener.commands.context import db_path
    from screener.commands.output import hand_out, origin, print_json
    from screener.store.database import Store
    from screener.store.listing import unreviewed_counts
    from screener.store.status import coverage, gaps, next_command

    with Store.open_read_only(db_path(db)) as store:
        entries = coverage(store)
        holes = gaps(store)
        following = next_command(entries)
        unreviewed = unreviewed_counts(store).to_dicts()
    found: dict[str, Any] = {
        "db": str(db_path(db)),
        "tables": entries,
        "gaps": holes.to_dicts(),
        "unreviewed_order_like": unreviewed,
        "next": following,
    }
    hand_out(_tables(found), lambda: {**origin(db), "next": following}, csv=csv, xlsx=xlsx)
    if as_json:
        print_json(found)
    else:
        _print(found)


def _tables(found: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """The tables as they are, their findings as rows of their own."""
    entries = [vars(entry) for entry in found["tables"]]
    return {
        "tables": [{key: value for key, value in entry.items() if key != "findings"} for entry in entries],
        "findings": [
            {"dataset": entry["dataset"], "check": check, "rows": rows}
            for entry in entries
            for check, rows in entry["findings"].items()
        ],
        "gaps": found["gaps"],
        "unreviewed": found["unreviewed_order_like"],
    }


def _print(found: dict[str, Any]) -> None:
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
        for entry in found["tables"]
        if entry.rows
    ]
    print_table(fields, rows)
    gaps = found["gaps"]
    if gaps:
        say(
            f"{len(gaps)} runs of sessions without a bar inside a symbol's span (halts, or missing rows): status --json"
        )
    for row in found["unreviewed_order_like"]:
        say(f"{row['symbol']}: {row['announcements']} order-like announcements unreviewed, its score is incomplete")
    say(f"store: {found['db']}")
    say(f"next: {found['next']}")

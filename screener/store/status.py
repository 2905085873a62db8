"""What the store holds, how far it reaches, what is odd in it and what to run next."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import Any

import duckdb
import numpy as np
import polars as pl

from screener.core import known
from screener.core.answer import Answer, Tables
from screener.core.arrays import Flags, Ints
from screener.core.config import BENCHMARK, CLOSE_TIME
from screener.core.stands_on import StandsOn
from screener.core.table import Kind, Table
from screener.core.tables import FACTS
from screener.store.database import Store
from screener.store.ended import ended
from screener.store.listing import unreviewed_counts
from screener.store.schema import quoted
from screener.store.standing import made_up, standing

_NAMED_BY = ("symbol", "index", "subject")


@dataclass(frozen=True)
class Coverage:
    """One table: facts (newest versions), how many of them were revised, whom and which days they cover."""

    dataset: str
    rows: int
    revised: int
    symbols: int | None
    first: date | None
    last: date | None
    stale_sessions: int | None  # finished sessions after the last row; None where a table has no daily rows
    written: datetime | None  # when a row was last written
    findings: dict[str, int] = field(default_factory=dict)  # check → rows


@dataclass(frozen=True, repr=False, eq=False)
class Status(Answer):
    """What the store holds, where it has holes, what waits to be read, and what to run next."""

    db: str
    coverage: tuple[Coverage, ...]
    gaps: pl.DataFrame  # as `gaps` has them
    ended: pl.DataFrame  # as `ended` has them
    unreviewed: pl.DataFrame  # symbol, announcements
    next: str
    stands_on: StandsOn

    def frame(self) -> pl.DataFrame:
        """One row per table."""
        return pl.DataFrame(self._tables()["tables"], infer_schema_length=None)

    def _tables(self) -> Tables:
        entries = [vars(entry) for entry in self.coverage]
        findings = [
            {"dataset": entry.dataset, "check": check, "rows": rows}
            for entry in self.coverage
            for check, rows in entry.findings.items()
        ]
        return {
            "tables": [{key: value for key, value in entry.items() if key != "findings"} for entry in entries],
            "findings": findings,
            "gaps": self.gaps.to_dicts(),
            "ended": self.ended.to_dicts(),
            "unreviewed": self.unreviewed.to_dicts(),
        }

    def _plain(self) -> dict[str, Any]:
        return {
            "db": self.db,
            "tables": [asdict(entry) for entry in self.coverage],
            "gaps": self.gaps.to_dicts(),
            "ended": self.ended.to_dicts(),
            "unreviewed_order_like": self.unreviewed.to_dicts(),
            "next": self.next,
        }


def status(store: Store, *, now: datetime | None = None) -> Status:
    """Coverage, gaps, findings and staleness of a store."""
    entries, waiting = coverage(store, now=now), unreviewed_counts(store)
    following = next_command(entries, synthetic=made_up(store))
    stands_on = standing(store, rules={"store": store.path.name, "next": following})
    return Status(str(store.path), tuple(entries), gaps(store), ended(store), waiting, following, stands_on)


def coverage(store: Store, *, now: datetime | None = None) -> list[Coverage]:
    """One entry for each table of facts, empty ones too."""
    now = now or known.shanghai_now()
    sessions = _finished_sessions(store, now)
    found: dict[str, dict[str, int]] = {}
    rows = store.connection.execute(
        'SELECT dataset, "check", count(*) FROM findings GROUP BY ALL ORDER BY ALL'
    ).fetchall()
    for dataset, check, count in rows:
        found.setdefault(dataset, {})[check] = count
    return [_coverage(store, table, sessions, found.get(table.name, {})) for table in FACTS]


def gaps(store: Store) -> pl.DataFrame:
    """Runs of sessions without a bar between a symbol's first and last bar: halts, or rows that are missing.

    Columns symbol, first, last (sessions without a bar, both included), sessions (count); sorted.
    """
    con = store.connection
    first, last = con.execute("SELECT min(session), max(session) FROM bars").fetchall()[0]
    schema = {"symbol": pl.String, "first": pl.Date, "last": pl.Date, "sessions": pl.Int64}
    if first is None:
        return pl.DataFrame(schema=schema)
    found = con.execute(
        "SELECT DISTINCT session FROM sessions WHERE session BETWEEN ? AND ? ORDER BY ALL", [first, last]
    )
    days = pl.Series([row[0] for row in found.fetchall()], dtype=pl.Date)
    symbols, there = _bars_by_day(con, first, last)
    row, before, after = _holes(there[:, (days - first).dt.total_days().to_numpy()])
    return pl.DataFrame(
        {
            "symbol": pl.Series(symbols, dtype=pl.String).gather(row),
            "first": days.gather(before + 1),
            "last": days.gather(after - 1),
            "sessions": pl.Series(after - before - 1, dtype=pl.Int64),
        },
        schema=schema,
    )


def _bars_by_day(con: duckdb.DuckDBPyConnection, first: date, last: date) -> tuple[list[str], Flags]:
    """(symbols, sorted; (N, D) whether there is a bar, a column for each day from `first` on).

    A bit for each day: no bar leaves the database, and a window over all of them would take ten times as long.
    """
    end = (last - first).days // 8 * 8 + 7  # whole bytes
    sql = f"SELECT symbol, bitstring_agg(session - ?::DATE, 0, {end})::BLOB FROM bars GROUP BY symbol ORDER BY symbol"  # noqa: S608 - a number of ours
    rows = con.execute(sql, [first]).fetchall()
    bits = np.frombuffer(b"".join(row[1] for row in rows), dtype=np.uint8).reshape(len(rows), -1)
    return [row[0] for row in rows], np.unpackbits(bits, axis=1).view(bool)


def _holes(there: Flags) -> tuple[Ints, Ints, Ints]:
    """(row, flag before, flag after) of each run without a flag between two flags of a row."""
    framed = np.zeros((there.shape[0], there.shape[1] + 2), dtype=bool)  # so that each row begins and ends without one
    framed[:, 1:-1] = there
    flat = framed.ravel()
    turns = np.flatnonzero(flat[1:] != flat[:-1])
    before, after = turns[1:-1:2], turns[2::2] + 1  # a flag is the last of a run, the next one the first of another
    row, width = before // framed.shape[1], framed.shape[1]
    inside = row == after // width
    return row[inside], before[inside] % width - 1, after[inside] % width - 1


def next_command(entries: list[Coverage], *, synthetic: bool = False) -> str:
    """The command that mends the most important lack, or the one to go on with."""
    by_name = {entry.dataset: entry for entry in entries}
    bars, indices = by_name["bars"], by_name["indices"]
    if not bars.rows:
        return "screener demo / screener load DIR / screener fetch"
    if not indices.rows:
        return f"screener fetch --only indices (back-tests compare with {BENCHMARK})"
    if not by_name["shares"].rows:
        return "screener fetch --only shares (the score needs share capital)"
    if synthetic:
        return "screener fetch --db FILE (real prices go into a store of their own)"
    if bars.stale_sessions or indices.stale_sessions:
        oldest = min(entry.last for entry in (bars, indices) if entry.last)
        return f"screener fetch --since {oldest}"
    return "screener screen"


def _coverage(store: Store, table: Table, sessions: list[date], findings: dict[str, int]) -> Coverage:
    name = next((column for column in _NAMED_BY if column in table.names), None)
    dates = [column.name for column in table.columns if column.kind is Kind.DATE and column.required]
    day = f'"{dates[0]}"' if dates else f"nullif(known_at::DATE, DATE '{known.ALWAYS_KNOWN:%Y-%m-%d}')"
    revised = store.connection.execute(
        "SELECT count(*) FROM runs WHERE dataset = ? AND revised > 0", [table.name]
    ).fetchall()[0][0]
    facts_of = f"count(DISTINCT ({quoted(table.key)}))" if revised else "count(*)"  # to compare keys is dear
    rows, facts, symbols, first, last, written = store.connection.execute(
        f"SELECT count(*), {facts_of}, "  # noqa: S608 - names of ours
        f"{f'count(DISTINCT {quoted([name])})' if name else 'NULL'}, min({day}), max({day}), max(fetched_at) "
        f'FROM "{table.name}"'
    ).fetchall()[0]
    daily = table.name in ("bars", "indices") and last is not None
    return Coverage(
        dataset=table.name,
        rows=facts,
        revised=rows - facts,
        symbols=symbols,
        first=first,
        last=last,
        stale_sessions=sum(session > last for session in sessions) if daily else None,
        written=written,
        findings=findings,
    )


def _finished_sessions(store: Store, now: datetime) -> list[date]:
    """Sessions that were over at `now`."""
    rows = store.connection.execute(
        "SELECT DISTINCT session FROM sessions WHERE session <= ? ORDER BY ALL", [now.date()]
    )
    finished = [row[0] for row in rows.fetchall()]
    return finished[:-1] if finished and finished[-1] == now.date() and now.time() < CLOSE_TIME else finished

"""Bars of a store as a market reads them: of the symbols and for the days that a question is about, in batches.

1. A row has one version, unless a run revised something: such rows are looked up once, with every version.
2. A question about days needs of each symbol the last bar up to each of them and its last bar at all (without which the
   market would not know it). What was corrected later, or moved the price of a symbol that has no bar since, has a day
   of its own. Where it asks how shares trade, it needs the bars of the sessions LOOK_BACK too. Of a bar it needs the
   close and the amount: the other columns are as long, and stay unread.
3. Nothing is sorted, and never more than a batch is held.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any

import duckdb
import polars as pl

from screener.core.bars import AT_CLOSE, FIELDS, Bars
from screener.core.calendar import packaged_calendar
from screener.core.config import LOOK_BACK
from screener.core.tables import TABLES
from screener.store.arrow import batches_of, frame_of
from screener.store.schema import newest

_WRITTEN_OUT = 200  # days of a list in a query
_AT_MOST = 10 * max(LOOK_BACK)  # days in which there are surely so many sessions
_TOLD = "coalesce(source, 'unknown')"
# Rows of which there are several versions, or one that was taken back: `runs` says which runs wrote such.
_SEVERAL = """
    CREATE OR REPLACE TEMP TABLE several AS
    WITH touched AS MATERIALIZED (
        SELECT * FROM bars SEMI JOIN (
            SELECT symbol, session FROM bars
            WHERE run IN (SELECT run FROM runs WHERE dataset = 'bars' AND revised > 0)
        ) USING (symbol, session)
    )
    SELECT * FROM touched WINDOW of_one AS (PARTITION BY symbol, session)
    QUALIFY count(*) OVER of_one > 1 OR bool_or(coalesce(withdrawn, false)) OVER of_one
"""
_STANDING = f"(SELECT * FROM ({newest(TABLES['bars'], 'several')}) WHERE NOT coalesce(withdrawn, false))"  # noqa: S608
_MOMENTS = """
    SELECT DISTINCT known_at FROM (
        SELECT known_at, row_number() OVER (PARTITION BY symbol, session ORDER BY run, known_at) AS version FROM several
    ) WHERE version > 1 ORDER BY known_at
"""
_LATER_DAYS = """
    SELECT DISTINCT later FROM (
        SELECT symbol, session AS later FROM several UNION SELECT symbol, ex_date FROM actions
        UNION SELECT symbol, delisted FROM firms WHERE delisted IS NOT NULL
        UNION SELECT symbol, "end" + 1 FROM st_spells WHERE status = 'delisting' AND "end" IS NOT NULL
    ) LEFT JOIN wanted USING (symbol) WHERE session IS NULL OR later > session AND later <= day
"""
_POSITION = "(SELECT unnest($symbols) AS symbol, generate_subscripts($symbols, 1)::INTEGER - 1 AS n)"
# With them what a share of theirs became or was.
_FOLLOWED = """
    SELECT symbol FROM firms UNION SELECT symbol FROM announcements
    UNION SELECT unnest([symbol, into_symbol]) FROM actions WHERE into_symbol IS NOT NULL
"""
_RATED = """
    SELECT subject FROM ratings UNION SELECT symbol FROM announcements WHERE report_row IS NOT NULL
    UNION SELECT unnest([symbol, into_symbol]) FROM actions WHERE into_symbol IS NOT NULL
"""


def bars_of(
    con: duckdb.DuckDBPyConnection,
    symbols: Collection[str] | None = None,
    days: Collection[date | None] | None = None,
    back: Collection[str] | None = (),
) -> Bars:
    """Bars of `symbols` (None: of all), as far as a question about `days` needs them (None among them: the last).

    `back`: those whose bars of the sessions LOOK_BACK before each day it needs (None: of all `symbols`).
    """
    revised = bool(con.execute("SELECT 1 FROM runs WHERE dataset = 'bars' AND revised > 0 LIMIT 1").fetchall())
    con.execute(_SEVERAL if revised else "CREATE OR REPLACE TEMP TABLE several AS SELECT * FROM bars LIMIT 0")
    plain = "(SELECT * FROM bars ANTI JOIN several USING (symbol, session))" if revised else "bars"
    told = spans(con, plain)
    # Where nothing was revised, nothing is asked about it.
    corrected = con.execute(f"SELECT min(session), max(session) FROM {_STANDING}").fetchall() if revised else []  # noqa: S608
    moments: list[tuple[datetime]] = con.execute(_MOMENTS).fetchall() if revised else []
    ends = [row for row in [*(row[1:] for row in told), *corrected] if row[0] is not None]
    first, last = min((row[0] for row in ends), default=None), max((row[1] for row in ends), default=None)
    asked = None if days is None or last is None else tuple(day or last for day in days)
    reader = _Reader(
        con,
        plain,
        None if symbols is None else sorted(symbols),
        {name: day for name, day, _ in told},
        tuple(row[0] for row in moments),
    )
    looked = frozenset[date]() if asked is None or (back is not None and not back) else _sessions_back(con, asked, last)
    return reader.bars((first, last), asked, _Back(looked, None if back is None else sorted(back)))


def spans(con: duckdb.DuckDBPyConnection, plain: str = "bars") -> list[tuple[str, date, date]]:
    """(who told rows, the first such session, the last one), sorted.

    Where one has told all, as mostly, DuckDB sees that in what it keeps of each block, and reads hardly any.
    """
    one = con.execute("SELECT source FROM bars LIMIT 1").fetchall() if plain == "bars" else []
    if one and one[0][0] is not None and not _others(con, one[0][0]):
        return con.execute("SELECT ?, min(session), max(session) FROM bars", one[0]).fetchall()
    sql = f"SELECT {_TOLD} AS told, min(session), max(session) FROM {plain} GROUP BY told ORDER BY told"  # noqa: S608
    return con.execute(sql).fetchall()


def _others(con: duckdb.DuckDBPyConnection, source: str) -> bool:
    """True where a bar was told by somebody else. Two questions: blocks are not left out for an OR of them."""
    unlike = con.execute("SELECT 1 FROM bars WHERE source <> ? LIMIT 1", [source]).fetchall()
    return bool(unlike or con.execute("SELECT 1 FROM bars WHERE source IS NULL LIMIT 1").fetchall())


def _sessions_back(con: duckdb.DuckDBPyConnection, asked: Collection[date], last: date | None) -> frozenset[date]:
    """The sessions LOOK_BACK before each of the days, by the calendar that a market has."""
    first = min([*asked, last] if last else asked)
    sql = f"SELECT session FROM latest_sessions WHERE session >= ?::DATE - {_AT_MOST}"  # noqa: S608 - a number of ours
    late = con.execute(sql, [first]).fetchall()
    found: set[date] = set()
    calendar = packaged_calendar().with_sessions(row[0] for row in late)
    for day in asked:
        until = calendar.between(date.min, min(day, last or day))
        found |= {until[-1 - count] for count in LOOK_BACK if count < len(until)}
    return frozenset(found)


def followed(con: duckdb.DuckDBPyConnection) -> list[str]:
    """The firms that are listed or announced something."""
    return _with_ends(con, _FOLLOWED)


def rated(con: duckdb.DuckDBPyConnection) -> list[str]:
    """What is rated, in whatever spelling, and the firms that the report lists."""
    return _with_ends(con, _RATED)


def _with_ends(con: duckdb.DuckDBPyConnection, sql: str) -> list[str]:
    """With whom the query names one symbol each that has the first and the last session, so that the span of a part is
    that of the whole; asked so that blocks of bars without that session are left out unread."""
    ends = con.execute("SELECT min(session), max(session) FROM bars").fetchall()[0]
    at = "SELECT symbol FROM bars WHERE session = ? ORDER BY symbol LIMIT 1"
    rows = [*con.execute(sql).fetchall(), *(row for day in ends if day for row in con.execute(at, [day]).fetchall())]
    return sorted({row[0] for row in rows if row[0]})


def _on(days: Collection[date]) -> str:
    """True on these days. Written out: a scan leaves out the rows outside of a list that it can read."""
    if not days:
        return "false"
    written = ", ".join(f"DATE '{day}'" for day in sorted(days))
    return f"session IN ({written})"


@dataclass(frozen=True)
class _Back:
    """Sessions before the days asked about, and whose bars of them are read; None: everybody's."""

    sessions: frozenset[date]
    symbols: list[str] | None


@dataclass(frozen=True)
class _Reader:
    con: duckdb.DuckDBPyConnection
    plain: str  # where the rows of one version stand
    symbols: list[str] | None
    sources: Mapping[str, date]
    moments: tuple[datetime, ...]  # at which rows were revised

    def bars(self, span: tuple[date | None, date | None], asked: tuple[date, ...] | None, back: _Back) -> Bars:
        """The bars before they are read; `asked`: the days of the question, None for a question about all of them."""
        named, count = self._named(asked, span[1])
        # Rows with several versions have a moment: without one nothing is corrected, at most taken back.
        corrected = [frame_of(self._ask("SELECT DISTINCT symbol FROM {rows}", of=_STANDING))] if self.moments else []
        return Bars(
            symbols=tuple(pl.concat([one["symbol"] for one in (named, *corrected)]).unique().sort()),
            first=span[0],
            last=span[1],
            sources=self.sources,
            versions=frame_of(self.con.sql("SELECT * FROM several")),
            moments=self.moments,
            rows=partial(self._rows, count, asked, back),
            whose=None if self.symbols is None else frozenset(self.symbols),
            asked=asked,
            days=() if asked is None else tuple(sorted({*self._days(asked), *back.sessions})),
        )

    def _ask(self, sql: str, where: str = "true", of: str = "", **params: Any) -> duckdb.DuckDBPyRelation:
        """`sql` with {rows}: the rows of one version (or `of` something else) of the symbols that are asked for."""
        if self.symbols is not None:
            where, params = f"{where} AND symbol IN (SELECT unnest($asked))", {**params, "asked": self.symbols}
        return self.con.sql(sql.format(rows=f"{of or self.plain} AS b WHERE {where}"), params=params or None)

    def _named(self, asked: Sequence[date] | None, end: date | None) -> tuple[pl.DataFrame, int]:
        """(The symbols that have rows of one version, how many rows those are)."""
        if asked is None and self.symbols is None:  # half of the time of the look below
            count = self._ask("SELECT count(*) FROM {rows}").fetchall()[0][0]
            return frame_of(self._ask("SELECT DISTINCT symbol FROM {rows}")), count
        self._find_ends(asked or (), end)
        counts = frame_of(self.con.sql("SELECT symbol, bars FROM ends"))
        return counts, int(counts["bars"].sum())

    def _find_ends(self, asked: Sequence[date], end: date | None) -> None:
        """Of each symbol how many rows it has, the last one, and the last up to each day: one look at all rows.

        `end`: the last session of all; up to a day that is not before it the last one is the last at all.
        """
        columns = "".join(f", day{n} DATE" for n in range(len(asked)))
        days: dict[str, Any] = {f"day{n}": day for n, day in enumerate(asked) if end and day < end}
        self.con.execute(f"CREATE OR REPLACE TEMP TABLE ends (symbol VARCHAR, bars BIGINT, last DATE{columns})")
        places = (f"day{n}" for n in range(len(asked)))
        upto = "".join(
            ", max(session)" + (f" FILTER (WHERE session <= ${name})" if name in days else "") for name in places
        )
        found = f"SELECT symbol, count(*), max(session){upto} FROM {{rows}} GROUP BY symbol"  # noqa: S608 - ours
        self._ask(found, **days).insert_into("ends")

    def _days(self, asked: Sequence[date]) -> tuple[date, ...]:
        """The days of the rows that are wanted, of corrected rows after them and of ex-dates after them."""
        self.con.execute(
            "CREATE OR REPLACE TEMP TABLE wanted AS SELECT symbol, last AS session, NULL::DATE AS day FROM ends"
        )
        for n, day in enumerate(asked):
            upto = f"SELECT symbol, day{n}, ?::DATE FROM ends WHERE day{n} IS NOT NULL"  # noqa: S608 - a number of ours
            self.con.execute(f"INSERT INTO wanted {upto}", [day])
        found = self.con.execute(f"SELECT DISTINCT session FROM wanted UNION {_LATER_DAYS}").fetchall()  # noqa: S608
        return tuple(row[0] for row in found)

    def _rows(
        self, count: int, asked: Sequence[date] | None, back: _Back, symbols: Sequence[str]
    ) -> Iterator[pl.DataFrame]:
        """Frames as `Bars.rows` has them."""
        several, read = len(self.sources) > 1, FIELDS if asked is None else AT_CLOSE
        fields = ", ".join(f'"{name}"' if name in read else f'NULL::DOUBLE AS "{name}"' for name in FIELDS)
        told = f"coalesce(list_position($sources, {_TOLD}) - 1, 0)" if several else "0"
        cells = f"SELECT n, session, {fields}, {told}::UINTEGER AS told FROM (SELECT * FROM {{rows}}) "  # noqa: S608
        given: dict[str, Any] = {"symbols": list(symbols)} | ({"sources": list(self.sources)} if several else {})
        whose = f"{_POSITION} USING (symbol)"
        if asked is None:  # with the rows of several versions: to leave them out costs twice the reading
            yield from batches_of(self._ask(f"{cells} JOIN {whose}", of="bars", **given), count)
            return
        days: list[tuple[date]] = self.con.execute("SELECT DISTINCT session FROM wanted").fetchall()
        every = {*(row[0] for row in days), *back.sessions}
        written = len(every) <= _WRITTEN_OUT
        where = _on(every) if written else "true"
        if written and back.symbols is None and every == back.sessions:
            pass  # everybody's rows of these days, and nothing else
        elif back.sessions:  # in one look at the rows: each costs as much as all of them
            looked = _on(back.sessions)
            if back.symbols is not None:
                looked, given = f"{looked} AND symbol IN (SELECT unnest($back))", {**given, "back": back.symbols}
            where = f"{where} AND ({looked} OR (symbol, session) IN (SELECT (symbol, session) FROM wanted))"  # noqa: S608
        else:  # the few rows on the side that is hashed
            whose = f"(SELECT DISTINCT n, symbol, session FROM wanted JOIN {whose}) USING (symbol, session)"  # noqa: S608
        yield frame_of(self._ask(f"{cells} JOIN {whose}", where, **given))

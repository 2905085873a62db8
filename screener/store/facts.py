"""Newest versions of stored facts, for what judges them together: cross-checks and findings."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import duckdb
import polars as pl

from screener.core.tables import TABLES
from screener.store.arrow import frame_of
from screener.store.checks.shape import rising

TOGETHER = 500  # symbols looked at at a time: ten years of them take a quarter of a gigabyte
_BAR_COLUMNS = "symbol, session, open, high, low, close, volume, amount"


class Facts:
    """The store as it stands, of the symbols asked for (None: all of them); each table is read once."""

    def __init__(self, con: duckdb.DuckDBPyConnection, symbols: Collection[str] | None = None) -> None:
        self._con, self._symbols = con, None if symbols is None else sorted(symbols)
        self._frames: dict[str, pl.DataFrame] = {}

    def latest(self, name: str) -> pl.DataFrame:
        """Newest versions of a table, of the symbols asked for where it has symbols; bars in order."""
        if name not in self._frames:
            self._frames[name] = self._read(name)
        return self._frames[name]

    def by_symbols(self) -> Iterator[Facts]:
        """The same facts, some symbols at a time: as many of them as have bars that fit."""
        symbols = self._symbols
        if symbols is None:
            symbols = [row[0] for row in self._con.execute("SELECT DISTINCT symbol FROM bars ORDER BY ALL").fetchall()]
        if len(symbols) <= TOGETHER or "bars" in self._frames:
            yield self
            return
        for first in range(0, len(symbols), TOGETHER):
            yield Facts(self._con, symbols[first : first + TOGETHER])

    def bars_of(self, symbols: Collection[str]) -> pl.DataFrame:
        """Bars of a few of the symbols, in order."""
        if "bars" in self._frames:
            return self._frames["bars"].filter(pl.col("symbol").is_in(list(symbols)))
        return Facts(self._con, symbols).latest("bars") if symbols else TABLES["bars"].empty()

    def typical_volumes(self, symbols: Collection[str], without: Collection[str], fewest: int) -> pl.DataFrame:
        """(symbol, stored): median volume of bars that other runs wrote, where there are `fewest` at least."""
        sql = (
            "SELECT symbol, median(volume) AS stored FROM bars WHERE volume > 0 AND symbol IN (SELECT unnest($asked)) "
            "AND run NOT IN (SELECT unnest($runs)) GROUP BY symbol HAVING count(*) >= $fewest"
        )
        asked = {"asked": sorted(symbols), "runs": sorted(without), "fewest": fewest}
        return frame_of(self._con.sql(sql, params=asked))

    def first_bars(self) -> pl.DataFrame:
        """(symbol, first): the first session of each symbol that has bars."""
        return frame_of(self._con.sql("SELECT symbol, min(session) AS first FROM bars GROUP BY symbol ORDER BY symbol"))

    def replaced_closes(self, runs: Collection[str], rows: pl.DataFrame) -> pl.DataFrame:
        """Bars that `runs` revised: symbol, session, close, before; overlap: how many of its `rows` were stored."""
        sql = """
            WITH written AS (SELECT symbol, session, close FROM bars WHERE run IN (SELECT unnest($runs))),
            older AS (
                SELECT symbol, session, arg_max(close, run) AS before
                FROM bars SEMI JOIN written USING (symbol, session)
                WHERE run NOT IN (SELECT unnest($runs)) GROUP BY ALL
            )
            SELECT symbol, session, close, before FROM written LEFT JOIN older USING (symbol, session)
            ORDER BY symbol, session
        """
        written = frame_of(self._con.sql(sql, params={"runs": sorted(runs)}))
        new = written.group_by("symbol").agg(pl.col("before").null_count().cast(pl.Int64).alias("new"))
        counts = rows.group_by("symbol").agg(pl.len().cast(pl.Int64).alias("told")).join(new, on="symbol", how="left")
        overlap = counts.select("symbol", overlap=pl.col("told") - pl.col("new").fill_null(0))
        return written.drop_nulls("before").join(overlap, on="symbol", maintain_order="left")

    def _read(self, name: str) -> pl.DataFrame:
        # The window over versions is dear, so it is left out where nothing was revised.
        revised = self._con.execute("SELECT count(*) FROM runs WHERE dataset = ? AND revised > 0", [name]).fetchall()
        source = f"latest_{name}" if revised[0][0] else name
        asked = self._symbols is not None and "symbol" in TABLES[name].names
        where = "WHERE symbol IN (SELECT unnest($asked))" if asked else ""
        columns = _BAR_COLUMNS if name == "bars" else "*"
        sql = f"SELECT {columns} FROM {source} {where}"  # noqa: S608 - names of ours
        found = frame_of(self._con.sql(sql, params={"asked": self._symbols} if asked else None))
        return found if name != "bars" or rising(found, TABLES[name].key) else found.sort("symbol", "session")

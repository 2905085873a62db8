"""Newest versions of stored facts, for what judges them together: cross-checks and findings."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

import duckdb
import polars as pl

from screener.core.tables import TABLES
from screener.store.arrow import frame_of
from screener.store.checks.shape import rising

TOGETHER = 500  # symbols looked at at a time: ten years of them take a quarter of a gigabyte
BESIDE = ("symbol", "session", "open", "close")
BAR_COLUMNS = ("symbol", "session", "open", "high", "low", "close", "volume", "amount")


@dataclass
class Passed:
    """What others ask of bars, taken down while those of a large file passed by, some symbols at a time."""

    symbols: set[str] = field(default_factory=set)
    around: list[pl.DataFrame] = field(default_factory=list)  # the bars beside ex-dates, see `around`
    in_force: list[pl.DataFrame] = field(default_factory=list)  # what traded under each share count
    found: list[list[pl.DataFrame]] = field(default_factory=list)  # findings, those of each check in order


class Facts:
    """The store as it stands, of the symbols asked for (None: all of them); each table is read once.

    `bars`: those of the symbols, where somebody holds them already; `passed`: what needs no more reading; `common`:
    where all other tables are kept whole for those who ask about other symbols next.
    """

    def __init__(
        self,
        con: duckdb.DuckDBPyConnection,
        symbols: Collection[str] | None = None,
        *,
        bars: pl.DataFrame | None = None,
        passed: Passed | None = None,
        common: dict[str, pl.DataFrame] | None = None,
    ) -> None:
        self._con, self._symbols = con, None if symbols is None else sorted(symbols)
        self._frames: dict[str, pl.DataFrame] = {} if bars is None else {"bars": bars.select(BAR_COLUMNS)}
        self.passed = passed or Passed()
        self._common = common

    def latest(self, name: str) -> pl.DataFrame:
        """Newest versions of a table, of the symbols asked for where it has symbols; bars in order."""
        if name not in self._frames:
            kept = self._common is not None and name != "bars"
            self._frames[name] = self._of_common(name) if kept else self._read(name, self._symbols)
        return self._frames[name]

    def _of_common(self, name: str) -> pl.DataFrame:
        """Read once for all who ask: a question to the store costs more than rows of other symbols."""
        kept = {} if self._common is None else self._common
        if name not in kept:
            kept[name] = self._read(name, None)
        if self._symbols is None or "symbol" not in TABLES[name].names:
            return kept[name]
        return kept[name].filter(pl.col("symbol").is_in(self._symbols))

    def by_symbols(self) -> Iterator[Facts]:
        """The same facts, some symbols at a time: as many of them as have bars that fit. Those passed are left out."""
        symbols = self._symbols
        if symbols is None:
            symbols = [row[0] for row in self._con.execute("SELECT DISTINCT symbol FROM bars ORDER BY ALL").fetchall()]
        if self.passed.symbols:
            symbols = [symbol for symbol in symbols if symbol not in self.passed.symbols]
        elif len(symbols) <= TOGETHER or "bars" in self._frames:
            yield self
            return
        for first in range(0, len(symbols), TOGETHER):
            yield Facts(self._con, symbols[first : first + TOGETHER])

    def bars_of(self, symbols: Collection[str]) -> pl.DataFrame:
        """Bars of a few of the symbols, in order."""
        if "bars" in self._frames:
            return self._frames["bars"].filter(pl.col("symbol").is_in(list(symbols)))
        return Facts(self._con, symbols).latest("bars") if symbols else TABLES["bars"].empty()

    def bars_beside(self, actions: pl.DataFrame) -> pl.DataFrame:
        """(symbol, session, open, close): of the symbols of actions all bars, or of many at least those beside them."""
        symbols = actions["symbol"].unique().sort().to_list()
        left = [symbol for symbol in symbols if symbol not in self.passed.symbols]
        parts = [self._thin(actions, left[first : first + TOGETHER]) for first in range(0, len(left), TOGETHER)]
        if not parts or len(left) < len(symbols):
            parts += self.passed.around or [TABLES["bars"].empty().select(BESIDE)]
        return pl.concat(parts)

    def _thin(self, actions: pl.DataFrame, symbols: Collection[str]) -> pl.DataFrame:
        return around(self.bars_of(symbols), actions)

    def with_bars(self, symbols: Collection[str]) -> set[str]:
        """Those of the symbols that have bars."""
        sql = f"SELECT DISTINCT symbol FROM {self._source('bars')} WHERE symbol IN (SELECT unnest($asked::VARCHAR[]))"  # noqa: S608
        return {row[0] for row in self._con.execute(sql, {"asked": sorted(symbols)}).fetchall()}

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

    def replaced_closes(self, runs: Collection[str], told: pl.DataFrame) -> pl.DataFrame:
        """Bars that `runs` revised: symbol, session, close, before; overlap: how many of its rows were stored.

        `told` (symbol, told): how many rows of each symbol the runs were given.
        """
        sql = """
            WITH written AS (SELECT symbol, session, close FROM bars WHERE run IN (SELECT unnest($runs))),
            changed AS (
                SELECT symbol, session, any_value(w.close) AS close, arg_max(b.close, b.run) AS before
                FROM bars b JOIN written w USING (symbol, session)
                WHERE run NOT IN (SELECT unnest($runs)) GROUP BY ALL
            ),
            counts AS (SELECT symbol, count(*) AS written FROM written GROUP BY symbol)
            SELECT symbol, session, close, before, written - count(*) OVER (PARTITION BY symbol) AS new
            FROM changed JOIN counts USING (symbol) ORDER BY symbol, session
        """
        changed = frame_of(self._con.sql(sql, params={"runs": sorted(runs)}))
        joined = changed.join(told, on="symbol", how="left", maintain_order="left")
        return joined.select("symbol", "session", "close", "before", overlap=pl.col("told") - pl.col("new"))

    def _source(self, name: str) -> str:
        """Where the newest versions stand: the window over versions is dear, and needless where nothing was revised."""
        revised = self._con.execute("SELECT 1 FROM runs WHERE dataset = ? AND revised > 0 LIMIT 1", [name]).fetchall()
        return f"latest_{name}" if revised else name

    def _read(self, name: str, symbols: list[str] | None) -> pl.DataFrame:
        asked = symbols is not None and "symbol" in TABLES[name].names
        params: dict[str, object] | None = {"asked": symbols} if asked else None
        where = "WHERE symbol IN (SELECT unnest($asked))" if asked else ""
        if name == "bars" and symbols and self._are_all_between(symbols):
            params = {"first": symbols[0], "last": symbols[-1]}
            where = "WHERE symbol BETWEEN $first AND $last"  # a join with a list would not keep the order
        columns = ", ".join(BAR_COLUMNS) if name == "bars" else "*"
        found = frame_of(self._con.sql(f"SELECT {columns} FROM {self._source(name)} {where}", params=params))  # noqa: S608
        return found if name != "bars" or rising(found, TABLES[name].key) else found.sort("symbol", "session")

    def _are_all_between(self, symbols: list[str]) -> bool:
        """True where no other symbol that has bars lies between the first and the last of these."""
        sql = "SELECT 1 FROM bars WHERE symbol BETWEEN ? AND ? AND symbol NOT IN (SELECT unnest(?)) LIMIT 1"
        return not self._con.execute(sql, [symbols[0], symbols[-1], symbols]).fetchall()


def around(bars: pl.DataFrame, actions: pl.DataFrame) -> pl.DataFrame:
    """The last bar before each ex-date of a symbol and the first one on or after it: symbol, session, open, close."""
    rows, days = bars.select(BESIDE).sort("session"), actions.select("symbol", "ex_date").unique().sort("ex_date")
    on = rows.with_columns(ex_date="session")
    before = days.join_asof(on, on="ex_date", by="symbol", allow_exact_matches=False, check_sortedness=False)
    after = days.join_asof(on, on="ex_date", by="symbol", strategy="forward", check_sortedness=False)
    return pl.concat([before, after]).drop_nulls("session").select(BESIDE).unique()

"""Odd rows that are kept. Findings are derived from the facts, so they are rewritten whenever the facts change.

1. The newest version of each bar, sorted by symbol and session; the reference is the bar before, or on an ex-date the
   ex-right reference price (given by the action, else SSE 4.3.2 / SZSE 4.4.2).
2. Limits: the rate of the board (and ST) in force that day, half up to the fen (SSE 3.3.13/3.3.17), as `core.rules`
   has them for one price. The first sessions of a symbol in the store may be those after listing: not checked.
3. A bar outside the unit band, beyond a limit or without volume, and a domestic index on a day without a session, is
   one finding each. The same facts give the same findings, however they were split over loads.
"""

from __future__ import annotations

from collections.abc import Collection

import duckdb
import polars as pl

from screener.core.known import is_domestic
from screener.core.price_rules import ex_right_expr, limit_exprs
from screener.core.symbols import Board, board_of
from screener.core.tables import TABLES
from screener.store.arrow import frame_of
from screener.store.checks import rising, unit_odd

_HALF_FEN = 0.005
# A change of these may change the findings of every symbol.
_MARKET_WIDE = ("rules", "st_spells")
_BY_SYMBOL = ("bars", "actions")
# An ex-date that is not stored looks like a fall through the limit: the detail says which price the limit came from.
_REFERENCE = ("basis", "reference")
_BAR_COLUMNS = "symbol, session, high, low, close, volume, amount"


def refresh(con: duckdb.DuckDBPyConnection, touched: dict[str, set[str] | None]) -> None:
    """Rewrites the findings of what a load touched: dataset → symbols (None: all of them)."""
    if any(name in touched for name in (*_MARKET_WIDE, *_BY_SYMBOL)):
        asked = [touched[name] for name in _BY_SYMBOL if name in touched]
        everything = None in asked or any(name in touched for name in _MARKET_WIDE)
        _refresh_bars(con, None if everything else {symbol for group in asked for symbol in group or ()})
    if "indices" in touched or "sessions" in touched:
        _rewrite(con, "indices", index_findings(_latest(con, "indices"), _latest(con, "sessions")))


def bar_findings(
    bars: pl.DataFrame, actions: pl.DataFrame, rules: pl.DataFrame, st_spells: pl.DataFrame
) -> pl.DataFrame:
    """Findings (row_key, check, detail) of bars sorted by symbol and session; newest versions of everything."""
    limits = _with_limits(_with_reference(bars, actions), rules, st_spells)
    above, below = pl.col("high") > pl.col("up") + _HALF_FEN, pl.col("low") < pl.col("down") - _HALF_FEN
    average = (pl.col("amount") / pl.col("volume")).round(4)
    found = [
        _found(limits, "price_limit", above, "high {} above limit {} ({} {})", "high", "up", *_REFERENCE),
        _found(limits, "price_limit", below, "low {} under limit {} ({} {})", "low", "down", *_REFERENCE),
        _found(bars, "unit_band", unit_odd(), "amount ÷ volume {} outside {} … {}", average, "low", "high"),
        _found(bars, "zero_volume", pl.col("volume") == 0, "volume {}, close {}", "volume", "close"),
    ]
    return pl.concat(found).unique(["row_key", "check"], keep="first", maintain_order=True)


def index_findings(indices: pl.DataFrame, sessions: pl.DataFrame) -> pl.DataFrame:
    """Levels of domestic indices on days that are no session."""
    odd = is_domestic() & ~pl.col("session").is_in(sessions["session"].implode())
    return _found(indices, "not_a_session", odd, "close {} on a day without a session", "close", key="index")


def _refresh_bars(con: duckdb.DuckDBPyConnection, symbols: set[str] | None) -> None:
    others = "SELECT 1 FROM bars WHERE symbol NOT IN (SELECT unnest(?)) LIMIT 1"  # found at once where there are any
    if symbols is not None and not con.execute(others, [sorted(symbols)]).fetchall():
        symbols = None  # asked for by name, all of them would come out of order
    found = bar_findings(
        _latest(con, "bars", symbols),
        _latest(con, "actions", symbols),
        _latest(con, "rules"),
        _latest(con, "st_spells"),
    )
    _rewrite(con, "bars", found, symbols)


def _latest(con: duckdb.DuckDBPyConnection, name: str, symbols: Collection[str] | None = None) -> pl.DataFrame:
    """Newest versions; bars sorted. The window over versions is dear, so it is left out where nothing was revised."""
    revised = con.execute("SELECT count(*) FROM runs WHERE dataset = ? AND revised > 0", [name]).fetchall()[0][0]
    source = f"latest_{name}" if revised else name
    where = "" if symbols is None else "WHERE symbol IN (SELECT unnest($asked))"
    params = None if symbols is None else {"asked": sorted(symbols)}
    columns = _BAR_COLUMNS if name == "bars" else "*"
    found = frame_of(con.sql(f"SELECT {columns} FROM {source} {where}", params=params))  # noqa: S608 - names of ours
    return found if name != "bars" or rising(found, TABLES[name].key) else found.sort("symbol", "session")


def _rewrite(
    con: duckdb.DuckDBPyConnection, dataset: str, found: pl.DataFrame, symbols: Collection[str] | None = None
) -> None:
    if symbols is None:
        con.execute("DELETE FROM findings WHERE dataset = ?", [dataset])
    else:
        con.execute(
            "DELETE FROM findings WHERE dataset = ? AND split_part(row_key, ' ', 1) IN (SELECT unnest(?))",
            [dataset, sorted(symbols)],
        )
    if found.height:
        con.register("found", found)
        con.execute(f"INSERT INTO findings SELECT '{dataset}', row_key, \"check\", detail FROM found")  # noqa: S608
        con.unregister("found")


def _with_reference(bars: pl.DataFrame, actions: pl.DataFrame) -> pl.DataFrame:
    """Adds `reference` (price before the open) and `nth` (bars of the symbol before this one)."""
    line, same = pl.int_range(pl.len()), pl.col("symbol") == pl.col("symbol").shift()
    bars = bars.with_columns(
        pl.when(same).then(pl.col("close").shift()).alias("prev"),
        (line - pl.when(~same.fill_null(False)).then(line).forward_fill()).alias("nth"),
    )
    if actions.is_empty():
        return bars.with_columns(pl.col("prev").alias("reference"), pl.lit("previous close").alias("basis"))
    plain = pl.col("events").is_null()
    return (
        bars.join(_events(bars, actions), on=["symbol", "session"], how="left", maintain_order="left")
        .with_columns(
            pl.when(plain).then(pl.col("prev")).otherwise(_ex_right()).alias("reference"),
            pl.when(plain).then(pl.lit("previous close")).otherwise(pl.lit("ex-right reference")).alias("basis"),
        )
        .drop("bonus", "cash", "given", "rights", "events")
    )


def _events(bars: pl.DataFrame, actions: pl.DataFrame) -> pl.DataFrame:
    """The actions of each bar, summed up; an ex-date during a halt belongs to the first bar after it."""
    sessions = bars.select("symbol", "session", pl.col("session").alias("ex_date")).sort("ex_date")
    on_bar = actions.sort("ex_date").join_asof(
        sessions, on="ex_date", by="symbol", strategy="forward", check_sortedness=False
    )
    return on_bar.drop_nulls("session").group_by("symbol", "session", maintain_order=True).agg(
        pl.col("shares_to_holder").sum().alias("bonus"),
        pl.col("cash_to_holder").sum().alias("cash"),
        pl.col("reference_price").drop_nulls().last().alias("given"),
        (pl.col("kind") == "rights").any().alias("rights"),
        pl.len().alias("events"),
    )  # fmt: skip


def _ex_right() -> pl.Expr:
    """Given by a single action, else by the formula; null for rights, whose price only a given reference holds."""
    formula = ex_right_expr(pl.col("prev"), cash=pl.col("cash"), shares=pl.col("bonus"))
    computed = pl.when(~pl.col("rights")).then(formula)
    return pl.when(pl.col("events") == 1).then(pl.coalesce("given", computed)).otherwise(computed)


def _with_limits(bars: pl.DataFrame, rules: pl.DataFrame, st_spells: pl.DataFrame) -> pl.DataFrame:
    """Adds `up` and `down` in yuan to the bars that have a limit; leaves the others out."""
    # Most bars lie inside the narrowest limit of a name without ST: only the others are worth the look at the rules.
    plain = rules.filter(pl.col("rule") == "price_limit", pl.col("scope").is_in([str(board) for board in Board]))
    reach = pl.col("reference") * plain["value"].min() - 0.01
    far = (pl.col("high") - pl.col("reference") > reach) | (pl.col("reference") - pl.col("low") > reach)
    bars = bars.filter(far | pl.col("symbol").is_in(st_spells["symbol"].implode()))
    boards = {symbol: str(board_of(symbol)) for symbol in bars["symbol"].unique()}
    bars = bars.with_columns(pl.col("symbol").replace_strict(boards, return_dtype=pl.String).alias("board"))
    bars = _with_rule(bars, rules, "no_limit_sessions", "board", "free")
    bars = bars.filter(pl.col("nth") >= pl.max_horizontal(pl.col("free").fill_null(0), pl.lit(1)))
    scope = pl.when(_is_st(bars, st_spells)).then(pl.col("board") + "_st").otherwise(pl.col("board"))
    bars = _with_rule(bars.with_columns(scope.alias("scope")), rules, "price_limit", "scope", "rate")
    up, down = limit_exprs(pl.col("reference"), pl.col("rate"))
    return bars.with_columns(up.alias("up"), down.alias("down"))


def _with_rule(bars: pl.DataFrame, rules: pl.DataFrame, rule: str, scope: str, name: str) -> pl.DataFrame:
    """Adds the value of a rule in force on the session of each bar, null where no row covers it."""
    rows = rules.filter(pl.col("rule") == rule).select(
        pl.col("scope").alias(scope), pl.col("start").alias("session"), pl.col("end").alias("until"), pl.col("value")
    )
    joined = bars.with_row_index("line").sort("session").join_asof(
        rows.sort("session"), on="session", by=scope, strategy="backward", check_sortedness=False
    ).sort("line")  # fmt: skip
    covered = pl.col("until").is_null() | (pl.col("session") < pl.col("until"))
    return joined.with_columns(pl.when(covered).then(pl.col("value")).alias(name)).drop("line", "until", "value")


def _is_st(bars: pl.DataFrame, st_spells: pl.DataFrame) -> pl.Series:
    """True for bars inside an ST spell of their symbol, both ends included."""
    spells = st_spells.select("symbol", "end", pl.col("start").alias("session"), pl.lit(True).alias("st"))
    joined = bars.select("symbol", "session").with_row_index("line").sort("session").join_asof(
        spells.sort("session"), on="session", by="symbol", strategy="backward", check_sortedness=False
    ).sort("line")  # fmt: skip
    ended = (pl.col("session") > pl.col("end")).fill_null(False)
    return joined.select((pl.col("st").fill_null(False) & ~ended).alias("st"))["st"]


def _found(
    frame: pl.DataFrame, check: str, odd: pl.Expr, detail: str, *parts: str | pl.Expr, key: str = "symbol"
) -> pl.DataFrame:
    rows = frame.filter(odd)
    return _as_findings(rows.with_columns(pl.lit(check).alias("check"), pl.format(detail, *parts).alias("detail")), key)


def _as_findings(rows: pl.DataFrame, key: str = "symbol") -> pl.DataFrame:
    return rows.select(
        (pl.col(key) + " " + pl.col("session").cast(pl.String)).alias("row_key"), "check", pl.col("detail")
    )

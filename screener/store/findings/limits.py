"""Reference and limit of each bar, as the exchange would have had them.

1. The reference is the bar before, or on an ex-date the ex-right reference price (given by the action, else the formula
   of `core.price_rules`).
2. The rate is that of the board (and ST) in force that day. The first sessions of a symbol in the store may be those
   after its listing: without a limit.
"""

from __future__ import annotations

import polars as pl

from screener.core.price_rules import ex_right_expr, limit_exprs
from screener.core.symbols import Board, board_of


def with_reference(bars: pl.DataFrame, actions: pl.DataFrame) -> pl.DataFrame:
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


def with_limits(bars: pl.DataFrame, rules: pl.DataFrame, st_spells: pl.DataFrame) -> pl.DataFrame:
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

"""Reference and limit of each bar, as the exchange would have had them.

1. The reference is the bar before, or on an ex-date the ex-right reference price (given by the action, else the formula
   of `core.price_rules`).
2. The rate and the rounding are those of `core.limit_spans`. The first sessions of a symbol in the store may be those
   after its listing: without a limit.
"""

from __future__ import annotations

import polars as pl

from screener.core.calendar import packaged_calendar
from screener.core.limit_spans import spans_of
from screener.core.price_rules import ex_right_expr, limit_exprs
from screener.core.rules import Rules
from screener.core.symbols import Board, board_of
from screener.core.table import without_repeats
from screener.core.tables.actions import ENDING, RIGHTS, TERMS
from screener.store.facts import Facts


def with_reference(bars: pl.DataFrame, actions: pl.DataFrame) -> pl.DataFrame:
    """Adds `reference` (price before the open) and `nth` (bars of the symbol before this one)."""
    line, same = pl.int_range(pl.len()), pl.col("symbol") == pl.col("symbol").shift()
    bars = bars.with_columns(
        pl.when(same).then(pl.col("close").shift()).alias("prev"),
        (line - pl.when(~same.fill_null(False)).then(line).forward_fill()).alias("nth"),
    )
    actions = actions.filter(~pl.col("kind").is_in(ENDING))  # what ends a series moves no price of its own
    if actions.is_empty():
        return bars.with_columns(pl.col("prev").alias("reference"), pl.lit("previous close").alias("basis"))
    plain = pl.col("events").is_null()
    return (
        bars.join(_events(bars, actions), on=["symbol", "session"], how="left", maintain_order="left")
        .with_columns(
            pl.when(plain).then(pl.col("prev")).otherwise(_ex_right()).alias("reference"),
            pl.when(plain).then(pl.lit("previous close")).otherwise(pl.lit("ex-right reference")).alias("basis"),
        )
        .drop("bonus", "cash", "given", "offered", "price", "unknown", "events")
    )


def _events(bars: pl.DataFrame, actions: pl.DataFrame) -> pl.DataFrame:
    """The actions of each bar, summed up; an ex-date during a halt belongs to the first bar after it."""
    sessions = bars.select("symbol", "session", pl.col("session").alias("ex_date")).sort("ex_date")
    on_bar = actions.sort("ex_date").join_asof(
        sessions, on="ex_date", by="symbol", strategy="forward", check_sortedness=False
    )
    return (
        on_bar.drop_nulls("session")
        .group_by("symbol", "session", maintain_order=True)
        .agg(
            pl.col("shares_to_holder").filter(pl.col("kind") != RIGHTS).sum().alias("bonus"),
            pl.col("cash_to_holder").sum().alias("cash"),
            pl.col("reference_price").drop_nulls().last().alias("given"),
            pl.col("rights_ratio").sum().alias("offered"),
            (pl.col("rights_ratio") * pl.col("rights_price")).sum().alias("price"),
            ((pl.col("kind") == RIGHTS) & pl.any_horizontal(pl.col(*TERMS).is_null())).any().alias("unknown"),
            pl.len().alias("events"),
        )
    )


def _ex_right() -> pl.Expr:
    """Given by a single action, else by the formula; null for rights on unknown terms, which only a given one knows."""
    price = pl.when(pl.col("offered") > 0).then(pl.col("price") / pl.col("offered")).otherwise(0.0)
    given = {"cash": pl.col("cash"), "shares": pl.col("bonus"), "rights": pl.col("offered"), "price": price}
    computed = pl.when(~pl.col("unknown")).then(ex_right_expr(pl.col("prev"), **given))
    return pl.when(pl.col("events") == 1).then(pl.coalesce("given", computed)).otherwise(computed)


def with_limits(bars: pl.DataFrame, facts: Facts) -> pl.DataFrame:
    """Adds `up` and `down` in yuan to the bars that have a limit; leaves the others out."""
    rules, spells = facts.latest("rules"), facts.latest("st_spells")
    # Most bars lie inside the narrowest limit of a name without ST: only the others are worth the look at the rules.
    plain = rules.filter(pl.col("rule") == "price_limit", pl.col("scope").is_in([str(board) for board in Board]))
    reach = pl.col("reference") * plain["value"].min() - 0.01
    far = (pl.col("high") - pl.col("reference") > reach) | (pl.col("reference") - pl.col("low") > reach)
    bars = bars.filter(far | pl.col("symbol").is_in(spells["symbol"].implode()) if spells.height else far)
    boards = {symbol: str(board_of(symbol)) for symbol in bars["symbol"].unique()}
    bars = bars.with_columns(pl.col("symbol").replace_strict(boards, return_dtype=pl.String).alias("board"))
    bars = _with_rule(bars, rules, "no_limit_sessions", "board", "free")
    bars = bars.filter(pl.col("nth") >= pl.max_horizontal(pl.col("free").fill_null(0), pl.lit(1)))
    up, down = limit_exprs(pl.col("reference"), pl.col("rate"), pl.col("rounding"))
    return _with_span(bars, _spans(facts, bars["symbol"].unique())).with_columns(up.alias("up"), down.alias("down"))


def unruled(bars: pl.DataFrame, rules: pl.DataFrame) -> pl.DataFrame:
    """Bars from before any price limit of their board, a row for each symbol: symbol, session (first), last, bars."""
    limits = rules.filter(pl.col("rule") == "price_limit")
    starts = dict(limits.group_by("scope").agg(pl.col("start").min()).iter_rows())
    symbols = without_repeats(bars["symbol"]).unique()
    first = {symbol: starts.get(str(board_of(symbol))) for symbol in symbols}
    since = bars.filter(pl.col("symbol").ne_missing(pl.col("symbol").shift())).select("symbol", "session").rows()
    some = [symbol for symbol, day in since if (begin := first[symbol]) is None or day < begin]
    bars = bars.filter(pl.col("symbol").is_in(some)) if some else bars.clear()
    begins = pl.col("symbol").replace_strict(first, default=None, return_dtype=pl.Date)
    early = bars.filter((pl.col("session") < begins) | begins.is_null())
    days = pl.col("session").min().alias("first"), pl.col("session").max().alias("last"), pl.len().alias("bars")
    return early.group_by("symbol", maintain_order=True).agg(*days).rename({"first": "session"})


def _spans(facts: Facts, symbols: pl.Series) -> pl.DataFrame:
    """Spans of price limits of each symbol: symbol, session (its first day), until, rate, rounding."""
    calendar = packaged_calendar().with_sessions(facts.latest("sessions")["session"].to_list())
    rules, spells, firms = (facts.latest(table) for table in ("rules", "st_spells", "firms"))
    found = spans_of(symbols.to_list(), spells, firms, Rules(rules), calendar)
    rows = [(name, span.start, span.end, span.rate, span.rounding) for name, told in found.items() for span in told]
    kinds = {"symbol": pl.String, "session": pl.Date, "until": pl.Date, "rate": pl.Float64, "rounding": pl.Float64}
    return pl.DataFrame(rows, schema=kinds, orient="row")


def _with_span(bars: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    """Adds the rate and rounding of the span a bar lies in, null where it lies in none."""
    order = bars.with_row_index("line").sort("session")
    found = found.sort("session")
    joined = order.join_asof(found, on="session", by="symbol", strategy="backward", check_sortedness=False)
    inside = pl.col("session") < pl.col("until")
    return joined.sort("line").with_columns(pl.when(inside).then(pl.col("rate")).alias("rate")).drop("line", "until")


def _with_rule(bars: pl.DataFrame, rules: pl.DataFrame, rule: str, scope: str, name: str) -> pl.DataFrame:
    """Adds the value of a rule in force on the session of each bar, null where no row covers it."""
    rows = rules.filter(pl.col("rule") == rule).select(
        pl.col("scope").alias(scope), pl.col("start").alias("session"), pl.col("end").alias("until"), pl.col("value")
    )
    joined = (
        bars.with_row_index("line")
        .sort("session")
        .join_asof(rows.sort("session"), on="session", by=scope, strategy="backward", check_sortedness=False)
        .sort("line")
    )
    covered = pl.col("until").is_null() | (pl.col("session") < pl.col("until"))
    return joined.with_columns(pl.when(covered).then(pl.col("value")).alias(name)).drop("line", "until", "value")

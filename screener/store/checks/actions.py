"""Corporate actions against the prices around their ex-date.

1. Beside each action stand the last bar before its ex-date and the first one on or after it.
2. A stated previous close is the close of the session before; where sessions without a bar lie between (a halt, or rows
   that are missing) a difference is a finding.
3. Where no reference price is stated, the first open lies within a day's reach of the ex-right reference. Beyond it,
   while a tenth of shares and cash fits, and better than no action: the row counts per 10 shares. Nearer cases, and an
   open as if nothing had happened (another ex-date, adjusted bars), are findings.
4. A price that the formula brings below a fen is none.
"""

from __future__ import annotations

from math import log

import polars as pl

from screener.core.price_rules import ex_right_expr
from screener.core.tables.actions import ENDING, GIVING, RIGHTS, TERMS, TURNING
from screener.store.checks.loaded import Loaded, contradiction
from screener.store.facts import Facts

HALF_FEN, _FEN = 0.005 + 1e-9, 0.01 + 1e-9
LEAST = 0.01 - 1e-9  # yuan: one fen
PER_TEN = "shares and cash per share held, not per 10 (10转4派3: shares 0.4, cash 0.3)"
_REACH = log(1.30) + 0.01  # no board lets a price move further in a day
_FEWEST_PER_TEN = 0.5  # new shares for ten held: nobody gives fewer
_ODD, _NEARER = log(1.05), 3.0  # an open this far off the reference, and a tenth, or no action at all, that much nearer


def refused_closes(loaded: Loaded) -> pl.DataFrame | None:
    """Actions of the load whose stated previous close is not the stored one."""
    rows = beside(loaded.rows, loaded.facts)
    blind = rows.filter(pl.col("close_before").is_null() | pl.col("open_after").is_null(), _unstated()).height
    if blind:
        loaded.notes.append(f"actions: {blind} without bars around the ex-date: amounts not compared with prices")
    return _contradicted(rows)


def refused_bars(loaded: Loaded) -> pl.DataFrame | None:
    """Bars of the load whose close is not the one that a stored action states."""
    actions = loaded.facts.latest("actions")
    if actions.is_empty():
        return None
    rows = _contradicted(beside(actions, loaded.facts)).rename({"before": "session"})
    words = rows.select("symbol", "session", "what", "got", "expected").unique(["symbol", "session"])
    return loaded.rows.join(words, on=["symbol", "session"], how="inner")


def refused_per_ten(loaded: Loaded) -> pl.DataFrame | None:
    """Actions of the load that only make sense per 10 shares."""
    rows = beside(loaded.rows, loaded.facts)
    ten = (pl.col("shares_to_holder") == 0) | (pl.col("shares_to_holder") >= _FEWEST_PER_TEN)
    broken = _unstated() & ten & (_off() > _REACH) & (_off(10) <= _REACH) & (_off(10) < _moved())
    got = pl.format(
        "shares_to_holder {}, cash_to_holder {}, close before {}, open {}",
        "shares_to_holder",
        "cash_to_holder",
        "close_before",
        "open_after",
    )
    return contradiction(rows, broken, "amounts look like those per 10 shares", got, PER_TEN)


def refused_to_nothing(loaded: Loaded) -> pl.DataFrame | None:
    """Actions of the load after which less than a fen is left of the price before."""
    rows = beside(loaded.rows, loaded.facts)
    got = pl.format(
        "shares_to_holder {}, cash_to_holder {}, close before {}", "shares_to_holder", "cash_to_holder", "close_before"
    )
    nothing = pl.col("reference_price").is_null() & (_expected() < LEAST)
    return contradiction(rows, nothing, "nothing is left of the price", got, PER_TEN)


def refused_references(loaded: Loaded) -> pl.DataFrame | None:
    """Actions of the load whose stated reference, without a stated close, is not that of the stored close."""
    rows = beside(loaded.rows, loaded.facts)
    alone = pl.col("prev_close").is_null() & pl.col("kind").is_in(GIVING) & (pl.col("between") == 0)
    apart, tenth = ((pl.col("reference_price") - _expected(part)).abs() for part in (1, 10))
    got = pl.format(
        "reference_price {}, shares_to_holder {}, cash_to_holder {}, close before {}",
        "reference_price",
        "shares_to_holder",
        "cash_to_holder",
        "close_before",
    )
    what = "the stated reference price is not (close − cash) ÷ (1 + shares)"
    expected = pl.when(tenth <= _FEN).then(pl.lit(PER_TEN)).otherwise(pl.lit("amounts per share held, and raw bars"))
    return contradiction(rows, alone & (apart > _FEN), what, got, expected)


def jumps(facts: Facts) -> pl.DataFrame:
    """Stored actions whose open after does not fit (finding `action_jump`): symbol, ex_date, expected and the bars."""
    rows = beside(facts.latest("actions"), facts)
    odd = _unstated() & (_off() > _ODD) & (pl.min_horizontal(_off(10), _moved()) * _NEARER < _off())
    return rows.filter(odd.fill_null(False)).with_columns(_expected().alias("expected"))


def other_closes(facts: Facts) -> pl.DataFrame:
    """Stored actions whose previous close differs from the last stored one (finding `action_prev_close`)."""
    return beside(facts.latest("actions"), facts).filter(_differs().fill_null(False))


def without_terms(facts: Facts) -> pl.DataFrame:
    """Stored rights issues without ratio or price (finding `rights_terms`), with `missing`: which of them."""
    missing = pl.concat_list(pl.when(pl.col(name).is_null()).then(pl.lit(name)) for name in TERMS).list.drop_nulls()
    rows = facts.latest("actions").filter(pl.col("kind") == RIGHTS)
    return rows.with_columns(missing.list.join(" and ").alias("missing")).filter(pl.col("missing") != "")


def without_heir(facts: Facts) -> pl.DataFrame:
    """Stored mergers and renumberings into a stock that has no bars (finding `unknown_heir`)."""
    rows = facts.latest("actions").filter(pl.col("kind").is_in(TURNING))
    stored = facts.with_bars(rows["into_symbol"].drop_nulls().unique().to_list()) if rows.height else set[str]()
    return rows.filter(~pl.col("into_symbol").is_in(list(stored)))


def after_end(facts: Facts) -> pl.DataFrame:
    """Bars on or after the day on which their series ended (finding `after_end`): symbol, session, ended, bars."""
    ends = facts.latest("actions").filter(pl.col("kind").is_in(ENDING)).select("symbol", ended="ex_date")
    left = facts.latest("firms").drop_nulls("delisted").select("symbol", ended="delisted")
    period = facts.latest("st_spells").filter(pl.col("status") == "delisting").drop_nulls("end")
    over = period.select("symbol", ended=pl.col("end").dt.offset_by("1d"))
    ends = pl.concat([ends, left, over]).group_by("symbol").agg(pl.col("ended").min())
    bars = facts.bars_of(ends["symbol"].to_list()).join(ends, on="symbol").filter(pl.col("session") >= pl.col("ended"))
    return bars.group_by("symbol", maintain_order=True).agg(
        pl.col("session").min(), pl.col("ended").first(), pl.len().alias("bars")
    )


def beside(actions: pl.DataFrame, facts: Facts) -> pl.DataFrame:
    """Adds `before`, `close_before`, `after`, `open_after`, and `between`: sessions without a bar before an ex-date."""
    bars = facts.bars_beside(actions).sort("session")
    earlier = bars.select("symbol", before="session", ex_date="session", close_before="close")
    later = bars.select("symbol", after="session", ex_date="session", open_after="open")
    sessions = facts.latest("sessions").select(session=pl.col("session").unique()).sort("session")["session"]
    rows = (
        actions.sort("ex_date")
        .join_asof(earlier, on="ex_date", by="symbol", allow_exact_matches=False, check_sortedness=False)
        .join_asof(later, on="ex_date", by="symbol", strategy="forward", check_sortedness=False)
    )
    place = pl.Series(sessions).search_sorted
    between = place(rows["ex_date"], "left").cast(pl.Int64) - place(rows["before"], "right").cast(pl.Int64)
    return rows.with_columns(between.alias("between"))


def _contradicted(rows: pl.DataFrame) -> pl.DataFrame:
    got = pl.format("prev_close {}, close of {} {}", "prev_close", "before", "close_before")
    return contradiction(
        rows,
        _differs() & (pl.col("between") == 0),
        "the stated previous close is not that of the bars",
        got,
        "the same price: raw bars (不复权), and the row of that day",
    )


def _differs() -> pl.Expr:
    return (pl.col("prev_close") - pl.col("close_before")).abs() > HALF_FEN


def _unstated() -> pl.Expr:
    return pl.col("reference_price").is_null() & pl.col("kind").is_in(GIVING)


def _expected(part: int = 1) -> pl.Expr:
    terms = {"cash": pl.col("cash_to_holder") / part, "shares": pl.col("shares_to_holder") / part}
    return ex_right_expr(pl.col("close_before"), **terms)


def _moved() -> pl.Expr:
    """How far the open lies from the close before, as if there were no action (so it is in adjusted prices)."""
    return (pl.col("open_after") / pl.col("close_before")).log().abs()


def _off(part: int = 1) -> pl.Expr:
    """How far the open lies from the reference, as a logarithm; endless where the reference is nothing or less."""
    expected = _expected(part)
    return (
        pl.when(expected > 0)
        .then((pl.col("open_after") / expected).log().abs())
        .otherwise(pl.when(pl.col("open_after").is_not_null() & expected.is_not_null()).then(pl.lit(float("inf"))))
    )

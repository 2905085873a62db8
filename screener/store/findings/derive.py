"""Odd rows that are kept. Findings are derived from the facts, so they are rewritten whenever the facts change.

1. `DERIVED` names, for each table, what is found in it and the tables whose change may change that.
2. A load says what it touched: those findings are derived again from the newest versions, of the symbols it touched.
3. The same facts give the same findings, however they were split over loads.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

import duckdb
import polars as pl

from screener.core.known import is_domestic
from screener.core.tables import TABLES
from screener.store.arrow import relation_of
from screener.store.checks import actions, capital, contracts
from screener.store.checks.raw import OHLC, off_fen
from screener.store.checks.units import LOTS, unit_odd
from screener.store.facts import Facts, Passed
from screener.store.findings.limits import unruled, with_limits, with_reference
from screener.store.findings.meaning import MEANINGS

_HALF_FEN = 0.005
# An ex-date that is not stored looks like a fall through the limit: the detail says which price the limit came from.
_REFERENCE = ("basis", "reference")
_SCANT = 0.0005  # of all shares on a typical day: the largest banks trade so little, others count in lots
_EARLY = "{} bars ({} … {}) from before any price limit of the board: left out of every answer"
_AROUND = 10  # bars on each side of a step
_PROVEN = 20  # bars with an amount that prove the unit of the others


@dataclass(frozen=True)
class Derived:
    """How findings of a table are made. `follows`: a change there concerns the same symbols; `market`: all."""

    found: Callable[[Facts], pl.DataFrame]
    follows: tuple[str, ...]
    market: tuple[str, ...] = ()
    by_symbol: bool = True


def refresh(
    con: duckdb.DuckDBPyConnection, touched: Mapping[str, set[str] | None], passed: Passed | None = None
) -> None:
    """Rewrites the findings of what a load touched: dataset → symbols (None: all of them)."""
    for dataset, how in DERIVED.items():
        asked = [touched[name] for name in how.follows if name in touched]
        everything = None in asked or any(name in touched for name in how.market)
        if not everything and not asked:
            continue
        symbols = None if everything or not how.by_symbol else {s for group in asked for s in group or ()}
        if symbols is not None and not _others(con, dataset, symbols):
            symbols = None  # asked for by name, all of them would come out of order
        _rewrite(con, dataset, how.found(Facts(con, symbols, passed=passed)), symbols)


def bar_findings(facts: Facts) -> pl.DataFrame:
    """Prices beyond limits or off the fen, volumes of another unit, above all shares, or none at all.

    Some symbols at a time: what is computed of a whole market in between would not fit beside it.
    """
    parts = [*facts.passed.found, *(of_bars(part) for part in facts.by_symbols())]
    found: list[pl.DataFrame] = [frame for same in zip(*parts, strict=True) for frame in same]
    return pl.concat(found).unique(["row_key", "check"], keep="first", maintain_order=True)


def of_bars(facts: Facts) -> list[pl.DataFrame]:
    """Those of each check in order."""
    bars = facts.latest("bars")
    dated = with_reference(bars, facts.latest("actions"))
    limits = with_limits(dated, facts)
    above, below = pl.col("high") > pl.col("up") + _HALF_FEN, pl.col("low") < pl.col("down") - _HALF_FEN
    average = (pl.col("amount") / pl.col("volume")).round(4)
    return [
        _found(limits, "price_limit", above, "high {} above limit {} ({} {})", "high", "up", *_REFERENCE),
        _found(limits, "price_limit", below, "low {} under limit {} ({} {})", "low", "down", *_REFERENCE),
        _found(bars, "unit_band", unit_odd(), "amount ÷ volume {} outside {} … {}", average, "low", "high"),
        _found(bars, "zero_volume", pl.col("volume") == 0, "volume {}, close {}", "volume", "close"),
        _found(bars, "off_fen", off_fen(), "open {}, high {}, low {}, close {}", *OHLC),
        _unproven(bars, facts.latest("shares")),
        _found(unruled(bars, facts.latest("rules")), "before_rules", None, _EARLY, "bars", "session", "last"),
        _found(actions.after_end(facts), "after_end", None, "{} bars, although it ended on {}", "bars", "ended"),
        _found(capital.above_shares(facts), "above_shares", None, "volume {}, all shares {}", "volume", "total_shares"),
    ]


def action_findings(facts: Facts) -> pl.DataFrame:
    """Actions that do not fit the prices around them."""
    jump = "open {} after close {}: the ex-right reference would be {}"
    other = "prev_close {}, close of {} {}"
    return pl.concat(
        [
            _found(
                actions.jumps(facts), "action_jump", None, jump, "open_after", "close_before", "expected", key=_ACTION
            ),
            _found(
                actions.other_closes(facts),
                "action_prev_close",
                None,
                other,
                "prev_close",
                "before",
                "close_before",
                key=_ACTION,
            ),
            _found(actions.without_terms(facts), "rights_terms", None, "{} not stated", "missing", key=_ACTION),
            _found(actions.without_heir(facts), "unknown_heir", None, "into {}", "into_symbol", key=_ACTION),
        ]
    )


def share_findings(facts: Facts) -> pl.DataFrame:
    """Share counts that an action should have moved."""
    said = "total_shares {}, {} before, {} with the shares given since"
    parts = ("total_shares", "before", "expected")
    return _found(capital.unmoved(facts), "shares_unmoved", None, said, *parts, key=("symbol", "effective_date"))


def index_findings(facts: Facts) -> pl.DataFrame:
    """Levels of domestic indices on days that are no session."""
    odd = is_domestic() & ~pl.col("session").is_in(facts.latest("sessions")["session"].implode())
    said = "close {} on a day without a session"
    return _found(facts.latest("indices"), "not_a_session", odd, said, "close", key=("index", "session"))


def commitment_findings(facts: Facts) -> pl.DataFrame:
    """Amounts beside the printed ones, and smaller ones than firms announce."""
    rows, id_ = facts.latest("commitments"), ("commitment_id",)
    printed = contracts.beside_print(rows)
    small = (pl.col("amount_high") < contracts.SMALL) & (pl.col("amount_high") > 0)
    return pl.concat(
        [
            _found(printed, "printed_amount", None, "amount {}, printed {}", "stated", "printed_amount", key=id_),
            _found(rows, "small_amount", small, "amount {} yuan", "amount_high", key=id_),
        ]
    )


def fact_findings(facts: Facts) -> pl.DataFrame:
    """Facts that together are more than their contract."""
    said = "{} of {} together {}, contract {}"
    parts = ("kind", "commitment_id", "counted", "contract")
    return _found(contracts.over_contracts(facts), "over_contract", None, said, *parts, key=("fact_id",))


_ACTION = ("symbol", "ex_date")
DERIVED: Mapping[str, Derived] = {
    "bars": Derived(bar_findings, ("bars", "actions", "shares", "firms"), ("rules", "st_spells")),
    "actions": Derived(action_findings, ("actions", "bars")),
    "shares": Derived(share_findings, ("shares", "actions")),
    "indices": Derived(index_findings, ("indices", "sessions"), by_symbol=False),
    "commitments": Derived(commitment_findings, ("commitments",), by_symbol=False),
    "contract_facts": Derived(fact_findings, ("contract_facts", "commitments"), by_symbol=False),
}


def _unproven(bars: pl.DataFrame, shares: pl.DataFrame) -> pl.DataFrame:
    """One finding for each symbol with bars without an amount whose volume no other bar of it proves.

    A single one is an odd row of a provider, not a unit.
    """
    bare = bars.filter(pl.col("amount").is_null(), pl.col("volume") > 0)
    counts = (
        bare.group_by("symbol", maintain_order=True)
        .agg(
            pl.col("session").first(),
            pl.col("session").last().alias("last"),
            pl.len().alias("bare"),
            pl.col("volume").median().alias("typical"),
        )
        .filter(pl.col("bare") > 1)
    )
    if counts.is_empty():
        return _found(counts.with_columns(detail=pl.lit("")), "unit_unknown", None, "{}", "detail")
    proven = (
        bars.filter(pl.col("amount").is_not_null(), pl.col("volume") > 0)
        .group_by("symbol")
        .agg(pl.len().alias("proven"), pl.col("volume").median().alias("known"))
    )
    rows = counts.join(proven, on="symbol", how="left", maintain_order="left")
    rows = rows.join(capital.turnover(bare, shares), on="symbol", how="left", maintain_order="left")
    rows = rows.join(_steps(bare), on="symbol", how="left", maintain_order="left")
    same = (pl.col("typical") / pl.col("known")).is_between(1 / LOTS, LOTS) & (pl.col("proven") >= _PROVEN)
    part = pl.format("; a typical day is {}% of all shares", (pl.col("turnover") * 100).round(4)).fill_null("")
    part += pl.when(pl.col("turnover") < _SCANT).then(pl.lit(": in lots (手)?")).otherwise(pl.lit(""))
    step = pl.format("; typical volumes × {} from {} on: another unit?", pl.col("step").round(4), "since")
    part += step.fill_null("")
    said = "{} bars without an amount ({} … {}): the unit of volume is not checkable{}"
    return _found(rows, "unit_unknown", ~same.fill_null(False), said, "bare", "session", "last", part)


def _steps(bare: pl.DataFrame) -> pl.DataFrame:
    """(symbol, step, since): where typical volumes of bars without an amount change as if from lots to shares."""
    before = pl.col("volume").rolling_median(_AROUND).over("symbol")
    following = pl.col("volume").shift(-1).over("symbol")
    rows = bare.select(
        "symbol",
        before.alias("before"),
        pl.col("session").shift(-1).over("symbol").alias("since"),
        (following / pl.col("volume")).log().abs().alias("jump"),
    ).with_columns(step=pl.col("before").shift(-_AROUND).over("symbol") / pl.col("before"))
    far = rows.filter(~pl.col("step").is_between(1 / LOTS, LOTS)).sort("jump", descending=True, maintain_order=True)
    return far.unique("symbol", keep="first", maintain_order=True).select("symbol", "step", "since")


def _others(con: duckdb.DuckDBPyConnection, dataset: str, symbols: Collection[str]) -> bool:
    """True where the table has rows of other symbols too; found at once where there are any."""
    sql = f"SELECT 1 FROM {dataset} WHERE symbol NOT IN (SELECT unnest(?)) LIMIT 1"  # noqa: S608 - names of ours
    return bool(con.execute(sql, [sorted(symbols)]).fetchall())


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
        rows = relation_of(con, found).project(f"'{dataset}' AS dataset, row_key, \"check\", detail")
        rows.insert_into("findings")


def _found(
    frame: pl.DataFrame,
    check: str,
    odd: pl.Expr | None,
    detail: str,
    *parts: str | pl.Expr,
    key: tuple[str, ...] = TABLES["bars"].key,
) -> pl.DataFrame:
    """Findings (row_key, check, detail) of the rows that are odd (None: all of them)."""
    rows = frame if odd is None else frame.filter(odd)
    return rows.select(
        pl.concat_str([pl.col(name).cast(pl.String) for name in key], separator=" ").alias("row_key"),
        pl.lit(MEANINGS[check].check).alias("check"),
        pl.format(detail, *parts).cast(pl.String).alias("detail"),
    )

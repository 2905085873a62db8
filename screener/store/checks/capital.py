"""Share capital against the bars: no day's volume is above all shares, no firm is worth nothing or everything.

1. The count in force on a bar is the last one effective by its session.
2. A volume above it: the count is in 万股, or the volume is not in shares. The largest of the recorded market is 0.37
   of all shares. Where the bar has an amount, its unit is proven and the count is wrong.
3. Without bars a count is at least one that a listed firm can have, and of the size of the one before.
4. Bars without an amount prove no unit: their typical volume is compared with what is stored of the same symbol.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from screener.core.tables.actions import GIVING
from screener.store.checks.loaded import Loaded, contradiction
from screener.store.checks.units import LOTS
from screener.store.facts import TOGETHER, Facts

TEN_THOUSAND = 10_000
LOWEST_CAP, HIGHEST_CAP = 1e7, 2e13  # yuan: no listed firm is worth less, or more
FEWEST, MOST = 5_000_000, 1_000_000_000_000  # shares: the least capital to be listed is 30 million yuan
_STEP = 1_000  # times from one count to the next
_FEWEST_OLD, _FEWEST_NEW = 20, 5
_SAME = 0.001  # counts this near to each other are one
_BOUGHT_BACK = 0.95  # of all shares: more is no buy-back between two counts


def refused_shares(loaded: Loaded) -> pl.DataFrame | None:
    """Share counts of the load that a day's volume is above."""
    rows = _counted(loaded).with_columns(most=pl.col("volume"))
    fits = pl.col("total_shares") * TEN_THOUSAND > pl.col("most") * 2
    what = (
        pl.when(fits)
        .then(pl.lit("fewer shares than one day's volume: the count is in 万股"))
        .otherwise(pl.lit("fewer shares than one day's volume"))
    )
    got = pl.format("total_shares {}, volume {}", "total_shares", "most")
    return contradiction(
        rows,
        pl.col("most") > pl.col("total_shares"),
        what,
        got,
        "shares (× 10 000 where it is 万股), or the later counts too",
    )


def refused_counts(loaded: Loaded) -> pl.DataFrame | None:
    """Share counts of the load that no listed firm has, or a thousand times beside the one before; no bars needed."""
    stored = loaded.facts.latest("shares").select("symbol", "effective_date", "total_shares").sort("effective_date")
    before = stored.with_columns(before=pl.col("total_shares").shift().over("symbol")).drop("total_shares")
    rows = loaded.rows.join(before, on=["symbol", "effective_date"], how="left", maintain_order="left")
    few, many = pl.col("total_shares") < FEWEST, pl.col("total_shares") > MOST
    step = pl.col("total_shares") / pl.col("before")
    what = (
        pl.when(few)
        .then(pl.lit("fewer shares than any listed firm has: the count is in 万股"))
        .when(many)
        .then(pl.lit("more shares than any listed firm has"))
        .otherwise(pl.lit("a share count in another unit than the one before"))
    )
    got = pl.format("total_shares {}", "total_shares") + pl.format(", before {}", "before").fill_null("")
    expected = "shares: 总股本(万股) in the heading, or × 10 000"
    return contradiction(rows, few | many | ~step.is_between(1 / _STEP, _STEP).fill_null(True), what, got, expected)


def refused_caps(loaded: Loaded) -> pl.DataFrame | None:
    """Share counts of the load that make a firm worth next to nothing, or more than any."""
    rows = _counted(loaded).with_columns(cap=pl.col("total_shares") * pl.col("close"))
    got = pl.format("total_shares {}, market cap {} yuan", "total_shares", pl.col("cap").round(0).cast(pl.Int64))
    outside = ~pl.col("cap").is_between(LOWEST_CAP, HIGHEST_CAP)
    return contradiction(rows, outside, "a market cap that no firm has", got, "shares, not 万股 or 亿股")


def refused_bars(loaded: Loaded) -> pl.DataFrame | None:
    """Bars of the load without an amount whose volume is above all shares."""
    shares = loaded.facts.latest("shares")
    if shares.is_empty():
        return None
    rows = above(loaded.where(pl.col("amount").is_null()), shares)
    got = pl.format("volume {}, total_shares {}", "volume", "total_shares")
    return contradiction(
        rows,
        None,
        "a volume above all shares of the firm",
        got,
        "volume in shares, and share counts in shares (not 万股)",
    )


def refused_lots(loaded: Loaded) -> pl.DataFrame | None:
    """Bars of the load without an amount whose typical volume is far off the stored one of the symbol."""
    bare = loaded.where(pl.col("amount").is_null() & (pl.col("volume") > 0))
    if bare.is_empty():
        return None
    new = bare.group_by("symbol", maintain_order=True).agg(
        pl.col("volume").median().alias("typical"), pl.len(), pl.col("session", "file", "line").first()
    )
    joined = new.filter(pl.col("len") >= _FEWEST_NEW).join(
        loaded.facts.typical_volumes(new["symbol"].to_list(), loaded.runs, _FEWEST_OLD), on="symbol"
    )
    factor = pl.col("typical") / pl.col("stored")
    got = pl.format("typical volume {}, stored {}", pl.col("typical").round(0), pl.col("stored").round(0))
    what = pl.format("volumes × {} of the stored ones, and no amount that proves the unit", factor.round(4))
    return contradiction(
        joined,
        ~factor.is_between(1 / LOTS, LOTS),
        what,
        got,
        'volume in shares; units = { volume = "手" } in a column map (--map)',
    )


def above(bars: pl.DataFrame, shares: pl.DataFrame) -> pl.DataFrame:
    """The bars whose volume is above the share count in force, with `total_shares`."""
    least = shares.group_by("symbol").agg(pl.col("total_shares").min().alias("least"))
    runs = bars.select("symbol", "volume", run=pl.col("symbol").rle_id())
    most = runs.group_by("run").agg(pl.col("symbol").first(), pl.col("volume").max()).join(least, on="symbol")
    some = most.filter(pl.col("volume") > pl.col("least"))["symbol"].unique()
    bars = bars.filter(pl.col("symbol").is_in(some.implode())) if len(some) else bars.clear()
    near = bars.join(least, on="symbol", maintain_order="left").filter(pl.col("volume") > pl.col("least")).drop("least")
    counts = shares.select("symbol", "total_shares", session="effective_date").sort("session")
    joined = near.sort("session").join_asof(counts, on="session", by="symbol", check_sortedness=False)
    return joined.filter(pl.col("volume") > pl.col("total_shares"))


def turnover(bars: pl.DataFrame, shares: pl.DataFrame) -> pl.DataFrame:
    """(symbol, turnover): a typical day's volume as a part of all shares, by the newest count."""
    typical = bars.group_by("symbol").agg(pl.col("volume").median().alias("typical"))
    newest = shares.sort("effective_date").group_by("symbol").agg(pl.col("total_shares").last())
    return typical.join(newest, on="symbol", how="left").select(
        "symbol", turnover=pl.col("typical") / pl.col("total_shares")
    )


def unmoved(facts: Facts) -> pl.DataFrame:
    """Stored counts smaller than the one before makes with what actions gave since (finding `shares_unmoved`).

    Adds `before` and `expected`. New issues make more, buy-backs a little less.
    """
    rows = facts.latest("shares").sort("symbol", "effective_date")
    rows = rows.with_columns(
        pl.col("total_shares").shift(n).over("symbol").alias(name) for n, name in ((1, "before"), (2, "older"))
    ).with_columns(pl.col("effective_date").shift().over("symbol").alias("since"))
    given = facts.latest("actions").filter(pl.col("kind").is_in(GIVING), pl.col("shares_to_holder") > 0)
    between = pl.col("ex_date") > pl.col("since"), pl.col("ex_date") <= pl.col("effective_date")
    moved = rows.select("share_id", "symbol", "since", "effective_date").join(given, on="symbol").filter(*between)
    factors = moved.group_by("share_id").agg((1 + pl.col("shares_to_holder")).product().alias("factor"))
    rows = rows.join(factors, on="share_id", maintain_order="left")
    rows = rows.with_columns((pl.col("before") * pl.col("factor")).round(0).cast(pl.Int64).alias("expected"))
    # A count dated by the record day holds the new shares before the ex-date: the next one is the same again.
    early = (pl.col("before") / (pl.col("older") * pl.col("factor")) - 1).abs() < _SAME
    return rows.filter(pl.col("total_shares") < pl.col("expected") * _BOUGHT_BACK, ~early.fill_null(False))


def _counted(loaded: Loaded) -> pl.DataFrame:
    """Counts of the load with the largest `volume` and the last `close` while each was in force; null without bars."""
    if "counted" not in loaded.kept:
        passed = loaded.facts.passed
        symbols = [one for one in loaded.rows["symbol"].unique().sort() if one not in passed.symbols]
        parts = [in_force(loaded.facts, symbols[n : n + TOGETHER]) for n in range(0, max(len(symbols), 1), TOGETHER)]
        loaded.kept["counted"] = pl.concat([*parts, *passed.in_force])
    found = loaded.kept["counted"]
    rows = loaded.rows.join(found, on=["symbol", "effective_date"], how="left", maintain_order="left")
    blind = rows.filter(pl.col("volume").is_null()).height
    if blind and not any(note.startswith("shares:") for note in loaded.notes):
        loaded.notes.append(f"shares: {blind} without bars while they are in force: not compared with volumes")
    return rows


def in_force(facts: Facts, symbols: Sequence[str]) -> pl.DataFrame:
    """(symbol, effective_date, volume, close): the largest and the last while each stored count was in force."""
    stored = facts.latest("shares").select("symbol", "effective_date", session="effective_date").sort("session")
    bars = facts.bars_of(symbols)  # in order: of each symbol by session
    return (
        bars.join_asof(stored, on="session", by="symbol", check_sortedness=False)
        .drop_nulls("effective_date")
        .group_by("symbol", "effective_date")
        .agg(pl.col("volume").max(), pl.col("close").last())
    )


def above_shares(facts: Facts) -> pl.DataFrame:
    """Stored bars whose volume is above all shares (finding `above_shares`)."""
    shares = facts.latest("shares")
    return above(facts.bars_of(shares["symbol"].unique().to_list()), shares)

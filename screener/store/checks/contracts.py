"""Commitments and contract facts against what they stand in, what is printed, and each other.

1. Amounts are yuan, and none that no firm could sign; an amount in another currency stands beside them.
2. Nothing is known before what it stands in, or of another firm.
3. An amount is what is printed, to the printed digits: as a whole, or the parent's share of it. Off by a quarter or
   more it is refused (and the unit named, where one fits); nearer it is a finding, as tax may lie between.
4. Revenue or a reduction above its contract by more than 5 % is refused. Several facts that only together are above it
   may be cumulated figures, and an estimate is no contract: findings.
"""

from __future__ import annotations

import polars as pl

from screener.core.money import printed
from screener.core.table import Table
from screener.store.checks.loaded import Loaded, contradiction
from screener.store.checks.refusal import refuse
from screener.store.facts import Facts

OVER = 1.05  # of the contract: printed amounts are rounded, and tax may lie between
SMALL = 1e6  # yuan: firms need not announce less
HIGHEST = 1e12  # yuan: no firm signs more
_FAR = 1.25
_COUNTED = ("revenue_recognised", "reduction")
_UNITS = {"万元": 1e4, "亿元": 1e8, "百万元": 1e6, "千元": 1e3}


def refuse_currency(table: Table, frame: pl.DataFrame, *, where: str) -> None:
    """Amounts are yuan: a contract in another currency needs its own amount beside them. Raises DataRefused."""
    if table.name != "commitments":
        return
    codes = ~frame["currency"].str.contains(r"^[A-Z]{3}$") | (frame["currency"] == "RMB")
    refuse(table, frame, codes, where, "currency unknown", ("currency",), "CNY, USD … (ISO 4217)")
    bare = (frame["currency"] != "CNY") & frame["amount_high"].is_not_null() & frame["foreign_amount"].is_null()
    expected = "foreign_amount in that currency, amount_low and amount_high in yuan"
    refuse(table, frame, bare, where, "a foreign contract without foreign_amount", ("currency",), expected)


def refuse_order_of_time(table: Table, frame: pl.DataFrame, parents: pl.DataFrame | None, *, where: str) -> None:
    """Refuses a fact known before what it stands in, or of another firm than that. Both would be look-ahead.

    `frame` has its known_at filled; `parents` (id, symbol, known_at): announcements for commitments, commitments for
    contract facts. Raises DataRefused.
    """
    column = table.stands_in
    if parents is None or frame.is_empty():
        return
    named = parents.rename({"id": column, "symbol": "of", "known_at": "since"})
    joined = frame.join(named, on=column, how="left", maintain_order="left")
    other = joined["of"].is_not_null() & (joined["symbol"] != joined["of"])
    refuse(table, joined, other, where, f"symbol differs from that of its {column}", ("symbol", "of"), "the same firm")
    early = joined["since"].is_not_null() & (joined["known_at"] < joined["since"])
    refuse(table, joined, early, where, f"known before its {column}", ("known_at", "since"), "a later known_at")


def refuse_huge(table: Table, frame: pl.DataFrame, *, where: str) -> None:
    """Amounts that no contract has were read in a larger unit than they are in. Raises DataRefused."""
    if table.name == "commitments":
        huge, expected = frame["amount_high"] > HIGHEST, f"yuan, at most {HIGHEST:.0f}: the unit of the heading"
        refuse(table, frame, huge, where, "an amount that no contract has", ("amount_high", "printed_amount"), expected)


def refused_printed(loaded: Loaded) -> pl.DataFrame | None:
    """Commitments of the load whose amount is far from the printed one."""
    rows = beside_print(loaded.rows)
    far = ~pl.col("ratio").is_between(1 / _FAR, _FAR)
    unit = pl.lit("")
    for name, factor in _UNITS.items():
        fits = (pl.col("ratio") * factor).is_between(1 / OVER, OVER)
        unit = pl.when(fits).then(pl.lit(f", which is {name}")).otherwise(unit)
    what = pl.lit("the amount is not the printed one") + unit
    got = pl.format("amount {}, printed_amount {}", "stated", "printed_amount")
    return contradiction(rows, far, what, got, pl.format("{} yuan, or the cell as it is printed", "told"))


def beside_print(commitments: pl.DataFrame) -> pl.DataFrame:
    """Commitments whose amount differs from a printed one that can be read: `stated`, `told` (yuan), `ratio`."""
    found = []
    for row in commitments.filter(pl.col("printed_amount").is_not_null()).iter_rows(named=True):
        told = printed(row["printed_amount"])
        if told is None:
            continue
        foreign = told.currency != "CNY"
        stated = [row["foreign_amount"]] if foreign else [row["amount_low"], row["amount_high"]]
        ends = [told.high] if foreign else [told.low, told.high]
        pairs = [(mine, end) for mine, end in zip(stated, ends, strict=True) if mine is not None]
        parts = [1.0, row["stake"] or 1.0]
        wrong = [(m, e) for m, e in pairs if all(abs(m * part - e) > told.slack * 1.001 for part in parts)]
        own = row["currency"] != "CNY" and not foreign and row["foreign_amount"] is not None
        if wrong and not (own and abs(row["foreign_amount"] - told.high) <= told.slack * 1.001):
            mine, end = wrong[-1]
            said = {"stated": f"{mine:.15g}", "told": f"{end:.15g}", "ratio": mine / end if end else None}
            found.append({**row, **said})
    words = {"stated": pl.String(), "told": pl.String(), "ratio": pl.Float64()}
    return pl.DataFrame(found, schema={**commitments.schema, **words}, orient="row")


def refused_amounts(loaded: Loaded) -> pl.DataFrame | None:
    """Contract facts of the load whose amount alone is above its contract."""
    rows = _with_contracts(loaded.rows, loaded.facts)
    over = (pl.col("amount") > pl.col("contract") * OVER) & (pl.col("amount_basis") != "estimate")
    got = pl.format("amount {}, contract {}", "amount", "contract")
    expected = "yuan, at most the contract; a larger contract is a new version of it"
    return contradiction(rows, over, "more than the contract it belongs to", got, expected)


def over_contracts(facts: Facts) -> pl.DataFrame:
    """Commitments whose stored facts are together above them: commitment_id, kind, counted, contract, last fact_id."""
    rows = _with_contracts(facts.latest("contract_facts"), facts).sort("effective_date", "fact_id")
    sums = rows.group_by("commitment_id", "kind", maintain_order=True).agg(
        pl.col("amount").sum().alias("counted"), pl.col("contract", "fact_id").last()
    )
    return sums.filter(pl.col("counted") > pl.col("contract") * OVER)


def _with_contracts(rows: pl.DataFrame, facts: Facts) -> pl.DataFrame:
    """Facts that count against a contract of a disclosed amount, with it."""
    contracts = facts.latest("commitments").select("commitment_id", "amount_basis", contract="amount_high")
    counted = rows.filter(pl.col("kind").is_in(_COUNTED), pl.col("amount").is_not_null())
    return counted.join(contracts.drop_nulls("contract"), on="commitment_id", how="inner", maintain_order="left")

"""Checks of figures and statements are computed here from the tables, so a corrected source flips a visible check.

Two figures agree when they differ by at most half a unit of the last non-zero digit of the stated one.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import duckdb
import polars as pl
import pytest

from screener.core.tables import PACKAGED, packaged

INDICATORS = packaged("indicators")
VALUES = dict(INDICATORS.select("indicator", "value").iter_rows())
CHECKED = INDICATORS.filter(pl.col("check").is_not_null()).rows(named=True)
STATEMENTS = packaged("statements").rows(named=True)


def agrees(stated: float, computed: float) -> bool:
    """True within half a unit of the last non-zero digit of `stated`; zero is stated to the unit."""
    exponent = Decimal(repr(stated)).normalize().as_tuple().exponent if stated else 0
    assert isinstance(exponent, int)
    return abs(computed - stated) <= float(Decimal(5).scaleb(exponent - 1)) * (1 + 1e-9)


@pytest.fixture(scope="module")
def tables() -> duckdb.DuckDBPyConnection:
    """The packaged tables as SQL tables of the same names."""
    connection = duckdb.connect()
    for name in [table.name for table in PACKAGED]:
        connection.register(name, packaged(name))
    return connection


@pytest.mark.parametrize(
    ("stated", "computed", "expected"),
    [
        (35, 35.4, True),
        (35, 35.6, False),
        (23.1, 23.14, True),
        (3.487e9, 3.4874e9, True),
        (3.487e9, 3.4904e9, False),
        (0, 1, False),
    ],
)
def test_agreement_follows_the_precision_of_the_stated_figure(stated: float, computed: float, expected: bool) -> None:
    assert agrees(stated, computed) is expected


@pytest.mark.parametrize("row", CHECKED, ids=lambda row: row["indicator"])
def test_checks_of_figures_are_what_their_arithmetic_gives(row: dict[str, Any]) -> None:
    computed = eval(row["check"], {"__builtins__": {}}, VALUES)
    assert row["check_value"] == pytest.approx(computed, rel=1e-9)
    assert row["check_holds"] is agrees(row["value"], computed)


@pytest.mark.parametrize("row", STATEMENTS, ids=lambda row: row["statement"])
def test_statements_are_what_their_formula_gives(row: dict[str, Any], tables: duckdb.DuckDBPyConnection) -> None:
    [(computed,)] = tables.sql(row["formula"]).fetchall()
    assert row["computed"] == pytest.approx(float(computed), rel=1e-12)
    assert row["agrees"] is agrees(row["stated"], float(computed))


def test_a_corrected_row_flips_its_statement() -> None:
    formula = next(row["formula"] for row in STATEMENTS if row["statement"] == "zhiwei_raise")
    connection = duckdb.connect()
    corrected = packaged("commitments").with_columns(
        amount_high=pl.when(pl.col("commitment_id") == "R28-2").then(2.87e9).otherwise("amount_high")
    )
    connection.register("commitments", corrected)
    assert agrees(2.87e9, connection.sql(formula).fetchall()[0][0])


def test_the_contradictions_found_stay_visible() -> None:
    odd = {row["statement"] for row in STATEMENTS if not row["agrees"]}
    assert {"hongjing_orders", "zhiwei_raise", "sites", "rental_market", "aoni_title_year", "order_column"} <= odd
    assert {row["indicator"] for row in CHECKED if not row["check_holds"]} >= {
        "sites_world",
        "rental_heading",
        "h100_index",
    }


def test_the_sum_of_printed_order_cells_is_the_stated_one() -> None:
    cells = packaged("commitments").filter(pl.col("printed_column") == "order")["printed_amount"]
    total = sum(Decimal(cell.removesuffix("亿")) for cell in cells)
    stated = next(row["stated"] for row in STATEMENTS if row["statement"] == "order_column")
    assert total == Decimal("45.73")
    assert stated == float(total * 10**8)


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("h100_quote_latest / h100_index", 7.94),
        ("starts_2025q3 / (1 + starts_growth / 100)", 2.405),
        ("((rental_2033 / rental_2025) ** (1 / 8) - 1) * 100", 21.71),
        ("rental_2033 / (rental_2025 * (1 + rental_apac_growth / 100) ** 8) * 100", 22.82),
        ("tengyun_profit_2025 / tengyun_revenue_2025 * 100", 44.8),
        ("tengyun_profit_2025 * tengyun_stake / 100 / 1e8", 1.0557),
        ("jingang_compute_revenue / (jingang_compute_share / 100) / 1e8", 3.0095),
        ("jingji_shares_moved / (jingji_shares_share / 100)", 530_202_760),
        ("dongfang_delivered + dongfang_planned_2025 + dongfang_planned_2026", 200),
        ("134 / dongfang_stake_bought", 4.018),
        ("sites_americas + sites_apac + sites_emea - sites_world", 21),
        ("4.6e9 / jiechuang_cloud_revenue", 36.22),
    ],
)
def test_figures_named_in_notes_follow_from_the_indicators(formula: str, expected: float) -> None:
    assert eval(formula, {"__builtins__": {}}, VALUES) == pytest.approx(expected, rel=5e-4)

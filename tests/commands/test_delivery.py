"""What contracts promised against what was reported; the one case whose figures are public, by hand."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest

from screener.core.tables import TABLES, packaged
from screener.evaluation.delivery.measure import is_compute, survival
from screener.research import Research
from screener.store.database import Store
from screener.store.ingest import ingest

# Revenue × share of compute services of 2023, 2024 and the first half of 2025, from the reply of 2025-12-25.
REPLY = [(date(2023, 12, 31), 770.6050e6 * 0.1502), (date(2024, 12, 31), 657.7779e6 * 0.7080), (date(2025, 6, 30), 1187.8092e6 * 0.9128)]  # fmt: skip
KNOWN = datetime(2025, 12, 25, 18)
AUGUST, APRIL = datetime(2025, 8, 28, 23, 59, 59), datetime(2026, 4, 25, 23, 59, 59)
# Made up: balances at the end of a period, expenditure since the first day of the year.
LINES = [
    (date(2025, 6, 30), "contract_liabilities", "total", 3e6, AUGUST),
    (date(2025, 6, 30), "fixed_assets", "total", 8e8, AUGUST),
    (date(2025, 6, 30), "capital_expenditure", "total", 1e8, AUGUST),
    (date(2025, 9, 30), "capital_expenditure", "total", 1.3e8, datetime(2025, 10, 28, 23, 59, 59)),
    (date(2025, 12, 31), "capital_expenditure", "total", 1.5e8, APRIL),
    (date(2025, 12, 31), "fixed_assets", "total", 9e8, APRIL),
]


@pytest.fixture
def house(synthetic_db: Path, tmp_path: Path) -> Research:
    """The SYNTHETIC store with the reported revenue of one firm."""
    path = tmp_path / "s.duckdb"
    path.write_bytes(synthetic_db.read_bytes())
    schema = TABLES["segments"].schema
    figures = [*((end, "revenue", "算力服务", amount, KNOWN) for end, amount in REPLY), *LINES]
    names = ("period_end", "measure", "item", "amount", "known_at")
    rows = [{"symbol": "301396.SZ", **dict(zip(names, told, strict=True))} for told in figures]
    with Store.create_or_open(path) as store:
        ingest(
            store,
            "segments",
            pl.DataFrame([dict.fromkeys(schema) | row for row in rows], schema=schema),
            "test",
            max(KNOWN, APRIL),
        )
    return Research(path)


def half(house: Research, day: str, name: str = "2025H1") -> dict[str, object]:
    rows = house.delivery(day, symbol="301396").as_dict()["halves"]
    return next(row for row in rows if row["half"] == name)


def test_reported_revenue_is_set_against_the_burn_off_from_the_day_it_was_known(house: Research) -> None:
    row = half(house, "2025-12-25")
    assert (round(float(str(row["implied_cny"])) / 1e8, 2), round(float(str(row["reported_cny"])) / 1e8, 2)) == (
        2.86,
        10.84,
    )
    assert row["ratio"] == pytest.approx(3.8, abs=0.05) and row["reported_known_at"] == KNOWN


def test_the_day_before_nobody_knew_it(house: Research) -> None:
    row = half(house, "2025-12-24")
    assert (row["reported_cny"], row["ratio"], row["reported_known_at"]) == (None, None, None)
    assert round(float(str(row["implied_cny"])) / 1e8, 2) == 2.86


def test_a_year_that_nobody_has_cut_stays_a_year(house: Research) -> None:
    row = half(house, "2025-12-25", "2024")
    assert (row["implied_cny"], row["reported_cny"]) == (0.0, pytest.approx(465.7067e6, abs=1e3))


def test_segment_revenue_is_never_subtracted_from_a_backlog(house: Research) -> None:
    before, after = house.explain("301396", "2025-12-24").row, house.explain("301396", "2025-12-25").row
    assert before.backlog_cny is not None and after.backlog_cny is not None
    assert abs(before.backlog_cny - after.backlog_cny) < 5e6


@pytest.mark.parametrize(
    ("item", "yes"),
    [("算力服务", True), ("GPU服务器租赁", True), ("算力软件", False), ("智能监控", False), ("其他", False)],
)
def test_a_dated_table_says_which_products_are_compute(item: str, yes: bool) -> None:
    assert is_compute(item, date(2025, 6, 30), packaged("products")) is yes
    assert not is_compute(item, date(2022, 6, 30), packaged("products"))


def test_every_contract_has_a_life_and_shares_have_an_interval(house: Research) -> None:
    found = house.delivery("2026-06-30")
    row = next(one for one in found.lives if one.commitment_id == "R45-1")
    assert (row.status, row.recognised_cny) == ("recognised", 6_620_900.0)
    silent = next(one for one in found.survival if one.status == "silent")
    assert silent.low is not None and silent.high is not None and silent.share is not None
    assert silent.low < silent.share < silent.high and silent.n == len(found.lives)
    assert [one.share for one in survival([])] == [None] * 5


@pytest.mark.parametrize(
    ("day", "name", "lines"),
    [
        ("2025-08-27", "2025H1", (None, None, None, None)),
        ("2025-08-28", "2025H1", (3e6, 8e8, 1e8, AUGUST)),
        ("2026-04-24", "2025H2", (None, None, None, None)),
        ("2026-04-25", "2025H2", (None, 9e8, 0.5e8, APRIL)),  # of the half alone; a balance nobody told stays unknown
    ],
)
def test_statement_lines_stand_in_their_half_from_the_day_they_were_published(
    house: Research, day: str, name: str, lines: tuple[float | datetime | None, ...]
) -> None:
    row = half(house, day, name)
    keys = ("contract_liabilities_cny", "fixed_assets_cny", "capital_expenditure_cny", "lines_known_at")
    assert tuple(row[key] for key in keys) == lines


def test_the_lag_is_what_the_known_facts_show_and_null_where_there_are_none(house: Research) -> None:
    told = {one.basis: one for one in house.delivery("2026-06-30").lag}
    assert (told["acceptance"].n, told["acceptance"].median_months) == (0, None)
    # 3.9954 亿 over 60 months is 665.9 万 a month: 662.09 万 by the end of 2025 is one month of work, begun after five.
    assert told["first_revenue"].n == 1 and told["first_revenue"].median_months == pytest.approx(5.07, abs=0.01)
    assert told["either"].default_months == 5
    assert [one.n for one in house.delivery("2026-04-01").lag] == [0, 0, 0]  # the report of 2026-04-03 was not there


def test_explain_holds_in_json_what_it_prints_of_delivery(house: Research) -> None:
    told = house.delivery("2026-06-30", symbol="301396")
    found = house.explain("301396", "2026-06-30", delivery=told)
    assert found.as_dict()["delivery"] == told.as_dict()
    assert {"delivery_halves", "delivery_contracts", "delivery_lag"} <= set(found.tables())
    assert "delivery" not in house.explain("301396", "2026-06-30").as_dict()

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


@pytest.fixture
def house(synthetic_db: Path, tmp_path: Path) -> Research:
    """The SYNTHETIC store with the reported revenue of one firm."""
    path = tmp_path / "s.duckdb"
    path.write_bytes(synthetic_db.read_bytes())
    schema = TABLES["segments"].schema
    rows = [
        {
            "symbol": "301396.SZ",
            "period_end": end,
            "measure": "revenue",
            "item": "算力服务",
            "amount": amount,
            "known_at": KNOWN,
        }
        for end, amount in REPLY
    ]
    with Store.create_or_open(path) as store:
        ingest(
            store, "segments", pl.DataFrame([dict.fromkeys(schema) | row for row in rows], schema=schema), "test", KNOWN
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

"""Packaged tables fit their schemas, refer to each other correctly and never speak before their date."""

from __future__ import annotations

from datetime import datetime, time

import polars as pl
import pytest

from screener.core.config import REPORT_KNOWN_AT
from screener.core.resources import tables_dir
from screener.core.symbols import Board, board_of, parse_symbol
from screener.core.tables import PACKAGED, TABLES, packaged

VOCABULARY = {
    ("announcements", "known_at_basis"): "exchange_time press_report document_date price_inferred date_only",
    ("announcements", "review"): "reported unreviewed reviewed",
    ("commitments", "work"): "service integration software hardware other",
    ("commitments", "direction"): "inflow outflow financing unclear",
    ("commitments", "amount_basis"): "exact ceiling range estimate undisclosed",
    ("commitments", "printed_column"): "order investment text",
    ("commitments", "tax"): "included excluded unknown",
    ("commitments", "term_basis"): "text column both",
    ("commitments", "confidence"): "A B C D",
    ("contract_facts", "kind"): "acceptance revenue_recognised delay reduction supplement termination denial dispute",
    ("links", "kind"): "re_announces amends part_of confirms replaces_ceiling funds",
    ("links", "state"): "asserted suspected refuted",
    ("rules", "side"): "buy sell both",
    ("rules", "certainty"): "notice repository knowledge",
    ("ratings", "rating"): "优于大市 中性 弱于大市 无评级",
}


@pytest.mark.parametrize("name", [table.name for table in PACKAGED])
def test_every_packaged_table_has_its_declared_shape_and_key(name: str) -> None:
    frame = packaged(name)
    assert frame.height > 0
    assert frame.select(TABLES[name].key).is_duplicated().sum() == 0


@pytest.mark.parametrize("name", [table.name for table in PACKAGED])
def test_files_are_utf8_with_unix_line_ends_and_all_columns_in_order(name: str) -> None:
    raw = (tables_dir() / f"{name}.csv").read_bytes()
    assert b"\r" not in raw
    assert raw.endswith(b"\n")
    assert raw.decode("utf-8").split("\n", 1)[0].split(",") == TABLES[name].names


@pytest.mark.parametrize(("table", "column"), VOCABULARY)
def test_closed_vocabularies_hold(table: str, column: str) -> None:
    used = set(packaged(table)[column].drop_nulls())
    assert used <= set(VOCABULARY[table, column].split())


@pytest.mark.parametrize("table", ["announcements", "commitments"])
def test_every_kind_is_declared(table: str) -> None:
    assert set(packaged(table)["kind"]) <= set(packaged("kinds")["kind"])


@pytest.mark.parametrize("table", ["announcements", "commitments", "contract_facts", "st_spells"])
def test_every_symbol_is_a_firm_of_the_report(table: str) -> None:
    assert set(packaged(table)["symbol"]) <= set(packaged("firms")["symbol"])


def test_boards_of_the_firms_follow_from_their_codes() -> None:
    for symbol, board in packaged("firms").select("symbol", "board").iter_rows():
        assert parse_symbol(symbol) == symbol
        assert board_of(symbol) == Board(board)


def test_commitments_belong_to_an_announcement_of_the_same_firm() -> None:
    joined = packaged("commitments").join(packaged("announcements"), on="announcement_id", how="left")
    assert (joined["symbol"] == joined["symbol_right"]).all()
    assert joined["symbol_right"].null_count() == 0


def test_links_and_facts_point_at_commitments() -> None:
    known = set(packaged("commitments")["commitment_id"])
    links = packaged("links")
    assert set(links["from_id"]) | set(links["to_id"]) <= known
    assert set(packaged("contract_facts")["commitment_id"]) <= known


def test_facts_name_an_announcement_of_the_same_time() -> None:
    joined = packaged("contract_facts").join(packaged("announcements"), on="announcement_id", how="left")
    assert (joined["known_at"] == joined["known_at_right"]).all()


def test_nothing_is_known_before_its_printed_date_without_press_evidence() -> None:
    frame = packaged("announcements")
    early = frame.filter(pl.col("known_at").dt.date() < pl.col("event_date"))
    assert early["report_row"].to_list() == [19, 22, 24]
    assert set(early["known_at_basis"]) == {"press_report"}
    assert early["evidence"].str.contains("https?://").all()
    assert early["evidence"].str.contains(r"\d{4}-\d\d-\d\d").all()


def test_date_only_means_the_end_of_the_printed_day() -> None:
    frame = packaged("announcements").filter(pl.col("known_at_basis") == "date_only")
    for day, known in frame.select("event_date", "known_at").iter_rows():
        assert known == datetime.combine(day, time(23, 59, 59))


def test_a_commitment_is_never_known_before_its_announcement() -> None:
    joined = packaged("commitments").join(packaged("announcements"), on="announcement_id")
    own = joined.filter(pl.col("known_at").is_not_null())
    assert (own["known_at"] >= own["known_at_right"]).all()
    assert set(own["known_at"]) == {REPORT_KNOWN_AT}


def test_a_link_is_never_known_before_both_of_its_ends() -> None:
    frame = packaged("commitments").join(
        packaged("announcements").select("announcement_id", said="known_at"), on="announcement_id"
    )
    known = dict(frame.select("commitment_id", pl.coalesce("known_at", "said")).iter_rows())
    for source, target, stated in packaged("links").select("from_id", "to_id", "known_at").iter_rows():
        assert (stated or known[source]) >= max(known[source], known[target])


def test_amounts_agree_with_their_basis() -> None:
    frame = packaged("commitments")
    filled = {"exact": (True, True), "estimate": (True, True), "range": (True, True), "ceiling": (False, True)}
    for basis, low, high in frame.select("amount_basis", "amount_low", "amount_high").iter_rows():
        assert (low is not None, high is not None) == filled.get(basis, (False, False))
        assert basis != "range" or low < high
        assert basis not in ("exact", "estimate") or low == high


def test_unknown_is_never_zero() -> None:
    frame = packaged("commitments")
    for column in ("amount_low", "amount_high", "other_amount", "foreign_amount", "compute_amount", "term_months"):
        assert (frame[column].drop_nulls() > 0).all(), column


def test_every_inflow_has_a_confidence_and_says_whether_its_customer_is_named() -> None:
    inflow = packaged("commitments").filter(pl.col("direction") == "inflow")
    assert inflow["confidence"].null_count() == 0
    assert inflow["counterparty_named"].null_count() == 0
    assert set(inflow.filter(pl.col("amount_high").is_null())["confidence"]) == {"D"}


def test_masked_names_are_not_named_counterparties() -> None:
    masked = packaged("commitments").filter(
        pl.col("counterparty").str.contains("^[XY]|客户|^甲方$|某公司|多家|^供应商$")
    )
    assert masked.height > 15
    assert not masked["counterparty_named"].any()

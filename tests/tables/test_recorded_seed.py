"""Row by row against an independent reading of the report and against its text, where they lie beside the checkout."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from screener.core.tables import packaged
from tests.recorded import shared_dir


def beside(name: str) -> Path:
    """A file of the shared folder; skips the calling test where it is missing."""
    folder = shared_dir()
    if folder is None or not (folder / name).is_file():
        pytest.skip(f"no {name} beside the checkout (set SCREENER_SHARED to its folder)")
    return folder / name


@pytest.fixture(scope="module")
def reading() -> list[dict[str, str]]:
    """The independent reading, one text row per announcement."""
    frame = pl.read_csv(beside("reference/seed_events.csv"), infer_schema=False)
    return frame.select(pl.all().fill_null("")).rows(named=True)


@pytest.fixture(scope="module")
def text() -> list[str]:
    """Lines of the report."""
    return beside("source/guosen_ai_weekly.txt").read_text(encoding="utf-8").split("\n")


def commitments(row: int) -> list[dict[str, Any]]:
    """Commitments of one row of the report."""
    return packaged("commitments").filter(pl.col("announcement_id") == f"R{row:02d}").rows(named=True)


def test_date_symbol_title_and_line_agree(reading: list[dict[str, str]]) -> None:
    own = packaged("announcements").select("report_row", "source_line", "symbol", "event_date", "title")
    theirs = [
        (int(r["row_no"]), int(r["seed_line"]), r["code"], r["announce_date"], r["title"].strip("《》"))
        for r in reading
    ]
    assert [(a, b, c, d.isoformat(), e) for a, b, c, d, e in own.iter_rows()] == theirs


def test_order_and_investment_amounts_agree(reading: list[dict[str, str]]) -> None:
    compared = 0
    for row in reading:
        high = {c["amount_high"] for c in commitments(int(row["row_no"]))}
        for column in ("order_amount_yuan", "capex_amount_yuan", "amount_high_yuan"):
            if row[column]:
                assert float(row[column]) in high, (row["row_no"], column)
                compared += 1
    assert compared > 60


def test_ceilings_agree(reading: list[dict[str, str]]) -> None:
    for row in reading:
        main = [c for c in commitments(int(row["row_no"])) if c["amount_high"]]
        if row["is_upper_limit"] == "True" and int(row["row_no"]) != 59:  # a range, not a ceiling
            assert {c["amount_basis"] for c in main} == {"ceiling"}, row["row_no"]
        if row["is_upper_limit"] == "False" and main:
            assert main[0]["amount_basis"] in ("exact", "estimate"), row["row_no"]


def test_further_amounts_are_kept_somewhere(reading: list[dict[str, str]]) -> None:
    elsewhere = set(packaged("indicators")["value"]) | set(packaged("contract_facts")["amount"])
    for row in (row for row in reading if row["other_amount_yuan"]):
        own = {c[k] for c in commitments(int(row["row_no"])) for k in ("amount_high", "other_amount", "foreign_amount")}
        assert float(row["other_amount_yuan"]) in own | elsewhere, row["row_no"]


def test_terms_and_signing_dates_agree(reading: list[dict[str, str]]) -> None:
    for row in reading:
        own = commitments(int(row["row_no"]))
        if row["term_months"]:
            assert int(row["term_months"]) in {c["term_months"] for c in own}, row["row_no"]
        if len(row["signed_date"]) == 10:
            assert row["signed_date"] in {str(c["signed_date"]) for c in own}, row["row_no"]


def test_titles_and_printed_cells_stand_on_their_line(text: list[str]) -> None:
    lines = dict(packaged("announcements").select("announcement_id", "source_line").iter_rows())
    for identity, title in packaged("announcements").select("announcement_id", "title").iter_rows():
        assert text[lines[identity] - 1].split("\t")[1].strip("《》") == title
    columns = {"order": 3, "investment": 4}
    for row in packaged("commitments").filter(pl.col("printed_amount").is_not_null()).iter_rows(named=True):
        assert (
            text[lines[row["announcement_id"]] - 1].split("\t")[columns[row["printed_column"]]] == row["printed_amount"]
        )


def test_no_printed_amount_is_lost(text: list[str]) -> None:
    own = packaged("commitments").filter(pl.col("printed_amount").is_not_null())
    cells = [
        cell for line in packaged("announcements")["source_line"] for cell in text[line - 1].split("\t")[3:5] if cell
    ]
    assert sorted(own["printed_amount"]) == sorted(cells)


def test_lines_of_indicators_carry_a_figure(text: list[str]) -> None:
    for line, name in packaged("indicators").select("source_line", "indicator").iter_rows():
        assert any(ch.isdigit() for ch in text[line - 1]) or "翻倍" in text[line - 1] or name == "developers", name

"""The workbook of every answer, in Chinese: opens on the answer, prints on few pages, shows what numbers are."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook

from screener.core.answer import Answer
from screener.report.headings import sheet_name
from screener.report.workbook import write_book
from screener.research import Research

SPAN: dict[str, Any] = {"start": "2025-06-02", "end": "2025-09-30"}
ASKED: dict[str, Callable[[Research], Answer]] = {
    "screen": lambda house: house.screen("2026-06-30"),
    "explain": lambda house: house.explain("301396", "2026-06-30"),
    "diff": lambda house: house.diff("2026-03-31", "2026-06-30"),
    "rating": lambda house: house.ratings(),
    "events": lambda house: house.events(draws=99),
    "backtest": lambda house: house.backtest("backlog_yield", unchecked=True, **SPAN),
    "sweep": lambda house: house.sweep("order_drift", {"hold": [5, 10]}, **SPAN),
    "delivery": lambda house: house.delivery("2026-06-30"),
}
LATIN = re.compile(r"[A-Za-z]{3,}")
# Words that stand in Chinese headings too: names of statistics, a parameter of a strategy, a session of a quarter.
KEPT = re.compile(r"CAAR|Kappa|Tau|Wilson|hold|lag|polars|python|screener|fixed|order|DuckDB")


@pytest.fixture(scope="module")
def books(synthetic_db: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Workbook]:
    house, folder = Research(synthetic_db), tmp_path_factory.mktemp("books")

    @cache
    def made(name: str) -> Workbook:
        answer: Any = ASKED[name](house)
        path = folder / f"{name}.xlsx"
        write_book(path, answer, further=answer.full() if name == "backtest" else None)
        return load_workbook(path)

    return made


def cells(book: Workbook) -> Iterator[Any]:
    yield from (cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None)


@pytest.mark.parametrize("name", ASKED)
def test_a_book_opens_on_the_answer_with_its_stamps_and_ends_with_what_it_stands_on(
    books: Callable[[str], Workbook], name: str
) -> None:
    book = books(name)
    assert book.active is book.worksheets[0] and book.sheetnames[0] == "结论" and book.sheetnames[-1] == "依据"
    assert "SYNTHETIC" in str(book.worksheets[0]["A2"].value) and book.worksheets[0]._charts
    assert any(cell.value == "戳记" for (cell, *_) in book.worksheets[-1].iter_rows())


@pytest.mark.parametrize("name", ASKED)
def test_headings_are_chinese_and_no_cell_is_json(books: Callable[[str], Workbook], name: str) -> None:
    book = books(name)
    heads = [cell.value for sheet in book.worksheets[1:-1] for cell in sheet[1] if cell.data_type == "s"]
    figures = [row[0].value for sheet in book for row in sheet.iter_rows(max_col=1) if sheet["A1"].value == "指标"]
    stands = [cell.value for (cell, *_) in book.worksheets[-1].iter_rows()]
    english = [word for word in (*heads, *figures, *stands) if LATIN.search(KEPT.sub("", str(word)))]
    assert heads and not english
    assert not [cell.value for cell in cells(book) if re.match(r"\{|\[[^]+\d,-]", str(cell.value))]


@pytest.mark.parametrize("name", ASKED)
def test_a_book_prints_as_wide_as_a_page_with_its_headings_and_stamps(
    books: Callable[[str], Workbook], name: str
) -> None:
    for sheet in books(name).worksheets:
        assert sheet.sheet_properties.pageSetUpPr.fitToPage and sheet.page_setup.paperSize == 9
        assert int(sheet.page_setup.fitToHeight or 1) <= 1 + sheet.max_row / 70
        assert "SYNTHETIC" in sheet.oddHeader.right.text and "共 &N 页" in sheet.oddFooter.right.text
    for sheet in books(name).worksheets[1:-1]:
        assert sheet.print_title_rows == "$1:$1" and sheet.freeze_panes
        assert sheet.auto_filter.ref or sheet.max_row == 1 or sheet.title in map(_named, ("months", "left"))


def _named(name: str) -> str:
    return sheet_name(name, "zh")


def test_shares_are_per_cent_money_is_in_yi_and_days_are_days(books: Callable[[str], Workbook]) -> None:
    book = books("backtest")
    figures = {line[0].value: line[1] for line in book[_named("summary")].iter_rows()}
    assert figures["总收益"].number_format == "+0.00%;-0.00%;0.00%" and isinstance(figures["总收益"].value, float)
    assert figures["资金十倍"].number_format.endswith("0.00%") and figures["期末净值(元)"].number_format == "#,##0.00"
    screen = books("screen")[_named("screen")]
    backlog = {cell.value: cell.column for cell in screen[1]}["在手订单(元)"]
    assert "亿" in screen.cell(2, backlog).number_format
    assert book[_named("equity")]["A2"].is_date


def test_the_rest_of_a_back_test_is_sheets_too(books: Callable[[str], Workbook]) -> None:
    assert {*map(_named, ("statistics", "monthly", "drawdowns", "estimates", "equity"))} <= {
        *books("backtest").sheetnames
    }


def test_the_growth_of_an_account_starts_from_its_capital(books: Callable[[str], Workbook]) -> None:
    sheet = books("backtest")[_named("equity")]
    at = {cell.value: cell.column for cell in sheet[1]}
    for line in (2, sheet.max_row):
        equity, growth = (sheet.cell(line, at[head]).value for head in ("净值(元)", "策略净值"))
        assert growth == pytest.approx(equity / 10_000_000)

"""The workbook read back: live cells agree with the values stored in them, text from the internet stays text."""

from dataclasses import replace
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from openpyxl import load_workbook

from screener.core.config import ScreenOptions
from screener.core.errors import ScreenerError
from screener.core.tables import TABLES
from screener.point_in_time.announcements import Announcement
from screener.point_in_time.market import Market
from screener.report import workbook
from screener.report.cells import Formula, Link, is_web_address, look
from screener.report.headings import sheet_name
from screener.report.sheets import written
from screener.report.workbook import write_screen
from screener.screen.ranking import screen
from tests.report.calculator import Calculator, rows_of
from tests.report.plain_book import write_tables
from tests.screen.world import ONE, TWO, ceiling, evening, fact, market, on, order

DAY = date(2025, 9, 17)
HOSTILE = [
    "=1+1",
    '=HYPERLINK("http://x","y")',
    "+2",
    "-2+3",
    "@SUM(1)",
    "\t=1",
    "{=1}",
    "http://a.example/x",
]


@cache
def a_world(*, reduced: bool = True) -> Market:
    commitments = [
        order("A-1", date(2025, 1, 31), 36e6),
        order("B-1", date(2025, 3, 12), 721e6 + 0.01, term_months=60, symbol=TWO),
        order("C-1", date(2025, 4, 16), 12e6, work="integration", term_months=None),
        order("D-1", date(2025, 5, 2), 24e6, term_months=24),
        order("E-1", date(2025, 6, 3), 5e6, term_months=None),
        order("G-1", date(2025, 6, 4), None),
        ceiling("F-1", date(2025, 7, 1), 90e6),
    ]
    told = [fact("acceptance", date(2025, 6, 30), "D-1")]
    if reduced:
        told.append(fact("reduction", date(2025, 8, 1), "A-1", 6e6))
    return market(commitments, told)


def make(path: Path, world: Market, day: date = DAY, **options: Any) -> Path:
    panel, chosen = on(world, day), ScreenOptions(**options)
    write_screen(path, screen(panel, chosen), lang="en")
    return path


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("book") / "screen.xlsx", a_world())


@pytest.mark.parametrize(
    "options", [{}, {"lag_months": 3}, {"burn": "none"}, {"policy": "gross"}, {"vat_rate": 0.06}], ids=str
)
@pytest.mark.parametrize("day", [date(2025, 2, 28), DAY, date(2026, 3, 31)], ids=str)
def test_every_live_cell_has_the_value_its_formula_gives(tmp_path: Path, options: dict[str, Any], day: date) -> None:
    found = Calculator(make(tmp_path / "x.xlsx", a_world(), day, **options))
    cells = list(found.formulas())
    for sheet, cell in cells:
        stored = found.stored[sheet][cell].value
        serial = (stored - datetime(1899, 12, 30)).days if isinstance(stored, datetime) else stored
        assert serial is not None
        assert found.value(sheet, cell) == pytest.approx(serial, abs=0.011 if sheet in ("left", "runoff") else 1e-6), (
            sheet,
            cell,
        )
    assert any(sheet == "screen" for sheet, _ in cells)


def test_the_sheets_of_a_screen(book: Path) -> None:
    names = ["answer", "screen", "contracts", "months", "left", "runoff", "announcements", "stands on"]
    assert load_workbook(book).sheetnames == names


def test_a_wrong_stored_value_would_be_noticed(book: Path) -> None:
    found = Calculator(book)
    assert found.value("screen", "E2") == pytest.approx(found.stored["screen"]["E2"].value)
    moved = Calculator(book, {("screen", "K2"): 1.0})
    assert moved.value("screen", "E2") != pytest.approx(found.stored["screen"]["E2"].value)


@pytest.mark.parametrize(("day", "lag"), [(date(2025, 12, 31), 5), (DAY, 3), (date(2026, 3, 1), 6)])
def test_the_yellow_cells_give_the_backlog_of_another_day_and_lag(tmp_path: Path, day: date, lag: int) -> None:
    world = a_world(reduced=False)
    book, panel = make(tmp_path / "x.xlsx", world), on(world, day)
    given = {("stands on", "B1"): datetime.combine(day, datetime.min.time()), ("stands on", "B2"): lag}
    expected = {row.symbol: row.backlog_cny for row in screen(panel, ScreenOptions(lag_months=lag)).rows}
    found = Calculator(book, given)
    names = {row["symbol"]: n for n, row in enumerate(rows_of(book, "screen"), start=2)}
    assert {s: found.value("screen", f"H{n}") for s, n in names.items()} == pytest.approx(expected, abs=0.02)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_another_price_moves_market_cap_and_score(tmp_path: Path, lang: str) -> None:
    path = tmp_path / "x.xlsx"
    write_screen(path, screen(on(a_world(), DAY)), lang=lang)
    name = sheet_name("screen", lang)
    line = next(load_workbook(path)[name].iter_rows(min_row=2, max_row=2))
    price = next(cell for cell in line if cell.fill.start_color.rgb == "FFFFF2CC" and "." in cell.number_format)
    before, after = Calculator(path), Calculator(path, {(name, price.coordinate): price.value * 2})
    assert after.value(name, "E2") == pytest.approx(before.value(name, "E2") / 2)
    shown = sheet_name("answer", lang)
    live = [at for sheet, at in after.formulas() if sheet == shown]
    assert after.value(name, "E2") in [after.value(shown, at) for at in live]


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("total_return", 10.07, "signed_up"),
        ("at_ten_times_cash", -0.1, "signed_down"),
        ("score", 0.3, "share"),
        ("backlog_cny", 1e9, "money"),
        ("price_cny", 3.5, "yuan"),
        ("commission_rate", 0.00025, "rate"),
        ("slippage", 4994.96, "yuan"),
        ("benchmark_days returns", 448, "count"),
        ("unnamed_share", 1.0, "share"),
        ("sharpe", 1.2, "ratio"),
    ],
)
def test_a_number_looks_as_what_it_is(key: str, value: float, expected: str) -> None:
    assert look(key, value) == expected


def test_scores_and_sums_are_those_of_the_screen(book: Path) -> None:
    result = screen(on(a_world(), DAY))
    cells = rows_of(book, "screen")
    assert [row["symbol"] for row in cells] == [row.symbol for row in result.rows]
    assert [row["score"] for row in cells] == pytest.approx([row.score for row in result.rows])
    total = rows_of(book, "runoff")[-1]
    assert total["commitment id"] == "sum"
    assert total["sum cny"] == pytest.approx(sum(row.backlog_cny or 0.0 for row in result.rows), abs=0.01)


def test_of_many_contracts_the_run_off_is_the_same_in_values(
    book: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbook, "MOST_LIVE", 1)
    many = make(tmp_path / "many.xlsx", a_world())
    names = ["answer", "screen", "contracts", "runoff", "announcements", "stands on"]
    assert load_workbook(many).sheetnames == names
    few, runs = ({row["commitment id"]: row for row in rows_of(one, "runoff")} for one in (book, many))
    assert few.keys() == runs.keys() and "E-1" in few
    for name, row in few.items():
        assert {key: value or 0 for key, value in runs[name].items()} == {key: value or 0 for key, value in row.items()}
    assert "runoff, as too many contracts run" in str([*load_workbook(many)["stands on"].values])


def test_every_commitment_is_a_line_with_its_reason(book: Path) -> None:
    lines = {row["commitment id"]: row for row in rows_of(book, "contracts")}
    assert set(lines) == {"A-1", "B-1", "C-1", "D-1", "E-1", "F-1", "G-1"}
    assert (lines["F-1"]["counted"], lines["F-1"]["reason"]) == (False, "framework_ceiling")
    assert (lines["G-1"]["reason"], lines["G-1"]["remaining cny"]) == ("no_amount", None)


def test_cells_have_types(book: Path) -> None:
    line = next(row for row in rows_of(book, "contracts") if row["commitment id"] == "B-1")
    assert line["event date"] == datetime(2025, 3, 12) and line["start"] == datetime(2025, 8, 12)
    assert line["counted"] is True and isinstance(line["remaining cny"], float)


def test_an_unknown_amount_is_an_empty_cell(tmp_path: Path) -> None:
    path = make(tmp_path / "x.xlsx", market([order("G-1", date(2025, 6, 4), None)]))
    row = next(row for row in rows_of(path, "screen") if row["symbol"] == ONE)
    assert (row["backlog cny"], row["score"], row["rank"], row["coverage"]) == (None, None, None, "none")


def _announcement(title: str, url: str | None) -> Announcement:
    return Announcement("A", ONE, DAY, evening(DAY), "date_only", "order", title, "reviewed", url)


@pytest.mark.parametrize("title", HOSTILE)
def test_a_hostile_title_stays_text(tmp_path: Path, title: str) -> None:
    world = market([order("A-1", date(2025, 1, 31), 36e6, counterparty=title, title=title)])
    panel = on(world, DAY)
    path = tmp_path / "x.xlsx"
    write_screen(path, replace(screen(panel), announcements=(_announcement(title, None),)), lang="en")
    cells = [cell for sheet in load_workbook(path) for row in sheet.iter_rows() for cell in row if cell.value == title]
    assert cells and all(cell.data_type == "s" and cell.hyperlink is None for cell in cells)


ADDRESSES = [
    ("https://a.example/x?id=1", True),
    ("HTTP://a.example", True),
    ("javascript:alert(1)", False),
    ("file:///etc/passwd", False),
    ("internal:Sheet1!A1", False),
    ("external:c:/x.xls", False),
    ("ftp://a", False),
    ("http://a b", False),
    (None, False),
    ("", False),
    ("https://a.example/" + "x" * 3000, False),
]


@pytest.mark.parametrize(("url", "opens"), ADDRESSES, ids=lambda value: str(value)[:30])
def test_only_web_addresses_become_links(tmp_path: Path, url: str | None, opens: bool) -> None:
    path, panel = tmp_path / "x.xlsx", on(a_world(), DAY)
    write_screen(path, replace(screen(panel), announcements=(_announcement("title", url),)), lang="en")
    linked = {sheet.title for sheet in load_workbook(path) for row in sheet.iter_rows() for c in row if c.hyperlink}
    assert is_web_address(url) is opens and bool(linked) is opens
    assert linked <= {"contracts", "announcements"}


def test_tables_of_anything_keep_their_types(tmp_path: Path) -> None:
    row = {
        "day": DAY,
        "at": evening(DAY),
        "n": 3,
        "x": 0.5,
        "flag": True,
        "text": "=1",
        "none": None,
        "nested": {"a": 1},
    }
    write_tables(tmp_path / "x.xlsx", {"one": [row], "empty": []}, {"source": "hand", "list": ["a", "b"]}, "en")
    (found,) = rows_of(tmp_path / "x.xlsx", "one")
    assert found["day"] == datetime(2025, 9, 17) and found["at"] == evening(DAY)
    assert [found[key] for key in ("n", "x", "flag", "text", "none", "nested")] == [
        3,
        0.5,
        True,
        "=1",
        None,
        "a 1",
    ]
    assert load_workbook(tmp_path / "x.xlsx").sheetnames == ["one", "empty", "stands on"]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), pl.Series([1.5])[0], 10**17, "x" * 40_000, "a\x01b"])
def test_values_excel_cannot_hold_do_not_spoil_the_file(tmp_path: Path, value: Any) -> None:
    write_tables(tmp_path / "x.xlsx", {"one": [{"value": value, "after": 1}]}, {}, "en")
    (found,) = rows_of(tmp_path / "x.xlsx", "one")
    assert found["after"] == 1
    assert found["value"] is None if isinstance(value, float) and value != 1.5 else found["value"] is not None


def test_sheet_names_are_made_fit_and_unique(tmp_path: Path) -> None:
    names = ["a/b" * 20, "a/b" * 20 + "c", "History", "x"]
    write_tables(tmp_path / "x.xlsx", {name: [{"a": 1}] for name in names}, {}, "en")
    assert len(load_workbook(tmp_path / "x.xlsx").sheetnames) == 5


@pytest.mark.parametrize("name", ["x.xls", "x", "x.csv"])
def test_another_ending_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ScreenerError, match=r"ends in \.xlsx"):
        write_tables(tmp_path / name, {}, {}, "en")


def test_a_failure_leaves_the_file_that_was_there(tmp_path: Path) -> None:
    write_tables(tmp_path / "x.xlsx", {"one": [{"a": 1}]}, {}, "en")
    before = (tmp_path / "x.xlsx").read_bytes()
    with pytest.raises(ScreenerError, match="cannot write"):
        written(tmp_path / "x.xlsx", lambda book: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    assert (tmp_path / "x.xlsx").read_bytes() == before and len(list(tmp_path.iterdir())) == 1


def test_a_folder_in_the_way_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(ScreenerError, match="cannot write there"):
        write_tables(tmp_path / "file" / "x.xlsx", {}, {}, "en")


def test_a_formula_without_a_value_is_empty(tmp_path: Path) -> None:
    write_tables(
        tmp_path / "x.xlsx", {"one": [{"f": Formula("=1/2", 0.5), "l": Link("t", "https://a.example")}]}, {}, "en"
    )
    assert rows_of(tmp_path / "x.xlsx", "one") == [{"f": 0.5, "l": "t"}]


def test_titles_of_the_stored_schema_reach_the_sheet(book: Path) -> None:
    assert {"title", "url", "known at basis"} <= set(rows_of(book, "announcements")[0])
    assert set(TABLES["announcements"].names) >= {"title", "url"}


@pytest.mark.parametrize("day", [date(2025, 6, 30), date(2026, 6, 30), date(2026, 10, 9)], ids=str)
def test_the_announcements_of_the_report_burn_off_in_excel_as_here(tmp_path: Path, day: date) -> None:
    found = Calculator(make(tmp_path / "x.xlsx", Market.build({}), day))
    cells = [(sheet, cell) for sheet, cell in found.formulas() if sheet in ("screen", "left", "runoff")]
    stored = [found.stored[sheet][cell].value for sheet, cell in cells]
    serial = [(at - datetime(1899, 12, 30)).days if isinstance(at, datetime) else at for at in stored]
    assert [found.value(*cell) for cell in cells] == pytest.approx(serial, abs=0.011) and len(cells) > 50

"""Every command that prints a table also writes it as CSV and as a workbook whose cells have types."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass
from functools import cache
from io import StringIO
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from openpyxl import load_workbook
from typer.main import get_command

from screener.commands.answering import command_line
from screener.commands.app import answer
from screener.commands.output import write_csv
from screener.core.errors import ScreenerError
from screener.core.plain import plain
from tests.commands.conftest import Cli

HOSTILE = "=1+1"
NOTICE = "公司与某客户签订《算力服务合同》，合同金额为3.03亿元（含税），服务期限为36个月。"
WRITES = {"--json", "--csv", "--xlsx"}
# Commands without a result table, and why.
NO_TABLE = {
    "demo": "shows other commands",
    "config": "shows settings",
    "fetch": "prints what it did",
    "discover": "prints what it did",
    "load": "prints what it did",
    "desk": "serves pages",
    "mcp": "serves tools",
    "new-strategy": "writes a file",
    "check-strategy": "prints one sentence",
    "announcements record": "prints what it did",
    "withdraw": "prints what it did",
}
# A table of what waits for a person: nothing does in this store.
WAITS = {"review": "tests/store/test_reviewing.py"}
WORDS = {
    "alerts": "--since 2026-06-01",
    "announcements": "",
    "backtest": "equal_weight --no-audit",
    "delivery": "--as-of 2026-06-30",
    "diff": "2025-06-30 2026-07-31",
    "events": "--draws 99 --kind all",
    "explain": "301396",
    "history": "commitments R05-1",
    "query": "SELECT symbol,title,length(title)n,sum(1)OVER()s FROM announcements ORDER BY ALL",
    "rating": "",
    "read": "--file notice.txt",
    "report": "--brief --as-of 2026-06-30 --strategies order_drift",
    "screen": "--as-of 2026-06-30",
    "status": "",
    "strategies": "",
    "sweep": "order_drift --grid hold=5,20 --walk-forward train=120,test=60",
}
OWN_BOOK = {"backtest", "explain", "screen"}  # their workbooks hold more, or other, than their CSV
TITLED = {"announcements", "diff", "query", "strategies"}  # tables with a column of titles or descriptions
WORDLY = {"alerts", "announcements"}  # tables without a number
ALERTS_FOUND = 10


def _commands() -> dict[str, set[str]]:
    """Every command and command of a command → its options."""
    top: dict[str, Any] = get_command(command_line()).commands  # type: ignore[attr-defined]
    below = {f"{name} {sub}": found for name, own in top.items() for sub, found in getattr(own, "commands", {}).items()}
    return {name: {word for p in found.params for word in p.opts} for name, found in (top | below).items()}


COMMANDS = _commands()


@dataclass(frozen=True)
class Written:
    """What one command left: JSON, CSV files by name (rows of text) and sheets by name (rows of cells)."""

    json: Any
    csv: dict[str, list[dict[str, str]]]
    sheets: dict[str, list[list[Any]]]

    @property
    def stands_on(self) -> dict[str, Any]:
        return {line[0].value: line[1].value for line in self.sheets["stands on"]}

    def cells(self) -> Iterator[Any]:
        yield from (cell for lines in self.sheets.values() for line in lines for cell in line)

    def pairs(self) -> Iterator[tuple[str, Any]]:
        """Text of the CSV and the cell of the workbook that stand for the same value."""
        for name, rows in self.csv.items():
            # The summary of a sweep lies otherwise in Excel.
            if rows and name in self.sheets and len(rows[0]) == len(self.sheets[name][0]):
                for row, line in zip(rows, self.sheets[name][1:], strict=True):
                    yield from zip(row.values(), line, strict=True)


Run = Callable[[str], Written]


@pytest.fixture(scope="module")
def world(synthetic_db: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a store, an announcement and a strategy whose texts a spreadsheet would run."""
    folder = tmp_path_factory.mktemp("world")
    db = shutil.copy(synthetic_db, folder / "store.duckdb")
    (folder / "mine.csv").write_text(
        "announcement_id,symbol,event_date,title,kind,entity,report_row,source_line,known_at,known_at_basis,evidence,"
        f"url,review,source,note\nMY-1,301396.SZ,2026-06-30,{HOSTILE},order,,,,2026-06-30 18:32:10,exchange_time,,,"
        "unreviewed,hand,\n",
        encoding="utf-8",
    )
    assert answer(["load", str(folder / "mine.csv"), "--db", str(db)]) == 0
    (folder / "notice.txt").write_text(NOTICE, encoding="utf-8")
    (folder / "strategies").mkdir()
    (folder / "strategies" / "hostile.py").write_text(
        f'"""{HOSTILE}"""\ndef weights(panel, *, k: int = 7):\n    return None\n', encoding="utf-8"
    )
    return folder


@pytest.fixture(scope="module")
def ran(world: Path) -> Run:
    """Runs a command with --json, --csv and --xlsx, once for all tests."""

    @cache
    def run(command: str) -> Written:
        folder, said = world / command, StringIO()
        words = [WORDS[command]] if command == "query" else WORDS[command].split()
        with pytest.MonkeyPatch.context() as patched, redirect_stdout(said):
            patched.chdir(world)
            patched.setenv("SCREENER_DB", str(world / "store.duckdb"))
            patched.setenv("SCREENER_LANG", "en")
            code = answer([command, *words, "--json", "--csv", str(folder), "--xlsx", f"{folder}.xlsx"])
        assert code == (ALERTS_FOUND if command == "alerts" else 0)
        return Written(
            json.loads(said.getvalue()),
            {path.stem: _read_csv(path) for path in folder.glob("*.csv") if path.stem != "stands_on"},
            {sheet.title: [list(line) for line in sheet.iter_rows()] for sheet in load_workbook(f"{folder}.xlsx")},
        )

    return run


def _read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_command_that_prints_a_table_writes_it_too(command: str) -> None:
    if command in NO_TABLE:
        assert not COMMANDS[command] & {"--csv", "--xlsx"}
    else:
        assert COMMANDS[command] >= WRITES and command in WORDS.keys() | WAITS.keys()


def test_the_exceptions_and_the_trials_are_commands() -> None:
    assert not NO_TABLE.keys() & WORDS.keys()
    assert NO_TABLE.keys() | WORDS.keys() | WAITS.keys() == COMMANDS.keys()


@pytest.mark.parametrize("command", sorted(WORDS))
def test_a_workbook_says_what_it_stands_on(ran: Run, command: str) -> None:
    found = ran(command)
    assert list(found.sheets)[-1] == "stands on" and len(found.sheets) > 1
    stamped = any("SYNTHETIC" in str(value) for value in found.stands_on.values())
    assert stamped is (command not in ("strategies", "read"))  # these speak of no prices


@pytest.mark.parametrize("command", sorted(WORDS.keys() - OWN_BOOK))
def test_a_workbook_has_the_tables_of_the_csv(ran: Run, command: str) -> None:
    found = ran(command)
    own = {"stands on", "answer", "candidates"}  # the last: rows of rows, one cell of the CSV
    assert found.csv.keys() - {"stands_on"} == found.sheets.keys() - own
    for name, rows in found.csv.items():
        if name != "stands_on" and (command, name) != ("sweep", "summary"):  # figure by figure in Excel
            assert len(found.sheets[name][1:]) == len(rows)


@pytest.mark.parametrize("command", sorted(WORDS.keys() - OWN_BOOK))
def test_what_is_a_number_in_the_csv_is_a_number_in_the_workbook(ran: Run, command: str) -> None:
    pairs = [(_number(text), cell) for text, cell in ran(command).pairs() if _number(text) is not None]
    assert pairs or command in WORDLY
    assert all(cell.data_type == "n" and cell.value == pytest.approx(number) for number, cell in pairs)


@pytest.mark.parametrize("command", sorted(WORDS.keys() - OWN_BOOK))
def test_no_cell_of_a_plain_table_is_a_formula_and_links_lead_to_the_web(ran: Run, command: str) -> None:
    cells = list(ran(command).cells())
    assert not [cell.coordinate for cell in cells if cell.data_type == "f"]
    assert all(cell.hyperlink.target.startswith(("http://", "https://")) for cell in cells if cell.hyperlink)


@pytest.mark.parametrize("command", sorted(TITLED))
def test_a_title_that_looks_like_a_formula_stays_text(ran: Run, command: str) -> None:
    found = [cell.data_type for cell in ran(command).cells() if cell.value == HOSTILE]
    assert found and set(found) == {"s"}


@pytest.mark.parametrize("command", sorted(TITLED))
def test_a_title_that_looks_like_a_formula_is_quoted_in_the_csv(ran: Run, command: str) -> None:
    cells = [cell for rows in ran(command).csv.values() for row in rows for cell in row.values()]
    assert HOSTILE not in cells and f"'{HOSTILE}" in cells


@pytest.mark.parametrize(("command", "sheet"), [("alerts", "alerts"), ("sweep", "folds"), ("sweep", "curve")])
def test_days_are_days(ran: Run, command: str, sheet: str) -> None:
    lines = ran(command).sheets[sheet][1:]
    assert lines and {line[0].data_type for line in lines} == {"d"}


def test_the_sheets_of_a_sweep(ran: Run) -> None:
    found = ran("sweep")
    assert [*found.sheets] == ["answer", "summary", "best", "variants", "walk_forward", "folds", "curve", "stands on"]
    figures = {line[0].value: line[1].value for line in found.sheets["summary"]}
    assert figures["deflated_sharpe"] == pytest.approx(found.json["deflated_sharpe"])
    standing = found.stands_on
    assert (standing["grid hold"], standing["universe"]) == ("5, 20", "known")
    assert standing["trials count"] == found.json["trials"]["count"] >= 2
    assert standing["fingerprint"] == found.json["data"]["fingerprint"]


def test_events_of_every_kind_carry_their_q_and_conclusion(ran: Run) -> None:
    found = ran("events")
    held = {row["kind"]: float(row["q"]) for row in found.csv["events_lines"] if row["q"]}
    assert held == pytest.approx({one["kind"]: one["q"] for one in found.json if "q" in one}) and held
    said = [found.stands_on[f"conclusion {one['kind'].replace('_', ' ')}"] for one in found.json]
    assert said == [one["conclusion"] for one in found.json]


@pytest.mark.parametrize(
    ("sql", "value"),
    [("sum(2)", 2), ("1.5", 1.5), ("TIME '10:00:00'", "10:00:00"), ("[1.5, 2]", [1.5, 2]), ("'a'::BLOB", "a")],
)
def test_any_type_of_an_answer_is_json(cli: Cli, sql: str, value: object) -> None:
    answered = cli("query", f"SELECT {sql} AS x", "--json")
    assert answered.code == 0 and json.loads(answered.out) == [{"x": value}]


def test_sums_of_the_store_are_numbers_in_excel(cli: Cli, tmp_path: Path) -> None:
    cli("query", "SELECT sum(volume::BIGINT) AS v, 0.25 AS d FROM bars", "--xlsx", tmp_path / "x.xlsx")
    assert [cell.data_type for cell in load_workbook(tmp_path / "x.xlsx")["query"][2]] == ["n", "n"]


def test_frames_and_their_decimals_become_plain() -> None:
    cells = (
        pl.DataFrame({"x": ["1.50"]}, schema={"x": pl.String}).select(pl.col("x").cast(pl.Decimal(10, 2))).to_dicts()
    )
    assert plain(cells) == [{"x": 1.5}]


def test_a_folder_where_a_file_should_be_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").mkdir()
    with pytest.raises(ScreenerError, match="cannot write there"):
        write_csv(tmp_path, {"rows": [{"a": 1}]})

"""Text from outside cannot act on a screen, hide on it, or run in a spreadsheet."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from jinja2 import Environment
from openpyxl import load_workbook

from screener.commands.output import print_json, write_csv
from screener.core.errors import LONGEST, ScreenerError
from screener.core.text import FORMULA, cut, inert, visible, visible_json
from screener.report.cells import Link
from screener.report.lines import NARROWEST
from screener.report.page.render import environment, json_text
from screener.report.tables import Field, print_pairs, print_table, say
from tests.cases import each_once, later
from tests.report.plain_book import write_tables

HIDDEN = [
    *range(0x09),
    *range(0x0B, 0x20),
    *range(0x7F, 0xA0),
    0x061C,
    *range(0x200B, 0x2010),
    *range(0x2028, 0x202F),
    *range(0x2060, 0x2070),
    0xFEFF,
    0xD800,
    0xDC80,
    0xE0041,
]
EVIL = "\x1b]0;owned\x07\u202ecod.exe\u200b\x9b2J"
SHOWN = r"\x1b]0;owned\x07\u202ecod.exe\u200b\x9b2J"
RAW = {chr(code) for code in HIDDEN}


@pytest.mark.parametrize("code", HIDDEN, ids=hex)
def test_what_acts_or_hides_is_written_out(code: int) -> None:
    shown = visible(f"a{chr(code)}b")
    assert shown.isprintable() and shown.isascii()
    assert shown.encode().decode("unicode_escape") == f"a{chr(code)}b"
    assert visible(shown) == shown


@pytest.mark.parametrize("text", ["", "中贝通信", "a\tb\nc", "￥１２", "é\u00a0\u3000", "🙂", r"\x1b"])
def test_what_can_be_seen_stays(text: str) -> None:
    assert visible(text) == text


def test_json_means_the_same_and_looks_harmless(capsys: pytest.CaptureFixture[str]) -> None:
    every = {chr(code): f"中{chr(code)}" for code in HIDDEN}
    print_json(every)
    printed = capsys.readouterr().out
    assert json.loads(printed) == every and not RAW & set(printed) and "中" in printed
    assert visible_json('["a"]') == '["a"]'


@pytest.mark.parametrize("sign", [*FORMULA, "\r"])
def test_no_cell_and_no_heading_runs(tmp_path: Path, sign: str) -> None:
    write_csv(tmp_path, {"t": [{f"{sign}cmd|'/c calc'!A0": f"{sign}1+1", "n": -1.5, "l": [f"{sign}1", EVIL]}]})
    text = (tmp_path / "t.csv").read_text(encoding="utf-8-sig")
    heading, row = csv.reader(text.splitlines())
    assert heading[0].startswith("'") and row[0].startswith("'") and heading[1:] == ["n", "l"]
    assert row[1] == "-1.5" and not RAW & set(text.replace("\r\n", "").replace("\n", ""))
    assert json.loads(row[2]) == [f"{sign}1", EVIL]


def test_a_terminal_is_not_acted_upon(capsys: pytest.CaptureFixture[str]) -> None:
    print_table([Field("a", EVIL), Field("b", "b", show=str)], [{"a": EVIL, "b": EVIL}], title=f"[red]{EVIL}")
    print_pairs([(EVIL, EVIL)])
    say(EVIL)
    printed = capsys.readouterr().out
    assert not RAW & set(printed)
    assert "[red]" in printed and r"\x1b]0;owned\x07" in printed


@pytest.mark.parametrize("part", ["where", "got", "expected"])
def test_the_next_step_of_a_refusal_stands_behind_whatever_is_long(part: str) -> None:
    error = ScreenerError("no such index", next_step="do this", **{part: ", ".join(map(str, range(900)))})
    assert len(str(error)) <= LONGEST and str(error).replace(")", "").endswith("…; next: do this")


def test_an_error_is_one_short_visible_line() -> None:
    error = ScreenerError(f"bad {EVIL}", where=EVIL, got="x\r\n\ty" * 5000, expected=EVIL, next_step="do this")
    assert len(str(error)) <= LONGEST and str(error).endswith("next: do this")
    assert SHOWN in str(error) and not (RAW | {"\n", "\t"}) & set(str(error))
    assert len(str(ScreenerError("x" * 5000))) == LONGEST
    assert cut("abc", 3) == "abc" and cut("abcd", 3) == "ab…"


def test_a_workbook_shows_it(tmp_path: Path) -> None:
    rows = [{EVIL: EVIL, "link": Link(EVIL, "https://a.example"), "none": Link(EVIL, None), "list": [EVIL, 1]}]
    write_tables(tmp_path / "x.xlsx", {EVIL: rows}, {EVIL: EVIL})
    book = load_workbook(tmp_path / "x.xlsx")
    seen = [str(cell.value) for sheet in book for row in sheet for cell in row] + book.sheetnames
    assert not any(RAW & set(one) for one in seen)
    assert seen.count(SHOWN) >= 4


def test_every_text_of_the_page_goes_through_it() -> None:
    made: Environment = environment()
    written = made.from_string("{% macro m(x) %}<b>{{ x }}</b>{% endmacro %}{{ m(x) }}{{ x | plain }}{{ 1.5 }}{{ x }}")
    assert written.render(x=EVIL + "<") == f"<b>{SHOWN}&lt;</b>{SHOWN}&lt;1.5{SHOWN}&lt;"
    assert not RAW & set(json_text({"a": [EVIL]}))


def test_quoting_twice_is_visible() -> None:
    assert inert("=1") == "'=1" and inert("a=1") == "a=1" and inert("") == ""


ASCII = [{"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}]


def run(words: str, **setting: str) -> subprocess.CompletedProcess[bytes]:
    code = "import sys; from screener.commands.app import main; main()"
    env = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "LC_", "LANG"))}
    return subprocess.run(
        [sys.executable, "-c", code, *words.split()], capture_output=True, env={**env, **setting}, timeout=60
    )


@pytest.mark.parametrize(
    ("setting", "words"), each_once(ASCII, ["strategies", "load --template announcements", "explain 中贝"])
)
def test_a_terminal_of_few_letters_gets_escapes(setting: dict[str, str], words: str) -> None:
    ended = run(words, SCREENER_DB="/nowhere/x.duckdb", **setting)
    assert b"Traceback" not in ended.stderr, ended.stderr.decode()
    assert (ended.stdout + ended.stderr).isascii() and ended.stdout + ended.stderr


@pytest.mark.parametrize("columns", ["0", "x", *later("1", "-3")])
def test_a_terminal_without_room_still_shows_something(columns: str) -> None:
    ended = run("strategies", COLUMNS=columns)
    lines = ended.stdout.decode().splitlines()
    assert ended.returncode == 0 and any(len(line) >= NARROWEST // 2 for line in lines)

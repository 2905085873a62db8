"""`screen --where`: a condition over everything a row knows, and nothing else."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from screener.core.condition import LONGEST, Condition
from screener.core.errors import UsageError
from screener.screen.selecting import columns, condition_of
from tests.commands.conftest import Cli

DAY = ("screen", "--as-of", "2026-06-30")
ROWS = pl.DataFrame({"a": [1.0, 2.0, None], "b": ["x", None, "y"], "c": [True, False, None]})
WORDS = re.findall(r"\S+", "a b c and or not in ( ) , = < 1 -1 'x' is null between like abs + / * 亿")


def holds(text: str) -> list[bool | None]:
    return Condition.of(text, ROWS.columns).judged(ROWS)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a > 1", [False, True, None]),
        ("a == 1 or b = 'y'", [True, None, True]),
        ("not c", [False, True, None]),
        ("a is null", [False, False, True]),
        ("coalesce(a, 9) between 2 and 9", [False, True, True]),
        ("b in ('x', 'z') and a < 0.1万", [True, None, False]),
        ("abs(a - 3) <= 1 and b like 'x%'", [False, None, False]),
        ("1 / (a - 2) < 0 or 0 / (2 - a) > 1", [True, None, None]),
        ("a / -(a - 1) / abs(a) > -9 and 1 / 0 > 1", [None, None, None]),
        ("A > 1", None),
    ],
)
def test_what_is_unknown_makes_an_answer_unknown(text: str, found: list[bool | None] | None) -> None:
    if found is None:
        with pytest.raises(UsageError, match="no such column"):
            holds(text)
    else:
        assert holds(text) == found


ATTACKS = [
    "a > 1; DROP TABLE x",
    "greatest( ) > 1",
    "least(coalesce(c, (a or 'b')))",
    "a / / b > 1",
    "a in (SELECT 1)",
    "(SELECT count(*) FROM bars) > 1",
    "EXISTS (SELECT 1)",
    "read_csv('/etc/passwd') is not null",
    "a > (select * from read_parquet('x.parquet'))",
    "lpad(b, 1000000000, 'x') = 'x'",
    "repeat(b, 1000000000) = b",
    "a > 1 -- comment",
    "a > 1 /* comment */",
    "a::text = '1'",
    "CAST(a AS VARCHAR) = '1'",
    '"a" > 1',
    "`a` > 1",
    "a > $1",
    "a > ?",
    "'x' 'y' = b",
    "a b > 1",
    "a > 1 as c",
    "__import__('os').system('id')",
    "a.real > 1",
    "b = 'unfinished",
    "b = 'two\nlines'",
    "a >",
    "",
    "   ",
    "a",
    "'x'",
    "a + 1",
    "b > 1",
    "in in in",
    "not",
    "()",
    "=" * 50,
    "(" * 25 + "a > 1" + ")" * 25,
    "a > 1" + " or a > 1" * LONGEST,
    "not " * 240 + "c",
    "a > 1e9999",
    "１ > a",
]


@pytest.mark.parametrize("text", ATTACKS)
def test_what_is_no_condition_is_refused_in_one_sentence(text: str) -> None:
    with pytest.raises(UsageError, match=r"\(--where\); got .*; expected ") as caught:
        holds(text)
    assert len(str(caught.value)) < 1500 and "\n" not in str(caught.value)


@given(st.lists(st.sampled_from(WORDS)))
def test_any_words_are_a_condition_or_one_sentence(words: list[str]) -> None:
    try:
        assert len(holds(" ".join(words))) == ROWS.height
    except UsageError as error:
        assert "\n" not in str(error)


def test_only_columns_of_a_row_can_be_named(cli: Cli) -> None:
    row: dict[str, Any] = json.loads(cli(*DAY, "--json").out)[0]
    assert columns().keys() == row.keys() - {"runoff_by_quarter", "source", "synthetic", "hindsight"}
    assert {"adv20_cny", "st", "listed_days", "return_20", "return_60", "board", "score"} <= columns().keys()
    with pytest.raises(UsageError, match=r"no such column .*got adv_cny; expected adv20_cny"):
        condition_of("adv_cny > 1")


def test_firms_that_pass_keep_their_rank_and_the_others_are_counted(cli: Cli) -> None:
    every = {row["symbol"]: row for row in json.loads(cli(*DAY, "--json").out)}
    answer = cli(*DAY, "--where", "score > 0.02 and adv20_cny > 1亿 and not st", "--json")
    passed = {row["symbol"]: row for row in json.loads(answer.out)}
    scored = {symbol for symbol, row in every.items() if row["score"] is not None}
    wanted = {s for s in scored if every[s]["score"] > 0.02 and every[s]["adv20_cny"] > 1e8 and not every[s]["st"]}
    unknown = [s for s in every if s not in scored and every[s]["adv20_cny"] > 1e8 and not every[s]["st"]]
    assert passed == {symbol: every[symbol] for symbol in wanted} and 0 < len(wanted) < len(scored)
    told = f"{len(wanted)} of {len(every)} firms pass"
    assert f"{told} " in answer.err
    assert f"{len(unknown)} cannot be judged and are left out: score unknown ({len(unknown)})" in answer.err
    printed = cli(*DAY, "--where", "score > 0.02 and adv20_cny > 1亿 and not st").out
    assert told in " ".join(printed.split()) and printed.index(told[:12]) < printed.index("Remaining order backlog")


@pytest.mark.parametrize(("sort", "falls"), [("-score", True), ("+score", False), ("score", True), ("rank", True)])
def test_the_first_firms_by_a_column(cli: Cli, sort: str, falls: bool) -> None:
    every = [row["score"] for row in json.loads(cli(*DAY, "--json").out) if row["score"] is not None]
    answer = cli(*DAY, "--sort", sort, "--top", "2", "--json")
    assert [row["score"] for row in json.loads(answer.out)] == sorted(every, reverse=falls)[:2]
    assert "the first 2 of 12 firms are shown" in answer.err


def test_columns_are_those_of_print_csv_and_excel_and_json_has_all(cli: Cli, tmp_path: Path) -> None:
    names = ["firm", "symbol", "score", "market_cap_cny", "backlog_cny", "price_date", "finished", "adv20_cny"]
    written = ("--csv", tmp_path / "out", "--xlsx", tmp_path / "out.xlsx")
    answer = cli(*DAY, "--columns", ",".join(names), "--where", "score > 0", *written)
    assert answer.code == 0 and "宏景科技" in answer.out and "score_low" not in answer.out
    with (tmp_path / "out" / "screen.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    sheet = load_workbook(tmp_path / "out.xlsx")["screen"]
    headings = [str(cell.value).replace(" ", "_") for cell in sheet[1]]
    assert [*rows[0]] == headings == names and sheet.max_row == len(rows) + 1
    formulas = [cell.value for cell in sheet[2] if cell.data_type == "f"]
    assert "=E2/D2" in formulas and any("SUMIFS" in formula for formula in formulas)
    bare = cli(*DAY, "--columns", "symbol,score", "--xlsx", tmp_path / "bare.xlsx", "--json")
    assert len(json.loads(bare.out)[0]) > 30
    assert load_workbook(tmp_path / "bare.xlsx")["screen"]["B2"].data_type == "n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--where", "scor > 1"), "no such column (--where); got scor; expected score"),
        (("--columns", "symbol,frm"), "no such column (--columns); got frm; expected firm"),
        (("--columns", "runoff_by_quarter"), "no such column (--columns)"),
        (("--sort", "-scor"), "no such column to sort by; got -scor; expected score"),
        (("--top", "0"), "--top"),
        (("--where", "score >"), "condition not understood (--where); got 'score >'; expected columns, numbers,"),
        (("--where", "score + 1"), "condition is no yes or no"),
        (("--where", "firm > 3"), "condition cannot be answered"),
    ],
)
def test_a_wrong_word_is_said_and_nothing_is_printed(cli: Cli, words: tuple[str, ...], said: str) -> None:
    answer = cli(*DAY, *words)
    assert (answer.code, answer.out) == (2, "") and said in answer.err and answer.err.count("\n") == 1


def test_a_condition_that_nobody_meets_is_an_empty_answer(cli: Cli) -> None:
    answer = cli(*DAY, "--where", "score > 1000")
    assert answer.code == 0 and "0 of 12 firms pass" in answer.out and "no firm to show" in answer.out
    assert cli(*DAY, "--where", "score > 1000", "--json").out.strip() == "[]"

"""The terminal speaks Chinese or English, and only what people read changes: JSON, CSV and exit codes do not.

1. Every sentence of the source, and every part that reads like one, stands in a list of Chinese.
2. Every command is walked in Chinese; each English word that is left is a name that `ALLOWED` explains, or fails.
"""

from __future__ import annotations

import inspect
import json
import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from openpyxl import load_workbook
from typer.main import get_command

from screener.commands.answering import command_line
from screener.commands.groups import ENDING, GROUPS
from screener.core.config import Burn, Policy, Universe
from screener.core.resources import strategies_dir, tables_dir
from screener.core.tables import TABLES
from screener.evaluation.event_study.kinds import KINDS as EVENT_KINDS
from screener.report import words
from screener.report.words import known, lists, of_environment, spoken, told
from tests.commands.conftest import Cli
from tests.commands.test_tables_out import NOTICE, WORDS
from tests.sayings import VALUE, prose, sayings

MORE = {"explain": " --runoff", "rating": " --scorecard --full", "events": " --full", "backtest": " --full"}
# Latin letters that stand in Chinese text, and why.
ALLOWED = {
    r".*\d.*": "ids, symbols, figures and their signs",
    r".*[/\\].*|.+\.(csv|xlsx|parquet|duckdb|py|toml|html|txt)": "paths and files",
    r"-{1,2}[a-z-]+|\$?[A-Z][A-Z_]*|[a-z_]+=.*|zh|en": "options, abbreviations, variables, parameters, languages",
    r"SYNTHETIC|HINDSIGHT|STALE|UNCHECKED": "stamps, which people look for in any language",
    r"vectorbt|Landlock|AKShare|Excel|Parquet|Ray|Python|Newey–West|Ledoit–Wolf|Clopper–Pearson|kappa|tau-b": "names",
    r"[npxqkr]̄?|ln|rf|Lo|Ctrl-C|cron|shell|panel|None|eff|screener|store|bp": "signs and names of the field",
    r"seed|packaged": "where a row came from, as the store writes it",
    r"two_factor|market|market_adjusted|day|hold|least": "models and parameters, as they are typed",
}
# What is typed or computed, and the parts of sentences that stand whole in a list.
AS_THEY_ARE = {
    "  export SCREENER_DB=‹›", "Series that end before the market‹›", "‹› against ‹›", "‹› basket of its firms",
    "‹› its firms from ‹›", "--engine ray --address HOST:PORT", "-‹› <= first <= last <= ‹›", "0 <= hits <= n, n > 0",
    "accept | reject", "def weights(panel, *, k: int = 3)", "panel.universe", "{'hold': 20}", "first:last[:step]",
    "yuan > 0", "CAST(… AS VARCHAR)",
    "--of COMMITMENT", "--set of=COMMITMENT (‹›)",
}  # fmt: skip
# What others say or ask, which is looked for and never told; and parts of sentences that stand whole in a list.
OF_OTHERS = {
    "Tunnel connection failed", "Could not set lock", "not a valid DuckDB database", "storage version", "in use",
    "Corrupt database file", "Failed to load metadata pointer", "Could not read enough bytes",
    "hq list", "Did you mean", "Value error, ",
    "img-src data:",
    "upper left", "compute-lease-screener/‹› (research; one client, paced)", "module 'screener' has no attribute ‹›",
    "--kind all", "--engine ray", "addEventListener, matchMedia", "stands on", "bold yellow",
    "coalesce(s.withdrawn, false)",
    "a market of the past has no ‹›", "a market of the past has no ‹›: orders are filled in the market that stands",
    " [shadows the packaged one]", "KIND:ID with KIND of ", "What became of --of: ", " (STALE: ‹› days before)",
    "‹› that it is more than luck (‹› would convince)", "‹›: of the change, ", "move it away and fill a new one: ",
    "move the file away and fill a new one: ", "‹› -m pip install", "‹› from the close ‹› · ‹› from the ‹› open‹›",
}  # fmt: skip
_ALLOWED = re.compile("|".join(f"(?:{one})" for one in ALLOWED))
_WORD = re.compile(r"[^\s\u2e80-\uffff（）()\[\]，。；：、…·×÷→|＝+]+")
_LATIN = re.compile(r"[A-Za-z]{2,}")


@cache
def names() -> frozenset[str]:
    """What is typed as it is: commands, tables and their columns, counting rules, kinds, tests, strategies."""
    app: Any = get_command(command_line())
    columns = {column for table in TABLES.values() for column in table.schema}
    kinds = set(pl.read_csv(tables_dir() / "kinds.csv")["kind"])
    rules = {str(one) for of in (Policy, Burn, Universe) for one in of}
    shipped = {path.stem for path in strategies_dir().glob("*.py")}
    return frozenset({*app.commands, *TABLES, *columns, *rules, *kinds, *EVENT_KINDS, *shipped, "record"})


def left_in_english(text: str) -> Iterator[str]:
    """Words of Latin letters that are no names."""
    for word in _WORD.findall(re.sub(r"`[^`]*`|screener( [a-z-]+)+", " ", " ".join(text.split()))):
        bare = word.strip(",.;:'\"“”<>{}!?*%&")
        if _LATIN.search(bare) and not _ALLOWED.fullmatch(bare) and bare not in names():
            yield bare


def walked(cli: Cli, command: str, tmp_path: Path) -> str:
    """What a command prints in Chinese."""
    Path("notice.txt").write_text(NOTICE, encoding="utf-8")
    asked = f"{WORDS[command]}{MORE.get(command, '')}".split()
    out = ["--out", tmp_path / "variants.parquet"] if command == "sweep" else []
    done = cli(command, *asked, *out, "--lang", "zh")
    assert done.code in (0, 10), done.err
    return done.out + done.err


@pytest.mark.parametrize("command", sorted(WORDS.keys() - {"query"}))  # the answer of a query is the user's
def test_a_command_in_chinese_leaves_no_english_and_no_half_width_brackets(
    cli: Cli, command: str, tmp_path: Path
) -> None:
    said = walked(cli, command, tmp_path)
    assert sorted(set(left_in_english(said))) == []
    assert re.findall(r"[\u4e00-\u9fff%] ?\([^()]*\)", said) == []


def test_the_workbook_in_chinese_leaves_no_english(cli: Cli, tmp_path: Path) -> None:
    assert cli("screen", "--as-of", "2026-06-30", "--xlsx", tmp_path / "s.xlsx", "--lang", "zh").code == 0
    columns = (column for sheet in load_workbook(tmp_path / "s.xlsx") for column in sheet.iter_cols(values_only=True))
    ours = (str(cell) for column in columns if "证据" not in column for cell in column if not str(cell).startswith("="))
    left = {word for text in ours for word in left_in_english(text)}  # evidence is told as its source has it
    assert left <= {"None", "True", "False", "st", "版本·polars", "版本·python", "polars", "python"}


@pytest.mark.parametrize("kind", ["printed", "errors"])
def test_every_sentence_of_the_source_has_its_chinese(kind: str) -> None:
    said = {text: place for place, text in sayings(kind) if text not in AS_THEY_ARE and list(left_in_english(text))}
    assert {text: place for text, place in said.items() if not has_chinese(text)} == {}


def test_whatever_reads_like_a_sentence_has_its_chinese() -> None:
    said = {
        text: place for place, text in prose() if text not in OF_OTHERS | AS_THEY_ARE and list(left_in_english(text))
    }
    assert {text: place for text, place in said.items() if not has_chinese(text)} == {}


def has_chinese(text: str) -> bool:
    """Whether a list holds a sentence, its values being words, numbers or days; `day‹›` is one or several."""
    return any(
        _listed(own) for own in {text.strip(), *(re.sub(f"(?<=[a-z]){VALUE}", s, bare(text)) for s in ("", "s"))}
    )


def bare(text: str) -> str:
    """A part of a sentence without what ties it to the others; `a, [b]` and `(c)` are left whole."""
    return re.sub(r"^[ ·:,]+|[ ·:,]+$", "", text)


def _listed(own: str) -> bool:
    return own in _shapes() or any(known(own.replace(VALUE, value)) for value in ("7", "word", "2026-01-05", "+7.0%"))


@cache
def _shapes() -> frozenset[str]:
    return frozenset(re.sub(r"\{\w+\}", VALUE, shape.english) for _, shape in lists().shapes)


def test_every_help_has_its_chinese() -> None:
    told_in_english = {text for text in helps(get_command(command_line())) if not known(text)}
    told_in_english |= {line for group in GROUPS.values() for line in group.values() if not known(line)}
    told_in_english |= {text for text in (*GROUPS, *ENDING) if not known(text)}
    assert {text for text in told_in_english if list(left_in_english(text))} == set()


def helps(command: Any) -> Iterator[str]:
    """Paragraphs and options of a command and of those below it."""
    yield from (" ".join(part.split()) for part in inspect.cleandoc(command.help or "").split("\n\n") if part)
    yield from (param.help for param in command.params if getattr(param, "help", None))
    for below in getattr(command, "commands", {}).values():
        yield from helps(below)


def test_a_language_before_the_command_is_that_of_its_page_too(cli: Cli, tmp_path: Path) -> None:
    asked = ("report", "--brief", "--as-of", "2025-03-31", "--strategies", "equal_weight", "--out", tmp_path / "b.html")
    assert "Does the rating hold" in cli("--lang", "en", *asked).out
    assert cli("--lang", "en", "announcements", "record", "--help").code == 0


@pytest.mark.parametrize("asked", [("--lang", "zh", "screen", "--help"), ("screen", "--help", "--lang=zh")])
def test_help_speaks_the_language(cli: Cli, asked: tuple[str, ...]) -> None:
    out = cli(*asked).out
    assert "用法：screener screen" in out and "选项：" in out and "哪些承诺计入" in out and "[默认：firm]" in out
    assert sorted(set(left_in_english(out)) - {"float", "range", "OPTIONS"}) == []


@pytest.mark.parametrize(
    ("asked", "code", "said"),
    [
        ("screen --as-of 2000-01-01", 2, "那一天之前一无所知；得到 2000-01-01；应为 2023-06-02 或之后；下一步"),
        ("screen --sort nothing", 2, "没有可按其排序的这一列；得到 nothing；应为"),
        ("backtest nothing", 1, "没有这个策略"),
        ("diff 2026-06-30 2025-06-30", 2, "两个日期前后颠倒"),
        ("screen --foo", 2, "没有这个选项：--foo"),
        ("screen --lag 99", 2, "--lag"),
        ("explain", 2, "缺少参数 'SYMBOL'；下一步：screener explain --help"),
    ],
)
def test_a_refusal_speaks_the_language_and_keeps_its_code(cli: Cli, asked: str, code: int, said: str) -> None:
    plain, chinese = cli(*asked.split()), cli("--lang", "zh", *asked.split())
    assert plain.code == chinese.code == code and not chinese.out
    assert said in chinese.err and len(chinese.err.splitlines()) == 1
    ours = re.sub(r"(得到|应为) [^；]*", "", chinese.err)  # not what was typed, nor the words that may be
    assert sorted(set(left_in_english(ours))) == []


def test_what_scripts_read_knows_no_language(cli: Cli, tmp_path: Path) -> None:
    asked = ("screen", "--as-of", "2026-06-30", "--json", "--csv")
    texts = {}
    for language in ("en", "zh"):
        out = cli(*asked, tmp_path / language, "--lang", language).out
        texts[language] = (json.loads(out), (tmp_path / language / "screen.csv").read_text(encoding="utf-8-sig"))
    assert texts["en"] == texts["zh"]


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C.UTF-8"}, "en"),
        ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "zh_TW"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "SCREENER_LANG": "en"}, "en"),
        ({}, "en"),
    ],
)
def test_the_locale_decides_where_nobody_says(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], language: str
) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG", "SCREENER_LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert of_environment() == language


@pytest.mark.parametrize("asked", [("--lang", "fr", "status"), ("status", "--lang", "fr")])
def test_a_language_without_words_is_refused(cli: Cli, asked: tuple[str, ...]) -> None:
    done = cli(*asked)
    assert done.code == 2 and "no such language (--lang); got fr; expected zh or en" in done.err


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("3 alerts since 2026-01-05", "2026-01-05 以来共 3 条提醒"),
        ("order not counted: not compute (2025-02-28)", "合同订单不计入：非算力业务（2025-02-28）"),
        ("  no order known", "  没有已知订单"),
        (
            "某证券: 计算机 中性 (2026-06-22…30) against 000300.SH",
            "某证券：计算机 中性（2026-06-22…30），基准 000300.SH",
        ),
        ("-24.26% (300093.SZ 金刚光伏)", "-24.26%（300093.SZ 金刚光伏）"),
        ("-48.32% (2025-05-22 → 2025-11-14)", "-48.32%（2025-05-22 → 2025-11-14）"),
        ("0.38 [-1.06, 1.83], n 448 · 1.21", "0.38 [-1.06, 1.83]，n 448 · 1.21"),
        ("a title nobody translated", "a title nobody translated"),
    ],
)
def test_a_sentence_is_told_with_its_values(english: str, chinese: str) -> None:
    with spoken("zh"):
        assert told(english) == chinese
    assert told(english) == english


def test_the_lists_are_toml() -> None:
    for path in (Path(words.__file__).parent / "said").glob("*.toml"):
        text = path.read_text(encoding="utf-8")
        assert dict(words.pairs(text)) == tomllib.loads(text)


def test_a_sentence_stands_in_one_list_only() -> None:
    texts = [path.read_text(encoding="utf-8") for path in (Path(words.__file__).parent / "said").glob("*.toml")]
    counts = Counter(english for text in texts for english, _ in words.pairs(text))
    assert [english for english, n in counts.items() if n > 1] == []


def test_every_shape_of_the_lists_is_sound() -> None:
    for _, shape in lists().shapes:
        filled = re.sub(r"\{\w+\}", "7", shape.english).replace("since 7", "since 2026-01-05")
        shape.fill(filled, told)  # compiles; a value named twice would not
        assert set(re.findall(r"\{\w+\}", shape.chinese)) <= set(re.findall(r"\{\w+\}", shape.english)), shape.english

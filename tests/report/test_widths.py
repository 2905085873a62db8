"""No figure, day or symbol is cut, wrapped or lost on a terminal of any width: every table of every command.

Each command answers once; what it draws is then drawn again at other widths and held against a width where all fits.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len

from screener.commands import output
from screener.report.fitting import Column, fitted, folded
from screener.report.tables import Field, print_table
from tests.cases import each_once
from tests.commands.conftest import Cli
from tests.commands.test_tables_out import NOTICE, WORDS

Draw = Callable[[], None]
WIDTHS = (40, 50, 60, 66, 80, 100, 120, 160, 200)
EVERYTHING = 2000
LEFT_OUT = re.compile(r"(not shown at this width|此宽度下未显示).*?\n\n", re.DOTALL)
_FIGURE = re.compile(r"[A-Za-z]*[+\-−≈]?\d[\d,.:…\-–]*(?:\.[A-Z]{2,3})?[%亿万]?")
_PATH = re.compile(r"\S*/\S+")
MORE = {"explain": " --runoff", "rating": " --scorecard --full", "events": " --full"}


def figures(text: str) -> set[str]:
    """Figures, days and symbols; those of a path are no figures."""
    return {found.rstrip(".,:…-–") for found in _FIGURE.findall(_PATH.sub(" ", LEFT_OUT.sub("", text)))}


@pytest.fixture(scope="module")
def drawn() -> dict[str, Draw]:
    return {}


@pytest.fixture
def draw(
    cli: Cli, drawn: dict[str, Draw], monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[Draw]:
    """Draws the answer of a command once more."""
    command = request.param
    if command not in drawn:
        show = output.show

        def kept(answer: Any, draws: Any, out: Any, **how: Any) -> None:
            drawn[command] = partial(show, answer, draws, out, **how)
            show(answer, draws, out, **how)

        monkeypatch.setattr(output, "show", kept)
        Path("notice.txt").write_text(NOTICE, encoding="utf-8")
        done = cli(
            command,
            *(WORDS[command].split() if command != "query" else [WORDS[command]]),
            *MORE.get(command, "").split(),
        )
        assert done.code in (0, 10), done.err
    yield drawn[command]


@pytest.mark.parametrize(("draw", "language"), each_once(WORDS, ["en", "zh"]), indirect=["draw"])
def test_every_figure_is_whole_at_every_width(
    draw: Draw, language: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SCREENER_LANG", language)
    texts = {}
    for width in (EVERYTHING, *WIDTHS):
        monkeypatch.setenv("COLUMNS", str(width))
        capsys.readouterr()
        draw()
        texts[width] = capsys.readouterr().out
    whole = figures(texts[EVERYTHING])
    for width in WIDTHS:
        assert figures(texts[width]) - whole == set(), f"broken at {width}"
        assert LEFT_OUT.search(texts[width]) or whole - figures(texts[width]) == set(), f"lost at {width}"
        long = [line for line in texts[width].splitlines() if cell_len(line) > width and not _PATH.search(line)]
        assert long == [], f"beyond {width}"


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("合同金额为3.03亿元，服务期限为36个月", 12, ["合同金额为", "3.03亿元，", "服务期限为", "36个月"]),
        ("+57.05% 优于大市：命中", 11, ["+57.05%", "优于大市：", "命中"]),
        ("price -1.946 of 2026-06-30", 10, ["price", "-1.946 of", "2026-06-30"]),
        ("申万计算机 801750.SI", 11, ["申万计算机", "801750.SI"]),
        ("short", 40, ["short"]),
    ],
)
def test_text_is_folded_between_figures(text: str, width: int, lines: list[str]) -> None:
    assert folded(text, width) == lines


@pytest.mark.parametrize(("width", "kept"), [(100, [0, 1, 2]), (70, [0, 1]), (61, [0, 1]), (59, [0, 1, 2])])
def test_the_least_important_column_goes_first_and_narrow_screens_get_cards(width: int, kept: list[int]) -> None:
    columns = [Column("a", ["x" * 30]), Column("b", ["y" * 29], drop=1), Column("c", ["z" * 20], drop=2)]
    fit = fitted(columns, width)
    assert list(fit.kept) == kept and bool(fit.widths) is (width >= 60)


def test_a_column_of_wide_screens_is_no_loss_to_a_card() -> None:
    fit = fitted([Column("a", ["x" * 30]), Column("b", ["y"], drop=10), Column("c", ["y" * 20], drop=1)], 45)
    assert list(fit.kept) == [0, 2] and not fit.widths


def test_an_empty_table_says_what_is_empty(capsys: pytest.CaptureFixture[str]) -> None:
    print_table([Field("a", "a")], [], title="Things")
    print_table([Field("a", "a")], [], empty="no thing is stored: screener load")
    assert capsys.readouterr().out == "Things: none\nno thing is stored: screener load\n"


def test_letters_without_end_are_broken_where_the_width_ends() -> None:
    assert folded("x" * 1_000_000, 80, paths=False) == ["x" * 80] * 12_500

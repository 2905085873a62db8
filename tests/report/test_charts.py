"""Pictures of a back-test: what they show, which files they write, and that text from outside stays text."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from screener.core.errors import ScreenerError, UsageError
from screener.evaluation.appraisal import Appraisal
from screener.report import canvases, charts, plots
from screener.report.words import spoken
from tests.report.pages import source


def found() -> Appraisal:
    return source().runs[0].appraisal


@pytest.mark.parametrize(
    ("name", "starts"), [("a.png", b"\x89PNG"), ("a.svg", b"<?xml"), ("A.HTML", b"<!doctype html>")]
)
def test_a_picture_is_written_in_the_format_of_its_ending(name: str, starts: bytes, tmp_path: Path) -> None:
    path = plots.plot_backtest(found(), tmp_path / "new" / name)
    assert path.read_bytes().startswith(starts)


def test_the_picture_says_synthetic_and_hindsight() -> None:
    assert plots._backtest_heading(found()).startswith("SYNTHETIC prices")
    assert plots._backtest_heading(found()).endswith("HINDSIGHT list of firms")


def test_a_picture_speaks_the_language_of_the_terminal(tmp_path: Path) -> None:
    with spoken("zh"):
        text = plots.plot_backtest(found(), tmp_path / "a.html").read_text(encoding="utf-8")
    assert '<html lang="zh">' in text and "回撤" in text and "后见之明" in text and '"drawdown"' not in text


@pytest.mark.parametrize("there", [True, False])
def test_chinese_is_drawn_where_a_font_has_its_letters(
    there: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    font = canvases.chinese_font() if there else None
    monkeypatch.setattr(canvases, "chinese_font", lambda: font)
    with spoken("zh"):  # a letter without a shape would be a warning, and fail
        path = plots.plot_backtest(found(), tmp_path / "a.svg")
    drawn = path.read_text(encoding="utf-8")  # shapes are named after their font
    assert font is None or font.split()[0] in drawn
    assert ("CJK" in drawn) <= there


@pytest.mark.parametrize("name", ["a.pdf", "a", "a.jpeg"])
def test_another_ending_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"\.png"):
        plots.plot_backtest(found(), tmp_path / name)


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ScreenerError, match="cannot write"):
        plots.plot_backtest(found(), tmp_path / "file" / "a.png")


def test_plotly_finds_no_markup_in_a_name() -> None:
    trace = charts.line([1], [1], "<b>&", "@c1")
    assert trace["name"] == "&lt;b&gt;&amp;"


def test_every_colour_role_is_known() -> None:
    figure = charts.coloured(charts.figure([charts.line([1], [1], "a", "@c1"), charts.band([1], [0], [1], "b")]))
    assert "@" not in str(figure)


def test_a_gap_is_a_gap() -> None:
    assert charts.numbers([1.23456, np.nan, np.inf]) == [1.2346, None, None]


def test_growth_is_drawn_on_a_log_axis_from_one() -> None:
    figure = charts.stacked(found())
    assert figure["layout"]["yaxis"]["type"] == "log"
    assert [trace["y"][0] for trace in figure["data"][:2]] == [1.0, 1.0]

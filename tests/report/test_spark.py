"""A series as blocks: it ends where the series ends, fits its width and leaves blanks for what is not known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.report import backtest as headline
from screener.report.spark import BLOCKS, sparkline
from tests.report.pages import source


@pytest.mark.parametrize(
    ("values", "width", "drawn"),
    [
        (range(8), 8, BLOCKS),
        ([3.0, np.nan, 1.0], 8, "█ ▁"),
        ([2.0, 2.0], 8, "▄▄"),
        ([np.nan, np.nan], 8, "  "),
        ([1.0, 9.0, 2.0], 2, "▁█"),
        ([], 8, ""),
        ([1.0], 0, ""),
        ([-1.7e308, 1.7e308], 8, "▁█"),
    ],
)
def test_a_series_becomes_blocks(values: list[float], width: int, drawn: str) -> None:
    assert sparkline(values, width) == drawn


@given(st.lists(st.floats(allow_nan=True, allow_infinity=True), max_size=60), st.integers(0, 30))
def test_any_series_fits_its_width(values: list[float], width: int) -> None:
    drawn = sparkline(values, width)
    assert len(drawn) == min(len(values), width)
    assert set(drawn) <= {*BLOCKS, " "}


@given(st.lists(st.integers(-1000, 1000), min_size=2, max_size=60))
def test_a_larger_value_never_stands_lower(values: list[int]) -> None:
    heights = [BLOCKS.index(block) for block in sparkline(values, len(values))]
    ordered = sorted(zip(values, heights, strict=True))
    assert [height for _, height in ordered] == sorted(heights)


def test_the_equity_of_a_back_test_is_one_line_of_80_columns(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    headline.print_headline(source().runs[0].appraisal)
    lines = capsys.readouterr().out.splitlines()
    assert all(len(line) <= 80 for line in lines)
    drawn = [line.split()[1:] for line in lines if line.startswith("equity")]
    assert len(drawn) == 1 and [len(part) for part in drawn[0]] == [headline.SPARK_WIDTH]

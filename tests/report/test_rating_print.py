"""What a person reads of ratings on the terminal: a line each, repeats and old ones behind --full."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import pytest

from screener.evaluation import rating as rt
from screener.report.rating import print_ratings
from tests.evaluation.rating.world import FLAT, LATE, SIX, START, WINNER, market, ratings, series

MAIN, CHECK = "801750.SI", "930651.CSI"
LOSER = series({START: 10.0, date(2025, 2, 3): 8.0})
Told = Mapping[str, Any]
INDUSTRY: Told = {"subject": "计算机·人工智能", "subject_kind": "industry"}


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")


def printed(capsys: pytest.CaptureFixture[str], told: Sequence[Told], as_of: date, *, full: bool = False) -> str:
    world = market(WINNER, {"000300.SH": FLAT, MAIN: WINNER, CHECK: LOSER})
    print_ratings(rt.judge(ratings(*told), world, as_of), full=full)
    return capsys.readouterr().out


def test_series_stand_side_by_side_with_what_they_hang_on(capsys: pytest.CaptureFixture[str]) -> None:
    out = printed(capsys, [{**INDUSTRY, "report_date_last": date(2025, 1, 17)}], date(2025, 5, 5))
    assert "中证计算机 930651.CSI" in out and "due 2025-07-15…17" in out and "-20.00%" in out
    assert "depends on the series" in out and "main series 申万计算机 801750.SI" in out
    assert "no industry series 930713.CSI" in out and "upper bound" not in out


def test_a_final_line_says_hit_or_miss(capsys: pytest.CaptureFixture[str]) -> None:
    out = printed(capsys, [INDUSTRY], LATE)
    assert "+20.00% 优于大市: hit" in out and "-20.00% 弱于大市: miss" in out


@pytest.mark.parametrize(("full", "readings"), [(False, 0), (True, 4)])
def test_the_four_readings_stand_behind_an_option(
    capsys: pytest.CaptureFixture[str], full: bool, readings: int
) -> None:
    out = printed(capsys, [{}], SIX, full=full)
    assert sum(f" {reading} " in out for reading in rt.Reading) == readings


def test_repeats_and_old_ratings_are_left_out_and_counted(capsys: pytest.CaptureFixture[str]) -> None:
    weekly = [{"rating_id": f"W{n}", "report_date": START + timedelta(weeks=n), "action": "维持"} for n in range(4)]
    many = [{"rating_id": f"B{n}", "broker": f"broker {n}"} for n in range(40)]
    short, whole = (printed(capsys, [*weekly, *many], SIX, full=full) for full in (False, True))
    assert "3 lines are left out" in short and "older ratings are not shown" in short
    assert short.count("301396.SZ") < whole.count("301396.SZ") and "left out" not in whole


def test_a_word_nobody_understands_is_shown_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert "强推 (?)" in printed(capsys, [{"rating": None, "printed": "强推"}], SIX)

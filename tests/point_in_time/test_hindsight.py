"""One rule for what nobody could know, of a span and of a moment."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from screener.core.config import REPORT_KNOWN_AT, Universe
from screener.point_in_time.hindsight import hindsight
from screener.point_in_time.market import Market
from tests.point_in_time.markets import market, rows

SYMBOL, KNOWN = "301396.SZ", datetime(2025, 3, 5, 18)
EARLY, LATE = datetime(2025, 3, 4), REPORT_KNOWN_AT


def announced(report_row: int | None) -> Market:
    row = {
        "announcement_id": "X",
        "symbol": SYMBOL,
        "event_date": date(2025, 3, 5),
        "title": "",
        "kind": "order",
        "report_row": report_row,
        "known_at": KNOWN,
        "known_at_basis": "exchange_time",
        "review": "reported",
    }
    return market({SYMBOL: [10.0, 11.0]}, announcements=rows("announcements", row))


@pytest.mark.parametrize(
    ("universe", "words"),
    [
        (Universe.REPORT, "universe: the 1 firms"),
        (Universe.KNOWN, "list of firms"),
        (Universe.MARKET, "list of stocks"),
    ],
)
def test_a_span_that_begins_before_the_report(universe: Universe, words: str) -> None:
    assert hindsight(announced(7), universe, EARLY).startswith(f"HINDSIGHT {words}")


@pytest.mark.parametrize("universe", [Universe.REPORT, Universe.KNOWN])
@pytest.mark.parametrize("span", [True, False])
def test_from_the_report_on_its_choice_is_none(universe: Universe, span: bool) -> None:
    before = LATE - timedelta(seconds=1)
    said = [bool(hindsight(announced(7), universe, since, span=span)) for since in (before, LATE)]
    assert said == [True, False]


def test_stocks_as_loaded_are_hindsight_of_a_span_whenever_it_begins() -> None:
    told = [hindsight(announced(None), Universe.MARKET, LATE, span=span) for span in (True, False)]
    assert "delisted" in told[0] and told[1] == ""


def test_a_moment_is_told_by_what_was_known_then() -> None:
    made = announced(7)
    said = [hindsight(made, Universe.KNOWN, KNOWN + timedelta(days=k), span=False) for k in (-1, 0)]
    assert said[0] == "" and said[1].startswith("HINDSIGHT list of firms")


@pytest.mark.parametrize("span", [True, False])
def test_announcements_that_the_report_did_not_choose_are_none(span: bool) -> None:
    assert hindsight(announced(None), Universe.KNOWN, LATE - timedelta(days=1), span=span) == ""

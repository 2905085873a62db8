"""Which price limit held when: boards, ST, the delisting period and the first sessions of a listing."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from screener.core.calendar import packaged_calendar
from screener.core.limit_spans import Spell, spans, spans_of
from screener.core.rules import packaged_rules
from screener.core.symbols import Board
from screener.core.tables import packaged

RULES, DAYS = packaged_rules(), packaged_calendar()


def on(day: date, board: Board, *spells: Spell, listed: date | None = None) -> tuple[float | None, float] | None:
    """(rate, rounding) on a day; None where no span covers it."""
    found = [span for span in spans(RULES, board, DAYS, spells, listed) if span.start <= day < span.end]
    assert len(found) <= 1
    return (found[0].rate, found[0].rounding) if found else None


@pytest.mark.parametrize(
    ("board", "day", "expected"),
    [
        (Board.SSE_MAIN, date(2026, 6, 30), (0.1, 0.5)),
        (Board.CHINEXT, date(2020, 8, 21), (0.1, 0.5)),
        (Board.CHINEXT, date(2020, 8, 24), (0.2, 0.5)),
        (Board.BSE, date(2025, 6, 30), (0.3, 0.0)),
        (Board.BSE, date(2021, 6, 1), (0.3, 0.0)),
        (Board.BSE, date(2020, 7, 24), None),
        (Board.STAR, date(2019, 7, 19), None),
    ],
)
def test_a_board_has_its_rate_and_its_rounding(board: Board, day: date, expected: object) -> None:
    assert on(day, board) == expected


OUTER, INNER = Spell(date(2025, 1, 6), None, "ST"), Spell(date(2025, 2, 3), date(2025, 2, 28), "*ST")


@pytest.mark.parametrize(
    ("day", "rate"), [((2025, 1, 3), 0.1), ((2025, 2, 10), 0.05), ((2025, 3, 3), 0.05), ((2026, 7, 6), 0.1)]
)
def test_a_spell_inside_another_does_not_end_it(day: tuple[int, int, int], rate: float) -> None:
    assert on(date(*day), Board.SSE_MAIN, OUTER, INNER) == (rate, 0.5)


@pytest.mark.parametrize(
    ("board", "day", "rate"),
    [
        (Board.SSE_MAIN, date(2025, 6, 3), None),
        (Board.SSE_MAIN, date(2025, 6, 4), 0.1),
        (Board.CHINEXT, date(2025, 6, 3), None),
        (Board.CHINEXT, date(2025, 6, 24), 0.2),
        (Board.SSE_MAIN, date(2025, 6, 2), 0.05),
    ],
)
def test_the_delisting_period_has_a_first_session_without_a_limit(board: Board, day: date, rate: float | None) -> None:
    spells = Spell(date(2024, 5, 6), None, "*ST"), Spell(date(2025, 6, 3), date(2025, 6, 24), "delisting")
    assert on(day, board, *spells) == (rate, 0.5)


@pytest.mark.parametrize(("shift", "rate"), [(0, None), (4, None), (5, 0.2), (-1, 0.2)])
def test_the_first_sessions_of_a_listing_have_no_limit(shift: int, rate: float | None) -> None:
    listed = date(2025, 6, 3)
    assert on(DAYS.offset(listed, shift), Board.CHINEXT, listed=listed) == (rate, 0.5)


def test_symbols_without_a_story_share_their_boards_spans() -> None:
    firms = pl.DataFrame({"symbol": ["300003.SZ"], "listed": [date(2025, 6, 3)]})
    names = ("300001.SZ", "300002.SZ", "300003.SZ")
    found = spans_of(names, packaged("st_spells").clear(), firms, RULES, DAYS)
    assert found["300001.SZ"] is found["300002.SZ"] and found["300003.SZ"] != found["300001.SZ"]

"""What a back-test says of positions without a price and of actions it could not book."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from screener.point_in_time.corporate import Action
from tests.backtest.markets import NAN, make_market, trade

STOPS = np.array([10.0, 10.0, 10.0, 10.0, NAN, NAN, NAN, NAN])


def test_a_position_whose_bars_stopped_is_named_with_its_value() -> None:
    result = trade(make_market(STOPS, transfer=0.0), {1: 0.5})
    assert [(row.symbol, row.sessions, row.yuan) for row in result.carried] == [("300001.SZ", 4, 50_000.0)]
    assert result.notes == (
        "50,000 yuan (50.0% of the final value) held without a price: 300001.SZ since 2024-10-11 (4 sessions)",
    )


def test_a_delisted_position_stands_nowhere() -> None:
    ended = make_market(STOPS, actions=[Action(4, 0, "delisting", 0.0, 0.0, NAN)], transfer=0.0)
    result = trade(ended, {1: 0.5})
    assert (result.carried, result.notes) == ((), ())


def test_what_a_position_became_is_named_though_it_has_had_no_bar() -> None:
    both = np.column_stack([STOPS, np.full(8, NAN)])
    merger = Action(4, 0, "merger", 0.0, 0.0, NAN, into=1, into_ratio=0.5)
    market = make_market(both, symbols=("300001.SZ", "300002.SZ"), actions=[merger], transfer=0.0)
    [row] = trade(market, {1: [0.5, 0.0]}).carried
    assert (row.symbol, row.last_session, row.sessions, row.yuan) == ("300002.SZ", date(2024, 10, 14), 3, 50_000.0)


@pytest.mark.parametrize(
    ("action", "held", "noted"),
    [
        (Action(4, 0, "rights", 0.0, 0.0, NAN, rights_ratio=NAN, rights_price=NAN), True, "rights of 2024-10-14"),
        (Action(4, 0, "rights", 0.0, 0.0, NAN, rights_ratio=NAN, rights_price=NAN), False, ""),
        (Action(4, 0, "rights", 0.0, 0.0, NAN, rights_ratio=0.3, rights_price=5.0), True, ""),
        (Action(4, 0, "merger", 0.0, 0.0, NAN, into_ratio=0.6), True, "merger of 2024-10-14"),
    ],
)
def test_an_action_nobody_can_book_is_noted_where_it_was_held(action: Action, held: bool, noted: str) -> None:
    market = make_market(np.full(8, 10.0), actions=[action], transfer=0.0)
    notes = trade(market, {1: 0.5} if held else {6: 0.5}).notes
    assert [note.endswith(noted) for note in notes] == ([True] if noted else [])

"""The brief says what the answers behind it say, and its changes add up."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from screener.evaluation.brief import Brief, brief
from screener.report.brief import said
from screener.report.words import words_of
from tests.report.pages import source


def of(day: date) -> Brief:
    return source(day=day).brief


def test_the_ranking_is_that_of_the_screen() -> None:
    found, rows = source().brief, source().screen.rows
    assert [(row.symbol, row.rank, row.score) for row in found.ranking] == [(r.symbol, r.rank, r.score) for r in rows]


@pytest.mark.parametrize("day", [date(2025, 8, 15), date(2026, 6, 30)])
def test_what_changed_adds_up_to_the_change_of_the_backlog(day: date) -> None:
    changed = of(day).changed
    assert changed is not None
    told = changed.run_off_cny + changed.re_read_cny + sum(event.backlog_cny for event in changed.events)
    assert told == pytest.approx(changed.backlog_after_cny - changed.backlog_before_cny, abs=1.0)


def test_what_was_earned_is_what_each_back_test_says() -> None:
    for row, run in zip(source().brief.earned, source().runs, strict=True):
        told = run.appraisal.summary
        assert (row.total_return, row.excess_return) == (told["total_return"], told["excess_return"])
        assert (row.without_best_firm, row.best_firm) == (told["without_best_firm"], told["best_firm"])


def test_before_a_month_of_prices_nothing_is_compared() -> None:
    assert of(date(2024, 8, 5)).changed is None and of(date(2024, 8, 5)).earned == ()


def test_the_next_day_a_rating_is_due_lies_ahead() -> None:
    found = source().brief
    assert found.next_due is not None and found.next_due[1] > found.as_of


def test_only_readings_known_by_then_wait() -> None:
    one, symbol = source(), source().screen.rows[0].symbol
    waiting = [(symbol, datetime(2026, 6, 1)), (symbol, datetime(2026, 9, 1)), ("600000.SH", datetime(2026, 6, 1))]
    made = brief(one.market, one.as_of, one.screen, [], one.ratings, one.options, waiting)
    assert made.freshness.proposals == 1


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("day", [date(2024, 8, 5), date(2024, 12, 2), date(2026, 6, 30)])
def test_every_question_has_a_sentence_on_every_day(language: str, day: date) -> None:
    found = said(of(day), words_of(language))
    assert len(found) == 5 and all(one.sentences and all(one.sentences) for one in found)
    assert "{" not in str([one.sentences for one in found])

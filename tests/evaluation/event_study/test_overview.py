"""The answer of `events`: typed, short to look at, stamped in every form."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import pytest

from screener.core.answer import Answer
from screener.core.errors import UsageError
from screener.evaluation import event_study as es
from screener.evaluation.event_study.overview import conclude_all
from tests.report.pages import source


@cache
def bench() -> es.Bench:
    return es.Bench(source().market, draws=99)


@cache
def one() -> es.Overview:
    return es.overview(bench(), "order", full=True)


@cache
def every() -> es.Overviews:
    return es.overview_all(bench())


both = pytest.mark.parametrize("made", [one, every])


@pytest.mark.parametrize("text", ["1", "2:1", "a:b", "-11:0", "0:61"])
def test_windows_that_make_no_sense_are_refused(text: str) -> None:
    with pytest.raises(UsageError):
        es.parse_window(text)


@pytest.mark.parametrize(("text", "shown"), [("0:1", "[0,+1]"), ("-1:1", "[-1,+1]"), ("adaptive", "[0,τ*]")])
def test_windows_are_printed_as_the_literature_does(text: str, shown: str) -> None:
    assert str(es.parse_window(text)) == shown


@both
def test_a_look_at_an_answer_is_short_and_stamped(made: Callable[[], es.Overview | es.Overviews]) -> None:
    shown = repr(made())
    assert len(shown.splitlines()) <= 40
    assert all(word in shown for word in ("SYNTHETIC", "HINDSIGHT", made().conclusion))


@both
def test_every_form_carries_its_stamps(made: Callable[[], Answer]) -> None:
    answer = made()
    forms = (answer.as_dict(), answer.tables()["stands_on"], answer.stands_on.as_dict(), answer._repr_html_())
    assert all("SYNTHETIC" in str(form) and "HINDSIGHT" in str(form) for form in forms)


def test_rows_of_a_list_are_stamped_each() -> None:
    rows = every().as_dict()
    assert rows and all(row["synthetic"] is True and row["hindsight"].startswith("HINDSIGHT") for row in rows)
    assert {str(row["as_of"]) for row in rows} == {str(bench().market.last_session())}


def test_what_may_be_concluded_stands_before_any_figure() -> None:
    assert one().stands_on.stamps[-1] == one().conclusion
    assert every().stands_on.stamps[-1] == every().conclusion


def test_the_rules_of_a_study_are_told() -> None:
    told = one().stands_on.as_dict()
    assert (told["kind"], told["window"], told["model"]) == ("order", "[0,+1]", "two_factor")
    assert (told["estimation_window"], told["placebo_draws"], told["seed"]) == ([-220, -21], 99, 0)


def test_the_frame_has_a_row_per_line_and_a_row_per_kind() -> None:
    assert one().frame().height == len(one().lines) == 6
    assert every().frame()["kind"].to_list() == [kind.study.kind for kind in every().kinds]


def test_the_tables_hold_what_the_fields_hold() -> None:
    tables, study = one().tables(), one().study
    assert [row["announcements"] for row in tables["events_events"]] == [row.announcements for row in study.events]
    assert [row["caar"] for row in tables["events_path"]] == [day.caar for day in study.path]
    assert len(tables["events_tests"]) == len(study.tests)


def test_events_that_the_report_did_not_choose_carry_no_hindsight() -> None:
    market = source().market
    own = replace(market, announcements=tuple(replace(row, report_row=None) for row in market.announcements))
    found = es.overview(es.Bench(own, draws=99), "order")
    assert found.stands_on.hindsight == "" and "hindsight" not in found.conclusion


def test_nothing_tested_is_nothing_concluded() -> None:
    assert conclude_all([]).startswith("Nothing can be concluded")


def test_all_is_every_kind() -> None:
    assert isinstance(es.look(bench(), "order"), es.Overview)
    assert {kind.study.kind for kind in es.look(bench(), es.ALL).kinds} >= {"order", "purchase"}  # type: ignore[union-attr]

"""What is left of the best variant of each search when everything in the ledger is counted."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from screener.core.config import ExecutionOptions
from screener.evaluation.searches import BELIEVED, Searches, searches

THREE = ['{"k": 1}', '{"k": 2}', '{"k": 3}']


def trials(params: list[str]) -> pl.DataFrame:
    """A ledger; the later a variant the better."""
    same = {"strategy": "s", "code": "c", "universe": "known", "options": "{}", "first": "a", "last": "b", "data": "d"}
    moments = {"sessions": 240, "skew": 0.0, "kurtosis": 3.0, "total_return": 0.1, "tried_at": "t"}
    return pl.DataFrame([{**same, **moments, "params": text, "sharpe": 0.01 * n} for n, text in enumerate(params)])


def test_variants_stand_best_first_with_what_varies() -> None:
    (found,) = searches(trials(['{"k": 1, "j": 5}', '{"k": 2, "j": 5}', '{"k": 3, "j": 5}'])).groups
    assert found.varying == ("k",) and [row.values for row in found.variants] == [{"k": 3}, {"k": 2}, {"k": 1}]


def test_an_option_that_is_not_said_has_its_default() -> None:
    tried = trials(['{"k": 1}', '{"k": 2}', '{"k": 1}', '{"k": 2}'])
    tried = tried.with_columns(options=pl.Series(["{}", "{}", *['{"execution": {"retries": 0}}'] * 2]))
    (found,) = searches(tried).groups
    assert set(found.varying) == {"k", "retries"}
    assert found.variants[-1].values == {"k": 1, "retries": ExecutionOptions().retries}


def test_a_search_elsewhere_in_the_ledger_counts_too() -> None:
    own = trials(THREE)
    other = pl.concat([own] * 5).with_columns(strategy=pl.lit("other"))
    alone, both = searches(own).groups[0], searches(pl.concat([own, other])).groups[0]
    assert (both.deflated or 1.0) < (alone.deflated or 0.0)


def test_the_same_search_on_newer_data_is_not_a_second_one() -> None:
    own = trials(THREE)
    alone, both = searches(own), searches(pl.concat([own.with_columns(last=pl.lit("c"), data=pl.lit("e")), own]))
    assert both.tried == alone.tried == 3
    assert both.groups[0].deflated == both.groups[1].deflated == alone.groups[0].deflated


def test_the_best_of_a_search_is_deflated() -> None:
    (found,) = searches(trials(THREE)).groups
    assert 0 < (found.deflated or 0.0) < BELIEVED and not found.believed


def test_a_search_in_which_nothing_traded_is_not_believed() -> None:
    flat = trials(THREE).with_columns(sharpe=pl.lit(None, dtype=pl.Float64))
    (found,) = searches(flat).groups
    assert found.deflated is None and not found.believed and found.variants[0].sharpe is None


@pytest.mark.parametrize(("ledger", "tried"), [(trials([]), 0), (trials(['{"k": 1}']), 1)])
def test_without_a_search_there_is_no_verdict(ledger: Any, tried: int) -> None:
    assert searches(ledger) == Searches(tried)

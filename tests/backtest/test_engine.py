"""Asking a strategy session by session, the span, the benchmark, and what is said about hindsight."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from pydantic import ValidationError

from screener.backtest import ledger
from screener.backtest.engine import run, span_of
from screener.core.config import BacktestOptions, ExecutionOptions, ScreenOptions, Universe
from screener.core.errors import DataRefused, StrategyError, UsageError
from screener.point_in_time.indices import IndexSeries
from tests.backtest.markets import make_market

SYMBOLS = ("300001.SZ", "300002.SZ")
MARKET = make_market(np.full((100, 2), 10.0), symbols=SYMBOLS)
SMALL = ExecutionOptions(initial_cash=100_000.0)
OPTIONS = BacktestOptions(universe=Universe.MARKET, execution=SMALL)
DAYS = MARKET.sessions.tolist()
NUMBERS = [
    (model, name)
    for model in (ScreenOptions, ExecutionOptions, BacktestOptions)
    for name, field in model.model_fields.items()
    if field.annotation in (int, float)
]


def span(**options: object) -> tuple[int, int]:
    return span_of(MARKET, BacktestOptions(**options))[:2]  # type: ignore[arg-type]


def test_the_strategy_is_asked_once_a_session_and_sees_only_closed_ones() -> None:
    seen: list[tuple[date, int]] = []
    run(MARKET, lambda panel: seen.append((panel.session, len(panel.close))), OPTIONS)
    assert seen == [(DAYS[t], t) for t in range(60, 100)]


def test_none_leaves_everything_and_an_empty_dict_sells_everything() -> None:
    answers = iter([{"300001.SZ": 1.0}, None, {}])
    result = run(MARKET, lambda panel: next(answers, None), OPTIONS)
    assert result.fills["side"].to_list() == ["buy", "sell"]
    assert result.fills["session"].to_list() == [DAYS[60], DAYS[62]]


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ({"300001.SZ": 0.6, "300002.SZ": 0.5}, "sum to more than 1"),
        ({"300001.SZ": -0.1}, "short selling of A-shares is practically unavailable"),
        ({"300001.SZ": float("nan")}, "no finite number"),
        ({"300001.SZ": "1"}, "no finite number"),
        ({"300009.SZ": 0.1}, "unknown symbol"),
        ([0.5, 0.5], "not target weights"),
    ],
)
def test_an_answer_outside_the_contract_stops_with_session_and_reason(answer: object, message: str) -> None:
    with pytest.raises(StrategyError, match=message) as caught:
        run(MARKET, lambda panel: answer, OPTIONS, name="mine")  # type: ignore[arg-type, return-value]
    assert f"mine at {DAYS[60]}" in str(caught.value)


def test_a_symbol_outside_the_universe_may_not_be_held() -> None:
    market, known = (
        replace(MARKET, universe_entry={"300001.SZ": datetime(2020, 1, 1)}),
        BacktestOptions(execution=SMALL),
    )
    assert run(market, lambda panel: {"300001.SZ": 1.0, "300002.SZ": 0.0}, known).orders["symbol"][0] == "300001.SZ"
    with pytest.raises(StrategyError, match="outside the universe"):
        run(market, lambda panel: {"300002.SZ": 0.1}, known)


def test_a_sum_of_one_with_float_noise_is_legal() -> None:
    result = run(MARKET, lambda panel: {"300001.SZ": 0.1 + 0.2, "300002.SZ": 0.7 + 1e-12}, OPTIONS)
    assert result.fills["symbol"].to_list()[:2] == list(SYMBOLS)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, (60, 100)),
        ({"warm_up": 5}, (5, 100)),
        ({"start": DAYS[10], "end": DAYS[20]}, (10, 21)),
        ({"start": date(2024, 10, 12)}, (4, 100)),  # a Saturday rolls to Monday
        ({"start": date(2020, 1, 1), "end": date(2026, 12, 31)}, (0, 100)),
    ],
)
def test_the_span(options: dict[str, object], expected: tuple[int, int]) -> None:
    assert span(**options) == expected


def test_a_clipped_span_says_so() -> None:
    remarks = span_of(MARKET, BacktestOptions(start=date(2020, 1, 1), end=date(2026, 12, 31)))[2]
    assert [remark.split(" is ")[0] for remark in remarks[:2]] == ["start 2020-01-01", "end 2026-12-31"]


@pytest.mark.parametrize("options", [{"start": date(2026, 1, 1)}, {"end": date(2024, 1, 1)}, {"warm_up": 100}])
def test_a_span_without_sessions_is_refused(options: dict[str, object]) -> None:
    with pytest.raises(UsageError, match="no session in the span"):
        span(**options)


def test_a_market_without_bars_is_refused() -> None:
    with pytest.raises(DataRefused, match="no bars"):
        span_of(replace(MARKET, sessions=MARKET.sessions[:0]), OPTIONS)


def test_the_default_span_needs_the_benchmark_on_both_sides() -> None:
    dates = MARKET.sessions[10:90]
    series = IndexSeries(dates, dates, np.arange(80.0), np.arange(80.0))
    assert span_of(replace(MARKET, indices={"000300.SH": series}), OPTIONS)[:2] == (70, 90)


@pytest.mark.parametrize(
    ("universe", "start", "kind"),
    [
        (Universe.REPORT, DAYS[60], "HINDSIGHT universe"),
        (Universe.KNOWN, DAYS[60], "HINDSIGHT list of firms"),
        (Universe.MARKET, DAYS[60], "HINDSIGHT list of stocks"),
    ],
)
def test_before_the_report_its_firms_are_hindsight(universe: Universe, start: date, kind: str) -> None:
    market = replace(MARKET, universe_entry=dict.fromkeys(SYMBOLS, datetime(2020, 1, 1)))
    options = BacktestOptions(universe=universe, start=start)
    assert run(market, lambda panel: {"300001.SZ": 1.0}, options).hindsight[0].startswith(kind)


def test_a_span_after_the_report_is_no_hindsight() -> None:
    late = make_market(np.full((10, 2), 10.0), symbols=SYMBOLS, first=date(2026, 6, 30))
    options = OPTIONS.model_copy(update={"universe": Universe.REPORT, "warm_up": 1})
    assert run(late, lambda panel: {"300001.SZ": 1.0}, options).hindsight == ()


def test_export_writes_every_frame(tmp_path: Path) -> None:
    result = run(MARKET, lambda panel: {"300001.SZ": 1.0}, OPTIONS)
    names = [path.stem for path in result.export(tmp_path / "out")]
    assert names == ["orders", "fills", "refusals", "actions", "equity"]
    assert pl.read_parquet(tmp_path / "out" / "orders.parquet").equals(result.orders)


def test_totals_follow_from_the_rows() -> None:
    options = BacktestOptions(universe=Universe.MARKET, execution=ExecutionOptions(initial_cash=1e7))
    result = run(MARKET, lambda panel: {"300001.SZ": 0.5} if panel.first_decision else None, options)
    fees = sum(result.costs[name] for name in ("commission", "stamp_duty", "transfer_fee"))
    assert result.final_value == pytest.approx(1e7 - fees - result.costs["slippage"])
    assert result.total_return == pytest.approx(np.prod(1 + result.returns) - 1)
    assert result.refusals_by_reason == {"participation": 4}
    assert result.near_limit_fills == 0


@pytest.mark.parametrize(("model", "name"), NUMBERS)
@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), 1e300, 10**20, -1])
def test_every_number_among_the_options_has_bounds(model: type[BacktestOptions], name: str, value: float) -> None:
    with pytest.raises(ValidationError):
        model.model_validate({name: value})


@pytest.mark.parametrize("model", [ScreenOptions, ExecutionOptions])
def test_the_bounds_of_an_option_include_its_default(model: type[ScreenOptions | ExecutionOptions]) -> None:
    assert model.model_validate(model().model_dump()) == model()


def test_the_largest_options_still_balance_to_the_fen() -> None:
    largest = ExecutionOptions(
        initial_cash=1e13, commission_floor=1e6, participation_sessions=10_000, retries=10_000, near_limit=1.0
    )
    result = run(MARKET, lambda panel: {"300001.SZ": 1.0}, OPTIONS.model_copy(update={"execution": largest}))
    ledger.verify(result)
    assert result.fills["commission"].min() == 1e6

"""The figures of the page against the functions they come from, and against sums done another way."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from types import SimpleNamespace
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.backtest.mistakes import MISTAKES
from screener.backtest.strategy import packaged
from screener.core.config import DECISION_TIME, ExecutionOptions, Policy
from screener.evaluation import dossier as dossier_module
from screener.evaluation.dossier import sketch
from screener.evaluation.searches import searches
from screener.report.page import render, render_brief
from screener.report.page.sections import (
    backtests,
    believe,
    brief,
    cheating,
    context,
    events,
    firms,
    ranked,
    ratings,
    sweeps,
)
from screener.report.page.source import Canvas
from tests.evaluation.test_searches import trials
from tests.report.pages import DAY, SYMBOL, Parsed, parsed, source


@pytest.fixture
def canvas() -> Canvas:
    return Canvas()


def run_of(name: str) -> Any:
    return next(run for run in source().runs if run.name == name)


# Screen


def test_the_bar_of_a_score_lies_inside_its_interval(canvas: Canvas) -> None:
    bars = [row["bar"] for row in ranked.build(source(), canvas)["rows"] if row["bar"]]
    assert bars
    assert all(0 <= bar["low"] <= bar["score"] <= bar["high"] <= 100 + 1e-9 for bar in bars)
    assert max(bar["high"] for bar in bars) == pytest.approx(100)


def test_the_contracts_that_count_add_up_to_the_backlog(canvas: Canvas) -> None:
    for row in ranked.build(source(), canvas)["rows"]:
        told = sum(line["remaining"] or 0.0 for line in row["lines"] if line["counted"])
        assert told == pytest.approx(row["backlog_cny"] or 0.0, abs=0.01)


# Firms


def test_a_mark_never_stands_before_its_announcement_was_known(canvas: Canvas) -> None:
    firms.build(source(), canvas)
    known = {f"ann-{row.announcement_id}": row.known_at for row in source().panel.announcements}
    last = str(source().market.sessions[-1])
    for figure in canvas.charts.values():
        for trace in (t for t in figure["data"] if t["mode"] == "markers"):
            for day, card in zip(trace["x"], trace["customdata"], strict=True):
                assert day == last or datetime.combine(date.fromisoformat(day), DECISION_TIME) >= known[card]


def test_the_backlog_curve_ends_at_the_backlog_of_the_screen(canvas: Canvas) -> None:
    firms.build(source(), canvas)
    curve = next(t for t in canvas.charts[f"firm-{SYMBOL}"]["data"] if t.get("yaxis") == "y2" and t.get("fill"))
    assert curve["y"][-1] * firms.YI == pytest.approx(source().firms[SYMBOL].backlog, rel=1e-4)
    assert curve["y"][0] is None


def test_the_planned_curve_starts_there(canvas: Canvas) -> None:
    firms.build(source(), canvas)
    curve = next(t for t in canvas.charts[f"firm-{SYMBOL}"]["data"] if t.get("line", {}).get("dash") == "dot")
    assert curve["x"][0] == str(DAY)
    assert curve["y"][0] * firms.YI == pytest.approx(source().firms[SYMBOL].backlog, rel=1e-4)


def test_a_split_is_no_fall() -> None:
    market, n = source().market, source().market.index_of(SYMBOL)
    jump = np.flatnonzero(np.diff(market.share_factor[:, n]) > 0.3)
    prices = firms._prices(source(), SYMBOL)
    assert len(jump)
    assert prices[jump + 1] / prices[jump] == pytest.approx(1, abs=0.21)
    assert prices[-1] == market.close[-1, n]


# Back-tests


def test_the_comparison_shows_the_figures_of_the_summary(canvas: Canvas) -> None:
    shown = {row["name"]: row for row in backtests.build(source(), canvas)["compared"]}
    for run in source().runs:
        told = run.appraisal.summary
        names = {"total": "total_return", "excess": "excess_return", "without_best": "without_best_firm"}
        assert {name: shown[run.name][name] for name in names} == {n: told[key] for n, key in names.items()}


def test_the_months_multiply_to_the_total(canvas: Canvas) -> None:
    for run, shown in zip(source().runs, backtests.build(source(), canvas)["runs"], strict=True):
        months = [cell for year in shown["years"] for cell in year["months"] if cell]
        total = run.appraisal.result.total_return
        assert np.prod([1 + cell["strategy"] for cell in months]) - 1 == pytest.approx(total)


@pytest.mark.parametrize(("value", "shade"), [(0.0, "p0"), (0.03, "p1"), (-0.06, "n2"), (0.5, "p3"), (-0.5, "n3")])
def test_a_month_is_shaded_by_size_and_sign(value: float, shade: str) -> None:
    assert backtests._cell({"excess": value, "strategy": 0.0})["shade"] == shade


# Cheating


def test_the_steps_are_drawn_in_order_and_the_last_total_again(canvas: Canvas) -> None:
    shown, found = cheating.build(source(), canvas), source().mistakes
    assert [step["total"] for step in shown["steps"]] == [step.total for step in found.steps]
    (trace,) = canvas.charts["cheating"]["data"]
    assert trace["x"] == [round(x, 4) for x in (*(step.change for step in found.steps), found.steps[-1].total)]


def test_the_table_has_a_row_for_each_mistake_and_a_cell_for_each_strategy(canvas: Canvas) -> None:
    shown = cheating.build(source(), canvas)
    assert [row["label"] for row in shown["alone"]] == [source().words["mistakes"][m.name] for m in MISTAKES]
    assert {len(row["cells"]) for row in shown["alone"]} == {len(shown["names"])} == {len(source().runs)}


# What must you believe


@given(
    margin=st.floats(0.02, 0.7),
    years=st.integers(1, 9),
    renewal=st.floats(0, 0.9),
    discount=st.floats(0.05, 0.3),
    non_compute=st.floats(0, 0.9),
)
def test_the_implied_orders_are_worth_the_market_cap(
    margin: float, years: int, renewal: float, discount: float, non_compute: float
) -> None:
    orders = believe.implied_orders(
        1e10, margin=margin, years=years, renewal=renewal, discount=discount, non_compute=non_compute
    )
    # The flows one by one: profits of one order and its renewals, then a new order every year, 800 years of each.
    year = np.arange(1, 801)
    flows = margin / years * renewal ** ((year - 1) // years) * (1 + discount) ** -year.astype(float)
    worth = flows.sum() * ((1 + discount) ** -np.arange(800.0)).sum()
    assert orders is not None
    assert orders * worth == pytest.approx(1e10 * (1 - non_compute), rel=1e-6)


def test_more_margin_needs_fewer_orders() -> None:
    given_ = {"years": 5.0, "renewal": 0.5, "discount": 0.1, "non_compute": 0.0}
    few, many = (believe.implied_orders(1e9, margin=margin, **given_) for margin in (0.4, 0.1))
    assert few is not None
    assert many == pytest.approx(4 * few)


def test_every_default_says_where_it_comes_from(canvas: Canvas) -> None:
    sliders = believe.build(source(), canvas)["sliders"]
    assumed = [slider["name"] for slider in sliders if slider["assumed"]]
    assert assumed == ["margin", "renewal", "discount", "non_compute"]
    assert all(slider["from"] for slider in sliders)


def test_a_margin_is_of_the_firm_that_disclosed_it_and_of_no_other(canvas: Canvas) -> None:
    rows = {row["symbol"]: row for row in believe.build(source(), canvas)["rows"]}
    net, gross = rows.pop("001339.SZ"), rows.pop(SYMBOL)
    assert net["margin"] == pytest.approx(207 / 462, abs=0.001) and not net["bound"]
    assert (gross["margin"], gross["bound"]) == (0.1175, True)  # of three periods the last
    assert net["implied"] and gross["implied"] and "2026-06-30" in net["margin_from"]
    assert all(part in gross["margin_from"] for part in ("2025-06-30", "2025-12-25", "SN2025122500024979"))
    assert {(row["margin"], row["implied"]) for row in rows.values()} == {(None, None)}


@pytest.mark.parametrize(
    ("day", "known"),
    [(date(2025, 12, 24), {}), (date(2025, 12, 25), {SYMBOL: 0.1175}), (date(2026, 6, 29), {SYMBOL: 0.1175})],
)
def test_a_margin_is_known_from_the_day_of_its_publication(day: date, known: dict[str, float], canvas: Canvas) -> None:
    rows = believe.build(replace(source(), as_of=day), canvas)["rows"]
    assert {row["symbol"]: row["margin"] for row in rows if row["margin"] is not None} == known


def test_unknown_orders_are_not_zero(canvas: Canvas) -> None:
    rows = {row["symbol"]: row for row in believe.build(source(), canvas)["rows"]}
    assert rows["603629.SH"]["had"] is None
    assert rows["603629.SH"]["times"] is None


# Events, ratings, sweeps, context


@pytest.mark.parametrize(
    ("descriptive", "p", "said"),
    [(True, 0.001, "descriptive"), (False, None, "descriptive"), (False, 0.05, "not_seen"), (False, 0.049, "seen")],
)
def test_the_verdict_never_says_more_than_the_test(descriptive: bool, p: float | None, said: str) -> None:
    assert events.verdict(8.0, descriptive, p) == said


def test_the_cone_is_that_of_the_rating_review(canvas: Canvas) -> None:
    from screener.evaluation.rating import BASKET, review

    late = source(day=date(2026, 8, 21))
    beside = review(late.market, late.as_of).context
    told = next(row for row in beside if (row.subject, row.candidate) == (BASKET, date(2026, 6, 30)))
    assert ratings.build(late, canvas)["context"].so_far == pytest.approx(told.so_far, abs=1e-9)
    drawn = canvas.charts["cone"]["data"]
    assert told.so_far is not None
    assert (drawn[3]["x"][-1], drawn[3]["y"][-1]) == ("2026-08-21", round(told.so_far, 4))
    assert [line["name"] for line in drawn[1:3]] == ["申万计算机 801750.SI", "中证计算机 930651.CSI"]
    assert drawn[1]["line"]["width"] > drawn[2]["line"]["width"], "the rated series is the main line"


def test_what_is_not_due_is_shown_as_pending(canvas: Canvas) -> None:
    shown = ratings.build(source(), canvas)
    industries = [row["line"] for row in shown["rows"] if row["line"].rated.subject_kind == "industry"]
    told = {line.rated.broker: line for line in industries if line.stand_in.main}
    assert [line.standing for line in told.values()] == ["not_held", "pending", "pending"]
    assert all(row["open"] for row in shown["rows"] if row["line"].standing == "pending")
    assert any(shape["type"] == "rect" for shape in canvas.charts["cone"]["layout"]["shapes"])


def test_each_firm_shows_its_ratings_and_the_cone_of_the_newest(canvas: Canvas) -> None:
    shown = {firm["symbol"]: firm for firm in firms.build(source(), canvas)["firms"]}[SYMBOL]
    told = [row["line"].rated for row in shown["ratings"]]
    assert 0 < len(told) <= firms.SHOWN_RATINGS and {rated.subject for rated in told} == {SYMBOL}
    assert [rated.report_date for rated in told] == sorted((rated.report_date for rated in told), reverse=True)
    assert canvas.charts[shown["cone"]]["data"][1]["x"][0] >= str(told[0].report_date)


@pytest.mark.parametrize(
    ("params", "kind"),
    [
        (['{"k": 1}', '{"k": 2}', '{"k": 3}'], "bar"),
        (['{"k": 1, "j": 1}', '{"k": 2, "j": 1}', '{"k": 1, "j": 2}'], "heatmap"),
    ],
)
def test_a_sweep_is_drawn_by_what_varies(params: list[str], kind: str, canvas: Canvas) -> None:
    shown = sweeps.build(replace(source(), searches=searches(trials(params))), canvas)
    assert canvas.charts["sweep-0"]["data"][0]["type"] == kind
    assert shown["groups"][0]["best"][0]["params"]["k"] in (1, 3)


def test_options_of_execution_are_axes_like_parameters(canvas: Canvas) -> None:
    tried = trials(['{"k": 1}', '{"k": 2}', '{"k": 1}', '{"k": 2}'])
    tried = tried.with_columns(options=pl.Series(["{}", "{}", *['{"execution": {"retries": 0}}'] * 2]))
    (group,) = sweeps.build(replace(source(), searches=searches(tried)), canvas)["groups"]
    assert set(group["varying"]) == {"k", "retries"} and group["variants"] == 4
    assert sorted(canvas.charts["sweep-0"]["data"][0]["y"]) == ["0", str(ExecutionOptions().retries)]
    assert group["best"][-1]["params"] == {"k": 1, "retries": ExecutionOptions().retries}


def test_without_a_search_there_is_nothing_to_draw(canvas: Canvas) -> None:
    assert sweeps.build(source(), canvas) == {"groups": [], "tried": 0}


def test_the_context_counts_what_its_rows_say(canvas: Canvas) -> None:
    shown = context.build(source(), canvas)
    assert shown["agreeing"] == sum(row["agrees"] for row in shown["statements"]) < len(shown["statements"])
    assert 0 < shown["holding"] < shown["checked"] < len(shown["indicators"])


def test_before_the_report_there_is_no_context(canvas: Canvas) -> None:
    assert context.build(source(day=date(2025, 8, 15)), canvas)["indicators"] == []


def test_the_policy_of_the_page_is_the_policy_of_the_screen(canvas: Canvas) -> None:
    from screener.report.page.sections import stands_on

    options = source().options.model_copy(update={"policy": Policy.GROSS})
    groups = dict(stands_on.build(replace(source(), options=options), SimpleNamespace())["groups"])  # type: ignore[arg-type]
    assert any("gross" in value for _, value in groups["Counting rules"])


@pytest.mark.parametrize(("language", "rest"), [("en", "a + b + 2 more"), ("zh", "a + b + 另 2 个")])
def test_the_sources_left_out_of_the_line_are_counted_in_the_language_of_the_page(language: str, rest: str) -> None:
    from screener.report.page.sections import stands_on

    of_four = replace(source(language).market, source="a + b + c + d")
    built = stands_on.build(replace(source(language), market=of_four), SimpleNamespace())  # type: ignore[arg-type]
    assert rest in dict(built["line"]).values()


# How old, and what need not be computed again


@pytest.mark.parametrize("draw", [render, render_brief])
def test_a_day_shortly_after_the_last_price_says_so_on_top(draw: Any) -> None:
    shown = Parsed(draw(replace(source("zh"), as_of=date(2026, 7, 3))))
    assert "价格过旧（STALE）：2026-06-30 的价格，比 2026-07-03 早 3 个交易日" in shown.text
    assert not [text for text in parsed("zh").text if "STALE" in text]


@pytest.mark.parametrize(("cash", "same"), [(10_000_000, True), (5_000_000, False)])
def test_a_finished_back_test_is_taken_where_its_options_are_those_asked_for(cash: int, same: bool) -> None:
    given_ = run_of("order_drift").appraisal
    costs = ExecutionOptions(initial_cash=cash)
    names = [packaged("order_drift")]
    found = sketch(source().market, DAY, strategies=names, execution=costs, finished=[given_]).runs[0].appraisal
    assert (found is given_) is same and found.result.initial_cash == cash


# A page of many firms


@pytest.mark.parametrize(("years", "shown"), [(0, 1), (1, 1), (3, 3), (99, 12)])
def test_the_longer_the_history_the_fewer_firms_have_a_chart(
    years: int, shown: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dossier_module, "DRAWN", years * len(source().market.sessions))
    found = replace(source())
    assert found.shown == tuple(row.symbol for row in found.screen.rows[:shown])
    assert set(found.planned) == set(found.shown)


def test_of_many_firms_the_first_are_shown_and_the_others_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    few = {
        (dossier_module, "SHOWN"): 2,
        (ranked, "ROWS"): 5,
        (ranked, "CONTRACTS"): 1,
        (believe, "ROWS"): 4,
        (backtests, "ENDS"): 1,
        (events, "NEWEST"): 3,
        (brief, "LINES"): 2,
    }
    for (module, name), most in few.items():
        monkeypatch.setattr(module, name, most)
    found = Parsed(render(replace(source())))
    told, ids = " ".join(found.text), [attrs.get("id", "") for _, attrs in found.elements]
    firms_shown = [one for one in ids if one and one.startswith("firm-")]
    assert firms_shown == [f"firm-{row.symbol}" for row in source().screen.rows[:2]]
    links = {attrs["href"][1:] for tag, attrs in found.elements if str(attrs.get("href", "")).startswith("#firm-")}
    assert set(firms_shown) <= links
    studied, run = source().events[0].study, run_of("equal_weight")
    for sentence in (
        f"{len(source().screen.rows) - 5} more firms, which sorting does not bring up",
        f"{len(source().screen.rows) - 2} more firms of the screen announced something",
        f"{sum(row.market_cap_cny is not None for row in source().screen.rows) - 4} more firms further down the screen",
        f"{len(run.appraisal.profits) - 2} firms between these",
        f"{studied.n - 3} earlier events",
        "more: screener explain 301396.SZ",
        "more lines: screener report --brief --rows N prints them",
    ):
        assert sentence in told

"""When a strategy is checked, when an earlier verdict counts, and what another process may answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from screener.backtest import lookahead, trials, verdicts
from screener.backtest.checking import CheckedRun, checked_run
from screener.backtest.chosen import choose
from screener.backtest.confined import feed as feeding
from screener.backtest.confined import run
from screener.backtest.confined.feed import Feed
from screener.backtest.confined.wire import Wire, packed
from screener.core.config import BacktestOptions, Universe
from screener.core.errors import StrategyError
from screener.point_in_time.market import Market
from screener.point_in_time.panel import Panel
from tests.backtest.sweeps import moving_market, write_strategy

MARKET = moving_market()
OPTIONS = BacktestOptions(universe=Universe.MARKET, warm_up=20)
LATER = '"""Looks."""\ndef weights(panel, *, k: int = 1):\n    {}\n    return {{panel.symbols[0]: 0.5}}\n'


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The strategies whose decisions were compared."""
    seen: list[str] = []
    real = lookahead.compare

    def compare(source: run.Source, *rest: Any, **options: Any) -> None:
        seen.append(source.path.stem)
        real(source, *rest, **options)

    monkeypatch.setattr(lookahead, "compare", compare)
    yield seen


def checked(folder: Path, given: Any = (), *, text: str = "", market: Market = MARKET, **options: Any) -> CheckedRun:
    path = write_strategy(folder, text) if text else write_strategy(folder)
    unchecked = options.pop("unchecked", False)
    asked = OPTIONS.model_copy(update=options)
    return checked_run(market, choose(path, given), asked, ledger=folder / "s.duckdb", unchecked=unchecked)


def test_what_was_checked_is_not_checked_again(tmp_path: Path, compared: list[str]) -> None:
    first, again = checked(tmp_path), checked(tmp_path)
    assert compared == ["momentum"] and again.verdict == first.verdict and first.verdict.verdict == "ok"
    assert trials.read(tmp_path / "s.duckdb").is_empty()


@pytest.mark.parametrize(
    "other",
    [
        {"text": '"""Another."""\ndef weights(panel):\n    return None\n'},
        {"given": {"k": 2}},
        {"market": moving_market(seed=1)},
        {"universe": Universe.REPORT},
        {"start": date(2024, 12, 2)},
    ],
    ids=["code", "parameters", "data", "universe", "first session"],
)
def test_anything_else_is_checked(tmp_path: Path, compared: list[str], other: dict[str, Any]) -> None:
    checked(tmp_path)
    checked(tmp_path, **other)
    assert len(compared) == 2


def test_a_verdict_holds_up_to_its_last_session(tmp_path: Path, compared: list[str]) -> None:
    checked(tmp_path, end=date(2025, 3, 3))
    checked(tmp_path, end=date(2025, 2, 3))
    assert len(compared) == 1
    checked(tmp_path, end=date(2025, 4, 1))
    assert len(compared) == 2


def test_unchecked_is_said_and_not_kept(tmp_path: Path, compared: list[str]) -> None:
    assert "UNCHECKED" in str(checked(tmp_path, unchecked=True).verdict) and not compared
    checked(tmp_path)
    assert compared == ["momentum"]


def test_a_torn_line_is_no_verdict(tmp_path: Path, compared: list[str]) -> None:
    checked(tmp_path)
    ledger = trials.trials_file(tmp_path / "s.duckdb")
    ledger.write_bytes(ledger.read_bytes()[:-40])
    checked(tmp_path)
    assert len(compared) == 2


def test_where_nothing_can_be_written_it_is_checked_each_time(tmp_path: Path, compared: list[str]) -> None:
    trials.trials_file(tmp_path / "s.duckdb").mkdir()
    assert checked(tmp_path).verdict.verdict == checked(tmp_path).verdict.verdict == "ok"
    assert len(compared) == 2


def test_a_cheat_leaves_no_verdict(tmp_path: Path) -> None:
    for _ in range(2):
        with pytest.raises(StrategyError, match="LOOK-AHEAD"):
            checked(tmp_path, text=LATER.format("if panel.close.base[panel.t:].sum() > 0: return {}"))
    assert not trials.trials_file(tmp_path / "s.duckdb").exists()


def around(panel: Panel) -> dict[str, float]:
    return {panel.symbols[0]: float(MARKET.close[-1, 0] > MARKET.close[panel.t, 0])}


def behind(panel: Panel) -> dict[str, float]:
    return {panel.symbols[0]: float(panel._market.close[-1, 0] > 20)}


@pytest.mark.parametrize(
    ("function", "said"), [(around, "a Market from outside"), (behind, "private attribute _market")]
)
def test_a_function_of_a_notebook_is_looked_at_as_well(function: Any, said: str) -> None:
    with pytest.raises(StrategyError, match=said):
        checked_run(MARKET, choose(function), OPTIONS)


def told(row: Any) -> Any:
    """As it comes over the wire, where it is a row of numbers."""
    numbers = isinstance(row, tuple) and all(isinstance(part, list) and part != [[]] for part in row)
    return [packed(np.array(row[0], np.int64)), packed(np.array(row[1], np.float64))] if numbers else row


def feed() -> Feed:
    found = Feed(MARKET, Universe.KNOWN, 20)  # no firm is known yet
    found.step(20)
    return found


@pytest.mark.parametrize(
    "row",
    [
        *(([0], [2.0]), ([0, 0], [0.1, 0.1]), ([9], [0.1]), ([0], [-0.1]), ([0], [np.nan]), ([0], [0.1])),
        *(("x", "AAAA"), ([[]], {}), ("AAAA", "AAAA"), "x", 1),
    ],
)
def test_what_is_no_decision_is_refused_whatever_the_other_process_says(row: Any) -> None:
    with pytest.raises(StrategyError, match="not target weights"):
        run._checked(told(row), feed(), run.Source(Path("s.py"), ""), 20)


FORGED = [
    {"error": 1},
    {"error": {"kind": 1}},
    {"rows": [], "of": [0], "seconds": 0.0},
    {"rows": [None], "of": [True]},
    {},
]


@pytest.mark.parametrize("answer", [*FORGED, {"need": "board"}, {"need": [1]}, {"need": ["close", 30]}], ids=json.dumps)
def test_an_answer_of_another_shape_is_one_sentence(
    answer: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Wire, "answered", lambda self: answer)
    monkeypatch.setattr(run._Run, "_loaded", lambda self, told: {})
    with pytest.raises(StrategyError, match=r"not target weights|nothing of that name"):
        run.taken(run.source_of(write_strategy(tmp_path)), MARKET, Universe.MARKET, [30], first=20)


@pytest.mark.parametrize("text", ["panel.reference.argmax()", "(panel.market_cap * panel.share_factor_now).argmax()"])
def test_of_a_wide_market_a_row_is_told_as_it_stands_in_its_array(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = f'"""Most."""\ndef weights(panel):\n    return {{panel.symbols[{text}]: 0.5}}\n'
    told = {}
    for wide in (1, 500):
        monkeypatch.setattr(feeding, "_WIDE", wide)
        told[wide] = checked(tmp_path, text=text, unchecked=wide > 1).result.decisions
    assert len(told[1].when) and (told[1].weights == told[500].weights).all()


def test_a_verdict_says_how_it_came_about() -> None:
    said = str(verdicts.Verdict("ok", "behind an audit hook only", 12))
    assert said == "ok: 12 sessions compared with everything later there; run behind an audit hook only"

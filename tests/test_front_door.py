"""`import screener` is all that a notebook needs, costs nothing, and whatever it returns can be looked at."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import screener

ROOT = Path(__file__).resolve().parents[1]
Question = Callable[[screener.Research], object]
SPAN: dict[str, Any] = {"start": "2025-06-02", "end": "2025-09-30"}
QUESTIONS: dict[str, Question] = {
    "screen": lambda s: s.screen("2026-06-30"),
    "screen, whole market": lambda s: s.screen("2026-06-30", universe="market"),
    "explain": lambda s: s.explain("301396", "2026-06-30"),
    "diff": lambda s: s.diff("2025-06-30", "2026-06-30"),
    "backtest": lambda s: s.backtest("order_drift", **SPAN),
    "sweep": lambda s: s.sweep("order_drift", {"hold": [5, 10, 20]}, **SPAN),
    "events": lambda s: s.events("order", draws=99, full=True),
    "events, every kind": lambda s: s.events("all", draws=99),
    "ratings": lambda s: s.ratings("2026-08-21"),
    "alerts": lambda s: s.alerts("2024-01-01"),
    "dossier": lambda s: s.dossier("2026-06-30", strategies=("order_drift",)),
    "check": lambda s: s.check("order_drift"),
    "status": lambda s: s.status(),
    "query": lambda s: s.query("SELECT * FROM bars"),
    "announcements": lambda s: s.announcements(),
    "delivery": lambda s: s.delivery("2026-06-30"),
    "waiting": lambda s: s.waiting(),
}
# What writes, asks the network, or returns no answer about the store.
OTHERS = {
    *("sketch", "brief", "write_brief"),  # parts of the page, and a document
    *("factors", "names", "symbol", "universe"),  # pandas for alphalens; names of firms
    *("load", "fetch", "refresh", "made_up", "market", "panel", "report", "record", "record_fact", "dismiss"),
    *("withdraw", "history", "fact", "findings"),
    *("discover", "read", "read_file", "pages_of", "accept", "reject"),
}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> screener.Research:
    return screener.demo(tmp_path_factory.mktemp("demo"))


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_answer_is_seen_at_one_glance(demo: screener.Research, question: str) -> None:
    lines = repr(QUESTIONS[question](demo)).splitlines()
    assert 1 <= len(lines) <= 40 and max(map(len, lines)) <= 400
    assert any("SYNTHETIC" in line for line in lines[:3])


def test_what_an_answer_is_made_of_is_short_too(demo: screener.Research) -> None:
    run = demo.backtest("order_drift", **SPAN).result
    assert max(len(repr(each)) for each in (demo, demo.market(), demo.panel(), run)) < 120


def test_every_method_is_looked_at_or_named() -> None:
    methods = {name for name in dir(screener.Research) if not name.startswith("_")}
    assert methods - OTHERS == {question.split(",")[0] for question in QUESTIONS}


def imported(code: str) -> set[str]:
    words = [sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r}); {code}; print(*sys.modules)"]
    return set(subprocess.run(words, capture_output=True, text=True, check=True).stdout.split())


def test_importing_the_package_imports_nothing_else() -> None:
    assert imported("import screener") - imported("pass") == {"screener"}


def test_opening_a_store_imports_no_library_that_only_a_question_needs() -> None:
    heavy = {"duckdb", "numba", "scipy", "vectorbt", "akshare", "pandas", "plotly", "matplotlib", "statsmodels"}
    assert not imported("import screener; screener.open('none.duckdb')") & heavy


def test_every_name_of_the_front_door_is_there() -> None:
    assert [name for name in dir(screener) if getattr(screener, name) is None] == []
    with pytest.raises(AttributeError, match="no attribute 'engine'"):
        screener.engine  # noqa: B018


def test_a_temporary_demo_goes_with_its_research() -> None:
    made = screener.demo()
    path = made.path
    assert path.is_file()
    del made
    assert not path.parent.exists()

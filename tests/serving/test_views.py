"""What each room answers, without a browser: the JSON of the command it names, figures and words in its tables."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from screener.research import Research
from screener.serving.desk.views import View, view
from tests import kept
from tests.commands.conftest import Cli
from tests.report.pages import Parsed

SPAN = {"strategy": "order_drift", "start": "2026-03-02", "end": "2026-06-30"}
ASKED: dict[str, dict[str, str]] = {
    "screen": {"as_of": "2026-06-30", "policy": "strict"},
    "backtest": {**SPAN, "p.hold": "40", "audit": "false", "unchecked": "true"},
    "sweep": {**SPAN, "grid": "hold=5,10", "walk_forward": "train=40,test=20"},
    "events": {"kind": "all", "draws": "99"},
    "rating": {"as_of": "2026-06-30", "industry_index": "801750.SI", "by": "broker"},
}
ELSEWHERE = {"sweep": "file", "backtest": "audit"}  # where it was written, what only one of them was asked
Look = Callable[[str, str], View]


@pytest.fixture(scope="module")
def store(synthetic_db: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return kept.copied(synthetic_db, tmp_path_factory.mktemp("desk") / "s.duckdb")


@pytest.fixture(scope="module")
def look(store: Path) -> Look:
    """The view of a room in a language, made once."""
    house, made = Research(store), dict[tuple[str, str], View]()

    def ask(room: str, lang: str) -> View:
        if (room, lang) not in made:
            forget(store)
            out = str(store.with_name(f"{lang}.parquet")) if room == "sweep" else ""
            made[room, lang] = view(house, room, ASKED[room], lang, lambda *_: None, out)
        return made[room, lang]

    return ask


def forget(store: Path) -> None:
    """The tries before, which what is asked next would count."""
    store.with_name(f"{store.name}.trials.jsonl").unlink(missing_ok=True)


def values(html: str) -> list[float]:
    """What the columns of numbers are sorted by."""
    return [float(told["data-v"]) for tag, told in Parsed(html).elements if tag == "td" and told.get("data-v")]


@pytest.mark.parametrize("room", ["sweep", "rating", "backtest"])
def test_a_room_answers_as_the_command_that_it_names(room: str, look: Look, store: Path, cli: Cli) -> None:
    here = look(room, "en")
    forget(store)
    answer = cli(*shlex.split(here.command)[1:], "--json")
    assert answer.code == 0, answer.err
    told, again = json.loads(here.json), json.loads(answer.out)
    for one in (told, again) if room in ELSEWHERE else ():
        one.pop(ELSEWHERE[room]), one["stands_on"].pop("file", None)
    assert told == again


@pytest.mark.parametrize("room", ASKED)
def test_the_language_changes_words_and_no_figure(room: str, look: Look) -> None:
    english, chinese = look(room, "en"), look(room, "zh")
    assert values(english.html) == values(chinese.html)
    assert english.given == chinese.given and english.command.split("--db")[0] == chinese.command.split("--db")[0]
    assert Parsed(english.html).text != Parsed(chinese.html).text


FIGURES: dict[str, Callable[[Any], list[float | None]]] = {
    "screen": lambda told: [row["score"] for row in told],
    "sweep": lambda told: [row["total_return"] for row in told["best"]],
    "events": lambda told: [row["caar"] for row in told],
}


@pytest.mark.parametrize("room", FIGURES)
def test_the_tables_hold_the_figures_of_the_answer_and_sort_by_them(room: str, look: Look) -> None:
    shown, figures = values(look(room, "en").html), FIGURES[room](json.loads(look(room, "en").json))
    known = [value for value in figures if value is not None]
    assert known and all(any(value == pytest.approx(one) for one in shown) for value in known)


def test_hits_stand_as_the_review_counts_them(look: Look, store: Path) -> None:
    table = look("rating", "en").html.partition('id="t-hits"')[2].partition("</section>")[0]
    found = Research(store).ratings("2026-06-30", industry_index=["801750.SI"], by="broker").tables()["hits"]
    shown = [values(f"<tr>{row}")[:2] for row in table.split("<tr>")[2:]]
    assert shown == [[row["n"], row["hits"]] for row in found if row["n"]] != []

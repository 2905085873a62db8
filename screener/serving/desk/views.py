"""An answer as the desk shows it: HTML out of the page's own sections, the JSON of the command, and that command."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from screener.core.answer import Answer
from screener.core.days import day_of, today
from screener.core.plain import plain
from screener.core.settings import settings
from screener.core.text import visible_json
from screener.research.views import strategy_stamp
from screener.serving.desk import rooms
from screener.serving.desk.controls import word
from screener.serving.desk.rooms import ROOMS, Given
from screener.serving.tools import only_named

if TYPE_CHECKING:
    from screener.research import Research

# (what is being done, how many are done, of how many; 0 where that is not known)
Tell = Callable[[str, int, int], None]
Made = tuple[str, Answer, Given]


@dataclass(frozen=True)
class View:
    """What a room shows: `given` is what was asked, with every default filled in, so that a link says it again."""

    html: str
    json: str
    given: Mapping[str, str]
    command: str


def understood(room: str, given: Given) -> None:
    """Whether a room can make anything of this, before any work. Raises UsageError."""
    if "as_of" in given:
        day_of(given["as_of"])
    _UNDERSTOOD[room](given)


def hangs_on(given: Given) -> tuple[object, ...]:
    """What an answer depends on beside question and store: the day, settings, the files of its strategies.

    Raises StrategyError where there is no such strategy.
    """
    named = [given["strategy"]] if "strategy" in given else rooms.names_in(given.get("strategies", ""))
    return today(), repr(settings()), *map(strategy_stamp, named)


def view(house: Research, room: str, given: Given, lang: str, tell: Tell, out: str = "") -> View:
    """Asks the front door and draws the answer; `out`: where a sweep puts its variants. Raises ScreenerError."""
    asked = {**ROOMS[room].defaults(), **ROOMS[room].checked(given)}
    asked = {key: value for key, value in asked.items() if value}
    html, answer, full = _MADE[room](house, asked, lang, tell, out)
    text = visible_json(json.dumps(plain(answer.as_dict()), ensure_ascii=False, indent=2))
    return View(html, text, full, ROOMS[room].command(full, house.path))


def _brief(house: Research, asked: Given, lang: str, tell: Tell, out: str) -> Made:
    from screener.report.desk import drawn

    tell("testing", 0, 0)
    found = house.sketch(
        day_of(asked.get("as_of")),
        strategies=_strategies(asked),
        execution=settings().costs(),
        **rooms.counting(asked, "brief"),
    )
    tell("drawing", 0, 0)
    html = drawn(found, lang, ROOMS["brief"].sections, found.brief)
    return html, found.brief, {**asked, "as_of": str(found.as_of)}


def _strategies(given: Given) -> list[str] | None:
    return [only_named(name) for name in rooms.names_in(given.get("strategies", ""))] or None


def _screen(house: Research, asked: Given, lang: str, tell: Tell, out: str) -> Made:
    from screener.report.desk import drawn
    from screener.research.views import listed, outlook

    options = rooms.counting(asked, "screen")
    tell("reading", 0, 0)
    whole = outlook(house, day_of(asked.get("as_of")), **options)
    found = house.screen(whole.as_of, **rooms.listing(asked), **options)
    tell("drawing", 0, 0)
    html = drawn(listed(whole, found), lang, ROOMS["screen"].sections, found)
    return html, found, {**asked, "as_of": str(whole.as_of)}


def _backtest(house: Research, asked: Given, lang: str, tell: Tell, out: str) -> Made:
    from screener.report.desk import drawn
    from screener.research.views import around

    name = only_named(rooms.strategy_in(asked))
    options = {**rooms.span_options(asked), **rooms.execution_options(asked), **rooms.check_options(asked)}
    tell("testing", 0, 0)
    params = [f"{key}={value}" for key, value in rooms.params_of(asked).items()]
    found = house.backtest(name, params=params, **options)
    if found.audited:
        tell("auditing", 0, 0)
        found.audit  # noqa: B018 - now, while somebody is told that it takes its time
    tell("drawing", 0, 0)
    html = drawn(around(house, found), lang, ROOMS["backtest"].sections, found)
    told = {rooms.PARAM + key: word(value) for key, value in found.result.params.items()}
    return html, found, {**asked, **told, "start": str(found.first), "end": str(found.last)}


def _sweep(house: Research, asked: Given, lang: str, tell: Tell, out: str) -> Made:
    from screener.report.desk import drawn_sweep

    name, grid = only_named(rooms.strategy_in(asked)), rooms.grid_in(asked)
    tell("reading", 0, 0)
    found = house.sweep(
        name,
        grid,
        **rooms.span_options(asked),
        execution=settings().costs(),
        walk_forward=asked.get("walk_forward"),
        out=out or None,
        progress=lambda done, count: tell("variants", done, count),
    )
    tell("drawing", 0, 0)
    return drawn_sweep(found, lang), found, {**asked, "start": str(found.first), "end": str(found.last)}


def _events(house: Research, asked: Given, lang: str, tell: Tell, out: str) -> Made:
    from screener.report.desk import drawn
    from screener.research.views import studied

    tell("studying", 0, 0)
    found = house.events(asked["kind"], **rooms.study_options(asked))
    tell("drawing", 0, 0)
    day = {} if "as_of" not in asked else {"as_of": str(day_of(asked["as_of"]))}
    return drawn(studied(house, found), lang, ROOMS["events"].sections, found), found, {**asked, **day}


def _rating(house: Research, asked: Given, lang: str, tell: Tell, out: str) -> Made:
    from screener.report.desk import drawn
    from screener.research.views import judged

    tell("reading", 0, 0)
    found = house.ratings(day_of(asked.get("as_of")), **rooms.review_options(asked))
    tell("drawing", 0, 0)
    whole = judged(house, found)
    return drawn(whole, lang, ROOMS["rating"].sections, found), found, {**asked, "as_of": str(whole.as_of)}


_MADE: Mapping[str, Callable[[Research, Given, str, Tell, str], Made]] = {
    "brief": _brief,
    "screen": _screen,
    "backtest": _backtest,
    "sweep": _sweep,
    "events": _events,
    "rating": _rating,
}


def _all_of(*asked: Callable[[Given], Any]) -> Callable[[Given], None]:
    def ask(given: Given) -> None:
        for one in asked:
            one(given)

    return ask


def _named(given: Given) -> str:
    return only_named(rooms.strategy_in(given))


_UNDERSTOOD: Mapping[str, Callable[[Given], None]] = {
    "brief": _all_of(_strategies, lambda given: rooms.counting(given, "brief")),
    "screen": _all_of(rooms.listing, lambda given: rooms.counting(given, "screen")),
    "backtest": _all_of(_named, rooms.span_options, rooms.execution_options, rooms.check_options),
    "sweep": _all_of(_named, rooms.span_options, rooms.grid_in),
    "events": _all_of(rooms.study_options),
    "rating": _all_of(rooms.review_options),
}

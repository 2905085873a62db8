"""An answer as the desk shows it: HTML out of the page's own sections, the JSON of the command, and that command."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from screener.core.answer import Answer
from screener.core.days import day_of
from screener.core.plain import plain
from screener.core.text import visible_json
from screener.serving.desk import rooms
from screener.serving.desk.rooms import ROOMS, Given
from screener.serving.tools import only_named

if TYPE_CHECKING:
    from screener.research import Research

# (what is being done, how many are done, of how many; 0 where that is not known)
_GRID = "values of a parameter: hold=5,20 or hold=5:60:5"
Tell = Callable[[str, int, int], None]


@dataclass(frozen=True)
class View:
    """What a room shows: `given` is what was asked, with every default filled in, so that a link says it again."""

    html: str
    json: str
    given: Mapping[str, str]
    command: str


def understood(room: str, given: Given) -> None:
    """Whether a room can make anything of this, before any work. Raises UsageError."""
    if room == "screen":
        day_of(given.get("as_of"))
        rooms.screen_options(given)
        return
    only_named(rooms.needed(given, "strategy", "the name of a strategy"))
    rooms.span_options(given)
    if room == "sweep":
        rooms.needed(given, "grid", _GRID)
    else:
        rooms.execution_options(given)


def view(house: Research, room: str, given: Given, lang: str, tell: Tell, out: str = "") -> View:
    """Asks the front door and draws the answer; `out`: where a sweep puts its variants. Raises ScreenerError."""
    asked = {**ROOMS[room].defaults(), **ROOMS[room].checked(given)}
    asked = {key: value for key, value in asked.items() if value}
    html, answer, full = _MADE[room](house, asked, lang, tell, out)
    text = visible_json(json.dumps(plain(answer.as_dict()), ensure_ascii=False, indent=2))
    return View(html, text, full, ROOMS[room].command(full, house.path))


def _screen(house: Research, asked: Given, lang: str, tell: Tell, out: str) -> tuple[str, Answer, Given]:
    from screener.report.desk import drawn
    from screener.report.page import PageSource
    from screener.research.views import outlook

    day, options = day_of(asked.get("as_of")), rooms.screen_options(asked)
    tell("reading", 0, 0)
    whole = outlook(house, day, **options)
    found = house.screen(whole.as_of, **options)
    tell("drawing", 0, 0)
    html = drawn(PageSource.of(whole, lang), ROOMS["screen"].sections)
    return html, found, {**asked, "as_of": str(whole.as_of)}


def _backtest(house: Research, asked: Given, lang: str, tell: Tell, out: str) -> tuple[str, Answer, Given]:
    from screener.report.desk import drawn
    from screener.report.page import PageSource
    from screener.research.views import around

    name = only_named(rooms.needed(asked, "strategy", "the name of a strategy"))
    span, cash = rooms.span_options(asked), rooms.execution_options(asked)
    tell("testing", 0, 0)
    params = [f"{key}={value}" for key, value in rooms.params_of(asked).items()]
    found = house.backtest(name, params=params, **span, **cash)
    tell("drawing", 0, 0)
    html = drawn(PageSource.of(around(house, found), lang), ROOMS["backtest"].sections)
    told = {rooms.PARAM + key: _word(value) for key, value in found.result.params.items()}
    return html, found, {**asked, **told, "start": str(found.first), "end": str(found.last)}


def _sweep(house: Research, asked: Given, lang: str, tell: Tell, out: str) -> tuple[str, Answer, Given]:
    from screener.report.desk import drawn_sweep

    name = only_named(rooms.needed(asked, "strategy", "the name of a strategy"))
    grid = rooms.needed(asked, "grid", _GRID).split()
    tell("reading", 0, 0)
    found = house.sweep(
        name,
        grid,
        **rooms.span_options(asked),
        walk_forward=asked.get("walk_forward"),
        out=out or None,
        progress=lambda done, count: tell("variants", done, count),
    )
    tell("drawing", 0, 0)
    return drawn_sweep(found, lang), found, {**asked, "start": str(found.first), "end": str(found.last)}


def _word(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


_MADE: Mapping[str, Callable[[Research, Given, str, Tell, str], tuple[str, Answer, Given]]] = {
    "screen": _screen,
    "backtest": _backtest,
    "sweep": _sweep,
}

"""Templates of the desk, filled."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import ChoiceLoader, FileSystemLoader

from screener.backtest.sweep.results import column
from screener.core.answer import Answer
from screener.core.config import BENCHMARK
from screener.evaluation.dossier import Dossier
from screener.evaluation.sweep import SweepAnswer
from screener.report.desk import files
from screener.report.desk.further import further
from screener.report.page import PageSource, words_of
from screener.report.page.render import PLOTLY_STYLE, environment, handed, json_text
from screener.report.page.sections import SECTIONS
from screener.report.page.source import Canvas
from screener.report.words import described, refused, spoken, told

HERE = Path(__file__).parent
SHOWN_VARIANTS = 200
# Controls whose values the page has words for.
_SPOKEN = {"policy": "policies", "burn": "burns", "universe": "universes"}
_GROUPS = ("counting", "listing", "costs", "execution", "checks", "more")
_INPUTS = {"date": "date", "number": "number"}


@lru_cache(maxsize=2)
def words(lang: str) -> Mapping[str, Any]:
    """Words of the desk."""
    return tomllib.loads((HERE / "words" / f"{lang}.toml").read_text(encoding="utf-8"))


def shell(
    room: str,
    controls: Sequence[Mapping[str, Any]],
    lang: str,
    *,
    store: str,
    names: Sequence[str],
    strategies: Sequence[Mapping[str, Any]] = (),
    begins: bool = True,
    parameters: bool = False,
) -> str:
    """The page of a room without an answer.

    `controls`: name, kind, default, choices (a value, or one with its words in each language), least, most, group.
    `strategies`: name, description, params. `begins`: it is answered when somebody comes in.
    """
    said = words(lang)
    with spoken(lang):
        offered = [(one["strategy"], described(str(one["description"]))) for one in strategies]
    fields = [_field(one, lang, room) for one in controls if one["kind"] != "strategy"]
    return _filled(
        "desk.html.j2",
        lang,
        room=room,
        rooms=[*names, "review"],
        store=store,
        fields=[one for one in fields if one["group"] == "main"],
        groups=[(name, kept) for name in _GROUPS if (kept := [one for one in fields if one["group"] == name])],
        strategies=strategies,
        offered=[("", said["choose"], ""), *(_option(name, does, lang) for name, does in offered)],
        begins=begins,
        parameters=parameters,
        assets=files.names(),
        taken=files.taken(),
        plotly_style=PLOTLY_STYLE,
        other="en" if lang == "zh" else "zh",
        words=json_text(said["script"]),
    )


def drawn(found: Dossier, lang: str, names: Sequence[str], answer: Answer) -> str:
    """An answer: its stamps, these sections of the page, further tables of it, with their data."""
    source, canvas, said = PageSource.of(found, lang), Canvas(), answer.stands_on
    sections = [{"id": name, **SECTIONS[name](source, canvas)} for name in names]
    with spoken(lang):
        tables = further(answer, lang)
    return _filled(
        "answer.html.j2",
        lang,
        source=source,
        sections=sections,
        further=tables,
        tables_first=len(found.events) > 1,
        **_stamped(answer, lang),
        data=handed(source.words, said.in_row(), {"charts": canvas.charts, "arrays": canvas.arrays, **canvas.extra}),
    )


def _stamped(answer: Answer, lang: str) -> dict[str, Any]:
    """What must be read before the first figure: as the terminal has it, the two great stamps in the page's words."""
    said, page = answer.stands_on, words_of(lang)["page"]
    hindsight = page["hindsight"] if said.hindsight else ""
    great = [stamp for stamp in (page["synthetic"] if said.synthetic else "", hindsight) if stamp]
    return {
        "about": {"as_of": said.as_of, "synthetic": said.synthetic, "hindsight": hindsight},
        "great": great,
        "behind": [_said(said.behind, lang)] if said.behind else [],
        "stamps": [_said(line, lang) for line in said.stamps[len(great) :] if line != said.behind],
        "line": _said(said.line, lang),
    }


def drawn_sweep(found: SweepAnswer, lang: str) -> str:
    """A sweep: its verdict, what it rests on, every variant (the best `SHOWN_VARIANTS`)."""
    axes = [name for name, _ in found.results.job.grid.axes]
    named = {best.variant: best.deflated_sharpe for best in found.best}
    rows = [{**row, "deflated": named.get(row["variant"])} for row in found.frame().head(SHOWN_VARIANTS).to_dicts()]
    return _filled(
        "sweep.html.j2",
        lang,
        found=found,
        axes=[(axis, column(axis)) for axis in axes],
        rows=rows,
        verdict=_said(found.verdict, lang),
        **_stamped(found, lang),
        benchmark=BENCHMARK,
        folds=[asdict(fold) for fold in found.out_of_sample.folds] if found.out_of_sample else [],
        data=handed(words_of(lang), found.stands_on.in_row(), {"charts": {}, "arrays": {}}),
    )


def refusal(sentence: str) -> str:
    """A page that says one sentence, in English and in Chinese: who is refused has no language yet."""
    with spoken("zh"):
        chinese = refused(sentence)
    told = [("zh-CN", chinese), *([("en", sentence)] if chinese != sentence else [])]
    return _filled("refusal.html.j2", "zh", told=told)


def _said(sentence: str, lang: str) -> str:
    with spoken(lang):
        return told(sentence)


def _field(control: Mapping[str, Any], lang: str, room: str) -> dict[str, Any]:
    """A control with its words: label, unit, what it stands at where it is blank, the words of its values."""
    name, said = control["name"], words(lang)
    told = words_of(lang).get(_SPOKEN.get(name, ""), {}) | said["values"].get(name, {})
    yes_no = said["values"]["flag"] if control["kind"] == "flag" else {}
    pairs = [one if isinstance(one, tuple) else (one, "", "") for one in control["choices"]]
    own = {value: zh if lang == "zh" else en for value, zh, en in pairs}
    shown = {value: yes_no.get(value) or told.get(value) or own[value] or value for value, *_ in pairs}
    default, unit = control["default"], said["units"].get(name, "")
    blank = said["blank"].get(f"{name}_{room}", said["blank"].get(name, ""))
    shown_default = f"{int(default):,}" if default.isdecimal() else yes_no.get(default, default)
    standard = said["default"].format(shown_default) if default else blank
    return {
        **control,
        "input": _INPUTS.get(control["kind"], "text"),
        "options": [(value, text, "") if yes_no else _option(value, text, lang) for value, text in shown.items()],
        "label": said["controls"][name],
        "hint": said["between"].join(part for part in (unit, standard) if part),
        "example": said["hints"].get(name, ""),
    }


def _option(value: str, meaning: str, lang: str) -> tuple[str, str, str]:
    """(what is sent, what the list shows, what it means): closed, a list shows what is typed, its meaning below."""
    if meaning == value:
        return value, value, ""
    return value, f"{value}{words_of(lang)['marks']['colon']}{meaning}", meaning


def _filled(template: str, lang: str, **values: Any) -> str:
    made = environment()
    made.loader = ChoiceLoader([FileSystemLoader(HERE / "templates"), made.loader])
    found: str = made.get_template(template).render(w=words_of(lang), d=words(lang), lang=lang, **values)
    return found

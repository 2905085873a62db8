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
from screener.core.config import BENCHMARK, Burn, Policy, Universe
from screener.evaluation.sweep import SweepAnswer
from screener.report.desk import files
from screener.report.page import PageSource, words_of
from screener.report.page.render import PLOTLY_STYLE, environment, handed, json_text, scripted
from screener.report.page.sections import SECTIONS, stands_on
from screener.report.page.source import Canvas
from screener.report.words import spoken, told

HERE = Path(__file__).parent
SHOWN_VARIANTS = 200
_CHOICES = {"policy": ("policies", Policy), "burn": ("burns", Burn), "universe": ("universes", Universe)}
_KINDS = {"as_of": "date", "start": "date", "end": "date", "lag": "number", "cash": "number"}


@lru_cache(maxsize=2)
def words(lang: str) -> Mapping[str, Any]:
    """Words of the desk."""
    return tomllib.loads((HERE / "words" / f"{lang}.toml").read_text(encoding="utf-8"))


def shell(
    room: str,
    controls: Mapping[str, str],
    lang: str,
    *,
    store: str,
    names: Sequence[str],
    strategies: Sequence[Mapping[str, Any]] = (),
    choices: Mapping[str, Sequence[str]] | None = None,
) -> str:
    """The page of a room without an answer.

    `strategies`: name, description, params. `choices`: values of a control that are not those of the program alone.
    """
    said = words(lang)
    return _filled(
        "desk.html.j2",
        lang,
        room=room,
        rooms=[*names, "review"],
        store=store,
        fields=[_field(name, default, lang, choices or {}) for name, default in controls.items() if name != "strategy"],
        strategies=strategies,
        assets=files.names(),
        taken=files.taken(),
        plotly_style=PLOTLY_STYLE,
        other="en" if lang == "zh" else "zh",
        words=json_text(said["script"]),
    )


def drawn(source: PageSource, names: Sequence[str]) -> str:
    """An answer: these sections of the page, with their data."""
    canvas = Canvas()
    standing = stands_on.build(source, canvas)
    sections = [{"id": name, **SECTIONS[name](source, canvas)} for name in names]
    return _filled(
        "answer.html.j2",
        source.language,
        source=source,
        standing=standing,
        sections=sections,
        data=scripted(source, canvas),
    )


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
        notes=[_said(note, lang) for note in found.stands_on.notes],
        verdict=_said(found.verdict, lang),
        line=_said(found.stands_on.line, lang),
        benchmark=BENCHMARK,
        folds=[asdict(fold) for fold in found.out_of_sample.folds] if found.out_of_sample else [],
        data=handed(words_of(lang), found.stands_on.in_row(), {"charts": {}, "arrays": {}}),
    )


def _said(sentence: str, lang: str) -> str:
    with spoken(lang):
        return told(sentence)


def _field(name: str, default: str, lang: str, choices: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    found: dict[str, Any] = {"name": name, "default": default, "kind": _KINDS.get(name, "text"), "options": []}
    if name in _CHOICES:
        group, values = _CHOICES[name]
        told = words_of(lang)[group]
        shown = choices.get(name, [str(value) for value in values])
        found["options"] = [(value, told.get(value, value)) for value in shown]
    return found


def _filled(template: str, lang: str, **values: Any) -> str:
    made = environment()
    made.loader = ChoiceLoader([FileSystemLoader(HERE / "templates"), made.loader])
    found: str = made.get_template(template).render(w=words_of(lang), d=words(lang), lang=lang, **values)
    return found

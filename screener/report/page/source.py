"""What the page is made from, and what its sections share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any

from screener.evaluation.dossier import Dossier
from screener.report.charts import Figure
from screener.report.words import Words, described, spoken, told, words_of


@dataclass(frozen=True, kw_only=True)
class PageSource(Dossier):
    """A dossier in the words of a language."""

    language: str

    @classmethod
    def of(cls, found: Dossier, language: str) -> PageSource:
        """The dossier to be drawn in a language. Raises UsageError for one without words."""
        words_of(language)
        return cls(**{each.name: getattr(found, each.name) for each in fields(found)}, language=language)

    @cached_property
    def words(self) -> Words:
        """Every label in the language of the page."""
        return words_of(self.language)

    @cached_property
    def kinds(self) -> Mapping[str, str]:
        """Kind of an announcement → its label in the language of the page."""
        frame = self.market.kinds
        return dict(zip(frame["kind"], frame[f"label_{self.language}"], strict=True))

    @cached_property
    def groups(self) -> Mapping[str, str]:
        """Kind of an announcement → its group: inflow, outflow, capital, warning, other."""
        frame = self.market.kinds
        return dict(zip(frame["kind"], frame["group"], strict=True))

    def name_of(self, symbol: str) -> str:
        """Short name of a firm; the symbol where none is stored."""
        return self.market.names.get(symbol, symbol)

    def told(self, sentence: str) -> str:
        """A sentence of the program in the language of the page, where a list has it."""
        with spoken(self.language):
            return told(sentence)

    def described(self, sentence: str) -> str:
        """What a strategy says of itself, in the language of the page where it is a packaged one."""
        with spoken(self.language):
            return described(sentence)

    def word(self, group: str, key: str | None) -> str:
        """The word for a value of a vocabulary (refusal reasons, statuses …); the value itself where there is none."""
        key = key or "unstated"
        return str(self.words.get(group, {}).get(key, key.replace("_", " ")))


@dataclass
class Canvas:
    """Charts and shared arrays the sections add to the page; `#name` inside a chart stands for a shared array."""

    charts: dict[str, Figure] = field(default_factory=dict)
    arrays: dict[str, list[Any]] = field(default_factory=dict)
    extra: dict[str, Any] = field(default_factory=dict)

    def chart(self, name: str, figure: Figure) -> str:
        """Adds a chart; returns the name under which a template places it."""
        self.charts[name] = figure
        return name

    def array(self, name: str, values: list[Any]) -> str:
        """Adds an array that several charts share; returns how a chart refers to it."""
        self.arrays[name] = values
        return f"#{name}"

"""Pages of the SYNTHETIC market, made once per process; one of them with titles and names that want to be markup."""

from __future__ import annotations

from datetime import date
from functools import cache
from html.parser import HTMLParser
from typing import Any

import polars as pl

from screener.evaluation.dossier import Dossier, dossier, sketch
from screener.point_in_time.market import Market
from screener.report.page import PageSource, render
from tests.synthetic import synthetic_frames

DAY = date(2026, 6, 30)
NAME = "<script>alert('name')</script>"
LONG = "W" * 400  # without a place to break
TITLES = {
    "R01": "<script>alert('title')</script>",
    "R02": '"><img src=x onerror=alert(1)>',
    "R03": "{{7*7}} {% raw %} ${7*7}",
    "R04": "</script><script>alert('end')</script>",
    "R05": "<!--<script>",
    "R06": LONG.lower(),
}
SYMBOL = "301396.SZ"


@cache
def frames() -> dict[str, pl.DataFrame]:
    return synthetic_frames()


@cache
def found(hostile: bool, day: date) -> Dossier:
    return dossier(sketch(Market.build(_hostile(frames()) if hostile else frames()), day), draws=99)


@cache
def source(language: str = "en", *, hostile: bool = False, day: date = DAY) -> PageSource:
    return PageSource.of(found(hostile, day), language)


@cache
def page(language: str = "en", *, hostile: bool = False, day: date = DAY) -> str:
    return render(source(language, hostile=hostile, day=day))


def _hostile(stored: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    announcements, firms, commitments = stored["announcements"], stored["firms"], stored["commitments"]
    titled = pl.col("announcement_id").replace_strict(TITLES, default=pl.col("title"), return_dtype=pl.String)
    names = {SYMBOL: NAME, "300872.SZ": LONG, "000048.SZ": LONG}  # one with a score, one without
    named = pl.col("symbol").replace_strict(names, default=pl.col("name"), return_dtype=pl.String)
    return {
        **stored,
        "announcements": announcements.with_columns(title=titled, url=pl.lit("javascript:alert(1)")),
        "firms": firms.with_columns(name=named),
        "commitments": commitments.with_columns(counterparty=pl.lit("<b onclick=alert(1)>X</b>")),
    }


class Parsed(HTMLParser):
    """Every element with its attributes; text; the raw content of scripts and styles."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, Any]]] = []
        self.raw: list[tuple[str, dict[str, Any], str]] = []
        self.text: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag in ("script", "style"):
            self.raw.append((tag, dict(attrs), ""))

    def handle_data(self, data: str) -> None:
        if self.cdata_elem:
            tag, attrs, before = self.raw[-1]
            self.raw[-1] = (tag, attrs, before + data)
        else:
            self.text.append(data)


@cache
def parsed(language: str = "en", *, hostile: bool = False, day: date = DAY) -> Parsed:
    return Parsed(page(language, hostile=hostile, day=day))

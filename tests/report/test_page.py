"""The page as a document: complete in both languages, safe against hostile text, locked, self-contained, small."""

from __future__ import annotations

import base64
import hashlib
import json
import sys
from datetime import date
from typing import Any

import polars as pl
import pytest

from screener.core.errors import DataRefused, UsageError
from screener.evaluation.dossier import dossier, sketch
from screener.point_in_time.market import Market
from screener.report.page import LANGUAGES, PageSource, render
from screener.report.page.render import safe_link
from screener.report.page.sections import SECTIONS
from screener.report.words import words_of
from tests.report.pages import DAY, NAME, SYMBOL, TITLES, frames, page, parsed, source

ASSETS = {"lock.js", "plotly", "charts.js", "tables.js", "believe.js"}
both = pytest.mark.parametrize("language", LANGUAGES)


def shape(words: Any) -> Any:
    return {key: shape(value) for key, value in words.items()} if isinstance(words, dict) else type(words)


@both
def test_every_section_stands_in_order(language: str) -> None:
    ids = [attrs.get("id") for tag, attrs in parsed(language).elements if tag == "section"]
    assert ids == list(SECTIONS)


@both
def test_every_chart_that_is_placed_has_data_and_the_other_way_round(language: str) -> None:
    placed = {attrs["data-chart"] for _, attrs in parsed(language).elements if "data-chart" in attrs}
    assert placed == set(data(language)["charts"])
    assert placed


def data(language: str = "en", **more: Any) -> Any:
    return next(json.loads(text) for _, attrs, text in parsed(language, **more).raw if attrs.get("id") == "data")


def test_both_languages_have_the_same_words() -> None:
    zh, en = (words_of(language) for language in LANGUAGES)
    assert shape(zh) == shape(en)
    assert len(zh["limits"]["items"]) == len(en["limits"]["items"])


def test_the_language_of_the_page_is_declared() -> None:
    assert 'lang="zh-CN"' in page("zh")[:60]
    assert 'lang="en"' in page("en")[:60]


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(UsageError, match="zh or en"):
        words_of("fr")


@pytest.mark.parametrize("text", [NAME, *TITLES.values(), "<b onclick=alert(1)>X</b>"])
def test_hostile_text_shows_as_text(text: str) -> None:
    assert any(text in shown for shown in parsed(hostile=True).text)


def test_hostile_text_makes_no_element() -> None:
    made = parsed(hostile=True).elements
    assert not [attrs for tag, attrs in made if tag in ("img", "iframe", "object", "embed", "base", "form", "b")]
    scripts = {attrs.get("data-name") or attrs.get("id") for tag, attrs in made if tag == "script"}
    assert scripts == ASSETS | {"data"}


def test_the_hostile_page_has_as_many_elements_as_the_plain_one() -> None:
    assert [tag for tag, _ in parsed(hostile=True).elements] == [tag for tag, _ in parsed().elements]


def test_the_data_cannot_end_its_script() -> None:
    text = next(text for _, attrs, text in parsed(hostile=True).raw if attrs.get("id") == "data")
    assert not set("<>&") & set(text)


def test_no_title_or_name_enters_a_chart() -> None:
    charts = json.dumps(data(hostile=True)["charts"], ensure_ascii=False)
    assert NAME not in charts
    assert not [title for title in TITLES.values() if title in charts]


@both
def test_nothing_runs_from_an_attribute(language: str) -> None:
    for tag, attrs in parsed(language, hostile=True).elements:
        assert not [name for name in attrs if name.startswith("on") or name in ("style", "srcdoc")], tag


@both
def test_nothing_is_loaded_from_anywhere(language: str) -> None:
    elements = parsed(language).elements
    assert not [attrs for _, attrs in elements if "src" in attrs]
    assert {attrs["href"][:5] for tag, attrs in elements if tag == "link"} == {"data:"}


def test_links_of_the_store_are_followed_only_over_http() -> None:
    links = [attrs["href"] for tag, attrs in parsed(hostile=True).elements if tag == "a"]
    assert links
    assert all(link.startswith("#") for link in links)


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://a.cn/x", True),
        ("HTTP://a.cn", True),
        (" https://a.cn", True),
        ("javascript:alert(1)", False),
        ("data:text/html,x", False),
        ("//a.cn", False),
        ("", False),
        (None, False),
        ("java\nscript:x", False),
    ],
)
def test_only_web_links_survive(url: str | None, kept: bool) -> None:
    assert bool(safe_link(url)) is kept


def hash_of(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def directives(language: str = "en") -> dict[str, list[str]]:
    found = next(a["content"] for t, a in parsed(language).elements if a.get("http-equiv") == "Content-Security-Policy")
    return {words[0]: words[1:] for words in (part.split() for part in found.split("; "))}


@both
def test_the_policy_names_exactly_the_scripts_and_styles_of_the_page(language: str) -> None:
    raw, policy = parsed(language).raw, directives(language)
    scripts = [hash_of(text) for tag, attrs, text in raw if tag == "script" and attrs.get("type") != "application/json"]
    assert policy["script-src"] == scripts
    assert policy["style-src"] == [hash_of(text) for tag, _, text in raw if tag == "style"]


def test_the_policy_allows_nothing_else() -> None:
    policy = directives()
    assert policy["default-src"] == policy["base-uri"] == policy["form-action"] == ["'none'"]
    assert "unsafe" not in str(policy)


def test_the_policy_stands_before_anything_it_must_hold() -> None:
    tags = [tag for tag, _ in parsed().elements]
    policy = tags.index("meta") + 1
    assert parsed().elements[policy][1]["http-equiv"] == "Content-Security-Policy"
    assert policy < min(tags.index("style"), tags.index("script"))


@both
def test_the_page_stays_under_the_limit(language: str) -> None:
    assert len(page(language).encode()) < 6_000_000


def test_a_page_beyond_the_limit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules[render.__module__], "LIMIT", 1000)
    with pytest.raises(DataRefused, match="too large"):
        render(source(day=date(2024, 8, 5)))


def test_the_same_facts_give_the_same_bytes() -> None:
    day = date(2024, 12, 2)
    assert render(source(day=day)) == page(day=day)


@both
def test_synthetic_prices_and_hindsight_are_said_first(language: str) -> None:
    words, text = words_of(language)["page"], page(language)
    assert text.index(words["synthetic"]) < text.index("<main>")
    assert text.index(words["hindsight"]) < text.index("<main>")


def test_nothing_later_than_the_day_is_in_the_page() -> None:
    early = source(day=date(2025, 8, 15))
    assert max(early.market.sessions) <= early.market.sessions.dtype.type("2025-08-15")
    assert all(row.known_at <= early.moment for row in early.market.announcements)
    assert max(row.rated.report_date for row in early.ratings) <= date(2025, 8, 15)
    assert "2025-09" not in json.dumps(data(day=date(2025, 8, 15))["arrays"])


@pytest.mark.parametrize("day", [date(2024, 8, 5), date(2024, 12, 2)])
def test_a_day_on_which_little_was_known_still_has_every_section(day: date) -> None:
    assert [a["id"] for t, a in parsed(day=day).elements if t == "section"] == list(SECTIONS)


@both
def test_a_firm_without_an_amount_shows_blanks_not_zero(language: str) -> None:
    text = page(language)
    row = text[text.index("603629.SH</span></th>") :]
    cells = row[: row.index("</tr>")]
    assert cells.count('data-v=""') >= 4 and "0.00" not in cells


def test_every_announcement_has_its_card() -> None:
    cards = {attrs["id"] for _, attrs in parsed().elements if str(attrs.get("id", "")).startswith("ann-")}
    assert cards == {f"ann-{row.announcement_id}" for row in source().panel.announcements}


def test_every_mark_points_to_a_card() -> None:
    ids = {attrs.get("id") for _, attrs in parsed().elements}
    traces = data()["charts"][f"firm-{SYMBOL}"]["data"]
    marks = [name for trace in traces if trace["mode"] == "markers" for name in trace["customdata"]]
    assert marks
    assert set(marks) <= ids


def test_rights_on_unknown_terms_are_held_through_and_said_to_lapse() -> None:
    actions = frames()["actions"].with_columns(
        kind=pl.lit("rights"), reference_price=pl.lit(None, pl.Float64), shares_to_holder=pl.lit(0.0)
    )
    market = Market.build({**frames(), "actions": actions})
    found = dossier(sketch(market, DAY, strategies=("buy_and_hold",)), draws=99)
    assert len(found.runs) == 1
    assert "not booked, as the store does not say on which terms" in render(PageSource.of(found, "en"))


def test_a_time_that_nobody_explains_is_not_stated() -> None:
    told = frames()["announcements"].with_columns(known_at_basis=pl.lit(None, pl.String))
    found = dossier(sketch(Market.build({**frames(), "announcements": told}), DAY, strategies=()), draws=99)
    assert "not stated 61" in render(PageSource.of(found, "en"))

"""What only a browser can tell: it draws, complains of nothing, asks for nothing, sorts, shows, fits, can be read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from screener.report.page.sections import SECTIONS
from screener.report.page.sections.believe import implied_orders
from tests.browser.conftest import Opened
from tests.report.pages import NAME, SYMBOL, source

Open = Callable[..., Opened]
pytestmark = pytest.mark.xdist_group("browser")


@pytest.mark.parametrize("name", ["zh", "en", "hostile"])
def test_every_chart_draws_without_a_complaint_or_a_request(name: str, opened: Open) -> None:
    it = opened(name)
    it.draw_all()
    drawn = it.page.locator("[data-chart] .main-svg").count()
    assert drawn >= it.page.locator("[data-chart]").count() > 20
    assert it.complaints == []
    assert [url for url in it.requests if not url.startswith(("file:", "data:"))] == []


@pytest.mark.parametrize("name", ["zh", "en"])
def test_every_section_has_height_and_a_heading(name: str, opened: Open) -> None:
    it = opened(name)
    for section in SECTIONS:
        box = it.page.locator(f"section#{section}").bounding_box()
        assert box is not None
        assert box["height"] > 80
        assert it.page.locator(f"section#{section} h2").inner_text()


@pytest.mark.parametrize(
    ("name", "width", "scheme"),
    [("zh", 390, "light"), ("zh", 820, "dark"), ("zh", 1440, "light"), ("en", 390, "dark"), ("en", 820, "light")],
)
def test_the_page_never_scrolls_sideways(name: str, width: int, scheme: str, opened: Open) -> None:
    it = opened(name, width, scheme)
    it.draw_all()
    it.page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert it.page.evaluate("document.documentElement.scrollWidth") <= width


def ranks(it: Opened) -> list[str]:
    return it.page.locator("#screen table.ranked tbody tr td:nth-child(2)").all_inner_texts()


def test_a_click_on_a_heading_sorts_and_a_second_one_turns_it_round(opened: Open) -> None:
    it = opened()
    cap = it.page.locator("#screen thead th", has_text="market cap").locator("button")
    cap.click()
    values = it.page.eval_on_selector_all("#screen tbody tr td:nth-child(7)", "cells => cells.map(c => +c.dataset.v)")
    assert values == sorted(values, reverse=True)
    cap.click()
    turned = it.page.eval_on_selector_all("#screen tbody tr td:nth-child(7)", "cells => cells.map(c => +c.dataset.v)")
    assert turned == sorted(values)
    assert it.page.locator("#screen th[aria-sort=ascending]").count() == 1


@pytest.mark.parametrize("clicks", [1, 2])
def test_blanks_come_last_whichever_way_it_is_sorted(clicks: int, opened: Open) -> None:
    it = opened()
    for _ in range(clicks):
        it.page.locator("#screen thead th", has_text="score").locator("button").first.click()
    found = ranks(it)
    scored = sum(row.score is not None for row in source().screen.rows)
    assert set(found[scored:]) == {"—"}
    assert "—" not in found[:scored]


def test_contracts_show_on_hover_and_go_when_the_pointer_leaves(opened: Open) -> None:
    it = opened()
    it.page.locator(f'[data-tip="tip-{SYMBOL}"]').hover()
    tip = it.page.locator(f'[id="tip-{SYMBOL}"]')
    tip.wait_for(state="visible")
    assert "36 months" in tip.inner_text()
    it.page.mouse.move(2, 2)
    tip.wait_for(state="hidden")


def test_contracts_show_on_focus_and_go_with_escape(opened: Open) -> None:
    it = opened()
    button, tip = it.page.locator(f'[data-tip="tip-{SYMBOL}"]'), it.page.locator(f'[id="tip-{SYMBOL}"]')
    button.focus()
    assert tip.is_visible()
    assert button.get_attribute("aria-expanded") == "true"
    it.page.keyboard.press("Escape")
    assert tip.is_hidden()


def test_contracts_show_on_tap_and_close(opened: Open) -> None:
    it = opened(width=390, touch=True)
    it.page.locator(f'[data-tip="tip-{SYMBOL}"]').tap()
    tip = it.page.locator(f'[id="tip-{SYMBOL}"]')
    assert tip.is_visible()
    tip.locator("button.close").tap()
    assert tip.is_hidden()


def first_mark(it: Opened) -> Any:
    chart = it.page.locator(f'[data-chart="firm-{SYMBOL}"]')
    chart.scroll_into_view_if_needed()
    chart.locator(".main-svg").first.wait_for()
    return chart.locator(".points path.point").first


def test_a_mark_shows_its_announcement_on_hover_and_opens_its_card_on_click(opened: Open) -> None:
    it = opened()
    box = first_mark(it).bounding_box()
    at = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    it.page.mouse.move(*at, steps=4)
    it.page.locator(".chartcard").wait_for()
    assert "known at" in it.page.locator(".chartcard").inner_text()
    it.page.mouse.click(*at)
    card = it.page.locator(".card.shown")
    card.wait_for()
    assert "known at" in card.inner_text()
    assert card.count() == 1


def test_hostile_names_show_as_text_in_notes_too(opened: Open) -> None:
    it = opened("hostile")
    assert NAME in it.page.locator("#screen tbody th").all_inner_texts()[0]
    it.page.locator(f'[data-tip="tip-{SYMBOL}"]').hover()
    assert NAME in it.page.locator(f'[id="tip-{SYMBOL}"]').inner_text()
    assert it.complaints == []


def test_a_slider_moves_the_implied_orders_by_the_same_formula(opened: Open) -> None:
    it = opened()
    it.page.locator("#s-margin").fill("0.1")
    it.page.locator("#s-non_compute").fill("0.5")
    values = {
        name: float(it.page.locator(f"#s-{name}").input_value())
        for name in ("margin", "years", "renewal", "discount", "non_compute")
    }
    row = it.page.locator(f'#believe-table tr[data-symbol="{SYMBOL}"]')
    shown = float(str(row.locator(".implied").get_attribute("data-v")))
    assert shown == pytest.approx(implied_orders(source().firms[SYMBOL].market_cap or 0.0, **values), rel=1e-9)
    assert it.page.locator("#o-margin").inner_text() == "10.0%"


def test_chinese_glyphs_show(opened: Open) -> None:
    it = opened("zh")
    # A missing glyph is drawn as the same box for every character: pictures of different ones would be equal.
    pictures = it.page.evaluate(
        """() => [...'算力订单\\uE0F1'].map(letter => {
            const canvas = document.createElement('canvas'); canvas.width = canvas.height = 40;
            const pen = canvas.getContext('2d'); pen.font = '32px ' + getComputedStyle(document.body).fontFamily;
            pen.fillText(letter, 2, 34); return canvas.toDataURL() + pen.measureText(letter).width; })"""
    )
    assert len(set(pictures)) == 5


@pytest.mark.parametrize(("name", "scheme"), [("zh", "dark"), ("en", "light")])
def test_axe_finds_nothing(name: str, scheme: str, opened: Open) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")
    it = opened(name, 1280, scheme)
    it.page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    found = axe.Axe().run(
        it.page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "best-practice"], "resultTypes": ["violations"]}
    )
    assert [(rule["id"], [node["target"] for node in rule["nodes"]][:4]) for rule in found.response["violations"]] == []


def test_the_colours_of_charts_follow_the_scheme(opened: Open) -> None:
    it = opened(scheme="light")
    it.page.evaluate("draw(document.querySelector('[data-chart=equity]'))")
    colour = "document.querySelector('[data-chart=equity]').layout.font.color"
    before = it.page.evaluate(colour)
    it.page.emulate_media(color_scheme="dark")
    # Asked again and again: the page's own policy forbids the browser to wait for a text it would have to evaluate.
    for _ in range(100):
        if it.page.evaluate(colour) != before:
            return
        it.page.wait_for_timeout(50)
    pytest.fail(f"the chart kept its colour {before} in the dark")


def test_print_uses_light_colours_and_shows_every_card(opened: Open) -> None:
    it = opened(scheme="dark")
    it.page.evaluate("dispatchEvent(new Event('beforeprint'))")
    it.page.emulate_media(media="print")
    assert (
        it.page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--paper').trim()") == "#ffffff"
    )
    assert it.page.locator(".card:visible").count() == it.page.locator(".card").count() > 50
    assert it.page.locator("[data-chart] .main-svg").count() > 20

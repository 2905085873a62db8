"""What only a browser can tell: it draws, complains of nothing, asks for nothing, sorts, shows, fits, can be read.

Tests that leave a page as it was look at one page of each language; the others open their own.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from screener.report.page.sections import SECTIONS
from screener.report.page.sections.believe import implied_orders
from tests.browser import axe
from tests.browser.conftest import Opened
from tests.cases import later
from tests.report.pages import LONG, NAME, SYMBOL, source

Open = Callable[..., Opened]
pytestmark = pytest.mark.xdist_group("browser")


@pytest.mark.parametrize("name", ["zh", *later("en"), "hostile"])
def test_every_chart_draws_without_a_complaint_or_a_request(name: str, shared: Open) -> None:
    it = shared(name, drawn=True)
    drawn = it.page.locator("[data-chart] .main-svg").count()
    assert drawn >= it.page.locator("[data-chart]").count() > 20
    assert it.complaints == []
    assert [url for url in it.requests if not url.startswith(("file:", "data:"))] == []


@pytest.mark.parametrize("name", ["zh", "en"])
def test_every_section_has_height_and_a_heading(name: str, shared: Open) -> None:
    it = shared(name)
    for section in SECTIONS:
        box = it.page.locator(f"section#{section}").bounding_box()
        assert box is not None
        assert box["height"] > 80
        assert it.page.locator(f"section#{section} h2").inner_text()


@pytest.mark.long
@pytest.mark.parametrize("name", ["zh", "en"])
@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (768, "dark"), (1440, "light")])
def test_the_page_never_scrolls_sideways(name: str, width: int, scheme: str, shared: Open) -> None:
    assert shared(name, width, scheme, drawn=True).page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("name", ["hostile", "brief"])
def test_a_name_or_a_title_without_a_space_breaks_where_the_line_ends(name: str, opened: Open, shared: Open) -> None:
    it = (opened if name == "brief" else shared)(name, 390)
    it.open_all()
    for width in (390, 768, 1280):
        it.page.set_viewport_size({"width": width, "height": 900})
        assert LONG in str(it.page.text_content("body"))
        assert it.page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("width", [390, 768, 1280, 1920])
def test_the_ranking_fits_its_box(width: int, shared: Open) -> None:
    it = shared("en", width)
    inside = "box => box.scrollWidth <= box.clientWidth"
    assert it.page.eval_on_selector("#screen .scroll", inside)
    shown = "cells => cells.filter(c => getComputedStyle(c).display !== 'none').length"
    columns = it.page.eval_on_selector_all("#screen tbody tr:first-child > *", shown)
    assert columns == 8 if width == 768 else columns == 14


def test_what_works_on_a_table_is_called_as_a_reader_would_call_the_table(shared: Open) -> None:
    page = shared("zh").page
    told = page.eval_on_selector_all(".tools > *", "nodes => nodes.map(n => n.getAttribute('aria-label'))")
    ids = page.eval_on_selector_all("section[id]", "nodes => nodes.map(n => n.id)")
    assert len(told) > 20 and not [label for label in told if label.endswith(": ") or any(one in label for one in ids)]


@pytest.mark.long
@pytest.mark.parametrize("width", [390, 1280])
def test_what_is_touched_is_large_enough(width: int, shared: Open) -> None:
    small = """nodes => nodes.filter(n => { const r = n.getBoundingClientRect();
        return r.width && getComputedStyle(n).visibility !== 'hidden' && (r.height < 31.5 || r.width < 31.5); })
        .map(n => n.outerHTML.slice(0, 90))"""
    aims = "nav a, button, summary, input, .answer h3 a"
    assert shared("zh", width).page.eval_on_selector_all(aims, small) == []


@pytest.mark.parametrize("name", ["zh", "en"])
def test_the_first_screen_holds_the_answer(name: str, opened: Open) -> None:
    it = opened(name)
    rows = it.page.locator("#brief table.places tbody tr")
    assert rows.count() == min(6, len(source().brief.ranked))
    for width, height in ((1280, 900), {"zh": (390, 844), "en": (768, 1024)}[name]):
        it.page.set_viewport_size({"width": width, "height": height})
        last = rows.last.bounding_box()
        assert last is not None and last["y"] + last["height"] < height
        tops = it.page.locator("#brief .answer").evaluate_all("all => all.map(one => one.getBoundingClientRect().top)")
        assert sum(top < height for top in tops) == (2 if width == 390 else 5)


def test_the_way_to_a_section_is_marked_and_opens_what_is_folded(opened: Open) -> None:
    it = opened("zh")
    it.page.emulate_media(reduced_motion="reduce")
    current = it.page.locator("nav a[aria-current]")
    assert current.get_attribute("href") == "#brief"
    it.page.locator("nav a[href='#stands_on']").click()
    it.page.locator("nav a[href='#stands_on'][aria-current]").wait_for()
    assert current.get_attribute("href") == "#stands_on"
    folded = it.page.locator("#firms details.others article").first
    assert folded.is_hidden()
    it.page.evaluate("id => { location.hash = id }", folded.get_attribute("id"))
    folded.wait_for(state="visible")


def ranks(it: Opened) -> list[str]:
    return it.page.locator("#screen table.ranked tbody tr td:nth-child(2)").all_inner_texts()


def test_a_click_on_a_heading_sorts_and_a_second_one_turns_it_round(shared: Open) -> None:
    it = shared()
    cap = it.page.locator("#screen thead th", has_text="market cap").locator("button")
    cap.click()
    values = it.page.eval_on_selector_all("#screen tbody tr td:nth-child(7)", "cells => cells.map(c => +c.dataset.v)")
    assert values == sorted(values, reverse=True)
    cap.click()
    turned = it.page.eval_on_selector_all("#screen tbody tr td:nth-child(7)", "cells => cells.map(c => +c.dataset.v)")
    assert turned == sorted(values)
    assert it.page.locator("#screen th[aria-sort=ascending]").count() == 1


@pytest.mark.parametrize("clicks", [1, 2])
def test_blanks_come_last_whichever_way_it_is_sorted(clicks: int, shared: Open) -> None:
    it = shared()
    for _ in range(clicks):
        it.page.locator("#screen thead th", has_text="score").locator("button").first.click()
    found = ranks(it)
    scored = sum(row.score is not None for row in source().screen.rows)
    assert set(found[scored:]) == {"—"}
    assert "—" not in found[:scored]


def test_a_filter_leaves_the_rows_that_hold_the_word_and_csv_has_them_with_their_stamps(
    shared: Open, tmp_path: Path
) -> None:
    it = shared("hostile")
    tools = it.page.locator("#screen .tools")
    tools.locator("input").fill("301396")
    assert it.page.locator("#screen table.ranked tbody tr:visible").count() == 1
    with it.page.expect_download() as loading:
        tools.locator("button").last.click()
    loading.value.save_as(tmp_path / "t.csv")
    tools.locator("input").fill("")
    head, row = csv.reader(io.StringIO((tmp_path / "t.csv").read_text(encoding="utf-8-sig")))
    assert head[-3:] == ["as_of", "synthetic", "hindsight"]
    assert row[0].startswith(NAME) and row[-3:-1] == [str(source().as_of), "True"] and "HINDSIGHT" in row[-1]
    assert float(row[2]) == pytest.approx(source().screen.rows[0].score)
    assert it.complaints == []


def test_contracts_show_on_hover_and_go_when_the_pointer_leaves(shared: Open) -> None:
    it = shared()
    it.page.locator(f'[data-tip="tip-{SYMBOL}"]').hover()
    tip = it.page.locator(f'[id="tip-{SYMBOL}"]')
    tip.wait_for(state="visible")
    assert "36 months" in tip.inner_text()
    it.page.mouse.move(2, 2)
    tip.wait_for(state="hidden")


def test_contracts_show_on_focus_and_go_with_escape(shared: Open) -> None:
    it = shared()
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


@pytest.mark.long
def test_a_mark_shows_its_announcement_on_hover_and_its_row_on_click(opened: Open) -> None:
    it = opened()
    box = first_mark(it).bounding_box()
    at = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    it.page.mouse.move(*at, steps=4)
    it.page.locator(".chartcard").wait_for()
    assert "known at" in it.page.locator(".chartcard").inner_text()
    it.page.mouse.click(*at)
    row = it.page.locator("tr.ann.shown")
    row.wait_for()
    assert row.count() == 1 and row.is_visible()


def test_anywhere_on_a_firm_the_day_is_shown(shared: Open) -> None:
    it = shared()
    first_mark(it)
    chart = it.page.locator(f'[data-chart="firm-{SYMBOL}"]')
    box = chart.bounding_box()
    assert box is not None
    it.page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 40, steps=4)
    chart.locator(".hoverlayer .legend, .hoverlayer text").first.wait_for()
    assert "202" in str(chart.locator(".hoverlayer").first.text_content())


def test_hostile_names_show_as_text_in_notes_too(shared: Open) -> None:
    it = shared("hostile")
    assert NAME in it.page.locator("#screen tbody th").all_inner_texts()[0]
    it.page.locator(f'[data-tip="tip-{SYMBOL}"]').hover()
    assert NAME in it.page.locator(f'[id="tip-{SYMBOL}"]').inner_text()
    it.page.mouse.move(2, 2)
    assert it.complaints == []


def test_a_slider_moves_the_implied_orders_by_the_same_formula(opened: Open) -> None:
    it = opened()
    it.page.locator("#s-margin").fill("0.1")
    it.page.locator("#s-non_compute").fill("0.5")
    values = {
        name: float(it.page.locator(f"#s-{name}").input_value())
        for name in ("margin", "years", "renewal", "discount", "non_compute")
    }
    cap = {symbol: firm.market_cap or 0.0 for symbol, firm in source().firms.items()}
    # A firm without a margin takes the reader's; one that disclosed a gross margin keeps it, as a bound.
    for symbol, margin, least in (("300872.SZ", 0.1, ""), (SYMBOL, 0.1175, "≥ ")):
        cell = it.page.locator(f'#believe-table tr[data-symbol="{symbol}"] .implied')
        expected = implied_orders(cap[symbol], **{**values, "margin": margin})
        assert float(str(cell.get_attribute("data-v"))) == pytest.approx(expected, rel=1e-9)
        assert cell.inner_text().startswith("≥ ") is bool(least)
    assert it.page.locator("#o-margin").inner_text() == "10.0%"


def test_chinese_glyphs_show(shared: Open) -> None:
    it = shared("zh")
    # A missing glyph is drawn as the same box for every character: pictures of different ones would be equal.
    pictures = it.page.evaluate(
        """() => [...'算力订单\\uE0F1'].map(letter => {
            const canvas = document.createElement('canvas'); canvas.width = canvas.height = 40;
            const pen = canvas.getContext('2d'); pen.font = '32px ' + getComputedStyle(document.body).fontFamily;
            pen.fillText(letter, 2, 34); return canvas.toDataURL() + pen.measureText(letter).width; })"""
    )
    assert len(set(pictures)) == 5


LOOKS = [("zh", 768, "light"), ("zh", 1280, "dark"), pytest.param("en", 768, "light", marks=pytest.mark.long)]


@pytest.mark.parametrize(("name", "width", "scheme"), LOOKS)
def test_axe_finds_nothing(name: str, width: int, scheme: str, shared: Open) -> None:
    assert axe.found(shared(name, width, scheme, drawn=True).page) == []


@pytest.mark.long
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

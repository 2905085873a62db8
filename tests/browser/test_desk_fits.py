"""Every room of the desk fits a phone, a tablet and a screen, for eyes and for screen readers."""

from __future__ import annotations

import pytest

from tests.browser.desks import Desk
from tests.browser.desks import desk as desk
from tests.cases import each_once

pytestmark = pytest.mark.xdist_group("browser")
ROOMS = {
    "brief": {"as_of": "2025-03-31", "strategies": "order_drift"},
    "screen": {"as_of": "2026-06-30"},
    "backtest": {"strategy": "buy_and_hold", "start": "2026-06-01", "end": "2026-06-30", "audit": "false"},
    "sweep": {"strategy": "order_drift", "grid": "hold=5,10", "start": "2026-06-01", "end": "2026-06-30"},
    "events": {"kind": "purchase", "window": "-1:1", "draws": "99"},
    "rating": {"as_of": "2026-06-30", "scorecard": "true"},
}
WIDTHS = (390, 768, 1280)
RULES = ["wcag2a", "wcag2aa", "wcag21aa", "best-practice"]
OPENED = "document.querySelectorAll('#settings, #again, .group, #view details').forEach(d => { d.open = true; })"
CUT = "all => all.filter(one => one.scrollWidth > one.clientWidth).map(one => one.textContent)"


@pytest.mark.parametrize(("room", "width"), each_once(ROOMS, WIDTHS))
def test_axe_finds_nothing_and_nothing_scrolls_sideways(desk: Desk, room: str, width: int) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")
    page = desk.go(room, desk.page, **ROOMS[room])
    desk.told()
    # The sections below the first are those of the page, where they are looked at whole.
    page.evaluate("document.querySelectorAll('#view section ~ section').forEach(one => one.remove())")
    for each in (*WIDTHS, width):
        page.set_viewport_size({"width": each, "height": 900})
        page.evaluate(OPENED)
        assert page.evaluate("document.documentElement.scrollWidth") <= each
    found = axe.Axe().run(page, options={"runOnly": RULES, "resultTypes": ["violations"]}).response["violations"]
    assert [(rule["id"], [node["target"] for node in rule["nodes"]][:4]) for rule in found] == []


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize(("lang", "meaning"), [("en", "evenly over the months"), ("zh", "按合同月数直线消化")])
def test_a_closed_list_shows_what_is_typed_and_below_it_what_that_means(
    desk: Desk, lang: str, meaning: str, width: int
) -> None:
    page = desk.go("screen", as_of="2026-06-30", lang=lang)
    page.set_viewport_size({"width": width, "height": 900})
    page.evaluate(OPENED)
    control = page.locator(".control", has=page.locator("#c-burn"))
    control.locator(".held", has_text="straight_line").wait_for()  # a script writes it there
    assert page.eval_on_selector_all(".held", CUT) == []
    assert control.locator(".held").inner_text() == "straight_line"
    assert meaning in control.locator(".chosen").inner_text()
    page.select_option("#c-burn", "none")
    control.locator(".held", has_text="none").wait_for()
    assert control.locator(".held").inner_text() == "none" and meaning not in control.locator(".chosen").inner_text()


def test_inputs_of_a_line_stand_side_by_side_however_long_their_labels_are(desk: Desk) -> None:
    page = desk.go("screen", as_of="2026-06-30")
    page.set_viewport_size({"width": 1280, "height": 900})
    page.evaluate(OPENED)
    tops = "all => all.map(one => Math.round(one.getBoundingClientRect().top))"
    labels, inputs = (
        page.eval_on_selector_all(f".group:first-of-type .control {of}", tops) for of in ("label", "[name]")
    )
    assert len(set(labels)) > 1 and max(inputs) - min(inputs) <= 1

"""What axe finds on a page: every rule on every element, contrast once for each look of a row.

Contrast takes three quarters of axe's time, and hundreds of rows look the same: same tags, classes and styles. Of those
the first is looked at, the others are out of the page meanwhile. No style of ours asks for the number of a row.
"""

from __future__ import annotations

from typing import Any

import pytest

RULES = ["wcag2a", "wcag2aa", "wcag21aa", "best-practice"]
CONTRAST = "color-contrast"
# A look is a row without its words and without the attributes that no style asks for.
PUT_AWAY = """() => { const seen = new Set(); window.putAway = [];
    const said = /(>)[^<]+(?=<)| (?:id|href|title|datetime|value|aria-label|aria-describedby|data-v|data-tip)="[^"]*"/g;
    for (const row of document.querySelectorAll('section tbody tr')) {
        const look = row.closest('section').id + row.outerHTML.replace(said, '$1');
        if (!seen.has(look)) { seen.add(look); continue; }
        const place = document.createComment('');
        row.replaceWith(place);
        window.putAway.push([place, row]);
    }
    return window.putAway.length; }"""
PUT_BACK = "() => window.putAway.forEach(([place, row]) => place.replaceWith(row))"


def found(page: Any) -> list[tuple[str, list[str]]]:
    """(rule, up to four places) of each rule that is broken; the page is left as it was."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")
    every = {"runOnly": RULES, "rules": {CONTRAST: {"enabled": False}}, "resultTypes": ["violations"]}
    broken = axe.Axe().run(page, options=every).response["violations"]
    page.evaluate(PUT_AWAY)
    broken += axe.Axe().run(page, options={"runOnly": [CONTRAST], "resultTypes": ["violations"]}).response["violations"]
    page.evaluate(PUT_BACK)
    return [(rule["id"], [node["target"] for node in rule["nodes"]][:4]) for rule in broken]

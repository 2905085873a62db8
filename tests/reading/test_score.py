"""The score on real announcements, where they lie beside the checkout."""

from __future__ import annotations

import pytest

from tests.reading.score import scores, side
from tests.recorded import shared_dir

FLOORS = {
    ("excerpts", "amount"): 0.95,
    ("excerpts", "currency"): 0.95,
    ("excerpts", "basis"): 0.95,
    ("excerpts", "counterparty"): 0.90,
    ("excerpts", "term_months"): 0.95,
    ("excerpts", "kind"): 0.95,
    ("excerpts", "direction"): 0.95,
    ("excerpts", "is_compute"): 0.95,
    ("sentences B", "amount"): 0.90,
    ("sentences B", "currency"): 0.95,
    ("corpus B", "counterparty"): 0.60,
    ("corpus B", "contract_name"): 0.45,
}


def test_real_announcements_are_read_no_worse_than_they_were() -> None:
    folder = shared_dir()
    if folder is None or not (folder / "announcements").is_dir():
        pytest.skip("no announcements beside the checkout (set SCREENER_SHARED to their folder)")
    table = scores(folder / "announcements")
    low = {name: round(table[name].f1, 3) for name, floor in FLOORS.items() if table[name].f1 < floor}
    assert low == {}


def test_sentences_that_differ_in_figures_alone_lie_on_one_side() -> None:
    text = "公司收到中标通知书，中标金额为{}万元，占公司{}年营业收入的{}%"
    assert len({side(text.format(*each)) for each in ((1, 2011, 5), (23.5, 2012, 6.4), (456, 2013, 0.9))}) == 1

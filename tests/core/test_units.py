"""How figures of any unit are written."""

from __future__ import annotations

import pytest

from screener.core.units import quantity


@pytest.mark.parametrize(
    ("value", "unit", "language", "shown"),
    [
        (2024, "year", "zh", "2024"),
        (45_000_000_000, "USD", "zh", "450亿"),
        (45_000_000_000, "USD", "en", "45,000,000,000"),
        (3487000000, "CNY", "zh", "34.87亿"),
        (13000, "P", "zh", "13,000"),
        (0.5, "%", "en", "0.5"),
        (None, "CNY", "zh", "—"),
    ],
)
def test_a_figure_has_no_exponent_and_a_year_no_comma(
    value: float | None, unit: str, language: str, shown: str
) -> None:
    assert quantity(value, unit, language) == shown

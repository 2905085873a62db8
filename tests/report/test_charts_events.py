"""The picture of an event study: its band, its stamps, its files."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from screener.core.errors import UsageError
from screener.evaluation.event_study import Bench, overview, path
from screener.report import charts
from tests.report.pages import source


@cache
def study() -> tuple[Bench, dict[str, Any]]:
    bench = Bench(source().market, draws=99)
    return bench, overview(bench, "order")


def test_the_band_lies_around_the_mean_path() -> None:
    drawn = path.mean_path(*study())
    assert drawn.caar.tolist() == [row["caar"] for row in study()[1]["path"]]
    first = path.running_sums(*study())[:, 0]
    half = (drawn.high[0] - drawn.low[0]) / 2
    n = len(first)
    # t(n−1) lies between 1.96 and 2.6 for the n of this market.
    assert 1.9 < half / (first.std(ddof=1) / np.sqrt(study()[1]["n_effective"])) < 2.6 and n > 5


def test_the_running_sums_average_to_the_path() -> None:
    drawn, sums = path.mean_path(*study()), path.running_sums(*study())
    whole = np.isfinite(sums).all(axis=0)
    assert whole.any()
    np.testing.assert_allclose(sums.mean(axis=0)[whole], drawn.caar[whole], atol=1e-12)


def test_a_study_that_only_describes_has_no_band() -> None:
    bench, found = study()
    drawn = path.mean_path(bench, {**found, "descriptive_only": True})
    assert np.isnan(drawn.low).all() and len(charts.path_figure(drawn, {"band": "", "offset": ""})["data"]) == 1
    assert "no band" in charts._events_heading({**found, "descriptive_only": True})


def test_the_title_says_what_the_picture_stands_on() -> None:
    found = study()[1]
    title = charts._events_heading(found)
    parts = ("SYNTHETIC", "HINDSIGHT", f"n {found['n']} of", f"detectable from ±{found['detectable_effect']:.1%}")
    assert all(part in title for part in parts)
    real = {**found, "data": {**found["data"], "synthetic": False}}
    assert "SYNTHETIC" not in charts._events_heading(real)


def test_no_event_is_no_picture(tmp_path: Path) -> None:
    bench, found = study()
    with pytest.raises(UsageError, match="nothing to draw"):
        charts.plot_events(bench, {**found, "path": []}, tmp_path / "a.png")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("name", "starts"), [("a.png", b"\x89PNG"), ("a.svg", b"<?xml"), ("a.html", b"<!doctype")])
def test_the_ending_chooses_the_format(name: str, starts: bytes, tmp_path: Path) -> None:
    assert charts.plot_events(*study(), tmp_path / name).read_bytes().startswith(starts)

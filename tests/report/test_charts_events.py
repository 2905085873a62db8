"""The picture of an event study: its band, its stamps, its files."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from screener.core.errors import UsageError
from screener.evaluation import event_study as es
from screener.evaluation.event_study import Overview, path
from screener.report import charts, plots
from tests.report.pages import source


@cache
def overview() -> Overview:
    return es.overview(es.Bench(source().market, draws=99), "order")


def with_study(**changes: Any) -> Overview:
    return replace(overview(), study=replace(overview().study, **changes))


def test_the_band_lies_around_the_mean_path() -> None:
    drawn, study = overview().mean_path, overview().study
    assert drawn.caar.tolist() == [day.caar for day in study.path]
    first = path.running_sums(study.around)[:, 0]
    half = (drawn.high[0] - drawn.low[0]) / 2
    # t(n−1) lies between 1.96 and 2.6 for the n of this market.
    assert 1.9 < half / (first.std(ddof=1) / np.sqrt(study.n_effective)) < 2.6 and len(first) > 5


def test_the_running_sums_average_to_the_path() -> None:
    drawn, sums = overview().mean_path, path.running_sums(overview().study.around)
    whole = np.isfinite(sums).all(axis=0)
    assert whole.any()
    np.testing.assert_allclose(sums.mean(axis=0)[whole], drawn.caar[whole], atol=1e-12)


def test_a_study_that_only_describes_has_no_band() -> None:
    found = with_study(n_effective=7.9)
    drawn = found.mean_path
    assert np.isnan(drawn.low).all() and len(charts.path_figure(drawn, {"band": "", "offset": ""})["data"]) == 1
    assert "no band" in plots._events_heading(found)


def test_the_title_says_what_the_picture_stands_on() -> None:
    found, study = overview(), overview().study
    title = plots._events_heading(found)
    parts = ("SYNTHETIC", "HINDSIGHT", f"n {study.n} of", f"detectable from ±{study.detectable:.1%}")
    assert all(part in title for part in parts)
    real = replace(found, standing=replace(found.standing, synthetic=False, hindsight=""))
    assert not [word for word in ("SYNTHETIC", "HINDSIGHT") if word in plots._events_heading(real)]


def test_no_event_is_no_picture(tmp_path: Path) -> None:
    found = es.overview(es.Bench(replace(source().market, announcements=()), draws=99), "order")
    with pytest.raises(UsageError, match="nothing to draw"):
        plots.plot_events(found, tmp_path / "a.png")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("name", "starts"), [("a.png", b"\x89PNG"), ("a.svg", b"<?xml"), ("a.html", b"<!doctype")])
def test_the_ending_chooses_the_format(name: str, starts: bytes, tmp_path: Path) -> None:
    assert plots.plot_events(overview(), tmp_path / name).read_bytes().startswith(starts)

"""Published cases beside the checkout, and events made by hand or by simulation."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from screener.evaluation.event_study.model import Abnormal, Model, fit, forecast
from tests.recorded import shared_dir

Floats = NDArray[np.float64]


def case_dir(name: str) -> Path:
    """Folder of a published case; skips the calling test where it is missing."""
    shared = shared_dir()
    folder = shared / "reference" / "cases" / name if shared else None
    if folder is None or not (folder / "expected.json").is_file():
        pytest.skip(f"no published case {name} beside the checkout (set SCREENER_SHARED to its folder)")
    return folder


def expected(name: str) -> dict[str, Any]:
    """expected.json of a case."""
    found: dict[str, Any] = json.loads((case_dir(name) / "expected.json").read_text(encoding="utf-8"))
    return found


@cache
def _covid_returns(path: Path) -> pl.DataFrame:
    return pl.read_csv(path, infer_schema_length=1000)


def covid_events(first: int, last: int) -> Abnormal:
    """The seven firms of estudy2, event days `first` … `last` counted from 2020-03-16."""
    frame, case = _covid_returns(case_dir("estudy2_covid7") / "input.csv"), expected("estudy2_covid7")
    own = np.array([frame[firm].cast(pl.Float64).to_numpy() for firm in case["firms"]])
    start = frame["date"].to_list().index("2020-03-16")
    days = np.arange(start + first, start + last + 1)
    return events_from(own, frame["GSPC"].to_numpy(), np.arange(start), days)


def events_from(
    own: Floats, market: Floats, estimation: NDArray[Any], days: NDArray[Any], *, apart: bool = False
) -> Abnormal:
    """Market-model events of n firms: own (n, T), market (T,) or (n, T); `apart`: no two share a session."""
    n, total = own.shape
    x = np.broadcast_to(market, own.shape)[..., None]
    ones, shift = np.ones(own.shape), (np.arange(n) * total * apart)[:, None]
    found = fit(own[:, estimation], x[:, estimation], ones[:, estimation], Model.MARKET, 30, keep_wild=True)
    inside = np.ones((n, len(days)), dtype=bool)
    ar, ar_var, car, car_var = forecast(found, own[:, days], x[:, days], ones[:, days], inside)
    rows = np.where(np.isfinite(found.residuals), estimation + shift, -1)
    return Abnormal(
        ar, ar_var, ones[:, days], car, car_var, found.residuals, rows, days + shift, found.variance, found.length,
        found.parameters, np.arange(n),
    )  # fmt: skip


def simulated(
    rng: np.random.Generator,
    *,
    n: int = 20,
    length: int = 100,
    days: int = 1,
    effect: float = 0.0,
    inflate: float = 1.0,
    common: float = 0.0,
    same_dates: bool = False,
    heavy: bool = False,
    sigma: float = 0.02,
) -> Abnormal:
    """n market-model events: `effect` on day 0, event-day deviation × `inflate`, residual correlation `common`.

    same_dates: all events share their sessions; else each has sessions of its own.
    """
    total = length + days
    noise = rng.standard_t(4, (n, total)) / np.sqrt(2.0) if heavy else rng.standard_normal((n, total))
    noise = np.sqrt(common) * rng.standard_normal(total) + np.sqrt(1.0 - common) * noise
    market = rng.normal(0.0, 0.01, total if same_dates else (n, total))
    own = market + sigma * noise
    own[:, length:] = market[..., length:] + inflate * (own - market)[:, length:]
    own[:, length] += effect
    return events_from(own, market, np.arange(length), np.arange(length, total), apart=not same_dates)


def rejection_rates(tests: dict[str, Any], repeats: int, seed: int, **options: Any) -> dict[str, float]:
    """Share of simulated samples that each test rejects at 5 %."""
    rng, count = np.random.default_rng(seed), dict.fromkeys(tests, 0)
    for _ in range(repeats):
        events = simulated(rng, **options)
        for name, test in tests.items():
            p = test(events).p
            count[name] += p is not None and p < 0.05
    return {name: hits / repeats for name, hits in count.items()}

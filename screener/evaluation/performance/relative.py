"""What needs the benchmark: figures over the days on which account and benchmark both have a value (`core.paired`).

1. A missing day costs that day: both are compounded over it, and n counts the paired returns.
2. A year has 242 sessions; with days missing it has accordingly fewer paired returns (`Paired.a_year`).
3. Each figure says in `reason` which days it lacks, also where it has a value.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl

from screener.core.arrays import Days, Floats
from screener.core.paired import Paired, pair
from screener.core.stands_on import first_of
from screener.evaluation.performance.figures import (
    Estimate,
    alpha_beta,
    benchmark_return_from_open,
    capture,
    missing,
    sharpe,
    volatility,
)

RELATIVE = (
    "benchmark_return",
    "benchmark_return_from_open",
    "excess_return",
    "tracking_error",
    "information_ratio",
    "alpha",
    "beta",
    "up_capture",
    "down_capture",
)


def relative(paired: Paired, opened: float | None, dates: Days | None, q: int) -> dict[str, Estimate]:
    """The figures of RELATIVE. `opened`: the benchmark's open after the first paired day; `dates` names the rows."""
    lost = gap(paired, dates)
    own, level = paired.own_return, paired.level_return
    if own is None or level is None:
        return {name: missing(paired.n, lost or "no session") for name in RELATIVE}
    n, a_year, active = paired.n, paired.a_year(q), paired.returns - paired.market
    alpha, beta = alpha_beta(paired.returns, paired.market, a_year)
    last = float(paired.level[-1])
    values = (
        Estimate(level, n),
        missing(n, "no open after its first close") if opened is None else benchmark_return_from_open(opened, last, n),
        Estimate(own - level, n),
        volatility(active, a_year),
        sharpe(active, a_year),
        alpha,
        beta,
        capture(paired.returns, paired.market, up=True),
        capture(paired.returns, paired.market, up=False),
    )
    return {
        name: replace(each, reason=" · ".join(part for part in (each.reason, lost) if part))
        for name, each in zip(RELATIVE, values, strict=True)
    }


def gap(paired: Paired, dates: Days | None = None) -> str:
    """`benchmark missing in 1 of 56 rows (2026-02-24)`; empty where none is."""
    if not len(paired.missing):
        return ""
    if not len(paired.rows):
        return "no benchmark"
    days = "" if dates is None else f" ({first_of([str(day) for day in dates[paired.missing]])})"
    return f"benchmark missing in {len(paired.missing)} of {paired.of} rows{days}"


def by_month(wealth: Floats, level: Floats, dates: Days) -> pl.DataFrame:
    """What `monthly_table` tells, of checked arrays (T + 1,)."""
    months = dates[1:].astype("datetime64[M]")
    ends = np.append(np.flatnonzero(months[1:] != months[:-1]) + 1, months.size) if months.size else np.array([], int)
    starts = np.concatenate(([0], ends[:-1])).astype(int) if ends.size else ends
    own, other = wealth[ends] / wealth[starts] - 1.0, np.full(len(ends), np.nan)
    excess, paired = other.copy(), pair(wealth, level)
    if len(paired.rows):
        first, last = (np.searchsorted(paired.rows, edges, side="right") - 1 for edges in (starts, ends))
        first = np.maximum(first, 0)  # the month in which it begins
        held = np.flatnonzero(last > first)
        other[held] = paired.level[last[held]] / paired.level[first[held]] - 1.0
        excess[held] = paired.own[last[held]] / paired.own[first[held]] - 1.0 - other[held]
    frame = pl.DataFrame(
        {
            "month": [str(month) for month in months[ends - 1]],
            "sessions": ends - starts,
            "strategy": own,
            "benchmark": other,
            "excess": excess,
        },
        schema_overrides={"month": pl.String(), "sessions": pl.Int64()},
    )
    return frame.with_columns(pl.col("benchmark", "excess").fill_nan(None))

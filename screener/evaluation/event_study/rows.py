"""One row per event: what was announced, when day 0 is and why, its CAR, its estimation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from screener.evaluation.event_study.bench import Bench, Sample
from screener.evaluation.event_study.model import ESTIMATION, TARGET, adaptive_ends
from screener.evaluation.event_study.series import FirmSeries

THIN = 0.10  # share of zero returns above which betas of one day are doubtful


@dataclass(frozen=True)
class EventRow:
    """An event in the test; returns as fractions."""

    symbol: str
    firm: str
    announcements: tuple[str, ...]
    kinds: tuple[str, ...]
    event_date: date
    known_at_basis: str | None
    day0: date
    car: float
    scar: float
    estimation_days: int
    beta: float
    beta_all_days: float  # before wild market days were left out
    adaptive_end: int  # τ*: first close from day 0 on that is not at a limit
    zero_return_share: float
    flags: tuple[str, ...]
    others: tuple[str, ...]  # what else the firm announced inside the window


def event_rows(bench: Bench, sample: Sample) -> tuple[EventRow, ...]:
    """The rows of a sample, in order of day 0."""
    events, fit = sample.abnormal, sample.estimate
    ends = adaptive_ends(bench.stack, events.firms, sample.positions) if events.n else np.zeros(0, np.int64)
    return tuple(
        EventRow(
            symbol=event.symbol,
            firm=bench.market.names.get(event.symbol, event.symbol),
            announcements=event.announcements,
            kinds=event.kinds,
            event_date=event.event_date,
            known_at_basis=event.basis,
            day0=event.day0,
            car=float(events.car[i]),
            scar=float(events.scar[i]),
            estimation_days=int(events.length[i]),
            beta=float(fit.coefficients[i, 1]),
            beta_all_days=float(fit.beta_all_days[i]),
            adaptive_end=int(ends[i]),
            zero_return_share=(thin := _zero_share(bench.series[event.symbol], int(sample.positions[i]))),
            flags=(*event.flags, *_doubts(int(events.length[i]), int(fit.wild_days[i]), thin)),
            others=event.others,
        )
        for i, event in enumerate(sample.events)
    )


def _doubts(days: int, wild_days: int, thin: float) -> list[str]:
    """What weakens one estimation."""
    doubts = {
        "short_estimation": days < TARGET,
        "wild_market_days_left_out": wild_days > 0,
        "thin_trading": thin > THIN,
    }
    return [name for name, holds in doubts.items() if holds]


def _zero_share(series: FirmSeries, position: int) -> float:
    first, last = (max(0, position + offset) for offset in (ESTIMATION[0], ESTIMATION[1] + 1))
    window = series.y[first:last]
    return float((window == 0.0).mean()) if len(window) else 0.0

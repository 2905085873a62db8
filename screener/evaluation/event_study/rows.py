"""One row per event: what was announced, when day 0 is and why, its CAR, its estimation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import compress

import numpy as np

from screener.core.arrays import Floats, Ints
from screener.evaluation.event_study.bench import Bench, Sample
from screener.evaluation.event_study.model import ESTIMATION, TARGET, adaptive_ends
from screener.evaluation.event_study.series import Stack

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
    events, fit, names = sample.abnormal, sample.estimated.fit, bench.market.names
    thin = zero_shares(bench.stack, events.firms, sample.positions)
    doubts = {  # what weakens one estimation
        "short_estimation": events.length < TARGET,
        "wild_market_days_left_out": fit.wild_days > 0,
        "thin_trading": thin > THIN,
    }
    doubted = zip(*(held.tolist() for held in doubts.values()), strict=True)
    figures = zip(
        events.car.tolist(),
        events.scar.tolist(),
        events.length.tolist(),
        fit.coefficients[:, 1].tolist(),
        fit.beta_all_days.tolist(),
        adaptive_ends(bench.stack, events.firms, sample.positions).tolist(),
        thin.tolist(),
        strict=True,
    )
    return tuple(
        EventRow(
            event.symbol,
            names.get(event.symbol, event.symbol),
            event.announcements,
            event.kinds,
            event.event_date,
            event.basis,
            event.day0,
            car,
            scar,
            days,
            beta,
            beta_all_days,
            end,
            share,
            (*event.flags, *compress(doubts, held)),
            event.others,
        )
        for event, held, (car, scar, days, beta, beta_all_days, end, share) in zip(
            sample.events, doubted, figures, strict=True
        )
    )


def zero_shares(stack: Stack, firms: Ints, positions: Ints) -> Floats:
    """(J,) share of the days in the estimation window on which the price did not move; 0 without a day."""
    zeros = np.concatenate(([0], np.cumsum(stack.y == 0.0)))
    first, last = (np.maximum(positions + offset, 0) for offset in (ESTIMATION[0], ESTIMATION[1] + 1))
    start = stack.starts[firms]
    shares: Floats = (zeros[start + last] - zeros[start + first]) / np.maximum(last - first, 1)
    return shares

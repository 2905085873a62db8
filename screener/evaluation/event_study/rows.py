"""One row per event: what was announced, when day 0 is and why, its CAR, its estimation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import compress

import numpy as np

from screener.core.arrays import Floats, Ints
from screener.evaluation.event_study.bench import Bench, Sample
from screener.evaluation.event_study.model import ESTIMATION, TARGET, Window, adaptive_ends
from screener.evaluation.event_study.sample import with_others
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


def event_rows(bench: Bench, sample: Sample, window: Window) -> tuple[EventRow, ...]:
    """The rows of a sample, in order of day 0; `window`: within which it is told what else a firm announced."""
    told_near = with_others(sample.events, bench.days, (window.first, window.last))
    events, fit, names = sample.abnormal, sample.estimated.fit, bench.market.names
    thin = zero_shares(bench.stack, events.firms, sample.positions)
    figures = {
        "car": events.car,
        "scar": events.scar,
        "estimation_days": events.length,
        "beta": fit.coefficients[:, 1],
        "beta_all_days": fit.beta_all_days,
        "adaptive_end": adaptive_ends(bench.stack, events.firms, sample.positions),
        "zero_return_share": thin,
    }
    told = zip(*(values.tolist() for values in figures.values()), strict=True)
    return tuple(
        EventRow(
            symbol=event.symbol,
            firm=names.get(event.symbol, event.symbol),
            announcements=event.announcements,
            kinds=event.kinds,
            event_date=event.event_date,
            known_at_basis=event.basis,
            day0=event.day0,
            flags=(*event.flags, *doubts),
            others=event.others,
            **dict(zip(figures, row, strict=True)),
        )
        for event, row, doubts in zip(told_near, told, _doubts(events.length, fit.wild_days, thin), strict=True)
    )


def _doubts(days: Ints, wild_days: Ints, thin: Floats) -> Iterator[Iterator[str]]:
    """What weakens each estimation."""
    doubts = {
        "short_estimation": days < TARGET,
        "wild_market_days_left_out": wild_days > 0,
        "thin_trading": thin > THIN,
    }
    return (compress(doubts, held) for held in zip(*(rows.tolist() for rows in doubts.values()), strict=True))


def zero_shares(stack: Stack, firms: Ints, positions: Ints) -> Floats:
    """(J,) share of the days in the estimation window on which the price did not move; 0 without a day."""
    zeros = np.concatenate(([0], np.cumsum(stack.y == 0.0)))
    first, last = (np.maximum(positions + offset, 0) for offset in (ESTIMATION[0], ESTIMATION[1] + 1))
    start = stack.starts[firms]
    shares: Floats = (zeros[start + last] - zeros[start + first]) / np.maximum(last - first, 1)
    return shares

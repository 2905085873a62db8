"""Who was right? One record per broker, analyst, rating or year, over ratings of stocks.

1. First of a spell only, 6 or 12 months on. A rating that was changed on the way counts with its whole horizon all the
   same: else whoever drops a rating in time is never wrong. What is not over is pending and in no rate.
2. Hit rate with Wilson's interval on the effective n, and the base rate: what a blind pick of the same days among the
   same stocks would have hit (`peers`). p: as many hits or more by such picks; q: over all names of one table
   (Benjamini–Hochberg), for the best of many names is no discovery.
3. Relative return in the called direction (a 弱于大市 that fell counts as a gain; 中性 is left out): mean with errors
   clustered by calendar month, median with a bootstrap over months.
4. How often a name ever said less than neutral; what its buy ratings earned as a portfolio under A-share rules.
5. Names with fewer than `LEAST` final ratings are shown and not ranked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Any

import numpy as np

from screener.core.arrays import Floats
from screener.core.config import BENCHMARK, BacktestOptions, Universe
from screener.core.errors import DataRefused, UsageError
from screener.evaluation.inference import benjamini_hochberg
from screener.evaluation.performance import wilson
from screener.evaluation.rating.judged import Judged
from screener.evaluation.rating.model import DOWN, Reading, Status
from screener.evaluation.rating.peers import Peers, chance
from screener.evaluation.rating.scorecard import UNITS, clustered_mean, effective_ratings, mean_excess_correlation
from screener.evaluation.rating.series import level_of, price_of
from screener.point_in_time.market import Market

LEAST = 20  # final ratings before a name is ranked
BELIEVED = 0.05  # q
STRATEGY = "rating_follow"
_DRAWS, _SEED = 399, 0
SKILL, LUCK, FEW, NONE = "skill", "not told from luck", "too few", "nothing final"


class By(StrEnum):
    """What ratings are put together by."""

    BROKER = "broker"
    ANALYST = "analyst"
    RATING = "rating"
    YEAR = "year"


@dataclass(frozen=True)
class Record:
    """One name and horizon. Rates and returns are fractions; None where nothing is final, or nothing is known."""

    by: str
    name: str
    reading: str
    ratings: int  # of the name, repeated ones and those nobody understands included
    repeated: int
    not_understood: int
    pending: int
    n: int
    hits: int
    hit_rate: float | None = None
    low: float | None = None
    high: float | None = None
    n_effective: float = 0.0
    base_rate: float | None = None
    skill: float | None = None
    p: float | None = None
    q: float | None = None
    mean: float | None = None
    mean_low: float | None = None
    mean_high: float | None = None
    median: float | None = None
    median_low: float | None = None
    median_high: float | None = None
    below_neutral: int = 0
    portfolio_return: float | None = None
    portfolio_excess: float | None = None
    rank: int | None = None
    verdict: str = NONE

    def as_dict(self) -> dict[str, Any]:
        """Flat."""
        return asdict(self)


@dataclass(frozen=True)
class _Over:
    """A rating whose horizon is over."""

    row: Judged
    relative: float
    hit: bool


def records(
    judged: Sequence[Judged], market: Market, as_of: date, by: By = By.BROKER, *, portfolios: bool = True
) -> tuple[Record, ...]:
    """Records at 6 and at 12 months, ranked names first; none where no stock of the A market was rated.

    portfolios: brokers that are ranked get a back-test of their buy ratings each, which takes seconds.
    """
    own = [row for row in judged if row.rated.subject_kind == "stock" and row.benchmark == BENCHMARK]
    if not own:
        return ()
    peers = Peers.of([row.rated.subject for row in own], market, as_of)
    correlation = _correlation(own, market, as_of)
    found: list[Record] = []
    for reading in (Reading.E6, Reading.E12):
        groups = _groups([row for row in own if row.reading is reading], by)
        told = [_record(by, name, reading, rows, peers, correlation) for name, rows in groups.items()]
        found += _ranked(told)
    return tuple(_with_portfolios(found, market, as_of) if portfolios and by is By.BROKER else found)


def _groups(rows: Sequence[Judged], by: By) -> dict[str, list[Judged]]:
    groups: dict[str, list[Judged]] = {}
    for row in rows:
        for name in _names(row, by):
            groups.setdefault(name, []).append(row)
    return groups


def _names(row: Judged, by: By) -> Iterable[str]:
    rated = row.rated
    if by is By.ANALYST:
        return [f"{name} ({rated.broker})" for name in rated.analysts] or [f"not named ({rated.broker})"]
    told = {By.BROKER: rated.broker, By.RATING: rated.rating or "?", By.YEAR: str(rated.report_date.year)}
    return [told[by]]


def _record(by: By, name: str, reading: Reading, rows: Sequence[Judged], peers: Peers, correlation: float) -> Record:
    first = [row for row in rows if row.rated.called and not row.duplicate]
    over = [one for one in map(_over, first) if one is not None]
    called = [row for row in rows if row.rated.called]
    bare = Record(
        by=str(by),
        name=name,
        reading=str(reading),
        ratings=len(rows),
        repeated=len(called) - len(first),
        not_understood=sum(row.rated.rating is None for row in rows),
        pending=len(first) - len(over),
        n=len(over),
        hits=sum(one.hit for one in over),
        below_neutral=sum(row.rated.rating == DOWN for row in rows),
    )
    return _scored(bare, over, peers, correlation) if over else bare


def _over(row: Judged) -> _Over | None:
    """The whole horizon, whether or not the rating was changed on the way; None before it is over."""
    if row.final and row.hit is not None and row.relative_return is not None:
        return _Over(row, row.relative_return, row.hit)
    last = row.headline
    changed = row.status is Status.SUPERSEDED and last.full_horizon_status is Status.FINAL
    if not changed or last.full_horizon_return is None:
        return None
    return _Over(row, last.full_horizon_return, last.full_horizon_band == row.rated.rating)


def _scored(bare: Record, over: Sequence[_Over], peers: Peers, correlation: float) -> Record:
    rate = bare.hits / bare.n
    worth = effective_ratings([(one.row.rated.report_date, one.row.horizon_end) for one in over], correlation)
    low, high = wilson(rate * worth, worth)
    null = chance([one.row for one in over], bare.hits, peers)
    turned = [one for one in over if UNITS[one.row.rated.call]]
    returns = np.array([one.relative * UNITS[one.row.rated.call] for one in turned])
    months = np.array([f"{one.row.rated.report_date:%Y-%m}" for one in turned])
    mean, (middle_low, middle_high) = clustered_mean(returns, months), _median_interval(returns, months)
    base = None if null is None else null.expected / bare.n
    return replace(
        bare,
        hit_rate=rate,
        low=low,
        high=high,
        n_effective=worth,
        base_rate=base,
        skill=None if base is None else rate - base,
        p=None if null is None else null.p,
        mean=mean.value,
        mean_low=mean.low,
        mean_high=mean.high,
        median=float(np.median(returns)) if turned else None,
        median_low=middle_low,
        median_high=middle_high,
        verdict=FEW,
    )


def _median_interval(returns: Floats, months: np.ndarray) -> tuple[float | None, float | None]:
    """95 % percentile bootstrap over calendar months; none within one month."""
    names, place = np.unique(months, return_inverse=True)
    if len(names) < 2:
        return None, None
    rng = np.random.Generator(np.random.PCG64(_SEED))
    parts = [returns[place == number] for number in range(len(names))]
    drawn = rng.integers(0, len(names), size=(_DRAWS, len(names)))
    middles = [float(np.median(np.concatenate([parts[number] for number in row]))) for row in drawn]
    low, high = np.quantile(middles, [0.025, 0.975])
    return float(low), float(high)


def _ranked(told: Sequence[Record]) -> list[Record]:
    """With q over the names that may be ranked, and those first, the most skilful first."""
    enough = [one for one in told if one.n >= LEAST and one.p is not None and one.skill is not None]
    corrected = benjamini_hochberg([one.p for one in enough if one.p is not None])
    found = [
        replace(one, q=q, verdict=SKILL if q <= BELIEVED and (one.skill or 0.0) > 0 else LUCK)
        for one, q in zip(enough, corrected, strict=True)
    ]
    found.sort(key=lambda one: (-(one.skill or 0.0), one.name))
    few = sorted((one for one in told if one not in enough), key=lambda one: (-one.n, one.name))
    return [*(replace(one, rank=place) for place, one in enumerate(found, 1)), *few]


def _with_portfolios(found: Sequence[Record], market: Market, as_of: date) -> list[Record]:
    earned: Mapping[str, tuple[float, float]] = {
        name: told
        for name in dict.fromkeys(one.name for one in found if one.rank is not None)
        if (told := portfolio(name, market, as_of)) is not None
    }
    empty = (None, None)
    return [
        replace(one, portfolio_return=total, portfolio_excess=excess)
        for one in found
        for total, excess in (earned.get(one.name, empty),)
    ]


def portfolio(broker: str, market: Market, as_of: date) -> tuple[float, float] | None:
    """(return, excess over the CSI 300) of a broker's buy ratings under A-share rules; None where none can be run.

    Every stored stock may be held: whoever follows a broker does not ask which firms a list names.
    """
    from screener.backtest import engine  # its kernel is compiled code that no other question about ratings needs
    from screener.backtest.strategy import load

    decide, params = load(STRATEGY).bind({"broker": broker})
    options = BacktestOptions(universe=Universe.MARKET, end=min(as_of, market.last_session()))
    try:
        result = engine.run(market, decide, options, params=params, name=STRATEGY)
    except (UsageError, DataRefused):
        return None
    levels = result.benchmark_close
    return result.total_return, result.total_return - float(levels[-1] / levels[0] - 1.0)


def _correlation(own: Sequence[Judged], market: Market, as_of: date) -> float:
    series = {name: price_of(market, name, as_of) for name in sorted({row.rated.subject for row in own})}
    prices = {name: one for name, one in series.items() if one.dates.size}
    level = level_of(market, BENCHMARK, as_of)
    return mean_excess_correlation(prices, level) if prices and level.last is not None else 1.0

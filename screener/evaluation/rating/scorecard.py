"""Was a rater right? Scorecard over judged ratings.

1. One reading at a time; 无评级 stays outside. First of a spell: a repeated rating inside its own window is no new one.
2. Confusion matrix of rating × realised band over what is final; what is not yet final stands in its own column.
3. Hit rate h with Wilson and Clopper–Pearson intervals on n and on the effective n of overlapping windows.
4. Null: how often the same stocks fall into each band over all windows of that length, whatever anybody said.
   Skill = h − base rate of the bands that were called.
5. Order: quadratic-weighted kappa, Kendall's τ_b of rating against relative return.
6. Excess portfolio: +1 unit of stock less benchmark while rated up, −1 while rated down, 0 between.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from math import sqrt
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from screener.core.arrays import Days, Floats, Ints
from screener.core.calendar import Calendar, add_months
from screener.core.config import BENCHMARK, SESSIONS_PER_YEAR
from screener.evaluation.performance import Estimate, sharpe, wilson
from screener.evaluation.rating.hits import effective_n
from screener.evaluation.rating.judged import Judged
from screener.evaluation.rating.model import DOWN, EDGE, NEUTRAL, UP, PriceSeries, Reading
from screener.evaluation.rating.series import level_of, price_of
from screener.point_in_time.market import Market

BANDS = (UP, NEUTRAL, DOWN)
ORDER = {UP: 2, NEUTRAL: 1, DOWN: 0}
UNITS = {UP: 1.0, NEUTRAL: 0.0, DOWN: -1.0}
MONTHS = {Reading.E6: 6, Reading.E12: 12}
STEP_DAYS = 7  # base rates look at one window a week: neighbours say the same
DESCRIPTIVE_BELOW = 8.0
ROUNDING = 1e-12


@dataclass(frozen=True)
class Scorecard:
    """One reading of a set of ratings; None where nothing is final."""

    reading: str
    ratings: int
    duplicates: int
    pending: Mapping[str, int]  # rating → not yet final, first of spell
    matrix: Mapping[str, Mapping[str, int]]  # rating → realised band → count
    n: int
    hits: int
    n_effective: float
    hit_rate: float | None
    wilson: tuple[float, float] | None
    clopper_pearson: tuple[float, float] | None
    wilson_effective: tuple[float, float] | None
    clopper_pearson_effective: tuple[float, float] | None
    base_rates: Mapping[str, float]
    base_rate: float | None  # of the bands that were called
    skill: float | None
    kappa: float | None
    tau_b: float | None
    tau_p: float | None
    mean_by_rating: Mapping[str, Estimate] = field(default_factory=dict)
    note: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Flat figures, without the matrix and the means."""
        flat = ("reading", "ratings", "duplicates", "n", "hits", "n_effective", "hit_rate")
        bounds = ("wilson", "clopper_pearson", "wilson_effective", "clopper_pearson_effective")
        pairs = {name: getattr(self, name) or (None, None) for name in bounds}
        return {
            **{name: getattr(self, name) for name in flat},
            **{f"{name}_{end}": pair[at] for name, pair in pairs.items() for at, end in enumerate(("low", "high"))},
            **{f"base_rate_{band}": self.base_rates.get(band) for band in BANDS},
            **{name: getattr(self, name) for name in ("base_rate", "skill", "kappa", "tau_b", "tau_p", "note")},
        }

    def table(self) -> list[dict[str, Any]]:
        """Rows: rating, one column per band, pending, total."""
        return [
            {
                "rating": rating,
                **{band: self.matrix[rating][band] for band in BANDS},
                "pending": self.pending[rating],
                "total": sum(self.matrix[rating].values()) + self.pending[rating],
            }
            for rating in BANDS
        ]


def scorecard(
    judged: Sequence[Judged],
    reading: Reading = Reading.E6,
    *,
    base_rates: Mapping[str, float] | None = None,
    correlation: float = 1.0,
) -> Scorecard:
    """Scores judged ratings of one reading and one benchmark; base_rates as `base_rates_of` gives them.

    correlation: mean pairwise correlation ρ̄ of the stocks' excess returns (`mean_excess_correlation`); 1 takes all
    ratings of overlapping windows as one look, right for firms of one theme and cautious for others.
    """
    own = [row for row in judged if row.reading is reading and row.rated.called]
    first = [row for row in own if not row.duplicate]
    final = [row for row in first if row.band is not None]
    waiting = [row for row in first if row.band is None]
    n, hits = len(final), sum(row.band == row.rated.call for row in final)
    worth = effective_ratings([(row.rated.report_date, row.horizon_end) for row in final], correlation)
    rate = hits / n if n else None
    base = _called(final, base_rates or {})
    tau, tau_p = kendall_tau_b(final)
    return Scorecard(
        reading=str(reading),
        ratings=len(own),
        duplicates=len(own) - len(first),
        pending={rating: sum(row.rated.call == rating for row in waiting) for rating in BANDS},
        matrix=confusion(final),
        n=n,
        hits=hits,
        n_effective=worth,
        hit_rate=rate,
        wilson=wilson(hits, n) if n else None,
        clopper_pearson=clopper_pearson(hits, n) if n else None,
        wilson_effective=wilson(rate * worth, worth) if rate is not None else None,
        clopper_pearson_effective=clopper_pearson(rate * worth, worth) if rate is not None else None,
        base_rates=dict(base_rates or {}),
        base_rate=base,
        skill=None if rate is None or base is None else rate - base,
        kappa=weighted_kappa(final),
        tau_b=tau,
        tau_p=tau_p,
        mean_by_rating=_means(final),
        note=_note(n, worth, len(waiting)),
    )


def scorecards(judged: Sequence[Judged], market: Market, as_of: date) -> tuple[Scorecard, ...]:
    """One card for each of E6, E12 and W over the A-share stocks in `judged`; none where no stock was rated."""
    own = [row for row in judged if row.rated.subject_kind == "stock" and row.benchmark == BENCHMARK]
    series = {stock: price_of(market, stock, as_of) for stock in sorted({row.rated.subject for row in own})}
    prices = {stock: one for stock, one in series.items() if one.dates.size}
    level = level_of(market, BENCHMARK, as_of)
    if not prices or level.last is None:
        return ()
    first = max(min(one.dates[0] for one in prices.values()), level.dates[0]).item()
    correlation = mean_excess_correlation(prices, level)
    cards = []
    for reading in (Reading.E6, Reading.E12, Reading.W):
        null = base_rates_of(prices, level, market.calendar, reading, first, level.last)
        cards.append(scorecard(own, reading, base_rates=null, correlation=correlation))
    return tuple(cards)


def effective_ratings(windows: Sequence[tuple[date, date]], correlation: float) -> float:
    """Independent looks: windows that do not overlap × m ÷ (1 + (m−1) ρ̄), m the ratings per such window."""
    n = len(windows)
    if n == 0:
        return 0.0
    looks = min(float(n), effective_n(windows))
    return float(looks * (n / looks) / (1.0 + (n / looks - 1.0) * correlation))


def _note(n: int, worth: float, waiting: int) -> str:
    if n == 0:
        return f"nothing is final: {waiting} pending, no rate"
    if worth < DESCRIPTIVE_BELOW:
        return f"descriptive only (描述性，不作显著性结论): {n} final ratings are {worth:.1f} independent looks"
    return f"{n} final ratings, {worth:.1f} independent looks"


def confusion(final: Sequence[Judged]) -> dict[str, dict[str, int]]:
    """Rating → realised band → count."""
    matrix = {rating: dict.fromkeys(BANDS, 0) for rating in BANDS}
    for row in final:
        matrix[row.rated.call][str(row.band)] += 1
    return matrix


def clopper_pearson(hits: float, n: float, level: float = 0.95) -> tuple[float, float]:
    """Exact binomial interval by beta quantiles (Clopper–Pearson 1934); hits and n may be effective numbers."""
    from scipy.special import betaincinv

    tail = (1.0 - level) / 2.0
    low = 0.0 if hits <= 0 else float(betaincinv(hits, n - hits + 1.0, tail))
    high = 1.0 if hits >= n else float(betaincinv(hits + 1.0, n - hits, 1.0 - tail))
    return low, high


def _called(final: Sequence[Judged], base_rates: Mapping[str, float]) -> float | None:
    """What somebody who calls these bands as often, of stocks at random, would hit."""
    if not final or not base_rates:
        return None
    return sum(base_rates[row.rated.call] for row in final) / len(final)


def weighted_kappa(final: Sequence[Judged]) -> float | None:
    """Cohen's kappa with quadratic weights: 1 − Σ w·observed ÷ Σ w·expected, w = (i − j)²; None without spread."""
    if not final:
        return None
    observed = np.zeros((3, 3))
    for row in final:
        observed[ORDER[row.rated.call], ORDER[str(row.band)]] += 1.0
    expected = np.outer(observed.sum(axis=1), observed.sum(axis=0)) / observed.sum()
    weight = (np.arange(3)[:, None] - np.arange(3)[None, :]) ** 2
    chance = float((weight * expected).sum())
    return 1.0 - float((weight * observed).sum()) / chance if chance > 0 else None


def kendall_tau_b(final: Sequence[Judged]) -> tuple[float | None, float | None]:
    """(τ_b, p) of rating against relative return; p takes ratings as independent, which overlapping windows are not."""
    from scipy.stats import kendalltau

    calls = [ORDER[row.rated.call] for row in final]
    if len(set(calls)) < 2:
        return None, None
    found = kendalltau(calls, [row.relative_return for row in final])
    return float(found.statistic), float(found.pvalue)


def _means(final: Sequence[Judged]) -> dict[str, Estimate]:
    """Mean relative return per rating; errors clustered by calendar month of the report."""
    found = {}
    for rating in BANDS:
        own = [row for row in final if row.rated.call == rating]
        values = np.array([row.relative_return for row in own], dtype=np.float64)
        months = np.array([f"{row.rated.report_date:%Y-%m}" for row in own])
        found[rating] = clustered_mean(values, months)
    return found


def clustered_mean(values: Floats, labels: NDArray[Any]) -> Estimate:
    if not len(values):
        return Estimate(None, 0, reason="no final rating")
    mean, names = float(values.mean()), np.unique(labels)
    if len(names) < 2:
        return Estimate(mean, len(values), reason="one month: no error")
    from scipy.special import stdtrit

    sums = np.array([(values[labels == name] - mean).sum() for name in names])
    groups = len(names)
    se = sqrt(float((sums**2).sum()) * groups / (groups - 1)) / len(values)
    half = float(stdtrit(groups - 1, 0.975)) * se
    return Estimate(mean, len(values), mean - half, mean + half, se, f"{groups} months")


def base_rates_of(
    prices: Mapping[str, PriceSeries],
    benchmark: PriceSeries,
    calendar: Calendar,
    reading: Reading,
    first: date,
    last: date,
) -> dict[str, float]:
    """Band → share over every stock and every weekly window that starts from `first` and ends by `last`.

    The null of a rater without skill over the same stocks, measured as the reading measures: E6 and E12 at the end,
    W as the mean over months 6 to 12. Empty where no window fits.
    """
    counts = dict.fromkeys(BANDS, 0)
    own = {name: series.carried(benchmark.dates) for name, series in prices.items()}
    day = first
    while (end := add_months(day, MONTHS.get(reading, 12))) <= last:
        start = int(np.searchsorted(benchmark.dates, np.datetime64(calendar.on_or_after(day))))
        until = int(np.searchsorted(benchmark.dates, np.datetime64(end), side="right"))
        since = (
            int(np.searchsorted(benchmark.dates, np.datetime64(add_months(day, 6))))
            if reading is Reading.W
            else until - 1
        )
        for levels in own.values() if start < since < until else ():
            gain = levels[since:until] / levels[start] - benchmark.values[since:until] / benchmark.values[start]
            if np.isfinite(value := float(gain.mean())):
                counts[_band(value)] += 1
        day = date.fromordinal(day.toordinal() + STEP_DAYS)
    total = sum(counts.values())
    return {band: count / total for band, count in counts.items()} if total else {}


def _band(value: float) -> str:
    if value >= EDGE - ROUNDING:
        return UP
    return DOWN if value <= -EDGE + ROUNDING else NEUTRAL


def mean_excess_correlation(prices: Mapping[str, PriceSeries], benchmark: PriceSeries) -> float:
    """Mean pairwise correlation of the stocks' session returns less the benchmark's, not below 0."""
    market = benchmark.values[1:] / benchmark.values[:-1] - 1.0
    levels = [series.carried(benchmark.dates) for series in prices.values()]
    excess = np.array([level[1:] / level[:-1] - 1.0 - market for level in levels])
    excess = excess[:, np.isfinite(excess).all(axis=0)]
    excess = excess[excess.std(axis=1) > ROUNDING] if excess.size else excess
    if len(excess) < 2 or excess.shape[1] < 3:
        return 1.0
    matrix = np.corrcoef(excess)
    return float(max(0.0, (matrix.sum() - len(matrix)) / (len(matrix) * (len(matrix) - 1))))


@dataclass(frozen=True)
class ExcessPortfolio:
    """StarMine-style: mean over the open positions of units × (stock − benchmark), per session."""

    sessions: Days
    returns: Floats
    positions: Ints
    total: float
    sharpe: Estimate


def excess_portfolio(
    ratings: pl.DataFrame, prices: Mapping[str, PriceSeries], benchmark: PriceSeries, as_of: date, months: int = 12
) -> ExcessPortfolio:
    """Each rating holds its units from the close of its day to the next rating of the same broker and stock.

    At most `months`; 维持 renews. Units +1, 0, −1 of stock less benchmark, weights rebalanced daily over open positions
    that are not neutral. ratings: subject, broker, rating, report_date. A session without positions earns 0.
    """
    level = benchmark.upto(as_of)
    days = level.dates
    market = np.concatenate(([0.0], level.values[1:] / level.values[:-1] - 1.0))
    gain, count = np.zeros(len(days)), np.zeros(len(days), dtype=np.int64)
    for (subject, _broker), spell in ratings.sort("report_date").group_by(["subject", "broker"], maintain_order=True):
        if subject not in prices:
            continue
        own = _on(prices[str(subject)].upto(as_of), days)
        units = _units(spell, days, months)
        gain += np.where(units != 0.0, units * (own - market), 0.0)
        count += units != 0.0
    returns = np.where(count > 0, gain / np.maximum(count, 1), 0.0)
    held = np.flatnonzero(count > 0)
    returns = returns[held[0] :] if held.size else returns[:0]
    start = len(days) - len(returns)
    return ExcessPortfolio(
        days[start:], returns, count[start:], float(np.prod(1.0 + returns) - 1.0), sharpe(returns, SESSIONS_PER_YEAR)
    )


def _units(spell: pl.DataFrame, days: Days, months: int) -> Floats:
    """(D,) units held over the session that ends at each day; a rating counts from the session after its date."""
    units = np.zeros(len(days))
    for row in spell.iter_rows(named=True):
        day = row["report_date"]
        first = int(np.searchsorted(days, np.datetime64(day), side="left")) + 1
        until = int(np.searchsorted(days, np.datetime64(add_months(day, months)), side="right"))
        units[first:] = 0.0
        units[first:until] = UNITS.get(row["rating"], 0.0)
    return units


def _on(series: PriceSeries, days: Days) -> Floats:
    """(D,) returns of a series on the benchmark's days, last price carried; 0 before its first."""
    values = series.carried(days)
    returns = np.zeros(len(days))
    returns[1:] = values[1:] / values[:-1] - 1.0
    return np.nan_to_num(returns)

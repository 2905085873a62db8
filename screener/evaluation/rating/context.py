"""How firms that a report names, but does not rate, did since it: so far, never a verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from screener.core.config import BENCHMARK
from screener.evaluation.rating.evaluate import relative_return
from screener.evaluation.rating.model import PriceSeries, Relative, band_of
from screener.evaluation.rating.series import basket, level_of, price_of
from screener.point_in_time.market import Market

NOT_RATED = "not rated by the report"
BASKET = "basket"


@dataclass(frozen=True, slots=True)
class Context:
    """One firm, or the basket of all, since one candidate report date. Returns are fractions, None without a price."""

    subject: str  # symbol, or `basket`
    name: str
    candidate: date
    start: date  # session whose close is the base
    benchmark: str
    status: str
    so_far: float | None
    so_far_geometric: float | None
    so_far_band: str | None  # if it ended there
    so_far_date: date | None
    so_far_from_close_before: float | None
    note: str

    def as_dict(self) -> dict[str, Any]:
        """The same as plain values."""
        return asdict(self)


def context(
    market: Market, firms: Sequence[str], dates: Sequence[date], as_of: date, *, index: str = BENCHMARK
) -> tuple[Context, ...]:
    """Firms (symbols) and their equal-weight basket since each candidate date, up to the close of `as_of`.

    Firms without a close by the base session are left out of the basket and named in its note. Dates beyond the known
    sessions are left out.
    """
    level, calendar = level_of(market, index, as_of), market.calendar
    shares = {symbol: price_of(market, symbol, as_of) for symbol in sorted(firms)}
    rows: list[Context] = []
    for candidate in (day for day in dates if calendar.first < day <= calendar.last):
        start = calendar.on_or_after(candidate)
        bases = (start, calendar.before(start))
        for symbol, series in shares.items():
            pair = [_so_far(series, level, base) for base in bases]
            rows.append(_row((symbol, market.names.get(symbol, symbol)), (candidate, start), index, pair, NOT_RATED))
        pair = [_so_far(_basket(shares, base), level, base) for base in bases]
        absent = [symbol for symbol, series in shares.items() if series.at(start) is None]
        note = NOT_RATED + (f"; without {', '.join(absent)}" if absent else "")
        rows.append(_row((BASKET, "equal weight"), (candidate, start), index, pair, note))
    return tuple(rows)


def _basket(shares: Mapping[str, PriceSeries], base: date) -> PriceSeries | None:
    members = [series for series in shares.values() if series.at(base) is not None]
    return basket(members, base) if members else None


def _so_far(prices: PriceSeries | None, level: PriceSeries, base: date) -> Relative | None:
    """Relative return from `base` to the last day that both series know."""
    if prices is None or prices.last is None or level.last is None:
        return None
    return relative_return(prices, level, base, min(prices.last, level.last))


def _row(
    subject: tuple[str, str], days: tuple[date, date], index: str, pair: Sequence[Relative | None], note: str
) -> Context:
    now, before = pair
    return Context(
        *subject,
        *days,
        benchmark=index,
        status="so_far",
        so_far=None if now is None else float(now.arithmetic),
        so_far_geometric=None if now is None else float(now.geometric),
        so_far_band=None if now is None else band_of(now.arithmetic),
        so_far_date=None if now is None else min(now.price_date, now.benchmark_date),
        so_far_from_close_before=None if before is None else float(before.arithmetic),
        note=note,
    )

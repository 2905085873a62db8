"""The values an appraisal hands out: what they are called and what they are measured in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from screener.core.arrays import Days, Floats
from screener.core.units import signed_percent


@dataclass(frozen=True, slots=True)
class TotalReturn:
    """Of the index with dividends, from the close before the span to `until`; None where it has no level there."""

    value: float | None = None
    until: date | None = None  # the last session it is stored for


@dataclass(frozen=True, slots=True)
class BenchmarkDays:
    """What relative figures stand on: from the close of one day to that of another, so many paired returns."""

    first: date | None
    last: date | None
    returns: int
    missing: int  # days of the run without a level, that before its first session among them
    whole: bool  # False: they start later or end earlier than the run

    def as_dict(self) -> dict[str, Any]:
        """from, to, returns, missing."""
        return {"from": self.first, "to": self.last, "returns": self.returns, "missing": self.missing}


@dataclass(frozen=True, slots=True)
class FirmProfit:
    """What a firm earned after costs: yuan, and share of the capital."""

    symbol: str
    firm: str
    yuan: float
    share: float


@dataclass(frozen=True, slots=True)
class OwnBand:
    """The rating band the strategy itself would have earned over the span, held as a rated stock would be."""

    band: str | None  # None: no benchmark over the span
    excess: float | None
    long_enough: bool  # a span shorter than six months gives no verdict

    def __str__(self) -> str:
        if self.band is None:
            return "unknown: no benchmark over the span"
        note = "" if self.long_enough else " (span shorter than 6 months: no verdict)"
        return f"{self.band} by {signed_percent(self.excess)} over the span{note}"


@dataclass(frozen=True, slots=True)
class Compared:
    """One line of a comparison of strategies; returns as fractions."""

    strategy: str
    total_return: float
    benchmark: float | None
    benchmark_from_open: float | None
    excess: float | None
    without_best: float | None
    max_drawdown: float | None
    sharpe: float | None
    fills: int
    refusals: Mapping[str, int]  # reason → number


@dataclass(frozen=True, slots=True)
class Curves:
    """What a picture of a back-test shows, as fractions: (T + 1,) from the session before the first."""

    dates: Days
    strategy: Floats  # growth of 1 yuan
    benchmark: Floats  # growth from its first level; NaN where there is none
    drawdown: Floats
    rolling_excess: Floats  # over `ROLLING` sessions, NaN before

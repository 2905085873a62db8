"""One test's outcome, and p-values that import scipy only when asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from screener.core.arrays import Floats

FLAT = 1e-12


@dataclass(frozen=True, slots=True)
class Outcome:
    """A statistic and its two-sided p; None where it cannot be had, with the reason in `note`."""

    statistic: float | None
    p: float | None
    n: int
    df: float | None = None  # None: normal, or from resamples
    note: str = ""


def absent(n: int, note: str) -> Outcome:
    """No statistic, and why."""
    return Outcome(None, None, n, note=note)


def normal_outcome(statistic: float, n: int, note: str = "") -> Outcome:
    """Two-sided p against N(0, 1)."""
    from scipy.special import ndtr

    return Outcome(float(statistic), float(2.0 * ndtr(-abs(statistic))), n, note=note)


def t_outcome(statistic: float, n: int, df: float, note: str = "") -> Outcome:
    """Two-sided p against Student's t with `df` degrees of freedom."""
    from scipy.special import stdtr

    return Outcome(float(statistic), float(2.0 * stdtr(df, -abs(statistic))), n, float(df), note)


def spread(values: Floats) -> float:
    """Standard deviation with n − 1; 0 where it is rounding only."""
    sd = float(values.std(ddof=1)) if len(values) > 1 else 0.0
    return sd if sd > FLAT else 0.0


class Outcomes(Mapping[str, Outcome]):
    """Tests by name: the primary ones at once; the further ones, most of the work of a study, where one is read."""

    def __init__(self, primary: Mapping[str, Outcome], further: Callable[[], Mapping[str, Outcome]]) -> None:
        self._primary, self._further = primary, further

    @cached_property
    def _all(self) -> Mapping[str, Outcome]:
        return {**self._primary, **self._further()}

    def __getitem__(self, name: str) -> Outcome:
        return self._primary[name] if name in self._primary else self._all[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)

"""What a broker's own word for a rating means: the bands and months of the standard it prints.

Brokers use the same words for different things (增持 is 5–15 % here and 10–20 % there), so a word means something only
together with its broker, with what is rated and with the day. A word nobody has written down stays unknown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl


@dataclass(frozen=True, slots=True)
class Standard:
    """One row of the table `rating_standards`; `low` and `high` are relative returns, None where none is printed."""

    printed: str
    rating: str  # 优于大市 | 中性 | 弱于大市 | 无评级
    low: float | None
    high: float | None
    first_months: int
    last_months: int
    certainty: str
    start: date
    end: date | None

    @property
    def has_figures(self) -> bool:
        """True where the standard says how far."""
        return self.low is not None or self.high is not None

    def holds(self, relative: float) -> bool | None:
        """Whether a relative return lies in the broker's own band, its lower edge included; None without figures."""
        if not self.has_figures:
            return None
        return (self.low is None or relative >= self.low) and (self.high is None or relative < self.high)


class Standards:
    """Every standard of a table, found by broker, kind of subject, word and day."""

    def __init__(self, table: pl.DataFrame) -> None:
        self._rows: dict[tuple[str, str, str], list[Standard]] = {}
        for row in table.iter_rows(named=True):
            key = row["broker"], row["subject_kind"], row["printed"]
            self._rows.setdefault(key, []).append(_standard(row))

    def of(self, broker: str, kind: str, printed: str | None, day: date) -> Standard | None:
        """The standard in force on a day; None where nobody has written down what the word means."""
        told = self._rows.get((broker, kind, printed or ""), [])
        return next((one for one in told if one.start <= day and (one.end is None or day < one.end)), None)


def _standard(row: Mapping[str, Any]) -> Standard:
    names = Standard.__dataclass_fields__
    return Standard(**{name: row[name] for name in names})

"""Which index series stand for a rated industry, and in which order.

1. Series the caller names stand alone, in his order.
2. Else the index that the report itself names.
3. Else every series that the table `industry_series` names for the industry, by rank. The first of them is what hit
   rates rest on; the others stand beside it, so that nobody reads one band where the series say several.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from screener.evaluation.rating.model import Rating

NAMED_BY_CALLER, NAMED_BY_REPORT = "named_by_caller", "named_by_report"


@dataclass(frozen=True, slots=True)
class StandIn:
    """One index in the place of a rated industry; `rank` 1 is the main one."""

    index: str
    name: str
    rank: int
    certainty: str
    reason: str = ""

    @property
    def main(self) -> bool:
        """True for the series that hit rates rest on."""
        return self.rank == 1

    @property
    def label(self) -> str:
        """`申万计算机 801750.SI`."""
        return f"{self.name} {self.index}".strip()


def stand_ins(rating: Rating, table: pl.DataFrame, given: Sequence[str] = ()) -> tuple[StandIn, ...]:
    """The series of a rated industry, the main one first; none where nobody names one.

    table: as core.tables INDUSTRY_SERIES. given: indices named by the caller.
    """
    names = dict(zip(table["index"], table["name"], strict=True))
    if given:
        return _in_order(given, names, NAMED_BY_CALLER)
    if rating.industry_index:
        return _in_order([rating.industry_index], names, NAMED_BY_REPORT)
    rows = table.filter(pl.col("industry") == rating.subject).sort("rank").iter_rows(named=True)
    return tuple(
        StandIn(row["index"], row["name"], place, row["certainty"], row["reason"]) for place, row in enumerate(rows, 1)
    )


def _in_order(indices: Sequence[str], names: dict[str, str], certainty: str) -> tuple[StandIn, ...]:
    kept = dict.fromkeys(indices)
    return tuple(StandIn(index, names.get(index, ""), place, certainty) for place, index in enumerate(kept, 1))

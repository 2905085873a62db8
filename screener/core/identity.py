"""What names a fact that states no name of its own: who it speaks of and about when it happened.

1. A table whose facts carry no id declares an `Identity`: the id column, the day, and when two rows are one fact.
2. The id of a fact that nobody has told before is `<symbol>@<day>`. It stays when a correction changes the day, the
   kind or an amount: a row that speaks of the same fact gets the id of the one that is there.
3. `near`: days that lie at most so many calendar days apart are one event (what else must be equal on another day is
   declared).
   `overlap`: spells that overlap or touch are one spell.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import polars as pl

Fact = Mapping[str, Any]


@dataclass(frozen=True)
class Identity:
    """How rows of one table that state no id are told apart."""

    column: str  # the id
    day: str
    near: int = 10  # calendar days
    until: str = ""  # last day of a spell; empty: facts of one day
    equal: tuple[str, ...] = ()  # columns that must agree for two days to be one fact

    def default(self, written: Sequence[str]) -> pl.Expr:
        """The id of a fact nobody told before; numbered where one of a day was written (`written`) several times."""
        nth = pl.int_range(pl.len()).over("symbol", self.day, *written)
        mark = pl.when(nth > 0).then(pl.lit("#") + (nth + 1).cast(pl.String)).otherwise(pl.lit(""))
        made = pl.concat_str(pl.col("symbol"), pl.lit("@"), pl.col(self.day).cast(pl.String), mark)
        return pl.coalesce(pl.col(self.column), made).alias(self.column)

    def same(self, one: Fact, other: Fact) -> bool:
        """True where two rows of one symbol speak of the same fact."""
        if one[self.day] == other[self.day]:
            return True
        if any(one[name] != other[name] for name in self.equal):
            return False
        if not self.until:
            return self.distance(one, other) <= self.near
        return bool(self._begins(one) <= self._ends(other) and self._begins(other) <= self._ends(one))

    def _begins(self, row: Fact) -> date:
        first: date = row[self.day]
        return first - timedelta(days=1)

    def _ends(self, row: Fact) -> date:
        last: date | None = row[self.until]
        return date.max if last is None else last

    def distance(self, one: Fact, other: Fact) -> int:
        """Days between two rows: of several facts that could be meant the nearest is."""
        first, second = one[self.day], other[self.day]
        return abs(int((first - second).days))


def named(identity: Identity, rows: pl.DataFrame, stored: pl.DataFrame) -> pl.DataFrame:
    """`rows` with the id of the stored fact each speaks of, else one of their own. Stated ids stay.

    stored: newest versions, withdrawn ones left out. No two rows of one load get one id.
    """
    if rows.is_empty() or rows[identity.column].null_count() == 0:
        return rows
    known: dict[str, list[Fact]] = {}
    wanted = stored.filter(pl.col("symbol").is_in(rows["symbol"].unique().implode()))
    for fact in wanted.iter_rows(named=True):
        known.setdefault(fact["symbol"], []).append(fact)
    stated = set(rows[identity.column].drop_nulls())
    used, ids = set(stated), []
    for row in rows.iter_rows(named=True):
        name = row[identity.column] or _id_of(identity, row, known.get(row["symbol"], []), used)
        used.add(name)
        ids.append(name)
    return rows.with_columns(pl.Series(identity.column, ids, dtype=pl.String))


def _id_of(identity: Identity, row: Fact, known: list[Fact], used: set[str]) -> str:
    """The id of the nearest stored fact that the row can mean and no other row of the load does, else a new one."""
    meant = [fact for fact in known if identity.same(row, fact) and fact[identity.column] not in used]
    if meant:
        return str(min(meant, key=lambda fact: identity.distance(row, fact))[identity.column])
    taken = {fact[identity.column] for fact in known}
    made = (f"{row['symbol']}@{row[identity.day]}{mark}" for mark in _marks())
    return next(name for name in made if name not in used and name not in taken)


def _marks() -> Iterable[str]:
    """Nothing, then a number: for two facts of one day that are not the same."""
    yield ""
    number = 2
    while True:
        yield f"#{number}"
        number += 1

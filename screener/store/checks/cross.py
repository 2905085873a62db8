"""Tables against each other, when all rows of a load are written: the order of the files then does not matter.

1. `CROSS` names the checks of each table, once. A check looks at the rows of the load and at the store as it stands
   with them, and returns the rows that contradict it: `file`, `line`, `what`, `got`, `expected`, and the key.
2. Only rows of the load are refused; a contradiction among facts that were stored before is a finding.
3. What a check could not look at it says as a note.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import polars as pl

from screener.core.errors import DataRefused
from screener.core.table import Table, row_name
from screener.core.text import cut
from screener.store.checks import actions, capital, contracts, covered, raw
from screener.store.checks.loaded import Loaded
from screener.store.checks.refusal import LONGEST, shown_key
from screener.store.facts import Facts

Files = Sequence[tuple[str, pl.DataFrame]]
Check = Callable[[Loaded], pl.DataFrame | None]

CROSS: Mapping[str, tuple[Check, ...]] = {
    "rules": (covered.refused_rules,),
    "bars": (
        covered.refused_bars,
        raw.refused_changes,
        actions.refused_bars,
        capital.refused_bars,
        capital.refused_lots,
    ),
    "shares": (capital.refused_shares, capital.refused_caps, capital.refused_counts),
    "actions": (
        actions.refused_per_ten,
        actions.refused_to_nothing,
        actions.refused_closes,
        actions.refused_references,
    ),
    "commitments": (contracts.refused_printed,),
    "contract_facts": (contracts.refused_amounts,),
}


@dataclass(frozen=True)
class Contradiction:
    """What one check found: how many rows, and the first of them in words."""

    check: int  # its place among the checks of the table
    rows: int
    number: int  # of the file
    what: str
    where: str
    got: str
    expected: str

    def __add__(self, other: Contradiction) -> Contradiction:
        """Of two parts of a file, this one before the other: the first check that found something is told."""
        if self.check != other.check:
            return min(self, other, key=lambda one: one.check)
        return replace(self, rows=self.rows + other.rows)

    def __str__(self) -> str:
        more = f" ({self.rows:,} rows)" if self.rows > 1 else ""
        return str(DataRefused(self.what + more, where=self.where, got=self.got, expected=self.expected))


REPLACING = (raw.refused_changes,)  # left out where a person says that the load replaces what is stored


def crossed(
    table: Table, files: Files, facts: Facts, runs: Mapping[str, int], *, replace: bool = False
) -> tuple[Contradiction | None, list[str]]:
    """Looks at the rows of one table of a load (file → shaped frame), written by `runs` (run → revised rows).

    (What contradicts something, notes.)
    """
    notes: list[str] = []
    loaded = Loaded(table, files, facts, runs, notes)
    for check in CROSS.get(table.name, ()):
        broken = None if replace and check in REPLACING else check(loaded)
        if broken is not None and broken.height:
            return told(table, files, check, broken), notes
    return None, notes


def told(table: Table, files: Files, check: Check, broken: pl.DataFrame) -> Contradiction:
    """The rows that contradict something in words: the first one is named."""
    row = broken.sort("file", "line").row(0, named=True)
    made = table.identity.column if table.identity else ""  # made of the others where nobody gave one
    key = shown_key(row[name] for name in table.told_by if name != made)
    place, frame = files[row["file"]]
    return Contradiction(
        CROSS[table.name].index(check),
        broken.height,
        row["file"],
        f"{table.name}: {row['what']}",
        f"{place} {row_name(frame, row['line'])}, {key}",
        cut(row["got"], 2 * LONGEST),
        row["expected"],
    )

"""Tables against each other, when all rows of a load are written: the order of the files then does not matter.

1. `CROSS` names the checks of each table, once. A check looks at the rows of the load and at the store as it stands
   with them, and returns the rows that contradict it: `file`, `line`, `what`, `got`, `expected`, and the key.
2. Only rows of the load are refused; a contradiction among facts that were stored before is a finding.
3. What a check could not look at it says as a note.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

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


@dataclass
class Crossing:
    """What came of the cross-checks of one table: the file that is refused and why, and notes."""

    number: int = 0  # of the file that is refused
    refused: str = ""
    notes: list[str] = field(default_factory=list)


REPLACING = (raw.refused_changes,)  # left out where a person says that the load replaces what is stored


def crossed(table: Table, files: Files, facts: Facts, runs: Mapping[str, int], *, replace: bool = False) -> Crossing:
    """Looks at the rows of one table of a load (file → shaped frame), written by `runs` (run → revised rows)."""
    found = Crossing()
    if table.name not in CROSS:
        return found
    loaded = Loaded(table, files, facts, runs, found.notes)
    for check in CROSS[table.name]:
        broken = None if replace and check in REPLACING else check(loaded)
        if broken is not None and broken.height:
            row = broken.sort("file", "line").row(0, named=True)
            made = table.identity.column if table.identity else ""  # made of the others where nobody gave one
            key = shown_key(row[name] for name in table.told_by if name != made)
            found.number = row["file"]
            more = f" ({broken.height:,} rows)" if broken.height > 1 else ""
            found.refused = str(
                DataRefused(
                    f"{table.name}: {row['what']}{more}",
                    where=f"{files[found.number][0]} {row_name(files[found.number][1], row['line'])}, {key}",
                    got=cut(row["got"], 2 * LONGEST),
                    expected=row["expected"],
                )
            )
            return found
    return found

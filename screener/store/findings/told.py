"""Findings as they are told: counted by check, each with what it means, the worst example and what to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import polars as pl

from screener.core.answer import Answer, Tables
from screener.core.stands_on import StandsOn
from screener.store.database import Store
from screener.store.findings.meaning import MEANINGS, Meaning
from screener.store.standing import standing

_KEY = ["dataset", "row_key", "check"]
_EXAMPLES = 5


@dataclass(frozen=True)
class Told:
    """The findings of one check on one table."""

    dataset: str
    check: str
    rows: int
    meaning: str
    todo: str
    examples: tuple[str, ...]  # the worst first
    unchecked: bool = False

    @property
    def line(self) -> str:
        """In one line."""
        worst = f" (worst: {self.examples[0]})" if self.rows > 1 else f" ({self.examples[0]})"
        return f"{self.check} {self.rows:,} on {self.dataset}{worst}"


@dataclass(frozen=True, repr=False, eq=False)
class Findings(Answer):
    """Odd rows of a store that were kept, explained."""

    told: tuple[Told, ...]
    rows: pl.DataFrame  # dataset, row_key, check, detail
    stands_on: StandsOn

    def frame(self) -> pl.DataFrame:
        """Every odd row."""
        return self.rows

    def _tables(self) -> Tables:
        checks = [{**asdict(one), "examples": " | ".join(one.examples)} for one in self.told]
        return {"checks": checks, "findings": self.rows.to_dicts()}

    def _plain(self) -> dict[str, Any]:
        return {"checks": [asdict(one) for one in self.told], "findings": self.rows.to_dicts()}


def findings(store: Store) -> Findings:
    """Every finding of a store."""
    rows = stored(store)
    return Findings(tuple(counted(rows)), rows, standing(store))


def stored(store: Store) -> pl.DataFrame:
    """The findings as they stand."""
    return store.frame("findings")


def fresh(store: Store, before: pl.DataFrame) -> list[Told]:
    """Those that were not among `before`, counted."""
    return counted(stored(store).join(before, on=[*_KEY, "detail"], how="anti", maintain_order="left"))


def counted(rows: pl.DataFrame) -> list[Told]:
    """One entry for each check of each table, in order."""
    found = []
    for (dataset, check), group in rows.sort(_KEY).group_by("dataset", "check", maintain_order=True):
        how = MEANINGS.get(str(check), Meaning(str(check), "", ""))
        examples = tuple(f"{key}: {detail}" for key, detail in _worst(group, how).iter_rows())
        found.append(
            Told(str(dataset), how.check, group.height, how.meaning, how.todo, examples, unchecked=how.unchecked)
        )
    return found


def lines(told: Sequence[Told]) -> list[str]:
    """What was found and what could not be checked, a line each."""
    said = [f"finding: {one.line}" for one in told if not one.unchecked]
    said += [f"not checked: {one.line}" for one in told if one.unchecked]
    return [*said, *(["what they mean: screener status --findings"] if said else [])]


def _worst(rows: pl.DataFrame, how: Meaning) -> pl.DataFrame:
    """(row_key, detail) of a few rows, those whose two numbers are furthest apart first."""
    if how.apart:
        one, other = (pl.col("detail").str.extract(how.apart, n).cast(pl.Float64, strict=False) for n in (1, 2))
        rows = rows.with_columns((one / other).log().abs().alias("far")).sort(
            "far", descending=True, nulls_last=True, maintain_order=True
        )
    return rows.select("row_key", "detail").head(_EXAMPLES)

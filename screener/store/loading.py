"""A load as an answer: what became of each file, what was found in it, and what could not be checked."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from screener.core.answer import Answer, Tables
from screener.core.stands_on import StandsOn
from screener.sources.files import FolderMap
from screener.store.database import Store
from screener.store.findings.told import Told, fresh, lines, stored
from screener.store.ingest import LoadReport, load_folder
from screener.store.standing import standing

_NAMES = ("file", "dataset", "new", "revised", "unchanged")
_MANY, _MANY_SHARE = 5, 0.002  # breaks of the limit: the recorded market has 0.015 %


@dataclass(frozen=True, repr=False, eq=False)
class Loading(Answer):
    """What was loaded. `found`: findings that were not there before."""

    reports: tuple[LoadReport, ...]
    found: tuple[Told, ...]
    stands_on: StandsOn

    @property
    def notes(self) -> list[str]:
        """What a person should know of the load: findings, what could not be checked, what was passed over."""
        files = [f"{one.file}: {note}" for one in self.reports for note in one.notes]
        return [*self._suspicion(), *lines(self.found), *files]

    def frame(self) -> pl.DataFrame:
        """One row per file."""
        rows = [{**row, "notes": "; ".join(row["notes"])} for row in self._rows()]
        return pl.DataFrame(rows, infer_schema_length=None).drop("findings")

    def _tables(self) -> Tables:
        found = [
            {"dataset": one.dataset, "check": one.check, "rows": one.rows, "worst": one.examples[0]}
            for one in self.found
        ]
        return {"load": self._rows(), "findings": found}

    def _plain(self) -> list[dict[str, Any]]:
        return self._rows()

    def _rows(self) -> list[dict[str, Any]]:
        """`findings`: of the whole table in this load, check → rows."""
        return [
            {name: getattr(one, name) for name in _NAMES}
            | {"not stored": ", ".join(one.dropped), "notes": list(one.notes)}
            | {"findings": {told.check: told.rows for told in self.found if told.dataset == one.dataset}}
            for one in self.reports
        ]

    def _suspicion(self) -> list[str]:
        """Many breaks of the limit at once are no trades."""
        bars = sum(one.new + one.revised for one in self.reports if one.dataset == "bars")
        broken = sum(one.rows for one in self.found if (one.dataset, one.check) == ("bars", "price_limit"))
        if broken < _MANY or broken <= _MANY_SHARE * bars:
            return []
        return [f"{broken:,} of {bars:,} bars lie beyond their price limit: adjusted prices, or ex-dates not loaded?"]


def load(store: Store, path: Path | str, folder_map: FolderMap | None = None, *, replacing: bool = False) -> Loading:
    """Loads a folder or a file (see `ingest.load_folder`) and tells what came of it."""
    before = stored(store)
    reports = load_folder(store, path, folder_map, replacing=replacing)
    return Loading(tuple(reports), tuple(fresh(store, before)), standing(store))

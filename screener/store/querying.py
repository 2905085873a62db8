"""The user's own SELECT as an answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from screener.core.answer import Answer, Tables
from screener.core.stands_on import StandsOn
from screener.store.asking import MEMORY, SECONDS
from screener.store.database import Store
from screener.store.standing import standing


@dataclass(frozen=True, repr=False, eq=False)
class Selection(Answer):
    """The rows of one SELECT, columns as asked: what they stand on is told beside them, never inside."""

    rows: pl.DataFrame
    stands_on: StandsOn

    def frame(self) -> pl.DataFrame:
        """The rows; numbers too wide for a frame, and days out of its range, as text."""
        return self.rows

    def _tables(self) -> Tables:
        return {"query": self.rows.to_dicts()}

    def _plain(self) -> list[dict[str, Any]]:
        return self.rows.to_dicts()

    def as_dict(self) -> Sequence[dict[str, Any]]:
        """The rows alone: the columns are the user's."""
        return self._plain()


def query(store: Store, sql: str, *, memory: str = MEMORY, seconds: float = SECONDS) -> Selection:
    """Answers one SELECT within `memory` (as 2GB) and `seconds`. Raises UsageError for anything else."""
    found = store.query(sql, memory=memory, seconds=seconds)
    return Selection(found, standing(store, rules={"sql": sql, "store": store.path.name}))

"""The user's own SELECT as an answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from screener.core.answer import Answer, Tables
from screener.core.stands_on import StandsOn
from screener.store.database import Store
from screener.store.standing import standing


@dataclass(frozen=True, repr=False, eq=False)
class Selection(Answer):
    """The rows of one SELECT, columns as asked: what they stand on is told beside them, never inside."""

    rows: pl.DataFrame
    stands_on: StandsOn

    def frame(self) -> pl.DataFrame:
        """The rows; decimals as plain numbers."""
        return self.rows

    def _tables(self) -> Tables:
        return {"query": self.rows.to_dicts()}

    def _plain(self) -> list[dict[str, Any]]:
        return self.rows.to_dicts()

    def as_dict(self) -> Sequence[dict[str, Any]]:
        """The rows alone: the columns are the user's."""
        return self._plain()


def query(store: Store, sql: str) -> Selection:
    """Answers one SELECT. Raises UsageError for anything else."""
    return Selection(_numbers(store.query(sql)), standing(store, rules={"sql": sql, "store": store.path.name}))


def _numbers(answer: pl.DataFrame) -> pl.DataFrame:
    """Decimals as plain numbers: DuckDB sums whole numbers into them, and neither JSON nor Excel has the type."""
    decimals = {name: kind for name, kind in answer.schema.items() if isinstance(kind, pl.Decimal)}
    return answer.with_columns(
        pl.col(name).cast(pl.Float64 if kind.scale else pl.Int128) for name, kind in decimals.items()
    )

"""Every search in the trial ledger, and what is left of its best variant when all that was tried is counted.

1. The trial ledger holds each variant once per span and data, with the moments of its session returns.
2. A search = one strategy file on one span of one data set with at least `LEAST` variants: parameters and options.
3. Deflated Sharpe ratio (Bailey–López de Prado 2014): the best variant against the best of as many worthless ones as
   the whole ledger holds, each counted as a try of its own, as `screener backtest` does it: the same variant on other
   sessions or newer data is one try.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from math import sqrt
from typing import Any

import polars as pl

from screener.core.config import SESSIONS_PER_YEAR, ExecutionOptions, ScreenOptions
from screener.evaluation.inference.sharpe import Moments, Trials, deflated_sharpe, trials_of

LEAST = 3
BELIEVED = 0.95
_GROUP = ("strategy", "code", "universe", "first", "last", "data")


@dataclass(frozen=True)
class Variant:
    """One variant of a search: the values in which it differs from others, and how it did."""

    values: Mapping[str, Any]  # parameters, and options of execution and screen, of `Search.varying`
    sharpe: float | None  # a year; None where its returns do not vary
    total_return: float


@dataclass(frozen=True)
class Search:
    """The variants of one strategy on one span, best Sharpe ratio first."""

    strategy: str
    first: str  # sessions, as the ledger writes them
    last: str
    varying: tuple[str, ...]
    variants: tuple[Variant, ...]
    deflated: float | None  # probability that the best is more than luck; None where none traded

    @property
    def believed(self) -> bool:
        """True where the best variant is more than luck would give."""
        return self.deflated is not None and self.deflated >= BELIEVED


@dataclass(frozen=True)
class Searches:
    """All of a ledger, in its order."""

    tried: int = 0  # ideas: a variant on other sessions or newer data is the same one
    groups: tuple[Search, ...] = ()


def searches(ledger: pl.DataFrame) -> Searches:
    """The searches of a trial ledger; none where nothing was tried."""
    if ledger.is_empty():
        return Searches()
    every = trials_of(ledger)
    groups = (rows for _, rows in ledger.group_by(_GROUP, maintain_order=True) if rows.height >= LEAST)
    return Searches(every.count, tuple(_search(rows, every) for rows in groups))


def _search(rows: pl.DataFrame, every: Trials) -> Search:
    trials = [{**row, "given": _given(row)} for row in rows.iter_rows(named=True)]
    ranked = sorted(trials, key=lambda row: -(row["sharpe"] if row["sharpe"] is not None else float("-inf")))
    varying = _varying(trials)
    return Search(
        strategy=rows["strategy"][0],
        first=rows["first"][0],
        last=rows["last"][0],
        varying=varying,
        variants=tuple(_variant(row, varying) for row in ranked),
        deflated=_deflated(ranked[0], every),
    )


def _variant(row: Mapping[str, Any], varying: Sequence[str]) -> Variant:
    sharpe = None if row["sharpe"] is None else row["sharpe"] * sqrt(SESSIONS_PER_YEAR)
    return Variant({name: _value(row, name) for name in varying}, sharpe, row["total_return"])


def _given(row: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters of a trial, and its options that differ from their defaults."""
    options = {name: value for part in json.loads(row["options"]).values() for name, value in part.items()}
    return {**options, **json.loads(row["params"])}


def _value(row: Mapping[str, Any], name: str) -> Any:
    """What a trial says, else the default of the option."""
    return row["given"].get(name, _defaults().get(name))


@cache
def _defaults() -> dict[str, Any]:
    return {**ScreenOptions().model_dump(mode="json"), **ExecutionOptions().model_dump(mode="json")}


def _varying(trials: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    names = dict.fromkeys(name for row in trials for name in row["given"])
    return tuple(name for name in names if len({json.dumps(_value(row, name)) for row in trials}) > 1)


def _deflated(best: Mapping[str, Any], every: Trials) -> float | None:
    if best["sharpe"] is None:
        return None
    held = Moments(best["sharpe"], best["skew"], best["kurtosis"], best["sessions"])
    return deflated_sharpe(held, every)

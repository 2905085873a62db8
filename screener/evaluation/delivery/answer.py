"""The answer of `delivery`: half-years, contracts and the survival of contracts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

import polars as pl

from screener.core.answer import Answer, Tables
from screener.core.stands_on import StandsOn
from screener.screen.realised import Realised


@dataclass(frozen=True)
class HalfYear:
    """One firm over one half-year, yuan; None where nothing is known."""

    symbol: str
    firm: str
    half: str  # 2025H1
    implied_cny: float | None  # by our burn-off of the contracts that count
    reported_cny: float | None  # revenue of compute products
    ratio: float | None  # reported ÷ implied
    reported_known_at: datetime | None
    products: tuple[str, ...]
    contract_liabilities_cny: float | None  # at the end of the half
    fixed_assets_cny: float | None  # at the end of the half
    capital_expenditure_cny: float | None  # paid in the half
    lines_known_at: datetime | None


@dataclass(frozen=True)
class Life:
    """One compute contract: what was announced, and what became of it."""

    commitment_id: str
    symbol: str
    firm: str
    announced_on: date
    announced_cny: float | None
    counterparty: str | None
    accepted_on: date | None
    recognised_cny: float | None
    reduced_cny: float | None
    terminated_on: date | None
    silent: bool  # twelve months and no word
    status: str  # terminated | reduced | recognised | accepted | silent | running
    facts: int


@dataclass(frozen=True)
class Survival:
    """How many of the contracts came to that, with the Wilson interval of the share."""

    status: str
    contracts: int
    n: int
    share: float | None
    low: float | None
    high: float | None
    amount_cny: float


@dataclass(frozen=True)
class Lag:
    """Months from announcing to the start of work, as contracts show them; None where none does."""

    basis: str  # acceptance | first_revenue | either
    n: int
    median_months: float | None
    lowest_months: float | None
    highest_months: float | None
    default_months: int  # what the burn-off takes where nothing is known


@dataclass(frozen=True, repr=False, eq=False)
class Delivery(Answer):
    """What contracts promised against what was reported."""

    halves: tuple[HalfYear, ...]
    lives: tuple[Life, ...]
    survival: tuple[Survival, ...]
    lag: tuple[Lag, ...]
    realised: tuple[Realised, ...]
    stands_on: StandsOn

    @property
    def first_line(self) -> str:
        """What may be concluded."""
        n, firms = len(self.lives), len({one.symbol for one in self.lives})
        return (
            f"{n} announced compute contracts of {firms} firm{'s' if firms != 1 else ''}; firms choose what they "
            "announce: shares are of what was announced and found, and segment revenue is not contract revenue"
        )

    def frame(self) -> pl.DataFrame:
        """One row per firm and half-year."""
        rows = [{**asdict(one), "products": " ".join(one.products)} for one in self.halves]
        return pl.DataFrame(rows, infer_schema_length=None)

    def _plain(self) -> dict[str, Any]:
        return {
            "halves": [{**asdict(one), "products": list(one.products)} for one in self.halves],
            "contracts": [asdict(one) for one in self.lives],
            "survival": [asdict(one) for one in self.survival],
            "lag": [asdict(one) for one in self.lag],
            "realised": [asdict(one) for one in self.realised],
        }

    def _tables(self) -> Tables:
        plain: Mapping[str, list[dict[str, Any]]] = self._plain()
        return {**plain, "halves": self.frame().to_dicts()}

"""What reading a document proposes: values, each with its place, its confidence and the checks it passed.

A proposal is a machine's reading: nothing of it counts before a person has accepted it. A value the document does not
state is None; there is no value without evidence.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Evidence:
    """Where a value stands: characters [start, end) of the text of a page (from 1), and the sentence's number there."""

    field: str
    page: int
    start: int
    end: int
    text: str
    sentence: int = 0
    confidence: float = 0.0


@dataclass(frozen=True)
class Check:
    """`outcome`: passed | failed | unknown; what cannot be checked is no failure."""

    name: str
    outcome: str
    detail: str = ""


@dataclass(frozen=True)
class Proposal:
    """A commitment, or what became of one, as a document states it. Amounts in the currency's own unit, 100 %.

    `kind`: one of kinds.csv, or of the life of a contract. `counterparty`: a name, `undisclosed` where the document
    hides it (then `counterparty_masked` is the mask), None where it says nothing.
    """

    kind: str
    direction: str
    is_compute: bool
    announcement_id: str | None = None
    contract_name: str | None = None
    counterparty: str | None = None
    counterparty_masked: str | None = None
    amount_low: float | None = None
    amount_high: float | None = None
    currency: str | None = None
    basis: str | None = None
    tax: str | None = None
    amount_cny: float | None = None  # stated equivalent of a foreign amount, in yuan
    whole_amount: float | None = None  # of the whole project, where the firm has a share of it
    compute_amount: float | None = None
    compute_unit: str | None = None
    term_months: int | None = None
    starts_on: str | None = None
    ends_on: str | None = None
    acceptance: str | None = None
    entity: str | None = None
    stake: float | None = None
    signed_on: str | None = None
    share_of_revenue: float | None = None
    confidence: float = 0.0
    checks: tuple[Check, ...] = ()
    review: tuple[str, ...] = ()  # why a person must look before anything else
    evidence: tuple[Evidence, ...] = field(default=())

    @property
    def of_life(self) -> bool:
        """What became of a contract, rather than a contract."""
        return self.kind in LIFE

    def as_dict(self) -> dict[str, Any]:
        """The keys of `read --json`."""
        return asdict(self)

    @classmethod
    def from_dict(cls, row: Mapping[str, Any]) -> Proposal:
        """The inverse of `as_dict`, also after JSON."""
        own = {name: row[name] for name in cls.__dataclass_fields__ if name in row}
        own["checks"] = tuple(Check(**one) for one in row.get("checks", ()))
        own["evidence"] = tuple(Evidence(**one) for one in row.get("evidence", ()))
        own["review"] = tuple(row.get("review", ()))
        return cls(**own)


BY_OCR = "read by OCR"  # begins the reason why a person must look
LIFE = ("acceptance", "revenue_recognised", "delay", "reduction", "supplement", "termination", "dispute")

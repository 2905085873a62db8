"""A fact that two providers tell: the stored one stands, and where they differ by more than a tick both are shown.

1. A row that is not stored, or stored from the same provider, goes in (a changed one as a new version).
2. A row stored from another provider (or loaded by the user) stays as it is: volumes and last digits differ between
   providers, which is no revision. Prices more than a tick apart are a disagreement: a finding, with both values.
3. An answer that ends before what the same provider gave earlier has been cut short.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from screener.core.tables import TABLES
from screener.sources.answers import provider_of
from screener.sources.classify import Cause, SourceFailure
from screener.store.database import Store

FINDINGS_OF = "providers"  # the `dataset` of these findings; those of the tables are derived anew at every load
CHECK = "disagree"


@dataclass(frozen=True)
class Compared:
    """How a table is compared: its subject, the day in its key, values and how far apart they may be."""

    subject: str
    day: str
    values: tuple[str, ...]
    tolerance: float  # of the value's unit
    relative: float  # of the value


COMPARED: Mapping[str, Compared] = {
    "bars": Compared("symbol", "session", ("open", "high", "low", "close"), 0.01, 0.0),
    # Publishers print two decimals, Sina three.
    "indices": Compared("index", "session", ("close",), 0.01, 0.0),
    "shares": Compared("symbol", "effective_date", ("total_shares",), 0.0, 0.001),
}


Spans = dict[tuple[str, str], tuple[date, date]]  # (table, subject) → first and last stored day


@dataclass(frozen=True)
class Dispute:
    """One value told in two ways."""

    row_key: str
    detail: str


def agreed(
    store: Store, dataset: str, subject: str, frame: pl.DataFrame, provider: str
) -> tuple[pl.DataFrame, list[Dispute]]:
    """The rows that may be stored, and the disagreements. Raises SourceFailure where the answer was cut short."""
    how = COMPARED[dataset]
    stored = stored_rows(store, dataset, subject)
    own = stored.filter(pl.col("provider") == provider)[how.day].to_list()
    told = frame[how.day].to_list()
    if dataset != "shares" and own and told and max(told) < max(own):
        raise SourceFailure(Cause.TRUNCATED, provider, f"{subject} ends on {max(told)}, it ended on {max(own)} before")
    others = stored.filter(pl.col("provider") != provider)
    kept = frame.join(others.select(how.day), on=how.day, how="anti", maintain_order="left")
    return kept, disputes(how, subject, frame.with_columns(provider=pl.lit(provider)), others)


def spans(store: Store) -> Spans:
    """What the store holds of each subject."""
    found: Spans = {}
    for dataset, how in COMPARED.items():
        rows = store.connection.execute(
            f'SELECT "{how.subject}", min("{how.day}"), max("{how.day}") FROM "{dataset}" GROUP BY 1'  # noqa: S608
        ).fetchall()
        found.update({(dataset, subject): (first, last) for subject, first, last in rows})
    return found


def stored_rows(store: Store, dataset: str, subject: str) -> pl.DataFrame:
    """Newest versions of a subject with the provider that told them."""
    how = COMPARED[dataset]
    rows = store.connection.execute(
        f'SELECT "{how.day}", {", ".join(how.values)}, source FROM latest_{dataset} '  # noqa: S608 - names of ours
        f'WHERE "{how.subject}" = ? ORDER BY 1',
        [subject],
    ).fetchall()
    schema = {name: TABLES[dataset].schema[name] for name in (how.day, *how.values)}
    frame = pl.DataFrame(rows, schema={**schema, "source": pl.String}, orient="row")
    provider = pl.col("source").map_elements(provider_of, return_dtype=pl.String)
    return frame.with_columns(provider.alias("provider"))


def disputes(how: Compared, subject: str, told: pl.DataFrame, stored: pl.DataFrame) -> list[Dispute]:
    """Values of two providers on the same day that are further apart than the tolerance."""
    both = told.join(stored, on=how.day, how="inner", suffix="_stored", maintain_order="left")
    found = []
    for name in how.values:
        apart = (pl.col(name) - pl.col(f"{name}_stored")).abs()
        limit = how.tolerance + how.relative * pl.col(f"{name}_stored").abs() + 1e-6
        for row in both.filter(apart > limit).iter_rows(named=True):
            values = f"{row['provider_stored']} {row[f'{name}_stored']}, {row['provider']} {row[name]}"
            found.append(Dispute(f"{subject} {row[how.day]}", f"{name}: {values}"))
    return found


def refuse_lost_actions(store: Store, subject: str, frame: pl.DataFrame, provider: str) -> None:
    """Raises SourceFailure where a corporate action that the provider told before is missing in its answer."""
    stored = store.latest_where("actions", "symbol", [subject])
    own = stored.filter(pl.col("source").str.starts_with(f"{provider},"))
    lost = own.join(frame, on=["ex_date", "kind"], how="anti", maintain_order="left")
    if lost.height:
        raise SourceFailure(Cause.TRUNCATED, provider, f"{lost['kind'][0]} of {lost['ex_date'][0]} is missing now")


def record(store: Store, dataset: str, found: Sequence[Dispute]) -> None:
    """Writes disagreements as findings, each once."""
    for row_key, detail in sorted({(f"{dataset} {dispute.row_key}", dispute.detail) for dispute in found}):
        named = [FINDINGS_OF, row_key, CHECK]
        store.connection.execute(
            'DELETE FROM findings WHERE dataset = ? AND row_key = ? AND "check" = ? AND detail = ?', [*named, detail]
        )
        store.connection.execute("INSERT INTO findings VALUES (?, ?, ?, ?)", [*named, detail])

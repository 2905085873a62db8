"""Commitments are known with the announcement they stand in, also where its time is corrected later.

A corrected time of an announcement is a fact about the past: what followed the time before follows the new one. A
commitment with a time of its own keeps it.
"""

from __future__ import annotations

import polars as pl

_ID = "announcement_id"


def following(commitments: pl.DataFrame, current: pl.DataFrame, versions: pl.DataFrame) -> pl.DataFrame:
    """Commitments with the time of their announcement; those of a withdrawn one are gone.

    `current` holds the announcements as they stand, `versions` every version of them.
    """
    if versions.height == current.height:  # of every one the version that commitments follow
        return commitments
    gone = versions.select(_ID).join(current, on=_ID, how="anti")  # what is withdrawn takes along what stands in it
    left = commitments.join(gone, on=_ID, how="anti", maintain_order="left") if gone.height else commitments
    return with_times(left, current, versions)


def with_times(commitments: pl.DataFrame, current: pl.DataFrame, versions: pl.DataFrame) -> pl.DataFrame:
    """Commitments with the time of their announcement in each row that followed one of its `versions`.

    A row with a time of its own keeps it: a commitment that is withdrawn later was there until then.
    """
    told = versions.select(_ID, "known_at", follows=pl.lit(value=True)).unique()
    rows = commitments.join(told, on=[_ID, "known_at"], how="left", maintain_order="left")
    rows = rows.join(current.select(_ID, announced="known_at"), on=_ID, how="left", maintain_order="left")
    known_at = pl.when("follows").then(pl.coalesce("announced", "known_at")).otherwise(pl.col("known_at"))
    return rows.with_columns(known_at=known_at).drop("follows", "announced")

"""Announcements of the store as they stand, for reading and reviewing."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl

from screener.store.arrow import frame_of
from screener.store.database import Store

_WITH_KINDS = "latest_announcements JOIN (SELECT kind, order_like, warning FROM latest_kinds) USING (kind)"


def announcements(
    store: Store,
    *,
    unreviewed: bool = False,
    symbol: str | None = None,
    kind: str | None = None,
    since: date | None = None,
    signed_only: bool = True,
) -> pl.DataFrame:
    """Newest first; `since` is a day of known_at. `signed_only`: those that may bring or take signed work."""
    asked: dict[str, Any] = {
        "review = $review": "unreviewed" if unreviewed else None,
        "symbol = $symbol": symbol,
        "kind = $kind": kind,
        "known_at >= $since": since,
    }
    given = {condition: value for condition, value in asked.items() if value is not None}
    where = " AND ".join([*given, "(order_like OR warning)" if signed_only else "true"])
    sql = (
        "SELECT announcement_id, known_at, symbol, kind, review, title, known_at_basis, url "  # noqa: S608 - names of ours
        f"FROM {_WITH_KINDS} WHERE {where} ORDER BY known_at DESC, announcement_id"
    )
    params = {condition.partition("$")[2]: value for condition, value in given.items()}
    return frame_of(store.connection.sql(sql, params=params))


def unreviewed_counts(store: Store) -> pl.DataFrame:
    """(symbol, announcements): those that look like an order and that nobody has read; sorted."""
    return frame_of(
        store.connection.sql(
            f"SELECT symbol, count(*) AS announcements FROM {_WITH_KINDS} "  # noqa: S608 - names of ours
            "WHERE review = 'unreviewed' AND order_like GROUP BY symbol ORDER BY symbol"
        )
    )

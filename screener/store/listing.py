"""Announcements of the store as they stand, for reading and reviewing."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl

from screener.core.answer import Rows
from screener.core.days import not_come, today
from screener.core.errors import UsageError
from screener.core.symbols import parse_symbol
from screener.store.arrow import frame_of
from screener.store.database import Store
from screener.store.standing import standing

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


def listing(store: Store, *, symbol: str | None = None, kind: str | None = None, **asked: Any) -> Rows:
    """`announcements` as an answer. Raises UsageError for an unknown kind, UnknownSymbol."""
    if kind is not None:
        kind_of(store, kind)
    asked = {**asked, "symbol": parse_symbol(symbol) if symbol else None, "kind": kind}
    rows, since = announcements(store, **asked).to_dicts(), asked.get("since")
    if not rows and since is not None and since > today():
        raise not_come(since)
    return Rows("announcements", rows, standing(store, rules={**asked, "store": store.path.name}))


def kind_of(store: Store, kind: str) -> str:
    """A kind of the store's table. Raises UsageError naming those there are."""
    known = store.latest("kinds")["kind"].to_list()
    if kind not in known:
        raise UsageError("kind unknown", got=kind, expected=" | ".join(known))
    return kind


def unreviewed_counts(store: Store) -> pl.DataFrame:
    """(symbol, announcements): those that look like an order and that nobody has read; sorted."""
    return frame_of(
        store.connection.sql(
            f"SELECT symbol, count(*) AS announcements FROM {_WITH_KINDS} "  # noqa: S608 - names of ours
            "WHERE review = 'unreviewed' AND order_like GROUP BY symbol ORDER BY symbol"
        )
    )

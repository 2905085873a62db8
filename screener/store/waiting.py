"""How many readings wait for a person: asked by every screen, so without the rooms that read documents."""

from __future__ import annotations

from datetime import datetime

from screener.store.database import Store


def waiting_since(store: Store) -> list[tuple[str, datetime]]:
    """(symbol, when its announcement was known) of every order-like reading of compute work that waits."""
    sql = """
        SELECT p.symbol, a.known_at FROM proposals p JOIN latest_announcements a USING (announcement_id)
        WHERE p.is_compute AND p.kind IN (SELECT kind FROM latest_kinds WHERE order_like)
          AND p.proposal_id NOT IN (SELECT proposal_id FROM decisions) ORDER BY 1, 2
    """
    some = store.connection.execute("SELECT count(*) FROM proposals").fetchall()[0][0]
    return store.connection.execute(sql).fetchall() if some else []

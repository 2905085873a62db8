"""What an answer rests on that is read from the store alone."""

from __future__ import annotations

from typing import Any

from screener.core.days import today
from screener.core.stands_on import SYNTHETIC, StandsOn
from screener.store.database import Store


def made_up(store: Store) -> bool:
    """Whether a bar of the SYNTHETIC market is stored."""
    found = store.connection.execute("SELECT EXISTS (FROM bars WHERE source = ?)", [SYNTHETIC]).fetchall()
    return bool(found[0][0])


def standing(store: Store, **more: Any) -> StandsOn:
    """Sources and span of the stored prices; `more`: fields of StandsOn."""
    first, last, names = store.connection.execute(
        "SELECT min(session), max(session), list(DISTINCT coalesce(source, 'unknown')) FROM bars"
    ).fetchall()[0]
    sources = sorted(names or [])
    given = {
        "source": " + ".join(sources) if sources else "no bars",
        "synthetic": SYNTHETIC in sources,
        "first_session": first,
        "price_session": last,
        "as_of": today(),
        "rules": {"store": store.path.name},
    }
    return StandsOn(**{**given, **more})

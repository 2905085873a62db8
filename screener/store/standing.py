"""What an answer rests on that is read from the store alone."""

from __future__ import annotations

from typing import Any

from screener.core.days import today
from screener.core.stands_on import SYNTHETIC, StandsOn, told_by
from screener.store.bars import spans
from screener.store.database import Store


def made_up(store: Store) -> bool:
    """Whether a bar of the SYNTHETIC market is stored."""
    found = store.connection.execute("SELECT EXISTS (FROM bars WHERE source = ?)", [SYNTHETIC]).fetchall()
    return bool(found[0][0])


def standing(store: Store, **more: Any) -> StandsOn:
    """Sources and span of the stored prices; `more`: fields of StandsOn."""
    told = spans(store.connection)
    sources = [name for name, _, _ in told]
    given = {
        "source": told_by(sources),
        "synthetic": SYNTHETIC in sources,
        "first_session": min((first for _, first, _ in told), default=None),
        "price_session": max((last for _, _, last in told), default=None),
        "as_of": today(),
        "rules": {"store": store.path.name},
    }
    return StandsOn(**{**given, **more})

"""How a command gets its market: out of the store, where there is one."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from screener.core.config import END_OF_DAY
from screener.core.errors import StoreError, UsageError
from screener.core.resources import default_db
from screener.core.tables import FACTS

if TYPE_CHECKING:
    import polars as pl

    from screener.core.config import Universe
    from screener.point_in_time.market import Market
    from screener.point_in_time.panel import Panel
    from screener.store.database import Store

STATUS = "screener status"


def db_path(db: Path | None) -> Path:
    """The store that is meant."""
    return db or default_db()


def frames_of(db: Path | None, followed: Collection[str] | None = None) -> dict[str, pl.DataFrame]:
    """Every table of the store; with `followed` those of a market, without other firms' bars (`followed_frames`).

    Raises StoreError where there is no store.
    """
    from screener.store.database import Store

    with Store.open_read_only(db_path(db)) as store:
        return store.frames() if followed is None else store.followed_frames(followed, [table.name for table in FACTS])


def market_of(db: Path | None, followed: Collection[str] | None = None) -> Market:
    """The market of the store, as `frames_of` reads it."""
    from screener.point_in_time.market import Market

    return Market.build(frames_of(db, followed))


def screened_market(db: Path | None, universe: Universe, symbol: str | None = None) -> Market:
    """The market a screen needs: other firms' bars change nothing in it, and a whole market takes a second to read."""
    from screener.core.config import Universe

    everyone = universe is Universe.MARKET
    return market_of(db, None if everyone else [symbol] if symbol else [])


def market_or_synthetic(db: Path | None) -> Market:
    """The market of the store; the SYNTHETIC one where there is no store and none was named."""
    from screener.point_in_time.market import Market

    if db is not None or default_db().is_file():
        return market_of(db)
    return Market.build(synthetic_frames())


def synthetic_frames() -> dict[str, pl.DataFrame]:
    """Every table of a store that holds the SYNTHETIC market and the packaged facts."""
    from tempfile import TemporaryDirectory

    from screener.store.database import Store

    with TemporaryDirectory() as folder, Store.create_or_open(Path(folder) / "synthetic.duckdb") as store:
        load_synthetic(store)
        return store.frames()


def load_synthetic(store: Store) -> None:
    """Loads the SYNTHETIC market into a store."""
    from screener.core.known import shanghai_now
    from screener.sources.synthetic import LAST_SESSION, synthetic_market
    from screener.store.ingest import Part, ingest_all

    parts = [Part(name, frame, "SYNTHETIC") for name, frame in synthetic_market().items()]
    # Its last session may lie ahead of this machine's clock; what is made up cannot come from the future.
    last = datetime.combine(LAST_SESSION, END_OF_DAY)
    ingest_all(store, parts, now=max(shanghai_now(), last), command="demo")


def panel_of(market: Market, as_of: date | None, universe: str) -> Panel:
    """Everything known by the end of `as_of` (default: the last session with prices).

    Raises UsageError for a day before everything in the store, StoreError where there are no prices.
    """
    from screener.core.config import Universe

    if not len(market.sessions):
        raise StoreError("no prices in the store", next_step="screener load DIR, or screener fetch")
    day = as_of or market.sessions[-1].astype(object)
    panel = market.panel_at(datetime.combine(day, END_OF_DAY), Universe(universe))
    if not panel.t and not panel.announcements:
        first = min([market.sessions[0].astype(object), *(row.known_at.date() for row in market.announcements)])
        raise UsageError("nothing is known by that day", got=day, expected=f"{first} or later", next_step=STATUS)
    return panel

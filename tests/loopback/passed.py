"""A store whose firms have had a pass of their own, written at once: what a first fetch of the same world leaves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl

from screener.sources import registry
from screener.sources.announced import announcement_frame
from screener.store.database import Store
from screener.store.fetch.plan import SEPARATOR, quarters
from screener.store.ingest import ingest_all
from screener.store.parts import Part
from tests.loopback.world import World

_BAR = ("session", "open", "high", "low", "close", "volume", "amount")
_TABLES = ("bars", "shares", "actions", "ratings", "st_spells")


def passed(path: Path, world: World, firms: Sequence[str], now: datetime, since: date | None = None) -> None:
    """Writes bars, levels, share capital and announcements up to `now`, and the pieces of every firm into the ledger.

    `since`: the first day of the pieces, by default of the world.
    """
    frames = {"bars": _bars(world, firms), "shares": _shares(world, firms), "indices": _levels(world, since)}
    parts = [Part(name, frame, "seed") for name, frame in frames.items()]
    rows = [_announcement(one) for firm in firms for one in world.notices(firm)]
    with Store.create_or_open(path, now=now) as store:
        ingest_all(store, [*parts, Part("announcements", announcement_frame(rows), "seed")], now=now, command="load")
        ledger = pl.DataFrame(
            list(_pieces(since or world.first, firms, now)), schema=("dataset", "origin"), orient="row"
        )
        store.connection.register("ledger", ledger.to_arrow())
        store.connection.execute(
            "INSERT INTO runs (run, command, dataset, origin, new, revised, unchanged, finished_at) "
            "SELECT 'seed-' || row_number() OVER (), 'fetch', dataset, origin, 0, 0, 0, $1 FROM ledger",
            [now],
        )


def _pieces(since: date, firms: Sequence[str], now: datetime) -> Iterator[tuple[str, str]]:
    spans = list(quarters(since, now.date() + timedelta(days=1)))
    for firm in firms:
        for table in _TABLES:
            yield table, SEPARATOR.join(("seed", firm, f"{since}…{now.date()}", "#0"))
        for first, last in spans:
            yield "announcements", SEPARATOR.join(("cninfo+Eastmoney", firm, f"{first}…{last}", "#0"))


def _bars(world: World, firms: Sequence[str]) -> pl.DataFrame:
    rows = [(firm, *bar) for firm in firms for bar in world.bars(firm)]
    return pl.DataFrame(rows, schema=("symbol", *_BAR), orient="row").with_columns(source=pl.lit("Sina, seed"))


def _levels(world: World, since: date | None) -> pl.DataFrame:
    """Levels from `since` to the first day of the world, or those of the world."""
    told = World((), since, world.first - timedelta(days=1)) if since and since < world.first else world
    rows = [(index, *level[:5]) for index in registry.INDICES for level in told.levels(index)]
    frame = pl.DataFrame(rows, schema=("index", *_BAR[:5]), orient="row")
    return frame.with_columns(source=pl.lit("Sina, seed"))


def _shares(world: World, firms: Sequence[str]) -> pl.DataFrame:
    rows = [(firm, row["day"], row["total"], row["total"] // 2) for firm in firms for row in world.shares(firm)]
    columns = ("symbol", "effective_date", "total_shares", "float_shares")
    return pl.DataFrame(rows, schema=columns, orient="row").with_columns(source=pl.lit("Eastmoney, seed"))


def _announcement(one: object) -> dict[str, object]:
    number, symbol, title, printed, published = (
        getattr(one, name) for name in ("number", "symbol", "title", "printed", "published")
    )
    return {
        "announcement_id": f"cninfo-{number}",
        "symbol": symbol,
        "event_date": printed,
        "title": title,
        "time": published,
        "evidence": f"Eastmoney display_time {published}:000",
        "url": f"http://static.cninfo.com.cn/finalpage/{printed}/{number}.PDF",
        "source": "cninfo, seed",
    }

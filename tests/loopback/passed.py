"""A store whose firms have had a pass of their own, written at once: what a first fetch of the same world leaves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl

from screener.sources.announced import announcement_frame
from screener.store.database import Store
from screener.store.fetch.plan import SEPARATOR, quarters
from screener.store.ingest import Part, ingest_all
from tests.loopback.world import World

_BAR = ("session", "open", "high", "low", "close", "volume", "amount")
_TABLES = ("bars", "shares", "actions", "ratings", "st_spells")


def passed(path: Path, world: World, firms: Sequence[str], now: datetime) -> None:
    """Writes bars, share capital and announcements up to `now`, and the pieces of every firm into the ledger."""
    parts = [Part("bars", _bars(world, firms), "seed"), Part("shares", _shares(world, firms), "seed")]
    rows = [_announcement(one) for firm in firms for one in world.notices(firm)]
    with Store.create_or_open(path, now=now) as store:
        ingest_all(store, [*parts, Part("announcements", announcement_frame(rows), "seed")], now=now, command="load")
        ledger = pl.DataFrame(list(_pieces(world.first, firms, now)), schema=("dataset", "origin"), orient="row")
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

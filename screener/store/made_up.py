"""A store of the SYNTHETIC market and the packaged facts: for the demo, and for whoever tries something first."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from screener.core import writing
from screener.core.config import END_OF_DAY
from screener.core.errors import ScreenerError, StoreError
from screener.core.known import shanghai_now
from screener.core.stands_on import SYNTHETIC
from screener.sources.synthetic import LAST_SESSION, SEED, synthetic_market
from screener.store.database import Store
from screener.store.ingest import ingest_all
from screener.store.parts import Part

_ORIGIN = "SYNTHETIC, seed "


def make(path: Path) -> None:
    """A new store at `path`; one of the demo that was there is replaced, any other file never. Raises ScreenerError."""
    writing.folder(path.parent)
    target = writing.replaceable(path, kind="duckdb")
    _refuse_real(target)
    try:
        for old in (target, target.with_name(f"{target.name}.wal")):  # a log left behind belongs to the old one
            old.unlink(missing_ok=True)
    except OSError as error:
        raise ScreenerError("cannot write there", where=str(path), got=error.strerror) from None
    with Store.create_or_open(path) as store:
        load_synthetic(store)


def _refuse_real(path: Path) -> None:
    """Raises StoreError where a store has prices that are not made up: nobody could get them back."""
    if not path.is_file():
        return
    with Store.open_read_only(path) as store:
        kept = store.connection.execute("SELECT count(*) FROM bars WHERE source <> ?", [SYNTHETIC]).fetchall()[0][0]
    if kept:
        raise StoreError(
            "a store of real prices is not replaced by the demo",
            where=str(path),
            got=f"{kept:,} bars",
            next_step="screener demo --out DIR: another folder",
        )


def seed_of(store: Store) -> int | None:
    """The seed of the SYNTHETIC market in a store; None where there is none."""
    found = store.connection.execute("SELECT origin FROM runs WHERE starts_with(origin, ?)", [_ORIGIN]).fetchall()
    return int(found[-1][0].removeprefix(_ORIGIN)) if found else None


def load_synthetic(store: Store) -> None:
    """Loads the SYNTHETIC market into a store."""
    parts = [Part(name, frame, f"{_ORIGIN}{SEED}") for name, frame in synthetic_market(SEED).items()]
    # Its last session may lie ahead of this machine's clock; what is made up cannot come from the future.
    last = datetime.combine(LAST_SESSION, END_OF_DAY)
    ingest_all(store, parts, now=max(shanghai_now(), last), command="demo")

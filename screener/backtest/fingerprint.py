"""All that a back-test can read of a market, as sixteen hex digits: the same facts give the same digits.

1. Every field of the market counts, except those that say where the facts came from (`_LEFT_OUT`).
2. An array counts by its shape and its CRC-32: a quarter of the time of a digest, and a changed cell is missed once in
   2³² times.
3. Facts, commitments, actions … count as a set: in which order they were loaded does not matter.
4. Of the frames only those count that nothing above repeats: kinds, and rows that were revised, as they stood before.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from hashlib import blake2b
from operator import attrgetter
from typing import Any

import numpy as np
import polars as pl

from screener.core.tables import FACTS, TABLES
from screener.point_in_time.announcements import Values
from screener.point_in_time.cells import several_versions
from screener.point_in_time.frames import frame_of
from screener.point_in_time.indices import IndexSeries
from screener.point_in_time.market import Market
from screener.point_in_time.share_capital import Capital

# The packaged calendar differs between versions of the package only, and the sessions of the prices count.
_LEFT_OUT = ("calendar", "source", "synthetic", "frames")
_WRITTEN = ("fetched_at", "run")  # when a row was stored: that decides which version stands, and is no fact itself


def fingerprint(market: Market) -> str:
    """Sixteen hex digits over prices, limits, duties, actions, indices, announcements and commitments."""
    digest = blake2b(digest_size=8)
    for name in sorted(field.name for field in fields(market) if field.name not in _LEFT_OUT):
        for part in _parts(getattr(market, name)):
            digest.update(f"{name} {part}\n".encode())
    for part in _frames(market):
        digest.update(f"{part}\n".encode())
    return digest.hexdigest()


def _parts(value: Any) -> Iterator[str]:
    if isinstance(value, np.ndarray):
        yield _array(value)
    elif isinstance(value, IndexSeries | Capital):
        yield from (f"{field.name} {part}" for field in fields(value) for part in _parts(getattr(value, field.name)))
    elif isinstance(value, Mapping):
        yield from (f"{key} {part}" for key in sorted(value) for part in _parts(value[key]))
    elif isinstance(value, Values):
        yield from sorted(map(repr, value.frame.rows()))
    elif isinstance(value, tuple):
        yield from sorted(_told(value))
    else:
        yield repr(value)


def _array(array: np.ndarray) -> str:
    cells = np.ascontiguousarray(array).reshape(-1).view(np.uint8)
    return f"{array.dtype} {array.shape} {zlib.crc32(cells.data)}"


def _told(rows: Iterable[Any]) -> list[str]:
    """Texts of values, or of the fields of dataclasses (their own repr takes three times as long)."""
    rows = list(rows)
    if not rows or not hasattr(rows[0], "__dataclass_fields__"):
        return [repr(row) for row in rows]
    read = attrgetter(*rows[0].__dataclass_fields__)
    return [repr(read(row)) for row in rows]


def _frames(market: Market) -> Iterator[str]:
    kinds = frame_of(market.frames, "kinds")
    yield from sorted(map(repr, kinds.select(_facts("kinds")).rows()))
    if not market.revisions:
        return
    for name in (table.name for table in FACTS if table.revised):
        frame, key = several_versions(market.frames, name), list(TABLES[name].key)
        revised = frame.filter(pl.struct(key).is_duplicated())
        order = [*key, *(column for column in _WRITTEN if column in revised.columns), "known_at"]
        yield from map(repr, revised.sort(order).select(*_facts(name), "known_at").rows())


def _facts(table: str) -> list[str]:
    return [column for column in TABLES[table].names if column not in ("source", "known_at")]

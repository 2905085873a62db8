"""A Market handed to other processes with its arrays laid out once, outside the pickle: mapped or shared, never copied.

Pickle protocol 5 keeps contiguous arrays out of the stream; `thaw` puts read-only views back in their place.
"""

from __future__ import annotations

import mmap
import pickle
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from screener.core.tables import TABLES
from screener.point_in_time.market import Market

Bytes = NDArray[np.uint8]
ALIGN = 64


@dataclass(frozen=True)
class Frozen:
    """A pickle and the arrays it refers to, as bytes."""

    head: bytes
    buffers: Sequence[Bytes]

    @property
    def nbytes(self) -> int:
        """Size of all arrays."""
        return sum(buffer.nbytes for buffer in self.buffers)


def portable(market: Market) -> Market:
    """The market without the frames that repeat its arrays; only a revision needs those."""
    if market.revisions:
        return market
    return replace(market, frames={name: market.frames[name] for name in market.frames if not TABLES[name].arrays})


def freeze(value: Any) -> Frozen:
    """Pickle a value; its contiguous arrays stay where they are."""
    buffers: list[pickle.PickleBuffer] = []
    head = pickle.dumps(value, protocol=5, buffer_callback=buffers.append)
    return Frozen(head, [np.frombuffer(buffer.raw(), dtype=np.uint8) for buffer in buffers])


def thaw(frozen: Frozen) -> Any:
    """The value again, its arrays being read-only views of the buffers."""
    return pickle.loads(frozen.head, buffers=[buffer.data.toreadonly() for buffer in frozen.buffers])  # noqa: S301


def write(frozen: Frozen, folder: Path) -> None:
    """Lay the arrays one after another in a file, and the pickle with their sizes in another."""
    with (folder / "arrays").open("wb") as file:
        for buffer in frozen.buffers:
            file.write(buffer.data)
            file.write(bytes(-buffer.nbytes % ALIGN))
    (folder / "head").write_bytes(pickle.dumps((frozen.head, [buffer.nbytes for buffer in frozen.buffers])))


def mapped(folder: Path) -> Frozen:
    """What `write` laid out, mapped into this process: every process that maps it uses the same memory."""
    head, sizes = pickle.loads((folder / "head").read_bytes())  # noqa: S301
    if not sum(sizes):
        return Frozen(head, [np.empty(0, np.uint8) for _ in sizes])
    with (folder / "arrays").open("rb") as file:
        whole = np.frombuffer(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ), dtype=np.uint8)
    starts = np.cumsum([0, *(size + -size % ALIGN for size in sizes)])
    return Frozen(head, [whole[start : start + size] for start, size in zip(starts, sizes, strict=False)])

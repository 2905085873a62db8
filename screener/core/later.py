"""Rows that are made when somebody looks into them: of thousands of firms an answer shows a few."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from itertools import islice
from typing import TypeVar, overload

_R = TypeVar("_R", covariant=True)


class LaterRows(Sequence[_R]):
    """A tuple that `make` gives on the first look."""

    def __init__(self, make: Callable[[], Iterable[_R]]) -> None:
        self._make = make

    @cached_property
    def _made(self) -> tuple[_R, ...]:
        return tuple(self._make())

    @overload
    def __getitem__(self, place: int) -> _R: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[_R, ...]: ...
    def __getitem__(self, place: int | slice) -> _R | tuple[_R, ...]:
        return self._made[place]

    def __iter__(self) -> Iterator[_R]:
        return iter(self._made)

    def __len__(self) -> int:
        return len(self._made)

    def __repr__(self) -> str:
        return repr(self._made)


class Chained(Sequence[_R]):
    """Rows of many, one after the other: how many each has is known, and those that are looked at are made."""

    def __init__(self, parts: Sequence[tuple[int, Callable[[], Iterable[_R]]]]) -> None:
        self._parts = parts

    @overload
    def __getitem__(self, place: int) -> _R: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[_R, ...]: ...
    def __getitem__(self, place: int | slice) -> _R | tuple[_R, ...]:
        places = range(len(self))[place]
        if isinstance(places, int):
            return next(islice(self, places, None))
        head = tuple(islice(self, max(places, default=-1) + 1))
        return tuple(head[n] for n in places)

    def __iter__(self) -> Iterator[_R]:
        return (row for count, make in self._parts if count for row in make())

    def __len__(self) -> int:
        return sum(count for count, _ in self._parts)

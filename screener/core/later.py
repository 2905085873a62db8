"""Rows and cells that are made when somebody looks into them: of thousands of firms an answer shows a few."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TypeVar, overload

_V = TypeVar("_V")
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


class LaterCells(Mapping[str, _V]):
    """A dictionary that `make` gives on the first look."""

    def __init__(self, make: Callable[[], dict[str, _V]]) -> None:
        self._make = make

    @cached_property
    def _made(self) -> dict[str, _V]:
        return self._make()

    def __getitem__(self, name: str) -> _V:
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._made)

    def __len__(self) -> int:
        return len(self._made)

    def __repr__(self) -> str:
        return repr(self._made)

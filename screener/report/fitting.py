"""How text and tables are brought to a width: nothing is cut, and no figure, day or symbol is broken.

1. Text is taken apart into pieces that stay whole: a figure with its unit, a day, a word, a short run of Chinese (a
   name, a band); longer Chinese breaks between any two characters, but not before a closing mark.
2. A column that is no prose is as wide as its widest cell; prose is at least as wide as its longest piece.
3. Where that is too much, the columns that may go are left out, the least important first. Where it is still too much,
   or on a narrow screen, each row becomes a card: a line for each column.
4. What is left of the width goes to prose, evenly.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from rich.cells import cell_len

CARDS_BELOW = 60  # characters: a table that would lose an ordinary column becomes cards
EXTRA = 10  # from this `drop` on a column is there for wide screens only
_READABLE = 28  # characters of prose that a column is left with before extra columns may stand beside it
_WIDE_PIECE = 30  # a path or a name longer than this is broken after one of its separators

_UNIT = "[%‰亿万千百元年月日股家个天手次倍]?"
# As what is not below it: `re` walks over every letter of a class, so that the class itself takes four times as long.
_CHINESE, _OTHER = r"[^\x00-\u2e7f]", r"(?:[!-~]+|(?!\s)[\x00-\u2e7f])"
_LETTER = r"[^\x00-\u2e7f\u3000-\u303f\uff00-\uffef]"  # Chinese without its marks: 优于大市：命中 is two runs
_CLOSING = "[，。、；：！？）》」』”]*"
_PIECES = re.compile(
    r"\s+"
    rf"|[+\-−≈≤≥<>¥\[(“「《（]*\d{_OTHER}*{_UNIT}{_CLOSING}"  # a figure, a day, an id
    rf"|(?<!{_LETTER}){_LETTER}{{2,6}}(?!{_LETTER}){_CLOSING}"
    rf"|[(\[（「《“]*{_CHINESE}{_CLOSING}|{_OTHER}+{_CLOSING}"
)
_AFTER = re.compile(r"(?<=[/_=&?,;·])|(?<=[a-zA-Z][.-])(?=[a-zA-Z])")


@dataclass(frozen=True)
class Column:
    """A column as it would be printed."""

    heading: str
    cells: Sequence[str]
    prose: bool = False  # its text may be folded between pieces
    drop: int = 0  # 0: always there; else the greatest goes first

    @property
    def whole(self) -> int:
        """Width at which nothing is folded."""
        return max(cell_len(self.heading), self._cells())

    @property
    def least(self) -> int:
        """Width at which nothing is broken."""
        pieces = max((_longest(cell) for cell in self.cells), default=0) if self.prose else self._cells()
        return max(_longest(self.heading), pieces, 1)

    @property
    def readable(self) -> int:
        """Width at which it reads well."""
        return max(self.least, min(self.whole, _READABLE)) if self.prose else self.whole

    def _cells(self) -> int:
        return max((cell_len(line) for cell in self.cells for line in cell.split("\n")), default=0)


@dataclass(frozen=True)
class Fitted:
    """Which columns stand there and how wide they are; no width: as cards."""

    kept: Sequence[int]
    widths: Sequence[int]
    gap: int
    left_out: Sequence[int]  # in the order of the columns


def fitted(columns: Sequence[Column], width: int) -> Fitted:
    """Brings a table to a width; see the steps above."""
    order = sorted(range(len(columns)), key=lambda at: (columns[at].drop, at))
    kept = _dropped(columns, order, width, lambda one: one.readable + 1, EXTRA)  # 1: they get wider gaps
    kept = _dropped(columns, kept, width, lambda one: one.least, 1)
    lost = any(at not in kept and column.drop < EXTRA for at, column in enumerate(columns))
    kept = sorted(kept)
    if _total([columns[at].least for at in kept], 1) > width or (lost and width < CARDS_BELOW):
        ordinary = [at for at, column in enumerate(columns) if column.drop < EXTRA]
        return Fitted(ordinary, (), 1, [at for at in range(len(columns)) if at not in ordinary])
    widths = [columns[at].least for at in kept]
    gap = 2 if _total([columns[at].readable for at in kept], 2) <= width else 1
    spread(widths, [columns[at].whole for at in kept], width - _total(widths, gap))
    return Fitted(kept, widths, gap, [at for at in range(len(columns)) if at not in kept])


def _dropped(
    columns: Sequence[Column], order: Sequence[int], width: int, size: Callable[[Column], int], least: int
) -> list[int]:
    """The columns without those that do not fit, the last of the order first; `least`: from which `drop` one may go."""
    kept = list(order)
    while kept and columns[kept[-1]].drop >= least and _total([size(columns[at]) for at in kept], 1) > width:
        kept.pop()
    return kept


def _total(widths: Sequence[int], gap: int) -> int:
    return sum(widths) + gap * max(0, len(widths) - 1)


def spread(widths: list[int], wished: Sequence[int], left: int) -> None:
    """Hands out what is left of the width, a character each, until every column has what it wishes."""
    while left > 0 and (wanting := [at for at, wish in enumerate(wished) if widths[at] < wish]):
        for at in wanting[:left]:
            widths[at] += 1
        left -= min(left, len(wanting))


def folded(text: str, width: int, *, paths: bool = True) -> list[str]:
    """Lines of at most `width` characters; a longer piece is a line of its own, broken as a last resort.

    paths: whether a long path may be broken too, as in a column; in a sentence somebody may want to copy it.
    """
    return [line for part in text.split("\n") for line in _folded(part, width, paths=paths)]


def _folded(text: str, width: int, *, paths: bool) -> list[str]:
    if cell_len(text) <= width:
        return [text]
    lines, line, used = [], "", 0
    for piece in (part for whole in _PIECES.findall(text) for part in _shortened(whole, width, paths=paths)):
        size = cell_len(piece)
        if used + size > width and line.strip():
            lines.append(line.rstrip())
            line, used = "", 0
            if piece.isspace():
                continue
        line, used = line + piece, used + size
    return [*lines, line.rstrip()]


def _shortened(piece: str, width: int, *, paths: bool = True) -> Iterator[str]:
    """A piece, taken apart after its separators where it is longer than the width; letters are broken if need be."""
    if (
        cell_len(piece) <= min(width, _WIDE_PIECE)
        or (cell_len(piece) <= width and piece[:1].isdigit())
        or ("/" in piece and not paths)
    ):
        yield piece
        return
    for part in _AFTER.split(piece):
        if cell_len(part) <= width or any(sign.isdigit() for sign in part):
            yield part
        else:  # of letters, each of which is one wide
            yield from (part[at : at + width] for at in range(0, len(part), width))


def _longest(text: str) -> int:
    pieces = (part for piece in _PIECES.findall(text) for part in _shortened(piece, _WIDE_PIECE))
    return max((cell_len(part) for part in pieces if not part.isspace()), default=0)

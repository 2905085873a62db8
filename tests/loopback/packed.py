"""Writes Sina's packed texts, so that akshare's own decoder runs in the tests.

A text is a row of bits, least significant first, six to a letter. Three formats are needed: 3466 (stock with amount),
1479 (index without), 139 (calendar). Numbers stand as differences to the row before, in fields whose width in groups of
three bits is announced before it changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
DAY_ZERO = date(1990, 12, 19)
Bar = tuple[date, float, float, float, float, int, int]  # session, open, high, low, close, shares, yuan
FIELDS = "ohlcva"
SIGNED = {"o": True, "h": False, "l": False, "c": True, "v": True, "a": True}
START_WIDTH = {"o": 3, "h": 3, "l": 3, "c": 3, "v": 5, "a": 5}


class Bits:
    """A growing row of bits."""

    def __init__(self) -> None:
        self.value, self.length = 0, 0

    def number(self, value: int, width: int) -> None:
        self.value |= (value & ((1 << width) - 1)) << self.length
        self.length += width

    def flags(self, *values: int) -> None:
        for value in values:
            self.number(value, 1)

    def step(self, by: int) -> None:
        """A change of width: its sign, as many ones as it is large less one, a zero."""
        self.flags(by > 0, *[1] * (abs(by) - 1), 0)

    def letters(self) -> str:
        value, found = self.value, []
        raw = value.to_bytes(self.length // 8 + 9, "little")
        for start in range(0, self.length, 6):
            byte, shift = divmod(start, 8)
            found.append(LETTERS[(int.from_bytes(raw[byte : byte + 2], "little") >> shift) & 63])
        return "".join(found)


def groups(value: int, signed: bool) -> int:
    """Groups of three bits that hold `value`."""
    if value == 0:
        return 0
    bits = value.bit_length() + signed if value > 0 else (-value - 1).bit_length() + 1
    return -(-bits // 3)


def stock(bars: Sequence[Bar], before: float) -> str:
    """Bars with amounts; `before` is the close before the first one."""
    bits, width = Bits(), dict(START_WIDTH)
    bits.number(3466, 12)
    bits.number(63, 6)
    close = shares = yuan = 0
    for index, (day, *prices, volume, amount) in enumerate(bars):
        opened, high, low, last = (round(price * 100) for price in prices)
        base = round(before * 100) if index == 0 else close
        change = dict(
            zip(
                FIELDS,
                (opened - base, high - opened, opened - low, last - opened, volume - shares, amount - yuan),
                strict=True,
            )
        )
        need = {name: groups(change[name], SIGNED[name]) for name in FIELDS}
        if index == 0:
            need["o"] = max(need["o"], groups(base, True))
        bits.flags(1, 1, *([1, 1, 1, 0, 0, 0, 0, 0, 0, 0] if index == 0 else [0]), 1)
        for name in FIELDS:
            step = need[name] - width[name]
            bits.flags(step != 0)
            if step:
                bits.step(step)
            if name == "a":
                bits.flags(1)
                bits.number(1, 3)
                bits.number((day - DAY_ZERO).days, 18)
        width = need
        bits.flags(index == 0)
        if index == 0:
            bits.flags(0)
            bits.number(base, 3 * width["o"])
        for name in FIELDS:
            bits.number(change[name], 3 * width[name])
        close, shares, yuan = last, volume, amount
    bits.flags(1, 1, 0, 0, 0)
    return bits.letters()


def index(levels: Sequence[tuple[date, float, float, float, float, int]]) -> str:
    """Levels with three decimals, without amounts."""
    bits = Bits()
    for value, size in ((1479, 12), (63, 6), (3, 6), (0, 18), (7, 3), (7, 3)):
        bits.number(value, size)
    close = volume = 0
    for day, *prices, shares in levels:
        opened, high, low, last = (round(price * 1000) for price in prices)
        for value, size in ((32, 6), (17, 6), ((day - DAY_ZERO).days, 18), (63, 6), (3, 3), (7, 3)):
            bits.number(value, size)
        for value in (opened - close, high - opened, opened - low, last - opened):
            bits.number(value, 30)
        bits.number(shares - volume, 42)
        close, volume = last, shares
    return bits.letters()


def calendar(sessions: Sequence[date]) -> str:
    """Lengths of the runs of sessions between two weekdays without one."""
    opened, runs, length = set(sessions), [], 0
    for offset in range((sessions[-1] - sessions[0]).days + 1):
        day = sessions[0] + timedelta(offset)
        if day.weekday() > 4:
            continue
        if day in opened:
            length += 1
        else:
            runs.append(length)
            length = 0
    bits, width = Bits(), 0
    for value, size in ((139, 12), (63, 6), ((sessions[0] - DAY_ZERO).days, 18), ((sessions[-1] - DAY_ZERO).days, 18)):
        bits.number(value, size)
    for run in [*runs, length]:
        need = groups(run, False)
        bits.flags(need != width)
        if need != width:
            bits.step(need - width)
        width = need
        bits.number(run, 3 * width)
    return bits.letters()

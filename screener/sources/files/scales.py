"""What unit a column of figures has, and how that is known.

1. A column map says it, or the heading does: `成交量(手)`, `成交额(百万)`.
2. Else the provider whose words most of the headings are: Tushare's vol is 手 and its amount 千元, AKShare's volume 股.
3. Of bars with an amount the prices prove it: amount ÷ volume lies between low and high. Where they prove another unit
   than the provider's habit, that one is taken; a unit that somebody stated is never overruled. All rows of a file
   prove it together (`Middle`): of a file that is read in pieces that is asked before (`Told.fitting`).
4. Where providers differ and nothing proves either, the file is refused. Our own names are shares and yuan.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf

import polars as pl

from screener.sources.files.headings import OURS, entries, heading_of
from screener.sources.files.maps import FileMap
from screener.sources.files.numbers import Numbers
from screener.sources.files.outcome import Note, refused
from screener.sources.files.telling import Told
from screener.sources.files.units import UNIT_WORDS, factor_of

_ON_TEN = "每10股"
LOT = 100  # shares
PROVING = ("low", "high", "volume", "amount")  # columns of bars
_NEAR = (0.75, 1.34)  # of amount ÷ volume to the middle of low and high, for the median of a file
_ODD_YUAN, _ODD_SHARES = 1e6, 1e7  # below: no contract's yuan, no firm's shares


@dataclass(frozen=True)
class Unit:
    """The unit of one column. `stated` is true where map or heading say it, `ours` for our own names."""

    factor: float
    word: str = ""
    stated: bool = False
    ours: bool = False
    others: tuple[str, ...] = ()  # units that other providers of this word have


@dataclass(frozen=True)
class Middle:
    """What is to be known of some numbers to tell whether their median is NEAR; summed over parts of them."""

    below: int = 0
    within: int = 0
    above: int = 0
    most_below: float = -inf
    least: float = inf  # of those within
    most: float = -inf
    least_above: float = inf

    @classmethod
    def of(cls, values: pl.Series) -> Middle:
        """`values`: floats without nulls."""
        low, high = values.filter(values < _NEAR[0]), values.filter(values > _NEAR[1])
        near = values.filter(values.is_between(*_NEAR))
        ends = (_most(low), -_most(-near), _most(near), -_most(-high))
        return cls(len(low), len(near), len(high), *ends)

    def __add__(self, other: Middle) -> Middle:
        return Middle(
            self.below + other.below,
            self.within + other.within,
            self.above + other.above,
            max(self.most_below, other.most_below),
            min(self.least, other.least),
            max(self.most, other.most),
            min(self.least_above, other.least_above),
        )

    @property
    def is_near(self) -> bool:
        """True where the median (of an even number the mean of the two in the middle) lies in NEAR."""
        count = self.below + self.within + self.above
        if not count:
            return False
        ends = (self._at((count - 1) // 2, first=True), self._at(count // 2, first=False))
        return _NEAR[0] <= sum(ends) / 2 <= _NEAR[1]

    def _at(self, place: int, *, first: bool) -> float:
        """The number at a place in order; where it is no end of its range, another one of the same range stands for it.

        The two in the middle are of one range (then so is their mean), or an upper end (`first`) and a lower one.
        """
        if place < self.below:
            return self.most_below
        if place < self.below + self.within:
            return self.most if first else self.least
        return self.least_above


def _most(values: pl.Series) -> float:
    found = values.max()
    return float(found) if isinstance(found, float) else -inf


def scaled(
    told: Told, given: Mapping[str, Numbers], file_map: FileMap, where: str
) -> tuple[dict[str, pl.Series], list[Note]]:
    """Figures by column in our units, and what was understood. Raises DataRefused where a unit cannot be known."""
    units = {column: unit_of(told, column, file_map) for column in given}
    notes: list[Note] = []
    if told.table.name in ("bars", "indices") and "volume" in given:
        units, notes = _proved(told, units, given, file_map, where)
    for column, unit in units.items():
        if unit.factor == 1:
            _plausible(told, column, unit, given[column], where)
    said = {f"{_heading(told, column)} is {unit.word}" for column, unit in units.items() if unit.factor != 1}
    notes += [Note(one) for one in sorted(said)]
    return {
        column: _times(numbers, units[column].factor, lots=column == "volume" and units[column].factor == LOT)
        for column, numbers in given.items()
    }, notes


def unit_of(told: Told, column: str, file_map: FileMap) -> Unit:
    """The unit of a column by map, heading or provider."""
    claim = told.of(column)
    mapped = file_map.units.get(column)
    if mapped is not None:
        return Unit(factor_of(mapped), str(mapped), stated=True)
    if claim is None or claim.entry is None:
        return Unit(1, stated=claim is not None, ours=True)
    if claim.heading.unit:
        return _stated(claim.heading.unit, claim.entry.unit)
    means = [
        one for one in entries(claim.heading.word) if one.column == column and one.dataset in ("", told.table.name)
    ]
    weights = {source: _covered(told, source) for one in means for source in one.sources}
    if not weights:
        return Unit(UNIT_WORDS[claim.entry.unit] if claim.entry.unit else 1, claim.entry.unit)
    best = max(weights.values())
    tied = [one for one in means if any(weights[source] == best for source in one.sources)]
    ours = any(OURS in one.sources for one in tied)
    words = list(dict.fromkeys(one.unit for one in tied))
    first = "" if ours else words[0]
    others = tuple(dict.fromkeys(one.unit for one in means if one.unit != first)) if not ours else ()
    tie = () if ours else tuple(word for word in words if word != first)
    return Unit(UNIT_WORDS[first] if first else 1, first, ours=ours, others=(*tie, "|", *others))


def _stated(unit: str, usual: str) -> Unit:
    """The unit a heading says; what is paid on ten shares stays so, in whatever money it is."""
    on_ten = usual == _ON_TEN and "10" not in unit and "十" not in unit
    return Unit(factor_of(unit) * (UNIT_WORDS[_ON_TEN] if on_ten else 1), usual if on_ten else unit, stated=True)


def _covered(told: Told, source: str) -> int:
    """How many headings of the file are words of a provider."""
    words = {claim.heading.word for claim in told.claims} | {heading_of(name).word for name in told.dropped}
    return sum(
        any(source in one.sources and one.dataset in ("", told.table.name) for one in entries(word)) for word in words
    )


def is_to_prove(told: Told, file_map: FileMap) -> bool:
    """True where the rows of a file of bars must prove the unit of its volume."""
    volume = unit_of(told, "volume", file_map)
    return all(told.of(column) for column in PROVING) and not (volume.stated or volume.ours)


def middles(told: Told, given: Mapping[str, Numbers], file_map: FileMap) -> dict[str, Middle]:
    """For each unit that the volume may have, what rows say of it. `given`: at least the columns PROVING."""
    volume, amount = (unit_of(told, column, file_map) for column in ("volume", "amount"))
    words = [word for word in dict.fromkeys((volume.word, *volume.others, "股", "手")) if word not in ("|", "")]
    return {word: Middle.of(_ratios(given, UNIT_WORDS[word], amount.factor)) for word in words}


def _proved(
    told: Told, units: dict[str, Unit], given: Mapping[str, Numbers], file_map: FileMap, where: str
) -> tuple[dict[str, Unit], list[Note]]:
    volume = units["volume"]
    bars = told.table.name == "bars"
    if not bars or "amount" not in given or not {"low", "high"} <= set(given):
        return units, _unproved(told, units, where) if bars else []
    if volume.stated or volume.ours:
        return units, []
    fitting = told.fitting
    if fitting is None:
        fitting = tuple(word for word, one in middles(told, given, file_map).items() if one.is_near)
    if volume.word in fitting or not fitting:
        return units, []
    chosen = Unit(UNIT_WORDS[fitting[0]], fitting[0])
    if chosen.factor == volume.factor:
        return units, []
    note = Note(f"{_heading(told, 'volume')} is {fitting[0]}: amount ÷ volume lies between low and high")
    return {**units, "volume": chosen}, [note]


def _unproved(told: Told, units: Mapping[str, Unit], where: str) -> list[Note]:
    """Without an amount the prices prove nothing."""
    volume, heading = units["volume"], _heading(told, "volume")
    tied = volume.others[: volume.others.index("|")] if "|" in volume.others else ()
    if tied and not volume.stated:
        words = " or ".join((volume.word, *tied))
        raise refused(
            where,
            "the unit of a column cannot be known",
            got=f"{heading} without an amount",
            expected=words,
            next_step=f"name it {heading}({volume.word}) or {heading}({tied[0]}), or units in a column map (--map)",
        )
    taken = volume.word or "shares"
    return [Note(f"unit of volume not checkable without an amount: {heading} taken as {taken}")]


def _ratios(given: Mapping[str, Numbers], volume: float, amount: float) -> pl.Series:
    """amount ÷ volume to the middle of low and high, of rows with trades."""
    said = {name: given[name].values for name in ("low", "high")}
    said["volume"] = _times(given["volume"], volume, lots=volume == LOT)
    said["amount"] = _times(given["amount"], amount, lots=False)
    return (
        pl.DataFrame(said)
        .filter(pl.col("volume") > 0, pl.col("amount") > 0, pl.col("low") > 0)
        .select(pl.col("amount") / pl.col("volume") / pl.mean_horizontal("low", "high"))
        .to_series()
    )


def _plausible(told: Told, column: str, unit: Unit, numbers: Numbers, where: str) -> None:
    """Share counts without a unit that no firm has, revenues that no firm tells: 万 was left out somewhere."""
    if (told.table.name, column) in (("shares", "total_shares"), ("contract_facts", "amount")):
        bare = numbers.values.filter(~numbers.own & numbers.values.is_not_null())
        check_bare(told, column, unit, bare.to_list(), where)


def check_bare(told: Told, column: str, unit: Unit, bare: Sequence[float], where: str) -> None:
    """Raises DataRefused where a figure without a unit is less than any contract's yuan, or any firm's shares."""
    least, word = (_ODD_YUAN, "元") if column == "amount" else (_ODD_SHARES, "股")
    small = next((value for value in bare if 0 < value < least), None)
    if unit.stated or unit.ours or small is None:
        return
    heading = _heading(told, column)
    expected = f"a unit, as {heading}(万{word})"
    raise refused(
        where,
        "the unit of a column cannot be known",
        got=f"{heading} {small:g}",
        expected=expected,
        next_step="name the unit in the heading or in the cell (12亿), or units in a column map (--map)",
    )


def _times(numbers: Numbers, factor: float, *, lots: bool) -> pl.Series:
    if factor == 1:
        return numbers.values
    frame = pl.DataFrame([numbers.values.alias("value"), numbers.own.alias("own")])
    if numbers.short is not None and lots:  # 4.06万 under 成交量(手) are 4.06万手
        frame = frame.with_columns(own=numbers.own & ~numbers.short)
    by = pl.when("own").then(pl.col("value")).otherwise((pl.col("value") * factor).round(6))
    return frame.select(by).to_series().rename(numbers.values.name)


def _heading(told: Told, column: str) -> str:
    claim = told.of(column)
    return claim.heading.text.strip() if claim else column

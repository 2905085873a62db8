"""Invented figures that every provider of the loopback tells in its own format. The same seed is the same world."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Any

from screener.core.calendar import Calendar, packaged_calendar
from tests.loopback.packed import Bar


@dataclass(frozen=True)
class Notice:
    """One announcement: what is printed on it and when it could be read."""

    number: int
    symbol: str
    title: str
    printed: date
    published: datetime
    told: bool = False  # cninfo tells the time too
    firm: str = "测试"


@dataclass
class World:
    """Symbols with prices on every session from `first` to `last`; everything else hangs on them."""

    symbols: tuple[str, ...]
    first: date
    last: date
    calendar: Calendar = field(default_factory=packaged_calendar)
    notices_per_quarter: int = 3
    reports: int = 4  # of brokers, on each stock and class of industries
    extra_notices: list[Notice] = field(default_factory=list)
    documents: dict[int, bytes] = field(default_factory=dict)  # number of a notice → what its link holds
    close_shift: dict[tuple[str, date], float] = field(default_factory=dict)  # a revised history
    dividends: dict[str, list[dict[str, object]]] = field(default_factory=dict)
    rights: dict[str, list[dict[str, object]]] = field(default_factory=dict)
    sina_unit: int = 1  # shares in one unit of volume; Sina tells 股, the others 手
    eastmoney_unit: int = 100
    tencent_unit: int = 100
    publisher_shift: float = 0.0  # points by which the publisher's levels differ
    phantom: date | None = None  # a day without a session on which Sina has a bar
    until: date | None = None  # what is later has not happened yet
    halts: set[tuple[str, date]] = field(default_factory=set)  # (symbol, session) without trading
    quoted: dict[str, dict[int, str]] = field(default_factory=dict)  # symbol → fields of its quote that are wrong
    first_of_list: bool = False  # both sites take the first stock of a list alone
    total: dict[str, int] = field(default_factory=dict)  # in cninfo's list of everybody's share capital
    _bars: dict[str, list[Bar]] = field(default_factory=dict)
    _printed: dict[str, Any] = field(default_factory=dict)
    _notices: dict[str, list[Notice]] = field(default_factory=dict)

    @cached_property
    def sessions(self) -> list[date]:
        return list(self.calendar.between(self.first, self.last))

    @property
    def today(self) -> date:
        """The last session that has happened."""
        return max(day for day in self.sessions if self.happened(day))

    def bars(self, symbol: str) -> list[Bar]:
        """Raw bars; amount ÷ volume lies inside low … high."""
        if symbol not in self._bars:
            self._bars[symbol] = list(self._walk(symbol, start=20.0 + int(symbol[:6]) % 50))
        there = (bar for bar in self._bars[symbol] if (symbol, bar[0]) not in self.halts)
        return [self._shifted(symbol, bar) for bar in there if self.happened(bar[0])]

    def happened(self, day: object) -> bool:
        """True up to `until`."""
        return self.until is None or (isinstance(day, date) and day <= self.until)

    def levels(self, index: str) -> list[tuple[date, float, float, float, float, int]]:
        """Levels of an index on the same days."""
        return [bar[:6] for bar in self._walk(index, start=3000.0) if self.happened(bar[0])]

    def shares(self, symbol: str) -> list[dict[str, Any]]:
        """Share capital: listing, then more on the middle session; announced a week before, or a week after."""
        middle, base = self.sessions[len(self.sessions) // 2], 100_000_000 + int(symbol[:6])
        late = middle + timedelta(days=7 if int(symbol[5]) % 2 else -7)
        rows = [
            {"day": self.first - timedelta(days=400), "said": self.first - timedelta(days=410), "total": base},
            {"day": middle, "said": late, "total": base + 20_000_000},
        ]
        return [row for row in rows if self.happened(row["said"]) and self.happened(row["day"])]

    def left(self, exchange: str) -> list[tuple[str, str, date, date]]:
        """(code, name, listed, delisted) of stocks that left: the first one of ours, a stranger and a B share."""
        ours = next(symbol[:6] for symbol in self.symbols if symbol.endswith(exchange))
        others = {"SH": ("600001", "900949"), "SZ": ("000003", "200003")}[exchange]
        day = [day for day in self.sessions if self.happened(day)][-5]
        return [(code, "退市测试", date(2001, 8, 28), day) for code in (ours, *others)]

    def dividends_of(self, symbol: str) -> list[dict[str, object]]:
        """cninfo's records; ratios per ten shares."""
        if symbol in self.dividends:
            return [row for row in self.dividends[symbol] if self.happened(row["said"])]
        day = self.sessions[len(self.sessions) // 3]
        return [{"ex": day, "said": day - timedelta(days=7), "bonus": None, "converted": 4.0, "cash": 1.5}]

    def notices(self, symbol: str) -> list[Notice]:
        """Announcements: printed the day after, published in the evening; extra ones where a test adds them."""
        if symbol not in self._notices:
            self._notices[symbol] = self._written(symbol)
        found = [*(n for n in self.extra_notices if n.symbol == symbol), *self._notices[symbol]]
        there = (one for one in found if self.happened(one.published.date()))
        return sorted(there, key=lambda one: (one.printed, one.number), reverse=True)

    def printed(self, first: date, last: date) -> list[Notice]:
        """Announcements of all firms that are printed with a day of the span, the firms in order."""
        key = (self.until, len(self.extra_notices), self.notices_per_quarter)
        if self._printed.get("key") != key:
            symbols = dict.fromkeys([*self.symbols, *(one.symbol for one in self.extra_notices)])
            self._printed = {"key": key, "all": [one for symbol in symbols for one in self.notices(symbol)]}
        return [one for one in self._printed["all"] if first <= one.printed <= last]

    def _written(self, symbol: str) -> list[Notice]:
        found: list[Notice] = []
        number = int(symbol[:6]) * 1000
        titles = (
            "关于签订算力服务合同的公告",
            "关于召开股东大会的通知",
            "关于终止对外投资项目的公告",
            "第二届董事会决议公告",
        )
        quarter = timedelta(days=91 // max(self.notices_per_quarter, 1))
        day = self.first + timedelta(days=3)
        while day <= self.last - timedelta(days=1):
            evening = datetime.combine(self.calendar.on_or_before(day), time(18, 30))
            title = f"{titles[number % len(titles)]}（{number % 97}）"
            found.append(Notice(number, symbol, title, evening.date() + timedelta(days=1), evening))
            day, number = day + quarter, number + 1
        return found

    def _walk(self, name: str, start: float) -> Iterator[Bar]:
        rng = random.Random(name)
        close = start
        for day in self.sessions:
            opened = round(close * (1 + rng.uniform(-0.02, 0.02)), 2)
            last = round(opened * (1 + rng.uniform(-0.03, 0.03)), 2)
            high, low = round(max(opened, last) * 1.01, 2), round(min(opened, last) * 0.99, 2)
            volume = rng.randrange(10_000, 90_000) * 100
            yield day, opened, high, low, last, volume, round(volume * (opened + last) / 2)
            close = last

    def _shifted(self, symbol: str, bar: Bar) -> Bar:
        shift = self.close_shift.get((symbol, bar[0]), 0.0)
        return (*bar[:4], round(bar[4] + shift, 2), *bar[5:]) if shift else bar

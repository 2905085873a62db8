"""Sina's quotes of a list, after the last close: 34 fields in GBK; the close before is an ex-date's reference price."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from screener.core.symbols import parse_symbol
from tests.loopback.world import World


def answer(world: World, path: str, query: Mapping[str, str], form: Mapping[str, str]) -> tuple[str, bytes]:
    """A line for each stock of the list."""
    lines = [f'var hq_str_{name}="{quote(world, name)}";' for name in path.removeprefix("/list=").split(",")]
    return "application/javascript; charset=GB18030", "\n".join([*lines, ""]).encode("gb18030")


def quote(world: World, name: str) -> str:
    symbol, day = parse_symbol(name), world.today
    bars = world.bars(symbol) if symbol in world.symbols else []
    if not bars:
        return ""
    last = [bar for bar in bars if bar[0] < day][-1:]
    before = reference(world, symbol, day, last[0][4]) if last else bars[0][1]
    traded = bars[-1][0] == day
    opened, high, low, close, volume, amount = bars[-1][1:] if traded else (0.0, 0.0, 0.0, 0.0, 0, 0)
    prices = [f"{price:.3f}" for price in (opened, before, close, high, low, close, close)]
    rest = [str(volume // world.sina_unit), f"{amount:.3f}", *["0"] * 20, str(day), "15:34:30", "00", ""]
    fields = dict(enumerate(["测试", *prices, *rest])) | world.quoted.get(symbol, {})
    return ",".join(fields.values())


def reference(world: World, symbol: str, day: date, close: float) -> float:
    """The close before, less what an ex-date takes away."""
    for row in world.dividends_of(symbol):
        if row["ex"] == day:
            shares = (float(str(row["converted"] or 0)) + float(str(row["bonus"] or 0))) / 10
            return round((close - float(str(row["cash"] or 0)) / 10) / (1 + shares), 2)
    return close

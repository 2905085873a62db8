"""Rows that a store may accept: sound ones of every loadable table, with a few cells at the edge.

1. A row begins as one that a store holds, so most of it fits; columns, types and closed lists come from the `Table`.
2. Up to four cells, and often the key, are replaced: first and last days, the largest and smallest numbers, odd text.
3. `SOUND` puts back together what only makes sense together, seven times of eight (low … high, amount ÷ volume, a
   rate of exchange); the eighth row is left as it came.
4. Ids are few, so that rows correct earlier ones and name each other; an id keeps its firm (`World.owners`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

import polars as pl
from hypothesis import strategies as st

from screener.core.calendar import packaged_calendar
from screener.core.config import END_OF_DAY
from screener.core.symbols import board_of
from screener.core.table import Column, Kind, Table
from screener.core.tables import TABLES
from tests.store.rows import NOW

Row = dict[str, Any]
SESSIONS = packaged_calendar().between(date(2005, 1, 4), date(2026, 12, 31))
ASKED = packaged_calendar().between(date(2026, 5, 28), date(2026, 6, 30))  # by back-tests and most others
# Of the store; of every board without a bar; of funds and indices, which are none of them.
FOLLOWED = ("301396.SZ", "300857.SZ", "603629.SH", "300093.SZ", "000048.SZ")
WITHOUT_BARS = ("600519.SH", "688981.SH", "689009.SH", "920002.BJ", "430047.BJ", "832000.BJ", "000001.SZ", "301999.SZ")
INDICES = (
    "000300.SH",
    "H00300.CSI",
    "399006.SZ",
    "899001.GSI",
    "HSI.HI",
    "SPX.GI",
    "885001.WI",
    "930000.CSI",
    "我的指数",
)
IDS = ("N1", "N2", "N3", "N4", "n1", "[red]N5[/red]", "编号 6", "🙂", "N'7\"", "=N8", "N9@2026-06-30")
TEXTS = (
    "x", "0", "1", "-", "ＡＢＣ", "é" * 300, "长" * 2000, "🙂🏽‍👩‍👧", "a\u0301\u0301\u0301", "مرحبا",
    "\u202egnp.exe", "\u200b.", "\ufeff.", "\u2028.", "[red]x[/red]", "[/]", "[link=a]", "{{ x }}",
    "{% x %}", "{0}", "%s%d", "<script>alert(1)</script>", "&amp;", "</td>", "=1+1", "@x", "'", '"', '""',
    "a,b", "a;b", "a\\nb", "\\", "`", "$x$", "NULL", "None", "true", "2026-06-30", "1e5", "\U000e0041.",
    "ﷺ", "𝟙", "\x1b[31mred", "a\x00b", "a\rb", "3.03亿", "2亿-3亿", "1万", "0.01元", "1000亿美元", "不超过5亿", "P",
    "000300.SH", "SELECT 1", "x" * 32000,
)  # fmt: skip
DAYS = (
    date(1990, 1, 1), date(1990, 12, 19), date(1996, 12, 16), date(2004, 12, 31), date(2005, 1, 4),
    date(2020, 2, 29), date(2025, 9, 1), date(2025, 9, 2), date(2026, 6, 29), date(2026, 6, 30),
    date(2026, 7, 1), date(2026, 8, 31), date(2026, 10, 12), date(2026, 10, 13), date(2026, 12, 31),
    date(2027, 1, 4), date(2099, 12, 31), date(2100, 12, 31),
)  # fmt: skip
CLOCKS = (
    time(0),
    time(0, 0, 1),
    time(9, 14, 59),
    time(9, 15),
    time(9, 30),
    time(15),
    time(18, 32, 10),
    time(23, 59, 59),
)
NUMBERS = (
    0.0, -0.0, 1.0, -1.0, 0.01, 0.005, 0.02, 0.1, 0.25, 1 / 3, 0.5, 0.99, 2.0, 3.0, 12.0, 48.0, 600.0,
    601.0, 99_999.99, 1e5, 1e6, 1e7, 1e8, 3.03e8, 1e9, 1e12, 1e15, 9007199254740992.0, 1e18, 1e30, 1e100,
    1e200, 1e300, 1.7e308, 1e-3, 1e-6, 1e-12, 1e-100, 5e-324,
)  # fmt: skip
FACTORS = (0.0001, 0.01, 0.5, 0.9, 0.99, 1.01, 1.1, 1.2, 2.0, 100.0, 10_000.0)
_FX = {
    "USD": 7.1,
    "HKD": 0.91,
    "EUR": 7.8,
    "GBP": 9.0,
    "JPY": 0.048,
    "SGD": 5.3,
    "KRW": 0.005,
    "CHF": 8.0,
    "XAU": 16_000.0,
}


@dataclass
class World:
    """What the rows of one example are made of; `owners` learns whose each new id is."""

    sound: Mapping[str, list[Row]]  # table → rows of the store
    sessions: tuple[date, ...]  # of its bars
    owners: dict[tuple[str, str], str] = field(default_factory=dict)  # (table, id) → symbol

    def owner(self, table: str, name: str) -> str | None:
        """The firm of a fact, where anybody knows it."""
        return self.owners.get((table, name))


def world_of(frames: Mapping[str, pl.DataFrame], fewest: int = 40) -> World:
    """A world of the newest rows of a store; every table of it has some."""
    sound = {name: frame.sample(min(frame.height, fewest), seed=1).to_dicts() for name, frame in frames.items()}
    sessions = tuple(sorted(frames["bars"]["session"].unique()))
    owners = {
        (name, row[TABLES[name].key[0]]): row["symbol"]
        for name, frame in frames.items()
        if len(TABLES[name].key) == 1 and "symbol" in frame.columns
        for row in frame.to_dicts()
    }
    return World(sound, sessions, owners)


# Cells


def days(world: World) -> st.SearchStrategy[date]:
    """Edges, sessions that the questions ask about, sessions of the store, of the calendar, any day."""
    return st.one_of(
        st.sampled_from(DAYS),
        st.sampled_from(ASKED),
        st.sampled_from(world.sessions),
        st.sampled_from(SESSIONS),
        st.dates(date(1990, 1, 1), date(2100, 12, 31)),
    )


def times(world: World) -> st.SearchStrategy[datetime]:
    """A day of those with a clock."""
    return st.builds(datetime.combine, days(world), st.sampled_from(CLOCKS))


def numbers(before: float | None) -> st.SearchStrategy[float]:
    """Edges, and what is near the value that stood there."""
    edges = st.one_of(st.sampled_from(NUMBERS), st.floats(0.01, 1e5).map(lambda x: round(x, 2)))
    if before is None or not before:
        return edges
    return st.one_of(edges, st.sampled_from(FACTORS).map(lambda factor: before * factor))


def symbols() -> st.SearchStrategy[str]:
    """Of the store more often than others."""
    return st.one_of(st.sampled_from(FOLLOWED), st.sampled_from(WITHOUT_BARS))


def ids(world: World, *tables: str) -> st.SearchStrategy[str]:
    """Ids of stored facts, and the few of new ones."""
    stored = [str(row[TABLES[name].key[0]]) for name in tables for row in world.sound[name][:12]]
    return st.one_of(st.sampled_from(IDS), st.sampled_from(stored)) if stored else st.sampled_from(IDS)


def _told(world: World, *tables: str) -> st.SearchStrategy[str]:
    """Ids of facts that are stored or were drawn before, and now and then of none."""
    drawn = [name for table, name in world.owners if table in tables and name in IDS]
    known = st.sampled_from(
        [*drawn * 3, *(str(row[TABLES[name].key[0]]) for name in tables for row in world.sound[name])]
    )
    return st.one_of(*[known] * 7, st.sampled_from(IDS))


def _whole(value: float) -> int:
    return int(min(max(value, -(2**62)), 2**62))


def cell(world: World, table: Table, column: Column, before: Any) -> st.SearchStrategy[Any]:
    """Any value of a column, an empty one only where it may be empty."""
    found = _filled(world, table, column, before)
    return found if column.required else st.one_of(found, found, st.none())


def _filled(world: World, table: Table, column: Column, before: Any) -> st.SearchStrategy[Any]:
    if column.words:
        return st.sampled_from(column.words)
    if column.kind is Kind.TEXT:
        return _text(world, table, column)
    number = numbers(float(before) if isinstance(before, (int, float)) else None)
    kinds: dict[Kind, st.SearchStrategy[Any]] = {
        Kind.DATE: days(world),
        Kind.TIME: times(world),
        Kind.FLAG: st.booleans(),
        Kind.FLOAT: number,
        Kind.INT: number.map(_whole),
    }
    return kinds[column.kind]


def _text(world: World, table: Table, column: Column) -> st.SearchStrategy[str]:
    name = column.name
    if name in ("symbol", "subject"):
        return symbols()
    if name == "index" or name == "industry_index":
        return st.sampled_from(INDICES)
    if name in table.refers:
        return _told(world, *table.refers[name])
    if (name in table.key and len(table.key) == 1) or (table.identity and name == table.identity.column):
        return ids(world, table.name)
    if name in ("rule", "scope", "unit", "currency", "market"):  # words of code: those in use, and others
        words = sorted({str(row[name]) for row in world.sound[table.name] if row[name] is not None})
        return st.one_of(st.sampled_from([*words, *_FX]), st.sampled_from(TEXTS))
    return st.one_of(
        st.sampled_from(TEXTS), st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=12)
    )


# Rows


@st.composite
def row(draw: st.DrawFn, world: World, table: Table) -> Row:
    """One row; see the top of the module."""
    made = dict(draw(st.sampled_from(world.sound[table.name])))
    if table.identity and draw(st.booleans()):
        made[table.identity.column] = None
    changed = draw(st.lists(st.sampled_from(table.columns), max_size=4, unique_by=lambda column: column.name))
    if draw(st.integers(0, 3)):  # a new fact, or another one of those that are there
        changed += [column for column in table.columns if column.name in table.told_by and column not in changed]
    for column in changed:
        made[column.name] = draw(cell(world, table, column, made[column.name]))
    if draw(st.integers(0, 7)):
        _coherent(world, table, made)
        SOUND.get(table.name, _as_it_is)(draw, world, made)
    _remember(world, table, made)
    return made


def _coherent(world: World, table: Table, made: Row) -> None:
    """Days that are not ahead of the clock, and the firm of what the row stands in."""
    today = NOW.date() + timedelta(days=table.ahead)
    if table.day and made[table.day] > today:
        made[table.day] = today
    if not table.stands_in:
        return
    made["known_at"] = None  # that of what it stands in
    owner = next((world.owner(name, made[table.stands_in]) for name in table.refers[table.stands_in]), None)
    made["symbol"] = owner or made["symbol"]


def _remember(world: World, table: Table, made: Row) -> None:
    if len(table.key) == 1 and "symbol" in made and made[table.key[0]]:
        world.owners[table.name, made[table.key[0]]] = made["symbol"]


Sound = Callable[[st.DrawFn, World, Row], None]


def _as_it_is(draw: st.DrawFn, world: World, made: Row) -> None:
    pass


def _bars(draw: st.DrawFn, world: World, made: Row) -> None:
    traded = [day for day in SESSIONS if day <= NOW.date()]
    made["session"] = draw(st.one_of(st.sampled_from(ASKED), st.sampled_from(world.sessions), st.sampled_from(traded)))
    _prices(made)
    for name in ("open", "high", "low", "close"):
        made[name] = max(0.01, round(min(made[name], 1e12), 2))
    made["volume"] = _whole(min(abs(made["volume"]), 2**53))
    if made["amount"] is not None:
        made["amount"] = made["volume"] * (made["low"] + made["high"]) / 2


def _indices(draw: st.DrawFn, world: World, made: Row) -> None:
    _prices(made)


def _prices(made: Row) -> None:
    inside = [abs(value) or 1.0 for value in (made["open"], made["close"]) if value is not None]
    outside = [abs(made[name]) or 1.0 for name in ("high", "low") if made[name] is not None]
    for name, value in (("low", min(inside + outside)), ("high", max(inside + outside))):
        made[name] = value if made[name] is not None else None
    for name in ("open", "close"):
        made[name] = abs(made[name]) or 1.0 if made[name] is not None else None


def _shares(draw: st.DrawFn, world: World, made: Row) -> None:
    made["total_shares"] = max(1, made["total_shares"])
    if made["float_shares"] is not None:
        made["float_shares"] = max(0, min(made["float_shares"], made["total_shares"]))


def _actions(draw: st.DrawFn, world: World, made: Row) -> None:
    given = made["kind"] != "restructuring_conversion" or draw(st.booleans())
    for name in ("shares_to_holder", "cash_to_holder"):
        made[name] = abs(made[name]) if given else 0.0
    made["prev_close"] = made["factor_ratio"] = None
    if made["kind"] in ("cash", "bonus", "bonus_and_cash") or not draw(st.booleans()):
        made["reference_price"] = None


def _firms(draw: st.DrawFn, world: World, made: Row) -> None:
    made["board"] = board_of(made["symbol"]).value


def _commitments(draw: st.DrawFn, world: World, made: Row) -> None:
    made["printed_amount"] = None
    if made["amount_basis"] == "undisclosed":
        made["amount_low"] = made["amount_high"] = made["foreign_amount"] = None
    if made["amount_high"] is not None:
        made["amount_high"] = abs(made["amount_high"])
        low = made["amount_low"]
        made["amount_low"] = None if low is None else min(abs(low), made["amount_high"])
    if made["currency"] not in _FX:
        made["currency"], made["foreign_amount"] = "CNY", None
    elif made["amount_high"] is not None:
        made["foreign_amount"] = made["amount_high"] / _FX[made["currency"]]
    if made["term_months"] is not None:
        made["term_months"] = max(1, min(600, made["term_months"]))
    if made["stake"] is not None:
        made["stake"] = min(1.0, abs(made["stake"]))


def _contract_facts(draw: st.DrawFn, world: World, made: Row) -> None:
    if made["amount"] is not None:
        made["amount"] = abs(made["amount"]) if draw(st.booleans()) else 1e6
    if made["period_start"] is not None:
        made["period_start"] = min(made["period_start"], made["effective_date"])


def _announcements(draw: st.DrawFn, world: World, made: Row) -> None:
    earliest = datetime.combine(made["event_date"], time(0))
    if made["known_at"] is not None and made["known_at"] < earliest:
        made["known_at"] = earliest


def _st_spells(draw: st.DrawFn, world: World, made: Row) -> None:
    if made["end"] is not None:
        made["end"] = max(made["start"], made["end"])


def _ratings(draw: st.DrawFn, world: World, made: Row) -> None:
    if made["report_date_last"] is not None:
        made["report_date_last"] = max(made["report_date"], made["report_date_last"])


def _segments(draw: st.DrawFn, world: World, made: Row) -> None:
    made["period_end"] = draw(
        st.sampled_from([date(2025, 6, 30), date(2025, 12, 31), date(2026, 6, 30), date(2026, 3, 31)])
    )
    if made["known_at"] is not None:
        made["known_at"] = max(made["known_at"], datetime.combine(made["period_end"], END_OF_DAY))


def _sessions(draw: st.DrawFn, world: World, made: Row) -> None:
    known = draw(st.sampled_from((*SESSIONS[:3], *SESSIONS[-3:], date(2027, 1, 4), date(2027, 1, 5), date(2027, 1, 8))))
    made["session"] = known


SOUND: Mapping[str, Sound] = {
    "segments": _segments,
    "margins": _segments,
    "bars": _bars,
    "indices": _indices,
    "shares": _shares,
    "actions": _actions,
    "firms": _firms,
    "commitments": _commitments,
    "contract_facts": _contract_facts,
    "announcements": _announcements,
    "st_spells": _st_spells,
    "ratings": _ratings,
    "sessions": _sessions,
}


# Files


@dataclass(frozen=True)
class File:
    """A file of rows of one table, as a user would load it."""

    table: str
    rows: tuple[Row, ...]
    form: str  # csv or parquet

    def frame(self) -> pl.DataFrame:
        """The rows as typed columns."""
        return pl.DataFrame(list(self.rows), schema=TABLES[self.table].schema, orient="row")

    def __str__(self) -> str:
        changed = [{name: value for name, value in row.items() if value is not None} for row in self.rows]
        return f"{self.table}.{self.form} {changed}"


@st.composite
def file(draw: st.DrawFn, world: World, name: str) -> File:
    """One to three rows of a table."""
    table = TABLES[name]
    found = draw(st.lists(row(world, table), min_size=1, max_size=3))
    return File(name, tuple(found), draw(st.sampled_from(("csv", "parquet"))))

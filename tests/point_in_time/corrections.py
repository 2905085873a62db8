"""Random small stores as frames, in which rows of every table that a market is made of were corrected."""

from __future__ import annotations

from datetime import datetime, time

import numpy as np
import polars as pl

from tests.point_in_time.markets import bars, rows, sessions

SYMBOLS = ("300001.SZ", "600001.SH", "688001.SH", "920001.BJ")
DAYS = sessions(40)
_FIGURES = {"actions": "shares_to_holder", "shares": "total_shares", "indices": "close"}  # what a correction moves
_EMPTY = ("commitments", "contract_facts", "links")


def written(frame: pl.DataFrame, run: int, at: datetime, *, withdrawn: bool = False) -> pl.DataFrame:
    """Rows as one run of the store wrote them, known from then."""
    return frame.with_columns(known_at=pl.lit(at), run=pl.lit(f"{run:06d}"), withdrawn=pl.lit(withdrawn))


def moments(seed: int, evenings: int) -> list[datetime]:
    rng = np.random.default_rng(seed)
    days = sorted(rng.choice(np.arange(5, 39), evenings, replace=False).tolist())
    return [datetime.combine(DAYS[day], time(20)) for day in days]


def first_bars(rng: np.random.Generator) -> pl.DataFrame:
    closes = {s: [None if rng.random() < 0.05 else round(20 + rng.normal(), 2) for _ in DAYS] for s in SYMBOLS}
    frame = bars(closes).drop("fetched_at")
    return frame.with_columns(run=pl.lit("000000"), withdrawn=pl.lit(False))


def corrected_bars(told: list[pl.DataFrame], rng: np.random.Generator, run: int, at: datetime) -> pl.DataFrame:
    """A few bars of known days with another close, or taken back; what was told lately again; or all of one stock."""
    past = told[int(rng.choice([0, -1]))].filter(pl.col("session") < at.date())
    some = past.sample(min(3, past.height), seed=int(rng.integers(1 << 30)))
    if rng.random() < 0.15:
        some = told[0].filter(pl.col("symbol") == str(rng.choice(SYMBOLS)), pl.col("session") < at.date())
    close = (pl.col("close") + round(float(rng.normal()), 2)).round(2)
    prices = dict.fromkeys(("open", "high", "low", "close"), close)
    source = pl.lit(str(rng.choice(["test", "test", "another"])))
    return written(some.with_columns(**prices, source=source), run, at, withdrawn=bool(rng.random() < 0.3))


def others(rng: np.random.Generator) -> dict[str, list[pl.DataFrame]]:
    """First versions of actions, share counts, index levels, a delisting period, listings and announcements."""
    at = datetime.combine(DAYS[20], time(9))
    action = {"symbol": SYMBOLS[0], "ex_date": DAYS[20], "kind": "bonus", "shares_to_holder": 0.4}
    action |= {"cash_to_holder": 0.0, "action_id": "a", "known_at": at}
    merger = {"symbol": SYMBOLS[2], "ex_date": DAYS[30], "kind": "merger", "shares_to_holder": 0.0, "action_id": "m"}
    merger |= {"cash_to_holder": 0.5, "into_symbol": SYMBOLS[1], "into_ratio": 0.5, "known_at": at}
    late = {**action, "symbol": SYMBOLS[1], "action_id": "l", "known_at": datetime.combine(DAYS[25], time(20))}
    count = {"symbol": SYMBOLS[1], "effective_date": DAYS[3], "total_shares": 10_000_000, "share_id": "s"}
    level = {"index": "000300.SH", "session": DAYS[7], "close": 4000.0, "known_at": datetime.combine(DAYS[7], time(15))}
    known = {"known_at": datetime.combine(DAYS[3], time(9))}
    spell = {"symbol": SYMBOLS[3], "start": DAYS[10], "end": DAYS[35], "status": "delisting", "spell_id": "d"}
    told = {"announcement_id": "A", "symbol": SYMBOLS[0], "title": "told", "kind": "order"}
    first = {
        "actions": rows("actions", action, *([merger] if rng.random() < 0.5 else []), late),
        "shares": rows("shares", count | known),
        "indices": rows("indices", level),
        "st_spells": rows("st_spells", *([spell | known] if rng.random() < 0.5 else [])),
        "firms": rows("firms", {"symbol": SYMBOLS[1], "name": "one", "board": "main", **known}),
        "announcements": rows("announcements", {**told, "event_date": DAYS[3], **known}),
    }
    return {name: [frame.with_columns(run=pl.lit("000000"), withdrawn=pl.lit(False))] for name, frame in first.items()}


def store(seed: int, evenings: int = 8) -> dict[str, pl.DataFrame]:
    """Frames with as many corrections, each of bars or of another table."""
    rng = np.random.default_rng(seed)
    told, tables = [first_bars(rng)], others(rng)
    for run, at in enumerate(moments(seed, evenings), start=1):
        name = str(rng.choice(["bars"] * 4 + [*tables]))
        if name == "bars":
            told.append(corrected_bars(told, rng, run, at))
            continue
        first = tables[name][0]
        if name in _FIGURES:
            changed = first.with_columns((pl.col(_FIGURES[name]) * (1 + run)).cast(first.schema[_FIGURES[name]]))
            tables[name].append(written(changed, run, at, withdrawn=bool(rng.random() < 0.3)))
        else:
            tables[name].append(written(first, run, at, withdrawn=True))
    joined = {name: pl.concat(frames) for name, frames in tables.items()}
    return {**{name: rows(name) for name in _EMPTY}, "bars": pl.concat(told), **joined}

"""A made-up market of any size as files a user would load, and stores of it: made once, kept outside the project.

1. Codes of all five boards in the shares they have; the packaged firms are among them. Two fifths are listed later than
   the first session; STAR begins 2019-07-22, Beijing 2021-11-15.
2. Prices walk in steps that no limit forbids; one bar in 300 is missing (a halt); one CSI 300; one share count a firm.
3. Facts: n announcements of one commitment each over all codes, in their last 248 sessions; 3 % amend the one before,
   20 % are accepted.
4. Everything is seeded; a folder is called after sizes and seed, so that what is there need not be made again.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import date, datetime, time
from pathlib import Path

import numpy as np
import polars as pl
from platformdirs import user_cache_path

from screener.core.calendar import packaged_calendar
from screener.core.tables import TABLES, packaged

LAST = date(2026, 6, 30)
FACT_SESSIONS = 248
_SHARES = (("60{:04d}.SH", 0.31), ("00{:04d}.SZ", 0.28), ("30{:04d}.SZ", 0.25), ("688{:03d}.SH", 0.11))
_BORN = {"688": date(2019, 7, 22), "920": date(2021, 11, 15)}
_SOURCE = "made up"


def kept() -> Path:
    """The folder of what is made once: $SCREENER_BENCH, else a cache folder of the platform."""
    named = os.environ.get("SCREENER_BENCH")
    folder = Path(named) if named else user_cache_path("screener-bench")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def market_files(symbols: int, sessions: int, seed: int = 1) -> Path:
    """A folder with bars.parquet, indices.parquet and shares.parquet of a market."""
    folder = kept() / f"market-{symbols}x{sessions}-{seed}"
    if not (folder / "done").exists():
        folder.mkdir(exist_ok=True)
        days = sessions_of(sessions)
        codes = codes_of(symbols)
        _write_bars(folder / "bars.parquet", codes, days, np.random.default_rng(seed))
        _index(days, seed).write_parquet(folder / "indices.parquet")
        _shares(codes, days[0]).write_parquet(folder / "shares.parquet")
        (folder / "done").touch()
    return folder


def facts_files(facts: int, symbols: int, seed: int = 1) -> Path:
    """A folder with announcements, commitments, contract_facts and links: `facts` of the first two."""
    folder = kept() / f"facts-{facts}x{symbols}-{seed}"
    if not (folder / "done").exists():
        folder.mkdir(exist_ok=True)
        for name, frame in _facts(facts, codes_of(symbols), sessions_of(FACT_SESSIONS), seed).items():
            TABLES[name].check(frame).write_parquet(folder / f"{name}.parquet")
        (folder / "done").touch()
    return folder


def store_of(name: str, *folders: Path) -> Path:
    """A store into which the folders were loaded in order; made once."""
    from screener.store.database import Store
    from screener.store.loading import load_folder

    path = kept() / f"{name}.duckdb"
    if not path.exists():
        draft = path.with_suffix(".part")
        draft.unlink(missing_ok=True)
        with Store.create_or_open(draft) as store:
            for folder in folders:
                load_folder(store, folder)
        draft.rename(path)
    return path


def codes_of(symbols: int) -> list[str]:
    """The packaged firms and made-up codes of every board, sorted."""
    firms = sorted({*packaged("firms")["symbol"], *packaged("announcements")["symbol"]})
    wanted, made = max(symbols - len(firms), 0), list[str]()
    for pattern, share in _SHARES:
        made += [pattern.format(n) for n in range(1, int(wanted * share) + 1)]
    made += [f"920{n:03d}.BJ" for n in range(1, wanted + 1)]
    return sorted({*firms, *[code for code in made if code not in firms][:wanted]})


def sessions_of(count: int) -> list[date]:
    """The last sessions up to LAST."""
    return list(packaged_calendar().between(date(2000, 1, 1), LAST)[-count:])


def _write_bars(path: Path, codes: Sequence[str], days: Sequence[date], rng: np.random.Generator) -> None:
    """By firm and day, a row group of 100 firms at a time: memory does not grow with the market."""
    import pyarrow.parquet as pq

    writer = None
    for first in range(0, len(codes), 100):
        table = bars_of(codes[first : first + 100], np.array(days, dtype="datetime64[D]"), rng).to_arrow()
        writer = writer or pq.ParquetWriter(path, table.schema)
        writer.write_table(table)
    if writer is not None:
        writer.close()


def bars_of(codes: Sequence[str], days: np.ndarray, rng: np.random.Generator) -> pl.DataFrame:
    shape = len(codes), len(days)
    steps = rng.normal(0, 0.02, shape).clip(-0.095, 0.095)
    close = np.round(np.exp(np.log(rng.uniform(5, 80, (len(codes), 1))) + np.cumsum(steps, axis=1) * 0.3), 2).clip(2)
    before = np.hstack([close[:, :1], close[:, :-1]])
    opening = np.round(before * (1 + rng.normal(0, 0.004, shape).clip(-0.02, 0.02)), 2)
    high, low = np.maximum(opening, close), np.minimum(opening, close)
    volume = (rng.lognormal(15.5, 1.0, shape) // 100 * 100 + 100).astype(np.int64)
    first = np.where(rng.random(len(codes)) < 0.4, rng.integers(0, max(len(days) - 60, 1), len(codes)), 0)
    born = [int(np.searchsorted(days, np.datetime64(_BORN.get(code[:3], date.min)))) for code in codes]
    there = (np.arange(len(days)) >= np.maximum(first, born)[:, None]) & (rng.random(shape) > 1 / 300)
    row, column = np.nonzero(there)
    return pl.DataFrame(
        {
            "symbol": pl.Series(codes, dtype=pl.String).gather(row),
            "session": days[column],
            **{name: cells[there] for name, cells in (("open", opening), ("high", high), ("low", low))},
            "close": close[there],
            "volume": volume[there],
            "amount": np.round((volume * (high + low) / 2)[there], 2),
            "source": _SOURCE,
        }
    )


def _index(days: Sequence[date], seed: int) -> pl.DataFrame:
    steps = np.random.default_rng(seed).normal(0, 0.01, len(days))
    close = np.round(4000 * np.exp(np.cumsum(steps) * 0.3), 2)
    levels = dict.fromkeys(("open", "high", "low", "close"), close)
    return pl.DataFrame({"index": "000300.SH", "session": days, **levels, "source": _SOURCE})


def _shares(codes: Sequence[str], day: date) -> pl.DataFrame:
    counts = [(n % 97 + 3) * 1_000_000_000 for n in range(len(codes))]
    return pl.DataFrame({"symbol": codes, "effective_date": day, "total_shares": counts, "source": _SOURCE})


def _facts(count: int, codes: Sequence[str], days: Sequence[date], seed: int) -> dict[str, pl.DataFrame]:
    rng = np.random.default_rng(seed)
    ids, whose = [f"M{n:06d}" for n in range(count)], rng.integers(0, len(codes), count)
    when = np.sort(rng.integers(0, len(days) - 20, count))
    kinds = rng.choice(["order", "purchase", "framework"], count, p=[0.7, 0.2, 0.1])
    symbols, dates = [codes[n] for n in whose], [days[t] for t in when]
    known = [datetime.combine(day, time(18)) for day in dates]
    told = {"symbol": symbols, "kind": kinds, "source": _SOURCE}
    announcements = pl.DataFrame({"announcement_id": ids, "event_date": dates, "known_at": known, **told}).with_columns(
        title=pl.format("made up: {} of {}", "kind", "announcement_id"),
        known_at_basis=pl.lit("exchange_time"),
        review=pl.when(pl.int_range(pl.len()) % 10 == 0).then(pl.lit("unreviewed")).otherwise(pl.lit("reviewed")),
    )
    amounts = np.round(rng.lognormal(18, 1, count), -4)
    commitments = pl.DataFrame({"commitment_id": [f"{name}-1" for name in ids], "announcement_id": ids, **told})
    commitments = commitments.with_columns(
        is_compute=pl.lit(True),
        direction=pl.when(pl.col("kind") == "purchase").then(pl.lit("outflow")).otherwise(pl.lit("inflow")),
        amount_low=pl.Series(amounts),
        amount_high=pl.Series(amounts),
        amount_basis=pl.lit("exact"),
        tax=pl.lit("included"),
        currency=pl.lit("CNY"),
        term_months=pl.Series(rng.integers(12, 61, count)),
        counterparty_named=pl.lit(False),
    )
    return {
        "announcements": announcements,
        "commitments": commitments,
        "contract_facts": _accepted(ids, symbols, dates, days, rng),
        "links": _amended(ids, symbols, rng),
    }


def _accepted(
    ids: Sequence[str], symbols: Sequence[str], dates: Sequence[date], days: Sequence[date], rng: np.random.Generator
) -> pl.DataFrame:
    position = {day: n for n, day in enumerate(days)}
    rows = []
    for n in np.flatnonzero(rng.random(len(ids)) < 0.2).tolist():
        day = days[min(position[dates[n]] + 15, len(days) - 1)]
        told = {"fact_id": f"{ids[n]}-a", "commitment_id": f"{ids[n]}-1", "symbol": symbols[n], "kind": "acceptance"}
        rows.append({**told, "effective_date": day, "known_at": datetime.combine(day, time(18)), "source": _SOURCE})
    return pl.DataFrame(
        rows, schema={name: TABLES["contract_facts"].schema[name] for name in rows[0]} if rows else None
    )


def _amended(ids: Sequence[str], symbols: Sequence[str], rng: np.random.Generator) -> pl.DataFrame:
    latest, rows = dict[str, str](), []
    for name, symbol in zip(ids, symbols, strict=True):
        if symbol in latest and rng.random() < 0.03:
            ends = {"from_id": f"{name}-1", "to_id": f"{latest[symbol]}-1"}
            rows.append({**ends, "kind": "amends", "state": "asserted", "source": _SOURCE})
        latest[symbol] = name
    names = ("from_id", "to_id", "kind", "state", "source")
    return pl.DataFrame(rows, schema={name: TABLES["links"].schema[name] for name in names})

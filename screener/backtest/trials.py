"""The trial ledger: every variant ever back-tested against a database, so that a best one can be deflated honestly.

One JSON line per variant in `<database>.trials.jsonl`, appended with a single write; the same variant on the same data
counts once, however often it is run.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from screener.backtest.engine import BacktestResult
from screener.core.errors import DataRefused, ScreenerError
from screener.point_in_time.market import Market

_IDENTITY = ("strategy", "code", "params", "universe", "options", "first", "last", "data")
_SCHEMA = {
    "strategy": pl.String, "code": pl.String, "params": pl.String, "universe": pl.String, "options": pl.String,
    "first": pl.String, "last": pl.String, "data": pl.String, "sessions": pl.Int64, "sharpe": pl.Float64,
    "skew": pl.Float64, "kurtosis": pl.Float64, "total_return": pl.Float64, "tried_at": pl.String,
}  # fmt: skip


@dataclass(frozen=True)
class Trial:
    """One variant: what was tried on which data, and the moments of its session returns."""

    strategy: str
    code: str  # fingerprint of the strategy's file; "" where unknown
    params: str  # JSON, keys sorted
    universe: str
    options: str  # JSON of the options of screen and execution that differ from their defaults
    first: str
    last: str
    data: str  # fingerprint of the market
    sessions: int
    sharpe: float | None  # mean ÷ sample standard deviation of session returns, not annualised; None where flat
    skew: float | None
    kurtosis: float | None  # not in excess: 3 for a normal distribution
    total_return: float
    tried_at: str


def trials_file(db: Path) -> Path:
    """The trial ledger beside a database."""
    return db.with_name(f"{db.name}.trials.jsonl")


def trial_of(result: BacktestResult, *, data: str | None = None, code: str = "", now: datetime | None = None) -> Trial:
    """The trial of a finished back-test; `data` is `fingerprint(market)` where it is already known."""
    sharpe, skew, kurtosis = moments(result.returns)
    return Trial(
        strategy=result.strategy,
        code=code,
        params=_json(result.params),
        universe=str(result.universe),
        options=_json(_changed(result)),
        first=str(result.sessions[0]),
        last=str(result.sessions[-1]),
        data=data or fingerprint(result.market),
        sessions=len(result.sessions),
        sharpe=sharpe,
        skew=skew,
        kurtosis=kurtosis,
        total_return=result.total_return,
        tried_at=(now or datetime.now()).isoformat(timespec="seconds"),
    )


def moments(returns: NDArray[np.float64]) -> tuple[float | None, float | None, float | None]:
    """(Sharpe ratio a session, skewness, kurtosis) of session returns; None where they do not vary."""
    if len(returns) < 2 or returns.std() < 1e-15:
        return None, None, None
    score = (returns - returns.mean()) / returns.std()
    sharpe = returns.mean() / returns.std(ddof=1)
    return float(sharpe), float(np.mean(score**3)), float(np.mean(score**4))


def fingerprint(market: Market) -> str:
    """Sixteen hex digits over symbols, sessions and prices: the same data gives the same digits."""
    digest = blake2b(digest_size=8)
    digest.update("\n".join(market.symbols).encode())
    for array in (market.sessions.astype(np.int64), market.open, market.close, market.volume, market.reference):
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def append(db: Path, trials: Iterable[Trial]) -> None:
    """Add trials to the ledger of `db`: one write, so that two processes never mix their lines."""
    text = "".join(f"{_json(asdict(trial))}\n" for trial in trials)
    path = trials_file(db)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    except OSError as error:
        raise ScreenerError("cannot write the trial ledger", where=str(path), got=error.strerror) from None
    try:
        os.write(handle, text.encode())
    finally:
        os.close(handle)


def read(db: Path) -> pl.DataFrame:
    """Every variant tried, once, as it was tried first. A line cut off at the end (a crash) is left out.

    Raises DataRefused for a broken line anywhere else.
    """
    path = trials_file(db)
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True) if path.is_file() else []
    rows = [_row(line, path, number) for number, line in enumerate(lines, 1) if line.endswith("\n")]
    return pl.DataFrame(rows, schema=_SCHEMA).unique(_IDENTITY, keep="first", maintain_order=True)


def _row(line: str, path: Path, number: int) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except json.JSONDecodeError:
        row = None
    if not isinstance(row, dict) or set(row) != set(_SCHEMA):
        raise DataRefused(
            "a line of the trial ledger is broken", where=f"{path}:{number}", next_step="remove that line"
        )
    return row


def _changed(result: BacktestResult) -> dict[str, Any]:
    """Options that differ from their defaults, without span and universe."""
    options = result.options.model_dump(mode="json", exclude_defaults=True)
    return {key: value for key, value in options.items() if key in ("execution", "screen") and value}


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(dict(value), sort_keys=True, ensure_ascii=False, default=str)

"""The trial ledger: every variant ever back-tested against a database, so that a best one can be deflated honestly.

One JSON line per variant in `<database>.trials.jsonl`.

1. `append` reads what was added since it last looked and writes the variants that are not there yet, in one write.
2. A line that a crash cut off is no JSON: it is left out, and the next line starts on a line of its own.
3. `read` gives each variant on each data once, as it was tried first; two processes may write the same one.
4. `IDEA` is what makes a variant one more try: the same on other sessions or newer data is the same idea again.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from io import FileIO
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from screener.backtest.fingerprint import fingerprint
from screener.backtest.result import BacktestResult
from screener.core.arrays import Floats
from screener.core.config import BacktestOptions
from screener.core.errors import DataRefused, ScreenerError
from screener.core.flat import flat
from screener.core.locks import appending

IDEA = ("strategy", "code", "params", "universe", "options")
_IDENTITY = (*IDEA, "first", "last", "data")
_CHUNK = 2_000_000  # bytes of the ledger in memory as Python objects at once
_SCHEMA = {
    "strategy": pl.String,
    "code": pl.String,
    "params": pl.String,
    "universe": pl.String,
    "options": pl.String,
    "first": pl.String,
    "last": pl.String,
    "data": pl.String,
    "sessions": pl.Int64,
    "sharpe": pl.Float64,
    "skew": pl.Float64,
    "kurtosis": pl.Float64,
    "total_return": pl.Float64,
    "tried_at": pl.String,
}


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
        options=_json(changed_options(result.options)),
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


def moments(returns: Floats) -> tuple[float | None, float | None, float | None]:
    """(Sharpe ratio a session, skewness, kurtosis) of session returns; None where they do not vary."""
    if flat(returns):
        return None, None, None
    score = (returns - returns.mean()) / returns.std()
    sharpe = returns.mean() / returns.std(ddof=1)
    return float(sharpe), float(np.mean(score**3)), float(np.mean(score**4))


@dataclass
class _Known:
    """What this process knows to be in a ledger: its first `lines` lines, `read` bytes, of which the last is `last`."""

    read: int = 0
    lines: int = 0
    last: bytes = b""
    keys: set[int] = field(default_factory=set)


_KNOWN: dict[Path, _Known] = {}


def append(db: Path, trials: Iterable[Trial]) -> int:
    """Add the trials that are not in the ledger of `db` yet; returns how many those were.

    One write under a lock, so that two processes never mix their lines. Raises ScreenerError where nothing can be
    written (the ledger is then as it was; no trials at all: asks just that), DataRefused as `read` does.
    """
    batch, path = list(trials), trials_file(db)
    frame = pl.DataFrame([vars(trial) for trial in batch], schema=_SCHEMA)
    with _locked(path) as file:
        known = _caught_up(path)
        lines = {
            key: f"{_json(vars(trial))}\n" for key, trial in zip(_keys(frame), batch, strict=True) if key not in known
        }
        if lines:
            _write(file, "".join(lines.values()).encode(), path)
    return len(lines)


def add_line(db: Path, row: Mapping[str, Any]) -> None:
    """Adds a line that is no trial: one with the key `look_ahead`. Raises ScreenerError where it cannot be written."""
    path = trials_file(db)
    with _locked(path) as file:
        _write(file, f"{_json(row)}\n".encode(), path)


def read(db: Path) -> pl.DataFrame:
    """Every variant on every data, once, as it was tried first.

    A line that is no JSON (cut off by a crash) is left out. Raises DataRefused for one of another shape, ScreenerError
    where the ledger cannot be read.
    """
    path = trials_file(db)
    frames = [pl.DataFrame(schema=_SCHEMA), *(_frame(*chunk, path) for chunk in _chunks(path))]
    return pl.concat(frames).unique(_IDENTITY, keep="first", maintain_order=True)


@contextmanager
def _locked(path: Path) -> Iterator[FileIO]:
    """The ledger, open for appending; one process at a time, or the single write must do."""
    with ExitStack() as stack:
        try:
            file = stack.enter_context(appending(path))
        except OSError as error:
            raise _unwritable(path, error) from None
        yield file


def _write(file: FileIO, data: bytes, path: Path) -> None:
    """All of `data` on lines of its own at the end, or nothing."""
    size = file.seek(0, os.SEEK_END)
    try:
        if size:
            file.seek(size - 1)
            data = data if file.read(1) == b"\n" else b"\n" + data
        while data:  # once, unless the disk is full: then the second time says so
            data = data[file.write(data) :]
    except OSError as error:
        with suppress(OSError):
            file.truncate(size)
        raise _unwritable(path, error) from None


def _unwritable(path: Path, error: OSError) -> ScreenerError:
    return ScreenerError("cannot write the trial ledger", where=str(path), got=error.strerror)


def _caught_up(path: Path) -> set[int]:
    """Keys of all trials in the ledger; only what was added since the last look is read."""
    known = _KNOWN.get(path.absolute(), _Known())
    with path.open("rb") as file:
        file.seek(known.read - len(known.last))
        if file.read(len(known.last)) != known.last:  # it was edited, or is another ledger by now
            known = _Known()
    for lines, number in _chunks(path, known.read, known.lines + 1):
        complete = lines if lines[-1].endswith(b"\n") else lines[:-1]
        known.keys.update(_keys(_frame(complete, number, path)))
        known.read += sum(map(len, complete))
        known.lines += len(complete)
        known.last = complete[-1] if complete else known.last
    _KNOWN[path.absolute()] = known
    return known.keys


def _keys(frame: pl.DataFrame) -> list[int]:
    """A number of 64 bits for each trial's identity; good within one process."""
    return frame.select(_IDENTITY).hash_rows().to_list()


def _chunks(path: Path, start: int = 0, number: int = 1) -> Iterator[tuple[list[bytes], int]]:
    """(some lines from byte `start` on, the number of the first of them), until all are read."""
    if not path.is_file():
        return
    try:
        with path.open("rb") as file:
            file.seek(start)
            while lines := file.readlines(_CHUNK):
                yield lines, number
                number += len(lines)
    except OSError as error:
        raise ScreenerError("cannot read the trial ledger", where=str(path), got=error.strerror) from None


def _frame(lines: Sequence[bytes], number: int, path: Path) -> pl.DataFrame:
    """Trials of lines, the first of which is line `number` of the ledger."""
    rows = [row for at, line in enumerate(lines, number) if (row := _row(line, path, at)) is not None]
    try:
        return pl.DataFrame(rows, schema=_SCHEMA)
    except (TypeError, pl.exceptions.PolarsError) as error:
        raise _misshapen(f"{path}:{number} … {number + len(lines) - 1}", str(error).splitlines()[0]) from None


def _row(line: bytes, path: Path, number: int) -> dict[str, Any] | None:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if isinstance(row, dict) and "look_ahead" in row:  # a verdict on a strategy, see `verdicts`
        return None
    if not isinstance(row, dict) or row.keys() != _SCHEMA.keys():
        raise _misshapen(f"{path}:{number}", line[:60])
    return row


def _misshapen(where: str, got: object) -> DataRefused:
    return DataRefused("a line of the trial ledger is no trial", where=where, got=got, next_step="remove that line")


def changed_options(options: BacktestOptions) -> dict[str, Any]:
    """Options of screen and execution that differ from their defaults, without span and universe."""
    changed = options.model_dump(mode="json", exclude_defaults=True)
    return {key: value for key, value in changed.items() if key in ("execution", "screen") and value}


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(dict(value), sort_keys=True, ensure_ascii=False, default=str)

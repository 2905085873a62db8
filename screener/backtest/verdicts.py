"""Verdicts of the look-ahead check, kept with the trials: what was checked once is not checked again.

A line of the trial ledger each, told apart from a trial by its key `look_ahead`. It holds for the same text of the
strategy, the same parameters, universe and data, from the same first session up to the last one checked.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from screener.backtest import trials

UNCHECKED = "unchecked"


@dataclass(frozen=True)
class Verdict:
    """`ok` or `unchecked`, how the strategy was confined, and on how many sessions its decisions were compared."""

    verdict: str
    how: str
    sessions: int

    def __str__(self) -> str:
        if self.verdict == UNCHECKED:
            return f"UNCHECKED, as asked; run {self.how}"
        return f"{self.verdict}: {self.sessions} sessions compared with everything later there; run {self.how}"


@dataclass(frozen=True)
class Checked:
    """What a verdict is about."""

    strategy: str
    code: str
    params: str  # JSON, keys sorted
    universe: str
    first: str
    last: str
    data: str


def known(db: Path, asked: Checked) -> Verdict | None:
    """The verdict on this, from an earlier run. None where there is none, or no ledger that can be read."""
    path = trials.trials_file(db)
    try:
        lines = [line for line in path.read_bytes().splitlines() if b'"look_ahead"' in line]
    except OSError:
        return None
    for line in reversed(lines):
        verdict = _held(line, asked)
        if verdict is not None:
            return verdict
    return None


def _held(line: bytes, asked: Checked) -> Verdict | None:
    try:
        row: dict[str, Any] = json.loads(line)
        wanted = {key: value for key, value in asdict(asked).items() if key != "last"}
        if any(row[key] != value for key, value in wanted.items()) or row["last"] < asked.last:
            return None
        return Verdict(str(row["look_ahead"]), str(row["how"]), int(row["sessions"]))
    except (ValueError, KeyError, TypeError):
        return None  # a line that was cut off, or a trial that only contains the word


def keep(db: Path, about: Checked, verdict: Verdict) -> None:
    """Adds it to the ledger. Raises ScreenerError where nothing can be written."""
    row: Mapping[str, Any] = {**asdict(about), "look_ahead": verdict.verdict, "how": verdict.how}
    at = datetime.now().isoformat(timespec="seconds")
    trials.add_line(db, {**row, "sessions": verdict.sessions, "checked_at": at})

"""What is asked of a provider and what an adapter hands back: frames in the shape of `core.tables`, nothing else.

An adapter calls one or two akshare functions through `classify.call`, renames columns, brings units to shares and yuan,
and leaves out what cannot be stored: rows of sessions that are not over, bars on days without a session (Sina adds
one). A row from the future makes the whole answer doubtful, so it is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import polars as pl

from screener.core.calendar import Calendar
from screener.core.config import FOREIGN_CLOSE_TIME
from screener.core.tables import TABLES
from screener.sources.classify import Cause, Provider, SourceFailure
from screener.sources.http import Wire

if TYPE_CHECKING:
    import pandas as pd

# Providers settle the day's figures after the close; what is asked before counts as unfinished.
SETTLED = timedelta(hours=15, minutes=30)
_OVERLAP = timedelta(days=14)
# The subjects of rounds, which are asked for many firms at once: of the whole market, of a list of firms.
MARKET, LISTED = "*", "+"


@dataclass(frozen=True)
class Ask:
    """One symbol, index or market over one span of days; `now` is Asia/Shanghai, `stored` the days the store holds.

    `firms`: of a round, the symbols it is asked for; its `subject` is MARKET or LISTED.
    """

    subject: str
    first: date
    last: date
    now: datetime
    calendar: Calendar
    stored: tuple[date, date] | None = None
    firms: tuple[str, ...] = ()

    @property
    def start(self) -> date:
        """Where a provider that sends any window is asked from: `first`, or two weeks before the end of what is stored.

        Providers that send the whole history in one answer are asked for all of it: that shows revisions for nothing.
        """
        if self.stored is None or self.stored[0] > self.calendar.on_or_after(self.first):
            return self.first
        return max(self.first, self.stored[1] - _OVERLAP)

    @property
    def code(self) -> str:
        """`301396` of `301396.SZ`."""
        return self.subject.partition(".")[0]

    @property
    def prefixed(self) -> str:
        """`sz301396` of `301396.SZ`."""
        return self.subject[-2:].lower() + self.code

    @property
    def last_session(self) -> date:
        """The last session whose figures are settled."""
        return self.calendar.on_or_before((self.now - SETTLED).date())


@dataclass(frozen=True)
class Answer:
    """Frames by dataset. `dropped` counts rows left out with a reason in `notes`.

    `lacking`: of a round, rows that a second provider tells of its firms and the first one does not.
    """

    provider: str
    frames: Mapping[str, pl.DataFrame]
    digest: str
    notes: tuple[str, ...] = ()
    dropped: int = 0
    lacking: pl.DataFrame | None = None


@dataclass(frozen=True)
class Source:
    """One provider of one dataset. `host` is where most of its requests go, `least` how many an answer takes."""

    declared: Provider
    host: str
    function: str  # of akshare
    fetch: Callable[[Ask, Wire], Answer]
    serves: Callable[[str], bool] = field(default=lambda subject: True)
    least: int = 1

    @property
    def provider(self) -> str:
        """The provider's name."""
        return self.declared.name


def source_name(provider: str, function: str) -> str:
    """What stands in the `source` column: the provider first, then how it was asked."""
    return f"{provider}, akshare {function}"


def provider_of(source: str) -> str:
    """The provider of a `source` column."""
    return source.partition(",")[0]


def columns(frame: pd.DataFrame, provider: str, names: Mapping[str, str]) -> pl.DataFrame:
    """The pandas columns `names` (theirs → ours) as polars; NaN and NaT become null. Raises SourceFailure."""
    missing = [name for name in names if name not in frame.columns]
    if missing:
        raise SourceFailure(Cause.SHAPE_CHANGED, provider, f"no column {missing[0]}, got {list(frame.columns)[:12]}")
    try:
        return pl.DataFrame({ours: _series(frame[theirs].tolist()) for theirs, ours in names.items()}, strict=False)
    except (pl.exceptions.PolarsError, TypeError, ValueError) as error:
        raise SourceFailure(Cause.SHAPE_CHANGED, provider, str(error).splitlines()[0]) from None


def _series(values: Sequence[Any]) -> list[Any]:
    return [None if value is None or value != value else value for value in values]


def rows_of_days(
    ask: Ask, provider: str, dataset: str, frame: pl.DataFrame, *, domestic: bool = True
) -> tuple[pl.DataFrame, tuple[str, ...], int]:
    """The rows of `frame` (column `session`) that are over and inside the span, notes on the rest, how many were odd.

    Raises SourceFailure where a row lies in the future or nothing is left.
    """
    frame = frame.with_columns(pl.col("session").cast(pl.Date, strict=False))
    if frame["session"].null_count():
        raise SourceFailure(Cause.SHAPE_CHANGED, provider, "a row without a date")
    newest = frame["session"].max()
    if isinstance(newest, date) and newest > ask.now.date():
        raise SourceFailure(Cause.REFUSED, provider, f"a row of {newest}, which lies in the future")
    over = ask.last_session if domestic else (ask.now - timedelta(days=1)).date()
    if not domestic and ask.now.time() < FOREIGN_CLOSE_TIME:
        over -= timedelta(days=1)
    frame = frame.filter(pl.col("session").is_between(max(ask.first, ask.calendar.first), min(ask.last, over)))
    notes: tuple[str, ...] = ()
    odd = 0
    if domestic:
        open_days = ask.calendar.between(ask.first, ask.last)
        closed = frame.filter(~pl.col("session").is_in(open_days))
        odd = closed.height
        if odd:
            notes = (f"{provider}: {odd} rows on days without a session left out ({closed['session'][0]} …)",)
            frame = frame.filter(pl.col("session").is_in(open_days))
    if frame.is_empty():
        raise SourceFailure(Cause.EMPTY, provider, f"no {dataset} of {ask.subject} from {ask.first} to {ask.last}")
    return frame.sort("session"), notes, odd


def bar_answer(
    ask: Ask, provider: str, function: str, frame: pl.DataFrame, digest: str, *, shares_per_unit: int = 1
) -> Answer:
    """Raw bars in shares and yuan out of session, open, high, low, close, volume, amount."""
    kept, notes, odd = rows_of_days(ask, provider, "bars", frame)
    volume = (pl.col("volume").cast(pl.Float64) * shares_per_unit).round().cast(pl.Int64)
    kept = kept.with_columns(volume, symbol=pl.lit(ask.subject), source=pl.lit(source_name(provider, function)))
    return Answer(provider, {"bars": typed("bars", kept, provider)}, digest, notes, odd)


def index_answer(
    ask: Ask, provider: str, function: str, frame: pl.DataFrame, digest: str, *, domestic: bool = True
) -> Answer:
    """Levels of one index out of session, open, high, low, close (and volume, amount where the unit is certain)."""
    kept, notes, odd = rows_of_days(ask, provider, "levels", frame, domestic=domestic)
    levels = [
        # Some publishers write 0 where an index has no open, high or low.
        pl.when(pl.col(name).cast(pl.Float64) > 0).then(pl.col(name).cast(pl.Float64)).alias(name)
        for name in ("open", "high", "low")
    ]
    kept = kept.with_columns(*levels, index=pl.lit(ask.subject), source=pl.lit(source_name(provider, function)))
    return Answer(provider, {"indices": typed("indices", kept, provider)}, digest, notes, odd)


def typed(dataset: str, frame: pl.DataFrame, provider: str) -> pl.DataFrame:
    """`frame` in the declared shape of a table. Raises SourceFailure where a value does not fit."""
    from screener.core.errors import DataRefused

    try:
        return TABLES[dataset].check(frame, where=provider)
    except DataRefused as refusal:
        raise SourceFailure(Cause.SHAPE_CHANGED, provider, str(refusal)) from None


def days(start: date, end: date) -> tuple[str, str]:
    """`20250401`, `20250430`."""
    return f"{start:%Y%m%d}", f"{end:%Y%m%d}"


def years(first: date, last: date) -> Iterable[tuple[date, date]]:
    """The span cut at the ends of the years."""
    for year in range(first.year, last.year + 1):
        yield max(first, date(year, 1, 1)), min(last, date(year, 12, 31))

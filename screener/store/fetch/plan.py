"""What a fetch has to do: pieces of work, and which of them the ledger (`runs`) shows as done.

Spans: prices and levels from `since` to today; announcements by calendar quarter, so that a finished quarter is asked
once; everything else has its whole history in one answer.

Done means: fetched after the figures were settled. Prices: 15:30 of the last session. Foreign levels: 08:30 of today.
Share capital, actions, names, delistings and ratings: once a day. A quarter of announcements: a week after its end and
with times of publication; without them once a week; the running quarter after half an hour. Calendar: the stored one
ends in over a month.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path

from screener.core.calendar import Calendar
from screener.core.days import not_come
from screener.core.errors import DataRefused, UsageError
from screener.core.known import shanghai_now
from screener.core.symbols import parse_symbol
from screener.sources import registry
from screener.sources.akshare_eastmoney_ratings import INDUSTRIES as RATED_INDUSTRIES
from screener.sources.akshare_sse import SUBJECT as SHANGHAI
from screener.sources.akshare_szse import SUBJECT as SHENZHEN
from screener.sources.answers import SETTLED
from screener.store.database import Store
from screener.store.fetch.opening import opened
from screener.store.standing import made_up

DATASETS = ("calendar", "bars", "indices", "shares", "actions", "announcements", "names", "delistings", "ratings")
PRICED = frozenset({"bars", "indices", "shares", "actions"})  # what a market value or a return is made of
ASKED_FOR = ("segments",)  # by name alone: --only
TABLE_OF = {name: name for name in (*DATASETS, *ASKED_FOR)} | {
    "calendar": "sessions",
    "names": "st_spells",
    "delistings": "firms",
}
# Five months before the first announcement of the packaged report: a baseline for its event studies.
DEFAULT_SINCE = date(2023, 1, 1)
SEPARATOR = " | "
_FOREIGN_SETTLED = time(8, 30)
_LATE_FILINGS = timedelta(days=7)
AGAIN = timedelta(minutes=30)
_WEEK = timedelta(days=7)
_CALENDAR_AHEAD = timedelta(days=30)


@dataclass(frozen=True)
class FetchPlan:
    """What the user asked for."""

    symbols: tuple[str, ...]
    since: date = DEFAULT_SINCE
    datasets: tuple[str, ...] = DATASETS
    calendar_asked: bool = False  # by name: ask although the stored calendar reaches far enough


@dataclass(frozen=True)
class Task:
    """One dataset of one subject over one span; of many firms at once where `subject` is that of a round."""

    dataset: str
    subject: str
    first: date
    last: date
    forced: bool = False  # asked although the stored answer would do
    firms: tuple[str, ...] = ()  # of a round

    @property
    def span(self) -> str:
        """`2025-01-01…2025-03-31`."""
        return f"{self.first}…{self.last}"

    @property
    def label(self) -> str:
        """For messages."""
        return " ".join(part for part in (self.dataset, self.about, self.span) if part)

    @property
    def about(self) -> str:
        """The subject, or how many firms a round is about."""
        return f"{len(self.firms):,} firms" if self.firms else self.subject


@dataclass(frozen=True)
class Done:
    """Pieces of one span that were finished, the last of them at `finished_at`."""

    last: date | None  # of announcements and rounds only: everything else is asked up to the day of asking
    whole: bool  # two providers told
    finished_at: datetime


# The newest of equal pieces decides, so a daily run adds nothing to what has to be looked through.
_FINISHED = """
    WITH told AS (SELECT dataset, string_split(origin, $separator) AS part, finished_at FROM runs
                  WHERE command = 'fetch')
    SELECT dataset, part[2], CAST(split_part(part[3], '…', 1) AS DATE) AS first,
           CASE WHEN dataset = 'announcements' OR part[2][1] IN ('*', '+')
                THEN CAST(split_part(part[3], '…', 2) AS DATE) END AS last,
           contains(part[1], '+') AS whole, max(finished_at)
    FROM told WHERE dataset = coalesce($only, dataset)
      AND NOT (dataset = 'bars' AND part[2][1] = '*')  -- of those the bars themselves tell
    GROUP BY ALL
"""


@dataclass(frozen=True)
class Finished:
    """Finished pieces by (table, subject) and first day; rounds by table, as (subject, first day, piece)."""

    rows: dict[tuple[str, str], dict[date, list[Done]]]
    rounds: dict[str, list[tuple[str, date, Done]]] = field(default_factory=dict)

    @classmethod
    def read(cls, store: Store, only: str | None = None) -> Finished:
        """What `runs` of a store shows as done; `only`: of one table."""
        asked = {"separator": SEPARATOR, "only": only}
        rows: dict[tuple[str, str], dict[date, list[Done]]] = {}
        rounds: dict[str, list[tuple[str, date, Done]]] = {}
        for dataset, subject, first, *done in store.connection.execute(_FINISHED, asked).fetchall():
            if registry.is_round(subject[:1]):
                rounds.setdefault(dataset, []).append((subject, first, Done(*done)))
            else:
                rows.setdefault((dataset, subject), {}).setdefault(first, []).append(Done(*done))
        return cls(rows, rounds)

    def is_done(self, task: Task, now: datetime, calendar: Calendar) -> bool:
        """True where asking again could bring nothing new."""
        if task.dataset == "calendar" and not task.forced:
            return calendar.last >= now.date() + _CALENDAR_AHEAD
        spans = self.rows.get((TABLE_OF[task.dataset], task.subject or task.dataset), {})
        if task.dataset == "announcements":
            return any(_quarter_done(task, one, now) for one in spans.get(task.first, ()))
        mark = settled_from(task, now, calendar)
        wide = [done for first, done in spans.items() if first <= task.first]
        return any(one.finished_at >= mark for done in wide for one in done)


def planned(plan: FetchPlan, now: datetime) -> list[Task]:
    """Every piece of a plan, done or not."""
    return [task for dataset in plan.datasets for task in _tasks(dataset, plan, now)]


def _tasks(dataset: str, plan: FetchPlan, now: datetime) -> Iterator[Task]:
    today = now.date()
    if dataset == "calendar":
        yield Task(dataset, "", plan.since, today, forced=plan.calendar_asked)
    elif dataset == "indices":
        yield from (Task(dataset, index, plan.since, today) for index in registry.INDICES)
    elif dataset == "names":
        if any(symbol.endswith(".SZ") for symbol in plan.symbols):
            yield Task(dataset, SHENZHEN, plan.since, today)
        yield from (Task(dataset, symbol, plan.since, today) for symbol in plan.symbols if symbol.endswith(".SH"))
    elif dataset == "delistings":
        ends = {symbol[-2:] for symbol in plan.symbols}
        yield from (Task(dataset, market, plan.since, today) for market in (SHANGHAI, SHENZHEN) if market in ends)
    elif dataset == "announcements":
        # Tonight's announcements carry tomorrow's date.
        spans = list(quarters(plan.since, today + timedelta(days=1)))
        yield from (Task(dataset, symbol, *span) for symbol in plan.symbols for span in spans)
    else:
        rated = RATED_INDUSTRIES if dataset == "ratings" else ()
        yield from (Task(dataset, subject, plan.since, today) for subject in (*plan.symbols, *rated))


def quarters(first: date, last: date) -> Iterator[tuple[date, date]]:
    """Calendar quarters from the one of `first` on; the last one ends on `last`."""
    start = date(first.year, (first.month - 1) // 3 * 3 + 1, 1)
    while start <= last:
        following = (start.replace(day=28) + timedelta(days=70)).replace(day=1)
        yield start, min(last, following - timedelta(days=1))
        start = following


def settled_from(task: Task, now: datetime, calendar: Calendar) -> datetime:
    """Figures asked for from this moment on are the settled ones."""
    today = datetime.combine(now.date(), time(0))
    if task.dataset == "bars" or task.subject == "000300.SH":
        last = calendar.on_or_before((now - SETTLED).date())
        return datetime.combine(last, time(0)) + SETTLED
    if task.dataset == "indices":
        settled = datetime.combine(now.date(), _FOREIGN_SETTLED)
        return settled if now >= settled else settled - timedelta(days=1)
    return today


def _quarter_done(task: Task, done: Done, now: datetime) -> bool:
    if done.last is None or done.last > task.last:
        return False
    if now - done.finished_at < AGAIN:
        return True
    closed = done.last == task.last and done.finished_at.date() > task.last + _LATE_FILINGS
    return closed and (done.whole or now - done.finished_at < _WEEK)


def _committed(store: Store) -> list[str]:
    """Firms with a compute commitment, which the screen may rank: of the report, or accepted by a person."""
    found = store.connection.execute("SELECT DISTINCT symbol FROM latest_commitments WHERE is_compute ORDER BY 1")
    return [symbol for (symbol,) in found.fetchall()]


def plan_for(
    path: Path,
    since: date | None,
    symbols: Sequence[str],
    only: Sequence[str],
    now: datetime | None = None,
    *,
    read_only: bool = False,
) -> FetchPlan:
    """The plan of a fetch into the store at `path` (`read_only`: which is there); by default its firms, all datasets.

    Raises UsageError, and DataRefused for prices into a store of made-up ones.
    """
    if since is not None and since > (now or shanghai_now()).date():
        raise not_come(since)
    unknown = [name for name in only if name not in TABLE_OF]
    if unknown:
        raise UsageError("dataset unknown (--only)", got=unknown[0], expected=", ".join(TABLE_OF))
    chosen = tuple(dict.fromkeys(parse_symbol(word) for word in symbols))
    datasets = tuple(name for name in TABLE_OF if name in (only or DATASETS))
    with opened(path, now, read_only=read_only) as store:
        _refuse_made_up(store, datasets)
        chosen = chosen or tuple(dict.fromkeys([*store.latest("firms")["symbol"], *_committed(store)]))
    return FetchPlan(chosen, since or DEFAULT_SINCE, datasets, calendar_asked="calendar" in only)


def _refuse_made_up(store: Store, datasets: Sequence[str]) -> None:
    """A real price after a made-up one is a return that nobody had. Raises DataRefused."""
    if made_up(store) and not PRICED.isdisjoint(datasets):
        raise DataRefused(
            "real prices do not go into a store of SYNTHETIC ones",
            where=store.path.name,
            got=", ".join(name for name in datasets if name in PRICED),
            next_step="screener fetch --db FILE",
        )

"""Which pieces one question about many firms can settle, so that a day costs what is new and not what is listed.

1. A firm had a pass of its own: its whole history, asked of its own chain of providers. From then on rounds carry it
   on, until its turn for the next pass comes: every `FOUR_WEEKS`, and where that were more than `A_DAY` firms a day, so
   many a day. Turns are spread by the symbol, so that they come one by one.
2. Bars: quotes after the close. The bar of the session is taken where the firm's last stored bar is the one of the
   session before and its close is what the quote compares with (see `taken`). Else the firm is asked itself, and if it
   traded, for its actions and its share capital too.
3. Announcements: those of a list of firms, or of the market by printed day. A day is asked about until it was asked on
   a later day: what is printed tomorrow can be read tonight.
4. Corporate actions: asked of firms that announced one whose ex-date is not stored, and of those of step 2. All others
   are settled by their announcements being up to date, and by none of step 2.
5. Share capital: the list of everybody's last change; a firm is settled where it is what the store holds.
6. ST in Shanghai and ratings: what was announced and published since.
7. A round that fails, or does not settle a firm, leaves that firm's own piece due. One firm alone is asked itself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cached_property
from math import ceil
from zlib import crc32

from screener.core.calendar import Calendar
from screener.sources import akshare_many, sina_quotes
from screener.sources.answers import LISTED, MARKET, SETTLED
from screener.store.database import Store
from screener.store.fetch import agree
from screener.store.fetch.covered import Covered, Round
from screener.store.fetch.plan import AGAIN, TABLE_OF, Done, FetchPlan, Finished, Task

FOUR_WEEKS, A_DAY = 28, 30  # days between two passes of a firm at least; firms whose turn comes on a day at most
BY_LIST = 4 * akshare_many.MOST  # firms; for more of them the market by day is fewer requests
DATASETS = ("bars", "shares", "actions", "announcements", "names", "ratings")
_BY_DAY = ("announcements", "names", "ratings")  # settled by the days that were asked about
_EARLIER = timedelta(days=13)  # a list is asked about two weeks: enough is told to see that it was looked at whole
_QUOTES_OF_TODAY = time(9)
_HINT_DAYS = 30
_HINT = "(权益分派|分红|利润分配|转增|派息|送股|配股).*(实施|除权|除息|股权登记|发行结果)"
_HINTS = """
    SELECT DISTINCT symbol FROM announcements AS told
    WHERE event_date >= $since AND regexp_matches(title, $title)
      AND NOT EXISTS (SELECT 1 FROM latest_actions AS held WHERE held.symbol = told.symbol
                      AND held.ex_date BETWEEN told.event_date AND told.event_date + 45)
"""


def period(firms: int) -> int:
    """Days between two passes of a firm."""
    return max(FOUR_WEEKS, ceil(firms / A_DAY))


def turn(firm: str, today: date, days: int) -> date:
    """The last day up to today on which it was a firm's turn."""
    return today - timedelta(days=(today.toordinal() - crc32(firm.encode())) % days)


@dataclass
class Rounds:
    """What store and ledger show at a moment of a run; `started`: when it began, which is fresh enough for it."""

    plan: FetchPlan
    now: datetime
    started: datetime
    calendar: Calendar
    finished: Finished
    spans: agree.Spans
    hinted: Collection[str]  # firms with an announced action whose ex-date is not stored
    halted: Collection[str] = ()  # firms that did not trade in the last session
    _covered: dict[str, Covered] = field(default_factory=dict)

    @cached_property
    def session(self) -> date:
        """The last session whose figures are settled."""
        return self.calendar.on_or_before((self.now - SETTLED).date())

    @cached_property
    def quoted(self) -> bool:
        """True where quotes are still those of that session."""
        today = self.calendar.on_or_before(self.now.date())
        return today == self.session or self.now < datetime.combine(today, _QUOTES_OF_TODAY)

    def light(self, due: Sequence[Task]) -> list[Task]:
        """Pieces that rounds may settle: of two firms or more that had their own pass and wait for their turn."""
        days = period(len(self.plan.symbols))
        found = [task for task in due if task.dataset in DATASETS and self._carried(task, days)]
        firms: dict[str, set[str]] = {}
        for task in found:
            firms.setdefault(task.dataset, set()).add(task.subject)
        return [task for task in found if len(firms[task.dataset]) > 1]

    def _carried(self, task: Task, days: int) -> bool:
        passed = self._passed(task)
        if passed is None or task.subject not in self._symbols:
            return False
        if task.dataset == "bars" and not self.quoted and self._last_bar(task.subject) != self.session:
            return False
        return passed.date() >= turn(task.subject, self.now.date(), days)

    @cached_property
    def _symbols(self) -> frozenset[str]:
        return frozenset(self.plan.symbols)

    def _passed(self, task: Task) -> datetime | None:
        """When the firm was asked itself for what a piece is about; None where it never was."""
        spans = self.finished.rows.get((TABLE_OF[task.dataset], task.subject), {})
        if task.dataset != "announcements":
            return max(
                (one.finished_at for first, done in spans.items() if first <= task.first for one in done), default=None
            )
        own = _newest(spans.get(task.first, ()), task.last)
        latest = self._announced.get(task.subject)
        return own or (latest if latest and latest.date() < task.first else None)

    @cached_property
    def _announced(self) -> dict[str, datetime]:
        """Firm → when it was asked itself for its announcements up to that day."""
        found = {}
        for (table, firm), spans in self.finished.rows.items():
            if table == "announcements" and (newest := _newest(one for done in spans.values() for one in done)):
                found[firm] = newest
        return found

    def settled(self, task: Task) -> bool:
        """True where nothing new can stand in the firm's own answer to a light piece."""
        firm, passed = task.subject, self._passed(task)
        if passed is None:
            return False
        if task.dataset == "bars":
            return self._last_bar(firm) == self.session
        if task.dataset == "actions":
            return firm not in self.hinted and not self._doubtful(firm) and self._announced_today(firm)
        if task.dataset == "shares":
            today = self.now.date()
            return not self._doubtful(firm) and self.covered("shares").first_open(firm, today, today) is None
        return self._open(task) is None

    def _last_bar(self, firm: str) -> date | None:
        return self.spans.get(("bars", firm), (None, None))[1]

    def _doubtful(self, firm: str) -> bool:
        """A price without its bar may have moved by what is not known here."""
        return self._last_bar(firm) != self.session and firm not in self.halted

    def _announced_today(self, firm: str) -> bool:
        asked, today = self._announced.get(firm), self.now.date()
        if asked is None:
            return False
        return (
            asked.date() == today
            or self.covered("names", "announcements").first_open(firm, asked.date(), today) is None
        )

    def _open(self, task: Task) -> date | None:
        """The first day of a piece that no round has closed since the firm was asked itself."""
        passed = self._passed(task)
        first = max(task.first, passed.date()) if passed else task.first
        return self.covered(task.dataset).first_open(task.subject, first, task.last)

    def covered(self, dataset: str, table: str = "") -> Covered:
        """The rounds of a table; of announcements fresh for half an hour, of the rest for a day."""
        table = table or TABLE_OF[dataset]
        if (key := f"{dataset} {table}") not in self._covered:
            today = datetime.combine(self.now.date(), time(0))
            mark = min(self.now - AGAIN, self.started) if dataset == "announcements" else today
            told = self.finished.rounds.get(table, ())
            both = table == "announcements"
            rounds = [Round.of(*one, both=both) for one in told if not both or one[2].whole or one[0][0] == MARKET]
            self._covered[key] = Covered(rounds, mark)
        return self._covered[key]

    def tasks(self, light: Sequence[Task]) -> list[Task]:
        """The rounds that light pieces which are not settled take."""
        found = []
        for dataset in self.plan.datasets:
            pieces = [task for task in light if task.dataset == dataset and not self.settled(task)]
            if pieces:
                found += list(self._asked(dataset, pieces))
        return found

    def _asked(self, dataset: str, pieces: Sequence[Task]) -> Iterator[Task]:
        firms = tuple(dict.fromkeys(task.subject for task in pieces))
        today = self.now.date()
        if dataset == "bars":
            yield from (
                Task(dataset, MARKET, self.session, self.session, firms=part)
                for part in _parts(firms, sina_quotes.MOST)
            )
        elif dataset == "shares":
            yield Task(dataset, MARKET, today, today, firms=self._passed_firms(dataset))
        elif dataset in _BY_DAY:
            last = max(task.last for task in pieces)
            first = min(day for task in pieces if (day := self._open(task)))
            if dataset != "announcements":
                yield Task(dataset, MARKET, first, last, firms=self._passed_firms(dataset))
            elif len(firms) <= BY_LIST:
                yield from (
                    Task(dataset, LISTED, first - _EARLIER, last, firms=part)
                    for part in _parts(firms, akshare_many.MOST)
                )
            else:
                everybody = self._passed_firms(dataset)
                days = (first + timedelta(days=n) for n in range((last - first).days + 1))
                yield from (Task(dataset, MARKET, day, day, firms=everybody) for day in days)

    def _passed_firms(self, dataset: str) -> tuple[str, ...]:
        """Every firm that was ever asked itself, of the plan or not: a round of the market counts for all of them."""
        table = TABLE_OF[dataset]
        return tuple(
            sorted(
                firm for name, firm in self.finished.rows if name == table and firm[-3:-2] == "." and firm[:6].isdigit()
            )
        )


def _newest(done: Iterable[Done], end: date = date.max) -> datetime | None:
    """When two providers told everything up to that day, or to the end of the quarter."""
    whole = ((one.last, one.finished_at) for one in done if one.whole and one.last)
    return max((asked for last, asked in whole if last >= min(asked.date(), end)), default=None)


def _parts(firms: Sequence[str], most: int) -> Iterator[tuple[str, ...]]:
    """Parts of equal size, as few as can be."""
    count = ceil(len(firms) / most)
    size = ceil(len(firms) / count)
    return (tuple(firms[n : n + size]) for n in range(0, len(firms), size))


def hinted(store: Store, today: date) -> frozenset[str]:
    """Firms that announced a corporate action in the last thirty days whose ex-date is not stored."""
    asked = {"since": today - timedelta(days=_HINT_DAYS), "title": _HINT}
    return frozenset(firm for (firm,) in store.connection.execute(_HINTS, asked).fetchall())

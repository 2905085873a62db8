"""What changed or is due since a day.

1. Announcements that may bring or take signed work, known since the day (newest versions). Which kinds do is said by
   the market's table of kinds: `warning` comes before `order_like`.
2. Ex-dates from the day on, those to come included.
3. Starts and ends of contracts that count, from the day to a week after the last session.
4. Scores that rest on too little: unread order-like announcements, no price for a week of sessions.
5. Ranks that changed between the screen of the day and that of the last session.
6. Ratings whose horizon ends in that time, and where they stand.
A market without prices has the first two only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import polars as pl

from screener.core.answer import Answer, Tables
from screener.core.config import AnyUniverse, ScreenOptions, Universe
from screener.core.stands_on import StandsOn
from screener.core.tables import TABLES
from screener.core.watched import Watched, unheld
from screener.evaluation.rating import Judged, Status, judge, known_table, lines
from screener.point_in_time.columns import moments, upto
from screener.point_in_time.frames import frame_of
from screener.point_in_time.market import Market
from screener.point_in_time.panel import Panel
from screener.point_in_time.versions import latest
from screener.screen.contracts import bounds
from screener.screen.ranking import Ranked, ranks

AHEAD = timedelta(days=7)
STALE_SESSIONS = 5
_ROLLED = timedelta(days=14)  # an end may be rolled back over the longest closure


@dataclass(frozen=True, slots=True)
class Alert:
    """One thing to look at. `day` is when it happens or became known."""

    day: date
    what: str
    symbol: str
    detail: str


@dataclass(frozen=True, repr=False, eq=False)
class Alerts(Answer):
    """Every alert since a day, by day; JSON is the list of them."""

    since: date
    found: tuple[Alert, ...]
    stands_on: StandsOn  # HINDSIGHT where ranks are compared with a day before the report

    def frame(self) -> pl.DataFrame:
        """day, what, symbol, detail."""
        schema = {"day": pl.Date, "what": pl.String, "symbol": pl.String, "detail": pl.String}
        return pl.DataFrame(self._plain(), schema=schema)

    def _plain(self) -> list[dict[str, Any]]:
        return [{"day": one.day, "what": one.what, "symbol": one.symbol, "detail": one.detail} for one in self.found]

    def _tables(self) -> Tables:
        return {"alerts": self._plain()}


def alerts(
    market: Market, since: date, *, rated: Callable[[], Market] | None = None, universe: AnyUniverse = Universe.KNOWN
) -> Alerts:
    """Everything in the market that changed or is due since a day; of a list of firms only what is about these.

    `rated`: makes a market with the prices of what is rated, where `market` holds those of the two days alone; asked
    only where a horizon may end.
    """
    found = [*_announcements(market, since), *_ex_dates(market, since)]
    more: dict[str, Any] = {"as_of": since}
    if len(market.sessions):
        now, then = market.at_day(universe=universe), _then(market, since, universe)
        found += [*_contracts(now, since), *_scores(market, now, then), *_ratings(market, since, rated)]
        more = {
            "as_of": now.session,
            "universe": str(universe),
            "hindsight": then.hindsight if then else "",
            "revised_later": now.revised_later,
            "notes": unheld(universe, market.symbols),
        }
    if isinstance(universe, Watched):
        found = [one for one in found if universe.holds(one.symbol, datetime.max)]
    in_order = sorted(found, key=lambda one: (one.day, one.what, one.symbol, one.detail))
    return Alerts(since, tuple(in_order), market.stands_on(**more, rules={"since": since}))


def _newest(market: Market, name: str) -> pl.DataFrame:
    return latest(frame_of(market.frames, name), TABLES[name].key)


def _announcements(market: Market, since: date) -> Iterator[Alert]:
    kinds = _newest(market, "kinds").filter(pl.col("order_like") | pl.col("warning"))
    called = {kind: "warning" if warns else "order-like" for kind, warns in kinds.select("kind", "warning").iter_rows()}
    before = upto(moments(market.announcements), datetime.combine(since, time(0)) - timedelta(microseconds=1))
    for row in market.announcements[before:]:
        if row.kind in called:
            unread = " (unreviewed)" if row.review == "unreviewed" else ""
            what = f"{called[row.kind]} announcement"
            yield Alert(row.known_at.date(), what, row.symbol, f"{row.kind}: {row.title}{unread}")


def _ex_dates(market: Market, since: date) -> Iterator[Alert]:
    """From the table: the market's own actions end with its last session."""
    for row in _newest(market, "actions").filter(pl.col("ex_date") >= since).iter_rows(named=True):
        gives = _gives(row["shares_to_holder"], row["cash_to_holder"])
        yield Alert(row["ex_date"], "ex-date", row["symbol"], f"{row['kind']}: {gives}")


def _gives(shares: float | None, cash: float | None) -> str:
    """What a holder gets for each share; what he does not get is not named."""
    parts = [f"{shares:g} shares"] if shares else []
    parts += [f"{cash:g} yuan"] if cash else []
    return f"{' and '.join(parts)} for each held" if parts else "nothing for the holder"


def _then(market: Market, since: date, universe: AnyUniverse) -> Panel | None:
    """What was known by the end of the day; None where the market has no earlier screen to compare with."""
    first: date = market.sessions[0].item()
    return market.at_day(since, universe) if first <= since < market.last_session() else None


def _contracts(panel: Panel, since: date) -> Iterator[Alert]:
    until = panel.session + AHEAD
    for what, day, row in bounds(panel, ScreenOptions(), since, until):
        yield Alert(day, f"contract {what}", row.symbol, f"{row.commitment_id} {row.title}")


def _scores(market: Market, now: Panel, then: Panel | None) -> Iterator[Alert]:
    rows, day = ranks(now), now.session
    week_ago: date = market.sessions[-STALE_SESSIONS:][0].item()
    for row in rows:
        if row.score is not None and row.unreviewed:
            yield Alert(day, "score incomplete", row.symbol, f"{row.unreviewed} order-like announcements unread")
        if row.score is not None and row.price_date is not None and row.price_date < week_ago:
            yield Alert(day, "score stale", row.symbol, f"last price of {row.price_date}")
    if then is not None:
        yield from _ranks(ranks(then), rows, day)


def _ranks(before: Sequence[Ranked], now: Sequence[Ranked], day: date) -> Iterator[Alert]:
    old = {row.symbol: row.rank for row in before}
    for row in now:
        was = old.get(row.symbol)
        if was != row.rank:
            yield Alert(day, "rank changed", row.symbol, f"{was or 'no rank'} → {row.rank or 'no rank'}")


def _ratings(market: Market, since: date, rated: Callable[[], Market] | None) -> Iterator[Alert]:
    """Horizons that end: of a stock by its price, of an industry by its main series; a superseded one is not due."""
    last = market.last_session()
    until = last + AHEAD
    table = known_table(market, "ratings", last)
    near = table.filter(_some_end(since - _ROLLED, until + _ROLLED))
    if near.is_empty():
        return
    market = rated() if rated else market
    spells = table.join(near.select("subject", "broker").unique(), on=["subject", "broker"], how="semi")
    for line in lines(judge(spells, market, last)):
        if line.stand_in is not None and not line.stand_in.main:
            continue
        for months, row in ((6, line.six), (12, line.twelve)):
            if since <= row.horizon_end <= until and row.status is not Status.SUPERSEDED and not row.duplicate:
                detail = f"{line.rated.broker} {line.rated.word}: month {months} ends; {_stands(row)}"
                yield Alert(row.horizon_end, "rating due", line.rated.subject, detail)


def _some_end(first: date, last: date) -> pl.Expr:
    """Ratings one of whose horizons may end in the span."""
    days = (pl.col("report_date"), pl.coalesce("report_date_last", "report_date"))
    ends = [(days[0].dt.offset_by(f"{m}mo") <= last) & (days[1].dt.offset_by(f"{m}mo") >= first) for m in (6, 12)]
    return ends[0] | ends[1]


def _stands(row: Judged) -> str:
    """`+12.30% 优于大市, hit`, or the way so far."""
    if row.final:
        told = {True: "hit", False: "miss", None: "depends on the date or is not understood"}[row.hit]
        return f"{row.relative_return:+.2%} {' / '.join(row.bands)}, {told}"
    low, high = row.so_far_range
    if low is None or high is None:
        return row.status.replace("_", " ")
    span = f"{high:+.2%}" if low == high else f"{low:+.2%} … {high:+.2%}"
    return f"so far {span} {' / '.join(row.so_far_bands)}"

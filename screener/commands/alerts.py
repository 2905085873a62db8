"""`screener alerts --since D`.

1. Announcements that may bring or take signed work, known since D (newest versions).
2. Ex-dates from D on, those to come included.
3. Starts and ends of contracts that count, from D to a week after the last session.
4. Scores that rest on too little: unread order-like announcements, no price for a week of sessions.
5. Ranks that changed between the screen of D and that of the last session.
6. Ratings whose horizon ends in that time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from screener.commands.options import CsvDir, Db, Json, Xlsx
from screener.core.config import ScreenOptions
from screener.core.days import day_of
from screener.core.errors import ScreenerError, UsageError

if TYPE_CHECKING:
    import polars as pl

    from screener.point_in_time.market import Market
    from screener.screen.ranking import ScreenResult

ALERTS_FOUND = 10
AHEAD = timedelta(days=7)
STALE_SESSIONS = 5


@dataclass(frozen=True)
class Alert:
    """One thing to look at. `day` is when it happens or became known."""

    day: date
    what: str
    symbol: str
    detail: str


def alerts(
    since: Annotated[str, typer.Option("--since", help="First day.", metavar="D")],
    db: Db = None,
    as_json: Json = False,
    csv: CsvDir = None,
    xlsx: Xlsx = None,
) -> None:
    """List what changed or is due since a day. Exit code 10 if there is anything.

    Example: screener alerts --since 2026-06-01
    """
    from screener.commands.context import frames_of
    from screener.commands.output import hand_out, origin, print_json
    from screener.report.tables import Field, print_table, say

    day = day_of(since)
    if day is None:
        raise UsageError("no day given", expected="--since 2026-06-01")
    found = collect(frames_of(db), day)
    rows = [vars(one) for one in found]
    hand_out({"alerts": rows}, lambda: {"since": day, **origin(db)}, csv=csv, xlsx=xlsx)
    if as_json:
        print_json(rows)
    else:
        fields = [
            Field("day", "day"),
            Field("what", "what"),
            Field("symbol", "symbol"),
            Field("detail", "detail", wrap=True),
        ]
        print_table(fields, rows)
        say(f"{len(found)} alerts since {day}")
    if found:
        raise typer.Exit(ALERTS_FOUND)


def collect(frames: dict[str, pl.DataFrame], since: date) -> list[Alert]:
    """Every alert, by day; what has no price yet gives announcements and ex-dates only."""
    from screener.point_in_time.market import Market

    found = [*_announcements(frames, since), *_ex_dates(frames, since)]
    market = Market.build(frames)
    if len(market.sessions):
        found += [*_contracts(market, since), *_scores(market, since), *_ratings(frames, since)]
    return sorted(found, key=lambda one: (one.day, one.what, one.symbol, one.detail))


def _latest(frames: dict[str, pl.DataFrame], name: str) -> pl.DataFrame:
    from screener.core.tables import TABLES
    from screener.point_in_time.versions import latest

    return latest(frames[name], TABLES[name].key)


def _announcements(frames: dict[str, pl.DataFrame], since: date) -> Iterator[Alert]:
    import polars as pl

    kinds = _latest(frames, "kinds").filter(pl.col("order_like") | pl.col("warning"))
    of_kind = {row["kind"]: "warning" if row["warning"] else "order-like" for row in kinds.to_dicts()}
    new = _latest(frames, "announcements").filter(pl.col("known_at") >= datetime.combine(since, time(0)))
    for row in new.filter(pl.col("kind").is_in(list(of_kind))).to_dicts():
        unread = " (unreviewed)" if row["review"] == "unreviewed" else ""
        what = f"{of_kind[row['kind']]} announcement"
        yield Alert(row["known_at"].date(), what, row["symbol"], f"{row['kind']}: {row['title']}{unread}")


def _ex_dates(frames: dict[str, pl.DataFrame], since: date) -> Iterator[Alert]:
    import polars as pl

    for row in _latest(frames, "actions").filter(pl.col("ex_date") >= since).to_dicts():
        gives = f"{row['shares_to_holder']:g} shares and {row['cash_to_holder']:g} yuan for each held"
        yield Alert(row["ex_date"], "ex-date", row["symbol"], f"{row['kind']}: {gives}")


def _contracts(market: Market, since: date) -> Iterator[Alert]:
    from screener.commands.context import panel_of
    from screener.screen.backlog import contracts

    panel = panel_of(market, None, "known")
    until = panel.session + AHEAD
    for row in contracts(panel, ScreenOptions()):
        if not row.counted or not row.plan.is_work:
            continue
        for what, day in (("contract starts", row.plan.start), ("contract ends", row.plan.end)):
            if day is not None and since <= day <= until:
                yield Alert(day, what, row.commitment.symbol, f"{row.commitment.commitment_id} {row.commitment.title}")


def _scores(market: Market, since: date) -> Iterator[Alert]:
    from screener.commands.context import panel_of
    from screener.screen.ranking import screen

    last: date = market.sessions[-1].astype(object)
    now = screen(panel_of(market, last, "known"))
    sessions = [day.astype(object) for day in market.sessions[-STALE_SESSIONS:]]
    for row in now.rows:
        if row.score is not None and row.unreviewed:
            yield Alert(last, "score incomplete", row.symbol, f"{row.unreviewed} order-like announcements unread")
        if row.score is not None and row.price_date is not None and row.price_date < sessions[0]:
            yield Alert(last, "score stale", row.symbol, f"last price of {row.price_date}")
    first: date = market.sessions[0].astype(object)
    if first <= since < last:
        yield from _ranks(screen(panel_of(market, since, "known")), now, last)


def _ranks(before: ScreenResult, now: ScreenResult, day: date) -> Iterator[Alert]:
    old = {row.symbol: row.rank for row in before.rows}
    for row in now.rows:
        was = old.get(row.symbol)
        if was != row.rank:
            yield Alert(day, "rank changed", row.symbol, f"{was or 'no rank'} → {row.rank or 'no rank'}")


def _ratings(frames: dict[str, pl.DataFrame], since: date) -> Iterator[Alert]:
    from screener.commands.rating import evaluate, last_session

    day = last_session(frames)
    try:
        judged, _, _ = evaluate(frames, day, None, None, geometric=False)
    except ScreenerError:  # no rating known yet: nothing is due
        return
    due = {(row["horizon_end"], row["subject"], row["rating"]) for row in judged if row.get("horizon_end")}
    for end, subject, rating in sorted(due):
        if since <= end <= day + AHEAD:
            yield Alert(end, "rating due", subject, f"{rating}: its horizon ends")

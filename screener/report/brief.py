"""The brief in sentences: the same ones on the terminal, on the page and on the sheet of paper."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from screener.core.units import UNKNOWN, percent, signed_percent, yi
from screener.evaluation.brief import Brief, Changed, Earned, Event, Rated, Standing
from screener.report.tables import text

Words = Mapping[str, Any]
SHOWN_NAMES = 6


@dataclass(frozen=True)
class Said:
    """One question with its sentences; `section`: where the page tells more."""

    section: str
    heading: str
    sentences: tuple[str, ...]


def said(found: Brief, words: Words) -> tuple[Said, ...]:
    """Every question of the brief in its order, in the words of a language."""
    w = words["brief"]
    return (
        Said("screen", w["ranking"], tuple(_ranking(found, w))),
        Said("firms", w["changed"], tuple(_changed(found, w))),
        Said("backtests", w["earned"], tuple(_earned(found, w))),
        Said("ratings", w["rating"], tuple(_ratings(found, words))),
        Said("stands_on", w["fresh"], tuple(_fresh(found, w))),
    )


def print_brief(found: Brief, words: Words) -> None:
    """Prints every question with its sentences."""
    from screener.report.tables import head, say, say_more

    for one in said(found, words):
        say(one.heading)
        shown = head(one.sentences)
        for sentence in shown:
            say(f"  {sentence}")
        say_more(len(one.sentences) - len(shown), len(one.sentences))


def _ranking(found: Brief, w: Words) -> Iterator[str]:
    ranked = found.ranked
    if not ranked:
        yield w["ranking_none"].format(firms=len(found.ranking))
        return
    best = ranked[0]
    yield w["ranking_head"].format(
        firms=len(found.ranking), scored=len(ranked), best=best.firm, share=percent(best.score, 1)
    )
    for row in ranked:
        yield w["joined"].format(_place(row, w), rank_before(row, w))
    names = [_called(row) for row in found.ranking if row.rank is None]
    if names:
        yield w["unscored"].format(names=_names(names, w))


def _place(row: Standing, w: Words) -> str:
    return str(w["place"]).format(
        rank=row.rank,
        firm=_called(row),
        score=percent(row.score),
        low=percent(row.score_low),
        high=percent(row.score_high),
        backlog=yi(row.backlog_cny),
        cap=("≈" if row.market_cap_approximate else "") + yi(row.market_cap_cny, 1),
    )


def _called(row: Standing | Event) -> str:
    """Name and symbol; the symbol once where no name is stored."""
    return row.symbol if row.firm == row.symbol else f"{row.firm} {row.symbol}"


def rank_before(row: Standing, w: Words) -> str:
    """Where the firm stood a month before."""
    return str(w["rank_was"].format(rank=row.rank_before) if row.rank_before else w["rank_new"])


def _names(names: Sequence[str], w: Words) -> str:
    shown = w["comma"].join(names[:SHOWN_NAMES])
    return f"{shown} {w['and_more'].format(count=len(names))}" if len(names) > SHOWN_NAMES else shown


def _changed(found: Brief, w: Words) -> Iterator[str]:
    if found.changed is None:
        yield w["changed_none"]
    else:
        yield from _events(found.changed, w)
    fresh = found.freshness
    waits = fresh.unreviewed or fresh.proposals
    yield w["waiting"].format(unreviewed=fresh.unreviewed, proposals=fresh.proposals) if waits else w["waiting_none"]


def _events(changed: Changed, w: Words) -> Iterator[str]:
    before, after = yi(changed.backlog_before_cny), yi(changed.backlog_after_cny)
    yield w["changed_head"].format(since=changed.since, before=before, after=after)
    counts = Counter(event.what for event in changed.events)
    told = {name: counts[name] for name in ("new", "ended", "terminated")}
    sentence = w["changed_counts"] if changed.events else w["changed_nothing"]
    off, anew = yi(changed.run_off_cny), yi(changed.re_read_cny)
    yield sentence.format(**told, order_like=changed.order_like, run_off=off, re_read=anew)
    for event in changed.events:
        what, yuan = w[event.what], yi(event.backlog_cny)
        yield w["event"].format(what=what, firm=_called(event), yuan=yuan, title=event.title)


def _earned(found: Brief, w: Words) -> Iterator[str]:
    if not found.earned:
        yield w["earned_none"]
        return
    first = found.earned[0]
    ahead, still = found.ahead
    yield w["earned_head"].format(count=len(found.earned), ahead=ahead, still=still)
    yield w["earned_span"].format(start=first.start, end=first.end, benchmark=signed_percent(first.benchmark_return, 1))
    for row in found.earned:
        yield _strategy(row, found, w)


def _strategy(row: Earned, found: Brief, w: Words) -> str:
    names = {each.symbol: each.firm for each in found.ranking}
    best = row.best_firm and names.get(row.best_firm, row.best_firm)
    return str(w["strategy"] if best else w["strategy_alone"]).format(
        name=row.strategy,
        total=signed_percent(row.total_return, 1),
        excess=signed_percent(row.excess_return, 1),
        best=best,
        without=signed_percent(row.without_best_firm, 1),
        drawdown=percent(row.max_drawdown, 1),
        fills=row.fills,
    )


def _ratings(found: Brief, words: Words) -> Iterator[str]:
    w = words["brief"]
    if not found.ratings:
        yield w["rating_none"]
        return
    due = found.next_due
    yield w["rating_due"].format(day=due[1], broker=due[0].broker) if due else w["rating_all_over"]
    yield from (_rated(row, words) for row in found.ratings)


def _rated(row: Rated, words: Words) -> str:
    w = words["brief"]
    return str(w["rated"]).format(
        broker=row.broker,
        subject=row.subject,
        rating=row.rating,
        date=row.report_date,
        standing=words["statuses"].get(row.standing, row.standing),
        so_far=_so_far(row, w),
        six=row.month_6_due,
        twelve=row.month_12_due,
    )


def _so_far(row: Rated, w: Words) -> str:
    today = " / ".join(row.today) or UNKNOWN
    if row.so_far_low is None or row.so_far_high is None:
        return str(w["over"].format(today=today) if row.today else w["so_far_unknown"])
    low, high = signed_percent(row.so_far_low, 1), signed_percent(row.so_far_high, 1)
    span = low if low == high else f"{low} … {high}"
    return str(w["so_far"]).format(until=row.so_far_date, span=span, today=today)


def _fresh(found: Brief, w: Words) -> Iterator[str]:
    one = found.freshness
    told = text(one.last_announcement) if one.last_announcement else w["none_told"]
    yield w["fresh_missing"].format(
        firms=one.firms,
        without_amount=one.without_amount,
        without_price=one.without_price,
        approximate=one.approximate_cap,
    )
    yield w["fresh_prices" if one.benchmark_session else "fresh_prices_plain"].format(
        price=text(one.price_session),
        price_age=text(one.price_age_days),
        level=text(one.benchmark_session),
        level_age=text(one.benchmark_age_days),
        told=told[:10],
        told_age=text(one.announcement_age_days),
    )

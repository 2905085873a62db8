"""The screen as terminal tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from screener.core.stands_on import StandsOn
from screener.core.units import number, percent, several, yi
from screener.report.fitting import EXTRA
from screener.report.headings import heading, word
from screener.report.tables import Field, print_table, say, text
from screener.report.words import language
from screener.screen.ranking import ScreenResult
from screener.screen.row import ScreenRow
from screener.screen.selecting import columns


def _whole(value: float | None) -> str:
    return number(value, 0)


_RANKED = (
    Field("rank", "#", right=True, drop=1),
    Field("symbol", "symbol"),
    Field("firm", "firm"),
    Field("score", "score", percent, right=True),
    Field("range", "口径区间", right=True, drop=2),
    Field("backlog_cny", "backlog", yi, right=True),
    Field("cap", "mkt cap", right=True, drop=3),
    Field("coverage", "cover", drop=4, said=True),
    Field("contracts", "n", right=True, drop=5),
    # What a row knows beside its score, where the screen is wide: the first of them stays longest.
    Field("price_cny", "close", number, right=True, drop=EXTRA),
    Field("orders_12m_to_cap", "12 months ÷ cap", percent, right=True, drop=EXTRA + 1),
    Field("days_since_last_order", "days since", _whole, right=True, drop=EXTRA + 2),
    Field("remaining_life_months", "months left", lambda value: number(value, 1), right=True, drop=EXTRA + 3),
    Field("annualised_to_cap", "a year ÷ cap", percent, right=True, drop=EXTRA + 4),
    Field("unnamed_share", "unnamed", lambda value: percent(value, 0), right=True, drop=EXTRA + 5),
    Field("announced_to_cap", "announced ÷ cap", percent, right=True, drop=EXTRA + 6),
    Field("purchases_to_cap", "purchases ÷ cap", percent, right=True, drop=EXTRA + 7),
    Field("unconfirmed", "unconfirmed", right=True, drop=EXTRA + 8),
    Field("lost_cny", "ended or reduced", yi, right=True, drop=EXTRA + 9),
)
_FRACTIONS = ("score", "_to_cap", "return_", "_share", "purchases_to_cap")


_WORDS = ("coverage", "reason", "board", "st", "market_cap_approximate")


def _chosen(name: str) -> Field:
    """How a column of the JSON is printed: 亿, per cent, numbers, lists as words; in Chinese under its Chinese name."""
    kind, listed = columns()[name], name in ("finished", "terminated")
    called = name if language() == "en" else heading(name, language())
    if kind.is_float():
        return Field(name, called, _written(name), right=True, name=True)
    shown, folds = " ".join if listed else lambda value: word(name, text(value), language()), listed or name == "reason"
    return Field(name, called, shown, right=kind.is_integer(), wrap=folds, name=True, said=name in _WORDS)


def _written(name: str) -> Callable[[Any], str]:
    """How a figure of a column is written."""
    if name == "price_cny":
        return number
    if name.endswith("_cny"):
        return yi
    if name == "days_since_last_order":
        return _whole
    return percent if any(part in name for part in _FRACTIONS) else number


_OTHERS = (
    Field("symbol", "symbol"),
    Field("firm", "firm"),
    Field("cap", "mkt cap", right=True, drop=1),
    Field("reason", "known instead", wrap=True, said=True),
)


def _cells(row: ScreenRow) -> dict[str, Any]:
    cells = row.cells()
    low, high = (percent(value)[:-1] if value is not None else "—" for value in (row.score_low, row.score_high))
    cells["range"] = f"{low}–{high}" if row.score is not None else ""
    approximate = "≈" if row.market_cap_approximate and row.market_cap_cny is not None else ""
    cells["cap"] = approximate + yi(row.market_cap_cny, 1)
    return cells


def old_prices(rows: Iterable[ScreenRow]) -> list[str]:
    """A line for firms that did not trade on the last session: how old their price is."""
    old = [row for row in rows if row.price_age_sessions and row.price_cny is not None]
    told = (f"{row.symbol} of {row.price_date}, {several(row.price_age_sessions or 0, 'session')} old" for row in old)
    return [f"older prices: {'; '.join(told)}"] if old else []


def counted_by(stands_on: StandsOn) -> str:
    """The counting rules in one line."""
    rules = " · ".join(f"{key} {stands_on.rules[key]}" for key in ("policy", "burn"))
    return f"{rules} · lag {stands_on.rules['lag_months']} months"


def print_screen(result: ScreenResult) -> None:
    """Ranked firms, then those without a score and what is known of them instead; or the columns that are chosen."""
    if result.columns:
        cells = [row.cells() for row in result.rows]
        print_table([_chosen(name) for name in result.columns], cells, empty="no firm to show")
        say(counted_by(result.stands_on))
        return
    ranked = [row for row in result.rows if row.score is not None]
    others = [row for row in result.rows if row.score is None]
    if ranked:
        print_table(_RANKED, ranked, title="Remaining order backlog ÷ market cap", cells=_cells)
    elif not others:
        say("no firm to show")
    else:
        say("no firm has a score on this day: load announcements with amounts (screener load), or name another --as-of")
    if others:
        print_table(_OTHERS, others, title="Without a score: unknown is not zero", cells=_cells)
    _print_beside(result)
    for line in old_prices(result.rows):
        say(line)
    waiting = sum(row.unreviewed for row in result.rows)
    if waiting:
        say(f"{waiting} order-like announcements are unreviewed, scores are incomplete: screener announcements")
    _print_proposals(result)
    say("口径区间: range over 4 counting policies × lags 3, 5, 6 months; no confidence interval. ≈ derived share count")
    say(counted_by(result.stands_on))


_BESIDE = (
    Field("symbol", "symbol"),
    Field("firm", "firm", drop=3),
    Field("lost_cny", "ended or reduced", yi, right=True),
    Field("score", "score", percent, right=True, drop=2),
    Field("score_after_haircut", "after haircut", percent, right=True),
    Field("haircut_n", "n", right=True, drop=1),
)


def _print_beside(result: ScreenResult) -> None:
    """What was lost of announced work, and the score after a haircut by class; only where either is there."""
    told = [row for row in result.rows if row.lost_cny or row.score_after_haircut is not None]
    if told:
        print_table(_BESIDE, told, title="Beside the score, never in it", cells=ScreenRow.cells)
        say("haircut: × what was kept of the class, over n contracts whose fate is told (screener delivery)")


_WOULD = (
    Field("symbol", "symbol"),
    Field("firm", "firm"),
    Field("proposals", "wait", right=True, drop=1),
    Field("backlog_cny", "backlog", yi, right=True, drop=2),
    Field("backlog_with_proposals_cny", "with them", yi, right=True),
    Field("score", "score", percent, right=True, drop=2),
    Field("score_with_proposals", "with them", percent, right=True),
)


def _print_proposals(result: ScreenResult) -> None:
    """How many readings wait per firm; what they would change, where that was asked for."""
    rows = [row.as_dict() for row in result.rows if row.proposals]
    would = [row for row in rows if row["backlog_with_proposals_cny"] is not None]
    if would:
        print_table(_WOULD, would, title="PROPOSALS, not reviewed: what they would change")
    if rows:
        told = ", ".join(f"{row['symbol']} {row['proposals']}" for row in rows[:8])
        say(f"{sum(row['proposals'] for row in rows)} order-like proposals wait: {told}: screener review")

"""The screen and an explanation as terminal tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from screener.core.stands_on import StandsOn
from screener.core.units import number, percent, several, signed_percent, yi
from screener.report.fitting import EXTRA
from screener.report.headings import heading, word
from screener.report.tables import Field, print_pairs, print_table, say, text
from screener.report.words import language
from screener.screen.backlog import NOT_BURNED, TERM_UNKNOWN
from screener.screen.explain import Explanation
from screener.screen.ranking import ScreenResult, ScreenRow
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


def _age(row: ScreenRow) -> str:
    return f", {several(row.price_age_sessions, 'session')} old" if row.price_age_sessions else ""


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


_LINES = (
    Field("commitment_id", "id"),
    Field("event_date", "date"),
    Field("kind", "kind", drop=3, said=True),
    Field("announced_cny", "announced", yi, right=True),
    Field("remaining_cny", "remaining", yi, right=True),
    Field("start", "from", drop=2),
    Field("end", "to", drop=1, said=True),
    Field("status", "counted", wrap=True, said=True),
)


_NO_COMMITMENT = (
    "no commitment is known of this firm by that day: screener announcements --symbol shows what was announced"
)
# What stands instead of a last day: the two look alike in what remains.
_UNTIL = {TERM_UNKNOWN: "term unknown", NOT_BURNED: "not burned"}


_LINKS = (
    Field("from_id", "from id"),
    Field("kind", "kind", said=True),
    Field("to_id", "to id"),
    Field("state", "state", said=True, drop=1),
    Field("evidence", "evidence", wrap=True, said=True, drop=2),
)
_FACTS = (
    Field("fact_id", "fact"),
    Field("commitment_id", "of"),
    Field("kind", "kind", said=True),
    Field("effective_date", "date"),
    Field("amount", "amount", yi, right=True),
)
_ANNOUNCEMENTS = (
    Field("announcement_id", "id"),
    Field("known_at", "known at"),
    Field("known_at_basis", "basis", drop=1, said=True),
    Field("title", "title", wrap=True),
)


def print_explanation(found: Explanation, *, runoff: bool) -> None:
    """Every announcement, commitment and link behind a score; the run-off by quarter if asked."""
    _print_firm(found.row)
    print_table(_LINES, [_line(line.as_dict()) for line in found.contracts], title="Commitments", empty=_NO_COMMITMENT)
    if found.links:
        print_table(_LINKS, _named(_LINKS, found.links), title="Links")
    if found.facts:
        print_table(_FACTS, _named(_FACTS, found.facts), title="Contract facts")
    _print_ratings(found.ratings)
    print_table(
        _ANNOUNCEMENTS,
        _named(_ANNOUNCEMENTS, found.announcements),
        title="Announcements",
        empty="no announcement is stored of this firm by that day: screener fetch --only announcements",
    )
    if runoff:
        print_runoff(found)
    say(counted_by(found.stands_on))


def _print_firm(row: ScreenRow) -> None:
    """Its score and what stands behind it, one line each."""
    say(f"{row.symbol} {row.firm if row.firm != row.symbol else ''}".rstrip() + f" · {row.as_of}")
    cap = ("≈" if row.market_cap_approximate else "") + yi(row.market_cap_cny)
    priced = f"{cap} at {number(row.price_cny)} yuan of {row.price_date}{_age(row)}"
    pairs = [
        ("score", _in_range(percent, row.score, row.score_low, row.score_high, "口径区间 ")),
        ("backlog", _in_range(yi, row.backlog_cny, row.backlog_low_cny, row.backlog_high_cny)),
        ("announced", text(None) if row.announced_cny is None else f"{yi(row.announced_cny)} in contracts that count"),
        ("market cap", "unknown" if row.price_cny is None else priced),
        ("trading", _traded(row)),
        ("coverage", row.coverage + (f" · {row.reason}" if row.reason else "")),
    ]
    print_pairs(pairs)


def _in_range(
    show: Callable[[Any], str], value: float | None, low: float | None, high: float | None, of: str = ""
) -> str:
    """A figure with its range; a dash alone where neither is known."""
    return show(value) if value is None and low is None else f"{show(value)} ({of}{show(low)} – {show(high)})"


def _named(fields: Sequence[Field], rows: Sequence[object]) -> list[dict[str, Any]]:
    return [{field.key: getattr(row, field.key) for field in fields} for row in rows]


def _traded(row: ScreenRow) -> str:
    """How the shares trade, in one line."""
    one = row.traded
    moves = (f"{signed_percent(move)} in {n}" for move, n in ((one.return_20, 20), (one.return_60, 60)))
    listed = [] if one.listed_days is None else [f"listed for {one.listed_days:,} days"]
    moved = [f"{yi(one.adv20_cny)} a day", f"sessions: {', '.join(moves)}"]
    parts = [*(["no prices"] if row.price_cny is None else moved), one.board.replace("_", " "), *listed]
    return " · ".join([*parts, *(["ST"] if one.st else [])])


def _line(line: Mapping[str, Any]) -> dict[str, Any]:
    counted = "yes" if line.get("counted") else str(line.get("reason") or "no").replace("_", " ")
    flags = " ".join(line.get("flags") or ())
    until = _UNTIL.get(str(line.get("run_off")), line.get("end"))
    return {**line, "end": until, "status": f"{counted} {line.get('detail') or ''} {flags}".strip()}


def print_runoff(found: Explanation) -> None:
    """Contract × quarter in 亿: quarters down, contracts across would not fit; quarters are the rows."""
    frame = found.runoff_frame()
    if frame.is_empty():
        say("nothing runs off: no running contract with a term")
        return
    names = frame["commitment_id"].to_list()
    table = frame.drop("commitment_id").transpose(include_header=True, header_name="quarter", column_names=names)
    rows = [{**row, "sum": sum(row[name] for name in names)} for row in table.iter_rows(named=True)]
    fields = [
        Field("quarter", "quarter", said=True),
        *(Field(name, name, _yi4, right=True, name=True) for name in names),
    ]
    fields.append(Field("sum", "sum", _yi4, right=True))
    print_table(fields, rows, title="Run-off by quarter, 亿")


def _yi4(yuan: float | None) -> str:
    return "" if not yuan else f"{yuan / 1e8:.4f}"


_RATINGS = (
    Field("report_date", "report date"),
    Field("broker", "broker", wrap=True),
    Field("word", "rating", wrap=True),
    Field("so_far", "so far"),
    Field("today", "today", drop=2),
    Field("month_6", "month 6", wrap=True, said=True),
    Field("month_12", "month 12", wrap=True, said=True, drop=1),
    Field("standing", "standing", wrap=True, said=True),
)


def _print_ratings(rows: Sequence[Mapping[str, Any]]) -> None:
    """What brokers say of the firm, newest first, and where each rating stands."""
    if rows:
        print_table(_RATINGS, [_rated(row) for row in rows], title="Ratings")


def _rated(row: Mapping[str, Any]) -> dict[str, Any]:
    def end(name: str) -> str:
        told = row[f"{name}_return"]
        return f"due {row[f'{name}_due']}" if told is None else f"{signed_percent(told)} {row[f'{name}_band'] or ''}"

    low, high = (signed_percent(row[f"so_far_{side}"]) for side in ("low", "high"))
    return {
        **row,
        "word": row["printed"] or row["rating"] or "?",
        "so_far": high if low == high else f"{low} … {high}",
        "today": " / ".join(row["today"]),
        "month_6": end("month_6"),
        "month_12": end("month_12"),
        "standing": str(row["standing"]).replace("_", " "),
    }

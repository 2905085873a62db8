"""Tables of the explanation of a firm's score."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from screener.core.units import number, percent, several, signed_percent, yi
from screener.report.screen import counted_by
from screener.report.tables import Field, print_pairs, print_table, say, text
from screener.screen.backlog import NOT_BURNED, TERM_UNKNOWN
from screener.screen.explain import Explanation
from screener.screen.row import ScreenRow

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


def _age(row: ScreenRow) -> str:
    return f", {several(row.price_age_sessions, 'session')} old" if row.price_age_sessions else ""


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

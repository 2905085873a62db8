"""Proposals as the terminal shows them: what was read, where it stands, and how far it agrees with itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from screener.core.text import cut
from screener.core.units import UNKNOWN, percent, yi
from screener.report.tables import Field, print_table, say

Row = Mapping[str, Any]
_EVIDENCE = (
    Field("field", "value of", said=True),
    Field("told", "read", wrap=True, said=True),
    Field("page", "page", right=True, drop=2),
    Field("sentence", "sentence", right=True, drop=3),
    Field("place", "characters", right=True, drop=4),
    Field("sure", "sure", right=True, drop=1),
    Field("text", "stands there as", wrap=True),
)


def print_proposals(rows: Sequence[Row], notes: Sequence[str] = ()) -> None:
    """Each proposal: a line, its evidence as a table, its checks."""
    for note in notes:
        say(note)
    for row in rows:
        say(headline(row))
        print_table(_EVIDENCE, list(_evidence(row)), empty="no value was read")
        say(checks_of(row))
        for why in row["review"]:
            say(f"look first: {why}")
    say(f"{len(rows)} proposals; nothing of them counts before a person has accepted it")


def headline(row: Row) -> str:
    """`order · inflow · compute · 3.32亿 CNY exact, tax included · confidence 0.81`."""
    parts = [row["kind"].replace("_", " "), row["direction"], "compute" if row["is_compute"] else "not compute"]
    parts += [money(row), f"{row['term_months']} months" if row["term_months"] else "", row["counterparty"] or ""]
    parts += [f"signed {row['signed_on']}" if row["signed_on"] else "", f"confidence {row['confidence']:.2f}"]
    name = f"{row['announcement_id']}: " if row.get("announcement_id") else ""
    return name + " · ".join(part for part in parts if part)


def money(row: Row) -> str:
    """The amount in its currency, with basis and tax wording; a dash where none is stated."""
    high, low = row["amount_high"], row["amount_low"]
    if high is None:
        return UNKNOWN
    size = f"{high:,.2f}" if low in (None, high) else f"{low:,.2f}–{high:,.2f}"
    sign = "≤ " if row["basis"] == "ceiling" else "≈ " if row["basis"] == "estimate" else ""
    tax = f", tax {row['tax']}" if row["tax"] else ""
    whole = f" of {row['whole_amount']:,.2f} in all" if row["whole_amount"] else ""
    return f"{sign}{size} {row['currency']}{' a year' if row['basis'] == 'per_year' else ''}{whole}{tax}"


def _evidence(row: Row) -> Iterator[dict[str, Any]]:
    for one in row["evidence"]:
        if one["field"] == "amount_low" and row["amount_low"] == row["amount_high"]:
            continue
        yield {
            **one,
            "told": _value(one["field"], row.get(one["field"])),
            "place": f"{one['start']}–{one['end']}",
            "sure": f"{one['confidence']:.2f}",
            "text": cut(" ".join(one["text"].split()), 90),
        }


def _value(name: str, value: object) -> str:
    if name in ("share_of_revenue", "stake") and isinstance(value, float):
        return percent(value)
    if isinstance(value, float):
        return f"{value:,.2f}"
    return UNKNOWN if value is None else cut(str(value), 60)


def checks_of(row: Row) -> str:
    """Whether the document agrees with itself, in a line."""
    return "checks: " + " · ".join(_check(one) for one in row["checks"])


def suspected(one: Row) -> str:
    """Which commitment it may be about, and why."""
    link = one["link"].replace("_", " ") or "is about"
    return f"suspected: {link} {one['commitment_id']}: {'; '.join(one['reasons'])}"


def _check(one: Row) -> str:
    return f"{one['name']} {one['outcome']}" + (f" ({one['detail']})" if one["outcome"] == "failed" else "")


_QUEUE = (
    Field("proposal_id", "proposal", wrap=True),
    Field("symbol", "symbol"),
    Field("kind", "kind", said=True),
    Field("direction", "money", said=True, drop=4),
    Field("amount", "amount", right=True, wrap=True),
    Field("amount_to_cap", "÷ cap", percent, right=True),
    Field("counterparty", "counterparty", wrap=True, drop=3),
    Field("confidence", "sure", lambda value: f"{value:.2f}", right=True, drop=2),
    Field("title", "title", wrap=True),
)


def print_queue(rows: Sequence[Row]) -> None:
    """The queue as a table."""
    if not rows:
        say("no proposal waits: screener read --unreviewed makes some")
        return
    print_table(_QUEUE, [{**row, "amount": _short(row)} for row in rows])
    say(f"{len(rows)} proposals wait: screener review")


def _short(row: Row) -> str:
    """The amount in 亿 where it is in yuan, with its sign."""
    if row["currency"] != "CNY":
        return money(row)
    sign = {"ceiling": "≤", "estimate": "≈"}.get(row["basis"], "")
    return f"{sign}{yi(row['amount_high'])}" + (" a year" if row["basis"] == "per_year" else "")


def print_waiting(row: Row, number: int, count: int) -> None:
    """One proposal as a person decides about it."""
    say("")
    say(f"[{number}/{count}] {row['symbol']} {row['known_at']:%Y-%m-%d %H:%M} {row['title']}")
    cap = f" = {percent(row['amount_to_cap'])} of market cap" if row["amount_to_cap"] else ""
    say(f"{row['proposal_id']} · {headline(row)}{cap}")
    print_table(_EVIDENCE, list(_evidence(row)))
    say(checks_of(row))
    for why in row["review"]:
        say(f"look first: {why}")
    for one in row["suspects"]:
        say(suspected(one))
    say("a accept · e edit · r reject · s skip · q quit")

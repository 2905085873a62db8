"""Tables of an answer that no section of the page has: headings and words as in a workbook, figures as on the page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from screener.core.answer import Answer, Row
from screener.core.units import UNKNOWN, number, percent, signed_percent, yi, yuan
from screener.evaluation.event_study import Overview, Overviews
from screener.evaluation.rating import BASKET, Review
from screener.report.cells import is_number, look, simple
from screener.report.headings import heading, word
from screener.screen.ranking import ScreenResult

Named = tuple[str, str, Sequence[Row]]  # a table, its columns that are shown, its rows
_PROPOSED = "symbol,firm,proposals,backlog_cny,backlog_with_proposals_cny,score,score_with_proposals,reason"
_LINES = "kind,window,reading,model,caar,low,high,n,firms,n_effective,detectable_effect,p,q"
_HITS = "broker,reading,benchmark,n,hits,hit_rate,low,high,n_effective,pending,note"
_RECORDS = (
    "rank,name,reading,n,pending,hit_rate,low,high,base_rate,p,q,mean,median,below_neutral,portfolio_return,"
    "portfolio_excess,verdict"
)
_CARDS = "reading,ratings,n,hits,n_effective,hit_rate,base_rate,skill,kappa,tau_b,note"
_CONTEXT = "candidate,so_far,so_far_band,so_far_date"
_SHOWN: Mapping[str, Callable[[Any], str]] = {
    "money": yi,
    "yuan": yuan,
    "rate": lambda value: percent(value, 3),
    "share": lambda value: percent(value),
    "signed": lambda value: signed_percent(value),
    "ratio": lambda value: number(value),
    "three": lambda value: number(value, 3),
    "count": lambda value: f"{value:,}",
}


def further(found: Answer, lang: str) -> list[dict[str, Any]]:
    """Tables with `name`, `heads` and `rows` of cells (`shown`, `value` to sort by; None: as it is shown)."""
    if isinstance(found, ScreenResult):
        rows = [row for row in found.as_dict() if row["backlog_with_proposals_cny"] is not None]
        named: list[Named] = [("proposals", _PROPOSED, rows)]
    elif isinstance(found, Overviews):
        named = [("events_lines", _LINES, found.frame().to_dicts())]
    elif isinstance(found, Overview):
        named = [("events_lines", _LINES, found.tables()["events_lines"])]
    elif isinstance(found, Review):
        named = list(_of_review(found))
    else:
        named = []
    return [_table(name, columns.split(","), rows, lang) for name, columns, rows in named if rows]


def _of_review(found: Review) -> Iterable[Named]:
    tables = found.tables()
    yield "hits", _HITS, [row for row in tables["hits"] if row["n"]]
    yield "records", _RECORDS, tables.get("records", [])
    yield "scorecards", _CARDS, tables.get("scorecards", [])
    matrix = tables.get("matrix", [])
    yield "matrix", ",".join(matrix[0]) if matrix else "", matrix
    yield "context", _CONTEXT, [row for row in tables["context"] if row["subject"] == BASKET]


def _table(name: str, columns: Sequence[str], rows: Sequence[Row], lang: str) -> dict[str, Any]:
    kept = [key for key in columns if any(row.get(key) is not None for row in rows)]
    return {
        "name": name,
        "heads": [(heading(key, lang), any(is_number(row.get(key)) for row in rows)) for key in kept],
        "rows": [[_cell(name, key, row, lang) for key in kept] for row in rows],
    }


def _cell(table: str, key: str, row: Mapping[str, Any], lang: str) -> dict[str, Any]:
    value = simple(row.get(key))
    if value is None:
        return {"shown": UNKNOWN, "value": "", "number": False}
    if not is_number(value):
        return {"shown": word(key, str(value), lang), "value": None, "number": False}
    kind = look(key, value, table).removesuffix("_up").removesuffix("_down")
    return {"shown": _SHOWN.get(kind, str)(value), "value": value, "number": True}

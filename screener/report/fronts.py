"""The first sheet of a workbook: what the answer is, its stamps, the figures that matter, a chart of them.

1. Each kind of answer has one function that says what its front shows; an answer without one opens on its first table.
2. Figures are those of the tables behind it: nothing is computed here.
3. It prints on one page.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor, log2
from typing import TYPE_CHECKING, Any

from screener.core.answer import Answer
from screener.report.cells import Formula, Row, is_number, lines
from screener.report.headings import said
from screener.report.sheets import LINE, Book, Drawing
from screener.report.words import told

if TYPE_CHECKING:
    from screener.evaluation.appraisal import Appraisal
    from screener.evaluation.delivery import Delivery
    from screener.evaluation.event_study import Overview, Overviews
    from screener.evaluation.rating import Review
    from screener.evaluation.sweep import SweepAnswer
    from screener.screen.diff import Difference

ANSWER = "answer"
MOST = 40  # rows of a front: the rest stands in the table
_LEAST_COLUMNS = 8
_PER_CENT, _YUAN = "0%", r'0\.00,,"亿"'
_HEADLINE = (
    *("total_return", "benchmark_return", "benchmark_return_from_open", "excess_return", "annualized_return"),
    *("volatility", "sharpe", "information_ratio", "alpha", "beta", "max_drawdown", "without_best_firm"),
    *("filled_at_day_average", "at_ten_times_cash", "turnover", "effective_firms", "days_to_trade", "orders", "fills"),
)


@dataclass(frozen=True)
class Front:
    """Title, sentences, rows of figures, charts."""

    title: str
    said: tuple[str, ...]
    rows: Sequence[Row]
    charts: tuple[Drawing, ...] = ()
    table: str = ANSWER  # whose ends of intervals the rows are


def front_of(answer: Answer, lang: str) -> Front | None:
    """What the front of an answer shows; None where its first table is the answer."""
    made: Mapping[str, Callable[[Any, str], Front]] = {
        "Appraisal": _backtest,
        "SweepAnswer": _sweep,
        "Overview": _events,
        "Overviews": _events,
        "Review": _rating,
        "Difference": _diff,
        "Delivery": _delivery,
    }
    make = made.get(type(answer).__name__)
    return make(answer, lang) if make else None


def put(book: Book, sheet: Any, front: Front) -> None:
    """Fills the front, once the tables that its charts are drawn from are written."""
    keys = list(dict.fromkeys(key for row in front.rows for key in row))
    widths = book.widths(front.rows, keys)
    wide = [*widths.values(), *[12] * (_LEAST_COLUMNS - len(keys))]
    for column, characters in enumerate(wide):
        sheet.set_column(column, column, characters)
    sheet.write_string(0, 0, front.title, book.formats["title"])
    sheet.set_row(0, 26)
    line = 1
    for text, look in [*((text, "stamp") for text in book.stamps), *((told(text), "said") for text in front.said)]:
        sheet.merge_range(line, 0, line, len(wide) - 1, text, book.formats[look])
        sheet.set_row(line, LINE * lines(text, sum(wide)))
        line += 1
    line += 1
    if keys:
        book.rows(sheet, front.table, front.rows, keys, line)
        book.heights(sheet, front.rows, widths, line)
        line += len(front.rows) + 2
    for drawing in front.charts:
        chart = book.chart(drawing, size=(min(1000, 7 * sum(wide) + 40), 330))
        if chart is not None:
            sheet.insert_chart(line, 0, chart)
            line += 18
    if book.foot:
        sheet.write_string(line, 0, book.foot, book.formats["text"])
    sheet.hide_gridlines(2)
    book.printed(sheet, ANSWER, line, len(wide), pages=1)
    sheet.activate()


def referred(book: Book, table: str, row: Row, line: int, keys: Sequence[str]) -> dict[str, Any]:
    """Cells of line `line` of a table as a front shows them: figures live, words as they are."""
    from xlsxwriter.utility import xl_col_to_name

    cells: dict[str, Any] = {}
    for key in keys:
        value = row.get(key)
        known = value.value if isinstance(value, Formula) else value
        at = f"={book.called(table)}!{xl_col_to_name(book.held[table][1][key])}{line}"
        cells[key] = Formula(at, known) if is_number(known) else value
    return cells


def _backtest(found: Appraisal, lang: str) -> Front:
    run = found.result
    params = " ".join(f"{key}={value}" for key, value in run.params.items())
    figures = {row["figure"]: row for row in found.frame().to_dicts()}
    rows: list[Row] = [{"figure": "initial_cash", "value": run.initial_cash, "low": None, "high": None, "n": None}]
    rows += [{"figure": "final_value", "value": run.final_value}]
    rows += [figures[name] for name in _HEADLINE if name in figures]
    curves = found.curves
    levels = [float(v) for part in (curves.strategy, curves.benchmark) for v in part if v == v and v > 0]
    axis = (2.0 ** floor(log2(min(levels)) - 0.01), 2.0 ** ceil(log2(max(levels)) + 0.01))
    drawn = Drawing("line", "equity", "equity", ("session",), ("growth", "benchmark_growth"), log=axis, look="0.00")
    ran = f"{run.strategy} {params}".strip() + f" · {found.first} … {found.last}"
    return Front(said("titles", "backtest", lang), (ran,), rows, (drawn,))


def _sweep(found: SweepAnswer, lang: str) -> Front:
    rows = found.sheets()["best"]
    drawn = Drawing("column", "sharpe", "variants", ("variant",), ("sharpe",), rows=400, look="0.00")
    return Front(said("titles", "sweep", lang), (found.verdict,), rows[:MOST], (drawn,))


def _events(found: Overview | Overviews, lang: str) -> Front:
    tables = found.sheets()
    first = tables["events_path"][0]["kind"] if tables["events_path"] else ""
    days = sum(row["kind"] == first for row in tables["events_path"])
    drawn = Drawing("line", "path", "events_path", ("offset",), ("caar",), rows=days, look="0.0%")
    return Front(said("titles", "events", lang), (), tables["events_lines"][:MOST], (drawn,), "events_lines")


def _rating(found: Review, lang: str) -> Front:
    """Industries where one is rated, else stocks; a rating said once more is not shown again."""
    shown = (
        *("subject", "broker", "rating", "report_date", "series_name", "standing", "so_far_low", "so_far_high"),
        *("today", "month_6_due", "month_6_return", "month_6_band", "month_12_due", "month_12_return", "month_12_band"),
    )
    first = [row for row in found.sheets()["lines"] if not row.get("repeated")]
    rows = [{key: row.get(key) for key in shown} for row in first]
    industry = [row for row in rows if "." not in str(row["subject"])]
    drawn = Drawing("column", "hits", "hits", ("broker", "reading"), ("hit_rate",), rows=24, look=_PER_CENT)
    return Front(said("titles", "rating", lang), (), (industry or rows)[:MOST], (drawn,))


def _diff(found: Difference, lang: str) -> Front:
    parts = ("log_new", "log_ended", "log_burned", "log_re_read", "log_price", "log_shares")
    shown = ("symbol", "firm", "status", "score_before", "score_after", "log_change", *parts)
    rows = [row for row in found.sheets()["diff"] if row["status"] != "unscored"]
    most = min(sum(row["log_change"] is not None for row in rows), 20)
    drawn = Drawing("bar", "parts", "diff", ("firm",), parts, rows=most, stacked=True, look="0.00")
    title = f"{said('titles', 'diff', lang)}: {found.first} → {found.last}"
    return Front(title, (), [{key: row.get(key) for key in shown} for row in rows[:MOST]], (drawn,) if most else ())


def _delivery(found: Delivery, lang: str) -> Front:
    columns = ("implied_cny", "reported_cny")
    drawn = Drawing("column", "halves", "halves", ("firm", "half"), columns, rows=40, look=_YUAN)
    rows = found.sheets()["survival"]
    return Front(said("titles", "delivery", lang), (found.first_line,), rows, (drawn,), "survival")

"""The screen as a workbook that an analyst can go on calculating with.

1. `contracts`: one line per commitment. Start follows the lag, whole months and share left follow start, term and day,
   remaining = announced × kept × share left. Share left is burn.py in Excel's words:
   m = whole months from start to the day, 1 − (m + (day − EDATE(start, m)) ÷ length of month m) ÷ term, inside 0 … 1.
2. `screen`: backlog = sum of the counted lines of the firm, score = backlog ÷ market cap.
3. `months`, `left`: what remains of each running contract at the start of each quarter; `runoff`: the differences.
   Where more than `MOST_LIVE` run, `runoff` holds values and the other two are left out.
4. `announcements`, `stands on`. The two yellow cells there, day and lag, drive 1 to 3; the yellow price and shares of a
   firm drive its market cap; every other cell is a value as of the screen's own day.
5. `answer`, in front: the ranking out of the live cells of `screen`, and its charts.
Formulas carry the value computed here. Which contracts count does not change with the yellow cells.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

from xlsxwriter.utility import xl_rowcol_to_cell

from screener.core.answer import Answer
from screener.report.cells import Formula, Link, Row
from screener.report.fronts import ANSWER, MOST, Front, front_of, put, referred
from screener.report.headings import heading, said
from screener.report.sheets import Book, Drawing, written
from screener.screen.burn import add_months, months_between, quarter_of, quarter_starts
from screener.screen.contracts import Contract
from screener.screen.factors import runoff_of
from screener.screen.ranking import ScreenResult
from screener.screen.row import ScreenRow

DAY, LAG = "as_of_day", "lag_months"
_FEN = 0.01
MOST_LIVE = 1_000  # contracts whose run-off is formulas, three a quarter: of ten thousand no program opens them
_YUAN = r'0\.00,,"亿"'
_LIVE = (
    "The yellow day and lag drive: start, months, share left, remaining, backlog, scores, left and runoff; the yellow "
    "price and shares drive market cap and scores. Other cells are values: which contracts count, and the start of a "
    "contract with an acceptance, a delay or a reduction, stay as they were on the day of the screen."
)
_LIVE_BUT_RUNOFF = (
    "The yellow day and lag drive: start, months, share left, remaining, backlog, scores; the yellow price and shares "
    "drive market cap and scores. Other cells are values: runoff, as too many contracts run, which contracts count, "
    "and the start of a contract with an acceptance, a delay or a reduction, stay as they were on the day of the "
    "screen."
)
CONTRACT_COLUMNS = (
    "symbol",
    "firm",
    "commitment_id",
    "title",
    "event_date",
    "known_at",
    "kind",
    "work",
    "direction",
    "counterparty",
    "amount_basis",
    "stated_cny",
    "announced_cny",
    "kept_share",
    "term_months",
    "start",
    "end",
    "whole_months",
    "share_left",
    "remaining_cny",
    "counted",
    "reason",
    "detail",
    "finished",
    "accepted",
    "recognised_cny",
    "confidence",
    "flags",
)
_LEFT_NEEDS = ("start", "term_months", "announced_cny", "kept_share", "remaining_cny")
_LETTER = {name: xl_rowcol_to_cell(0, n)[:-1] for n, name in enumerate(CONTRACT_COLUMNS)}


def write_answer(
    path: Path, answer: Answer, lang: str = "zh", further: Mapping[str, Sequence[Row]] | None = None
) -> None:
    """Writes any answer: its front, its tables as sheets, `further` ones, what it stands on.

    Raises ScreenerError where the file cannot be written.
    """

    def fill(book: Book) -> None:
        front = front_of(answer, lang)
        sheet = book.sheet(ANSWER) if front else None
        for name, rows in {**answer.sheets(), **(further or {})}.items():
            book.table(name, rows)
        book.stands_on(answer.stands_on.as_dict())
        if front:
            put(book, sheet, front)

    written(path, fill, lang, answer.stands_on)


def write_book(
    path: Path, answer: Answer, lang: str = "zh", further: Mapping[str, Sequence[Row]] | None = None
) -> None:
    """Writes any answer; a screen and an explanation with live formulas. `further` tables follow.

    Raises ScreenerError where the file cannot be written.
    """
    kind: Any = answer
    match type(answer).__name__:
        case "ScreenResult":
            write_screen(path, kind, further, lang)
        case "Explanation":
            write_screen(path, kind.as_screen, {**kind.further(), **(further or {})}, lang)
        case _:
            write_answer(path, answer, lang, further)


def write_screen(
    path: Path, result: ScreenResult, further: Mapping[str, Sequence[Row]] | None = None, lang: str = "zh"
) -> None:
    """Writes the screen with the contracts and announcements of its firms; `further` tables follow.

    Raises ScreenerError where the file cannot be written.
    """
    firms = {row.symbol: row.firm for row in result.rows}
    order = {symbol: n for n, symbol in enumerate(firms)}
    lines = sorted(result.contracts, key=lambda line: (order[line.commitment.symbol], line.commitment.event_date))
    urls = {row.announcement_id: row.url for row in result.announcements}

    def fill(book: Book) -> None:
        front = book.sheet(ANSWER)
        shown = result.columns
        ranked = [_screen_row(book, row, n, len(lines), shown) for n, row in enumerate(result.rows, start=2)]
        sheet = book.table("screen", ranked)
        _inputs(book, sheet, ranked)
        rows = [
            _contract_row(line, n, firms[line.commitment.symbol], urls, result) for n, line in enumerate(lines, start=2)
        ]
        book.table("contracts", rows, CONTRACT_COLUMNS)
        told = _LIVE if _runoff_sheets(book, lines) else _LIVE_BUT_RUNOFF
        book.table("announcements", [asdict(row) for row in result.announcements])
        for name, table in (further or {}).items():
            book.table(name, table)
        _stands_on(book, result, told)
        put(book, front, _front(book, result, ranked))

    written(path, fill, lang, result.stands_on)


_SHOWN = (
    *("rank", "symbol", "firm", "score", "score_low", "score_high", "backlog_cny", "market_cap_cny", "coverage"),
    *("contracts", "reason"),
)


def _front(book: Book, result: ScreenResult, ranked: Sequence[Row]) -> Front:
    """The ranking, or the one firm, out of the cells of `screen`."""
    there = [key for key in _SHOWN if key in book.held["screen"][1]]
    rows = [referred(book, "screen", row, n, there) for n, row in enumerate(ranked[:MOST], start=2)]
    scored = sum(row.score is not None for row in result.rows)
    title = said("titles", "screen", book.lang)
    scores = Drawing("bar", "scores", "screen", ("firm",), ("score",), rows=min(scored, 20), look="0%")
    charts = [scores] if scored > 1 else []
    if "runoff" in book.held:
        quarters = tuple(key for key in book.held["runoff"][1] if key[0] == "2")
        charts += [Drawing("column", "runoff", "runoff", (), quarters, across=True, look=_YUAN)] if quarters else []
    told = (f"{heading('as_of', book.lang)} {result.rows[0].as_of}",) if result.rows else ()
    if len(result.rows) == 1:
        row = result.rows[0]
        title = f"{row.symbol} {row.firm}: {said('titles', 'explain', book.lang)}"
        rows = [{"figure": key, "value": value} for key, value in rows[0].items() if key not in ("symbol", "firm")]
    return Front(title, told, rows, tuple(charts))


def _inputs(book: Book, sheet: Any, rows: Sequence[Row]) -> None:
    """Price and shares are yellow: what is typed there moves market cap and scores."""
    columns = book.held["screen"][1]
    for line, row in enumerate(rows, start=1):
        for key, style in (("price_cny", "input_yuan"), ("total_shares", "input_count")):
            if key in columns and "total_shares" in columns:
                book.cell(sheet, line, columns[key], row[key], style=style)


def _screen_row(book: Book, row: ScreenRow, n: int, lines: int, shown: Sequence[str] = ()) -> dict[str, Any]:
    """Row `n` of the sheet: the JSON keys in their order, or those `shown`; market cap and ratios live where they can
    be."""
    every = row.as_dict()
    cells = {key: every[key] for key in shown or every if key != "runoff_by_quarter"}
    if {"price_cny", "market_cap_cny"} <= cells.keys():
        cells["total_shares"] = _shares(row)
    column = {key: xl_rowcol_to_cell(0, at)[:-1] for at, key in enumerate(cells)}
    if cells.get("total_shares") is not None:
        product = f"={column['price_cny']}{n}*{column['total_shares']}{n}"
        cells["market_cap_cny"] = Formula(product, row.market_cap_cny)
    if row.backlog_cny is not None and {"symbol", "backlog_cny"} <= cells.keys():
        mine, amounts, counted = (_column(book, name, lines) for name in ("symbol", "remaining_cny", "counted"))
        text = f"=SUMIFS({amounts},{mine},{column['symbol']}{n},{counted},TRUE)"
        cells["backlog_cny"] = Formula(text, row.backlog_cny)
    for ratio, amount in (
        ("score", "backlog_cny"),
        ("score_low", "backlog_low_cny"),
        ("score_high", "backlog_high_cny"),
    ):
        if {ratio, amount, "market_cap_cny"} <= cells.keys() and cells[ratio] is not None:
            cells[ratio] = Formula(f"={column[amount]}{n}/{column['market_cap_cny']}{n}", cells[ratio])
    return cells


def _shares(row: ScreenRow) -> int | None:
    """Total shares: market cap is their product with the price, so the quotient is whole; None where it is not."""
    if not row.market_cap_cny or not row.price_cny:
        return None
    shares = round(row.market_cap_cny / row.price_cny)
    return shares if abs(shares * row.price_cny - row.market_cap_cny) < _FEN else None


def _column(book: Book, name: str, lines: int) -> str:
    return f"{book.called('contracts')}!${_LETTER[name]}$2:${_LETTER[name]}${lines + 1}"


def _contract_row(
    line: Contract, n: int, firm: str, urls: Mapping[str, str | None], result: ScreenResult
) -> dict[str, Any]:
    row, plan = line.as_dict(), line.plan
    commitment = line.commitment
    row |= {
        "symbol": commitment.symbol,
        "firm": firm,
        "title": Link(commitment.title, urls.get(commitment.announcement_id)),
        "flags": " ".join(line.flags),
    }
    if not plan.is_work:
        return row
    row["kept_share"] = plan.kept
    lag = int(result.stands_on.rules["lag_months"])
    if _follows_lag(line, lag):
        row["start"] = Formula(f"=EDATE({_LETTER['event_date']}{n},{LAG})", _serial(plan.start))
    row |= _burn_cells(line, n)
    return row


def _follows_lag(line: Contract, lag: int) -> bool:
    """True where the start is announcement + lag: no acceptance, delay or integration work, nor a reduction, whose
    share of the contract was reckoned with this start."""
    told = any(fact.kind in ("acceptance", "delay", "reduction") for fact in line.plan.facts)
    lease = line.commitment.work != "integration"
    return lease and not told and add_months(line.commitment.event_date, lag) == line.plan.start


def is_live(line: Contract) -> bool:
    """True where the remaining work is a function of start, term and day alone."""
    plan = line.plan
    return plan.burns and plan.term_months is not None and plan.done_from is None and plan.ended is None


def _burn_cells(line: Contract, n: int) -> dict[str, Any]:
    """Whole months, share left and remaining of row `n`, live where the straight line says it all."""
    plan, day = line.plan, line.day
    remaining, announced = line.remaining or 0.0, plan.announced or 0.0
    product = f"=ROUND({_LETTER['announced_cny']}{n}*{_LETTER['kept_share']}{n}*{_LETTER['share_left']}{n},2)"
    cells: dict[str, Any] = {"remaining_cny": Formula(product, remaining)}
    if not is_live(line) or plan.term_months is None:
        cells["share_left"] = remaining / (announced * plan.kept) if announced * plan.kept else 0.0
        return cells
    start, term, months = (f"{_LETTER[name]}{n}" for name in ("start", "term_months", "whole_months"))
    whole = int(months_between(plan.start, day)) if day > plan.start else 0
    cells["end"] = Formula(f"=EDATE({start},{term})", _serial(add_months(plan.start, plan.term_months)))
    cells["whole_months"] = Formula(f"={whole_months(start, DAY)}", whole)
    cells["share_left"] = Formula(f"={share_left(start, term, DAY, months)}", plan._left(day))
    return cells


def whole_months(start: str, day: str) -> str:
    """Excel for the whole calendar months from `start` to `day`, 0 before it; months end where EDATE says."""
    span = f"(YEAR({day})-YEAR({start}))*12+MONTH({day})-MONTH({start})"
    return f"IF({day}<={start},0,{span}-IF(EDATE({start},{span})>{day},1,0))"


def share_left(start: str, term: str, day: str, months: str) -> str:
    """Excel for `burn.fraction_left`, given the whole months elapsed."""
    anchor, following = f"EDATE({start},{months})", f"EDATE({start},{months}+1)"
    running = f"1-({months}+({day}-{anchor})/({following}-{anchor}))/{term}"
    return f"IF({day}<={start},1,IF({day}>=EDATE({start},{term}),0,{running}))"


def _runoff_sheets(book: Book, lines: Sequence[Contract]) -> bool:
    """`left` (contract × start of quarter) and `runoff` (contract × quarter), with sums: together the backlog.

    False where too many contracts run for `left`, and `runoff` holds values.
    """
    running = [(n, line) for n, line in enumerate(lines, start=2) if line.counted and line.remaining]
    every = [(n, line) for n, line in running if is_live(line)]
    live = every if len(every) <= MOST_LIVE else []
    moments = _moments([line for _, line in live])
    if live:
        _left_sheet(book, live, moments)
    rows = [_runoff_row(book, line, row, moments) for row, (_, line) in enumerate(live, start=2)]
    rows += [_fixed_runoff_row(line) for _, line in running if not live or not is_live(line)]
    if rows:
        headings = [
            "symbol",
            "commitment_id",
            *sorted({key for row in rows for key in row if key[0] in "2u"}),
            "sum_cny",
        ]
        for n, row in enumerate(rows, start=2):
            first, last = (xl_rowcol_to_cell(n - 1, column) for column in (2, len(headings) - 2))
            row["sum_cny"] = Formula(f"=SUM({first}:{last})", row["sum_cny"])
        book.table("runoff", [*rows, _totals(rows, headings)], headings)
    return live == every


def _moments(live: Sequence[Contract]) -> list[date]:
    """The day of the screen and the starts of the quarters after it, to the end of the last contract."""
    ends = [line.plan.end for line in live if line.plan.end is not None]
    return [live[0].day, *quarter_starts(live[0].day, max(ends))] if live else []


def _totals(rows: Sequence[Row], headings: Sequence[str]) -> dict[str, Any]:
    total: dict[str, Any] = {"commitment_id": "sum"}
    for column, key in enumerate(headings[2:], start=2):
        first, last = (xl_rowcol_to_cell(row, column) for row in (1, len(rows)))
        values = (row.get(key) or 0.0 for row in rows)
        amounts = (value.value if isinstance(value, Formula) else value for value in values)
        total[key] = Formula(f"=SUM({first}:{last})", round(sum(amount or 0.0 for amount in amounts), 2))
    return total


def _left_sheet(book: Book, live: Sequence[tuple[int, Contract]], moments: Sequence[date]) -> None:
    """Two sheets of one shape, contract × moment: whole months since the start, and from them what is left."""
    months, left = (_grid(book, name, live, moments) for name in ("months", "left"))
    contracts, elapsed = book.called("contracts"), book.called("months")
    for row, (n, line) in enumerate(live, start=1):
        start, term, announced, kept, most = (f"{contracts}!${_LETTER[name]}${n}" for name in _LEFT_NEEDS)
        for column, moment in enumerate(moments, start=2):
            day, here = xl_rowcol_to_cell(0, column, row_abs=True), xl_rowcol_to_cell(row, column)
            whole = int(months_between(line.plan.start, moment)) if moment > line.plan.start else 0
            book.cell(months, row, column, Formula(f"={whole_months(start, day)}", whole))
            # Never more than on the day of the screen: a day moved on leaves nothing for the quarters before it.
            share = share_left(start, term, day, f"{elapsed}!{here}")
            text = f"=MIN({most},ROUND({announced}*{kept}*{share},2))"
            book.cell(left, row, column, Formula(text, line.plan.remaining(moment)), "left_cny")


def _grid(book: Book, name: str, live: Sequence[tuple[int, Contract]], moments: Sequence[date]) -> Any:
    sheet = book.sheet(name)
    for column, key in enumerate(("symbol", "commitment_id")):
        sheet.write_string(0, column, heading(key, book.lang), book.formats["heading"])
    book.cell(sheet, 0, 2, Formula(f"={DAY}", _serial(moments[0])), style="date")
    for column, start in enumerate(moments[1:], start=3):
        book.cell(sheet, 0, column, start, style="date")
    for row, (_, line) in enumerate(live, start=1):
        book.cell(sheet, row, 0, line.commitment.symbol)
        book.cell(sheet, row, 1, line.commitment.commitment_id)
    sheet.set_column(0, len(moments) + 1, 12)
    sheet.freeze_panes(1, 2)
    book.printed(sheet, name, len(live), len(moments) + 2)
    return sheet


def _runoff_row(book: Book, line: Contract, row: int, moments: Sequence[date]) -> dict[str, Any]:
    left = book.called("left")
    cells: dict[str, Any] = {"symbol": line.commitment.symbol, "commitment_id": line.commitment.commitment_id}
    for column, (begin, end) in enumerate(pairwise(moments), start=2):
        before, after = (xl_rowcol_to_cell(row - 1, at) for at in (column, column + 1))
        done = round(line.plan.remaining(begin) - line.plan.remaining(end), 2)
        cells[f"{quarter_of(begin)}_cny"] = Formula(f"=ROUND({left}!{before}-{left}!{after},2)", done)
    return cells | {"sum_cny": line.remaining or 0.0}


def _fixed_runoff_row(line: Contract) -> dict[str, Any]:
    """Work whose end an acceptance fixed, or without a term (`unscheduled`): values of the day of the screen."""
    cells = {f"{quarter}_cny": yuan for quarter, yuan in runoff_of(line).items()}
    names = {"symbol": line.commitment.symbol, "commitment_id": line.commitment.commitment_id}
    return {**names, **cells, "sum_cny": line.remaining or 0.0}


def _stands_on(book: Book, result: ScreenResult, live: str) -> None:
    """What the numbers stand on; the first two values are the cells that formulas refer to."""
    values = {"day": result.rows[0].as_of if result.rows else None, **result.stands_on.as_dict()}
    lag = values.pop("lag_months")
    sheet = book.stands_on({"day": values.pop("day"), "lag_months": lag, **values, "live": live})
    if result.rows:
        book.cell(sheet, 0, 1, result.rows[0].as_of, style="input_date")
    book.cell(sheet, 1, 1, lag, style="input")
    book.file.define_name(DAY, f"={book.called('stands on')}!$B$1")
    book.file.define_name(LAG, f"={book.called('stands on')}!$B$2")


def _serial(day: date) -> float:
    """Excel's number of a date."""
    return float((day - date(1899, 12, 30)).days)

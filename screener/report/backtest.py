"""An appraised back-test as the lines a person reads: the headline, what can be inferred, the audit, `--full`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from screener.core.config import BENCHMARK, TOTAL_RETURN_BENCHMARK
from screener.core.stands_on import sources
from screener.core.units import number, percent, signed_percent, yuan
from screener.evaluation.appraisal import Appraisal
from screener.evaluation.appraised import Compared
from screener.evaluation.inference import key_rows
from screener.evaluation.performance import Estimate, Performance
from screener.report.spark import sparkline
from screener.report.tables import Field, count, print_pairs, print_table, say, text

if TYPE_CHECKING:
    from screener.backtest.audit import AuditReport


def print_headline(found: Appraisal) -> None:
    """What was run, and its figures beside their weakest points."""
    result, figures = found.result, found.performance
    given = "".join(f" {key}={value}" for key, value in result.params.items())
    span = f"{result.sessions[0]} … {result.sessions[-1]}, {len(result.sessions)} sessions"
    checked = " · look-ahead UNCHECKED" if found.look_ahead and found.look_ahead.verdict == "unchecked" else ""
    say(f"{result.strategy}{given}{checked} · {span} · universe {result.universe} · {yuan(result.initial_cash)} yuan")
    say()
    print_pairs([*_return_lines(found), *_risk_lines(figures), *_execution_lines(found)])


def _return_lines(found: Appraisal) -> list[tuple[str, str]]:
    result, f, best = found.result, found.performance, found.without_best
    closes, opens = signed_percent(f.benchmark_return.value), signed_percent(f.benchmark_return_from_open.value)
    name = f"{best.symbol} {result.market.names.get(best.symbol, '')}".strip() if best else ""
    return [
        ("final value", f"{yuan(result.final_value)} yuan"),
        ("total return", signed_percent(result.total_return)),
        ("equity", sparkline(found.wealth, SPARK_WIDTH)),
        (BENCHMARK, f"{closes} from the close {_since(found)} · {opens} from the {_open(found)} open{_gaps(found)}"),
        (TOTAL_RETURN_BENCHMARK, _total_return_line(found)),
        ("excess return", signed_percent(f.excess_return.value) + _over(found)),
        ("without its best firm", f"{signed_percent(best.result.total_return)} ({name})" if best else text(None)),
        ("filled at the day's average", signed_percent(found.day_average.total_return)),
    ]


def _since(found: Appraisal) -> str:
    days = found.benchmark_days
    return "before" if days.whole else f"of {days.first}"


def _open(found: Appraisal) -> str:
    return "first" if found.benchmark_days.whole else "next"


def _gaps(found: Appraisal) -> str:
    days = found.benchmark_days
    lost = f" · missing on {days.missing} day{'s' if days.missing > 1 else ''}"
    return lost if days.returns and days.missing else ""


def _over(found: Appraisal) -> str:
    days = found.benchmark_days
    return "" if days.whole else f" over {days.first} … {days.last}, not the whole span"


def _total_return_line(found: Appraisal) -> str:
    index = found.total_return_benchmark
    if index.value is None:
        stored = TOTAL_RETURN_BENCHMARK in found.result.market.indices
        return "no level for this span" if stored else "not in the store"
    cut = "" if index.until == found.last else f", only to {index.until}: not to be set against the rows above"
    return f"{signed_percent(index.value)} with dividends{cut}"


def _risk_lines(f: Performance) -> list[tuple[str, str]]:
    fall = f.drawdown
    span = f" ({fall.peak} → {fall.trough})" if fall and fall.peak else ""
    return [
        ("a year", f"{signed_percent(f.annualized_return.value)} · volatility {percent(f.volatility.value)}"),
        ("Sharpe (rf 0)", _with_interval(f.sharpe, number)),
        ("information ratio", _with_interval(f.information_ratio, number)),
        ("tracking error", f"{percent(f.tracking_error.value)}, n {f.tracking_error.n}"),
        ("alpha a year · beta", f"{_with_interval(f.alpha, signed_percent)} · {number(f.beta.value)}"),
        ("largest drawdown", f"{percent(f.max_drawdown.value)}{span}"),
    ]


def _with_interval(estimate: Estimate, show: Callable[[float | None], str]) -> str:
    return f"{show(estimate.value)} [{show(estimate.low)}, {show(estimate.high)}], n {estimate.n}"


def _against_line(found: Appraisal) -> str:
    held = found.against_decision
    kept = f"{held.positions} positions held, {held.sessions} sessions together, {held.longest} in a row"
    said = kept if held.positions else "nothing held"
    return f"{said} · {percent(held.invested)} of the decided weight invested on average"


def _execution_lines(found: Appraisal) -> list[tuple[str, str]]:
    result, market = found.result, found.result.market
    held = f"effective firms {number(found.effective_firms, 1)} · days to trade {number(found.days_to_trade)}"
    return [
        ("orders placed", f"{result.placed}, fills {result.filled} ({result.near_limit_fills} near a limit)"),
        ("refusals", _counts(result.refusals_by_reason, " · ")),
        ("against the decision", _against_line(found)),
        ("with ten times the cash", signed_percent(found.at_ten_times_cash.total_return)),
        ("costs, yuan", " · ".join(f"{name.replace('_', ' ')} {yuan(value)}" for name, value in result.costs.items())),
        ("tax on dividends, yuan", _tax_line(found)),
        ("turnover a year", f"{number(found.turnover)} · {held}"),
        *([("look-ahead check", str(found.look_ahead))] if found.look_ahead else []),
        ("data", f"{sources(market.source)}, {market.sessions[0]} … {market.sessions[-1]}"),
    ]


def _tax_line(found: Appraisal) -> str:
    due, taken = yuan(found.result.dividend_tax_due), found.result.options.execution.dividend_tax
    return f"{due} due on what was sold, by days held; {'taken' if taken else 'not taken (--dividend-tax)'}"


def _counts(reasons: Mapping[str, int], between: str = " ") -> str:
    return between.join(f"{reason} {count}" for reason, count in reasons.items()) or "none"


def print_statistics(found: Appraisal, *, full: bool = False) -> None:
    """The inferences that matter with n and interval; all of them with `full`."""
    rows = found.statistics if full else [row for row in key_rows(found.statistics) if row.figure not in _SHOWN]
    say()
    print_table(_STATISTICS, [asdict(row) | {"figure": row.figure.replace("_", " ")} for row in rows])


def audited(checked: AuditReport) -> str:
    """That the books agree, and what this does not prove, in a sentence."""
    return (
        f"audit: vectorbt ({checked.engine}) agrees on all {checked.sessions} sessions, largest difference "
        f"{checked.max_abs_diff_cny:.1e} yuan; it proves the arithmetic, not the facts"
    )


def print_audit(checked: AuditReport) -> None:
    """That the books agree, and what this does not prove."""
    say(audited(checked))
    if checked.note:
        say(checked.note)


def print_full(found: Appraisal) -> None:
    """Capture, months, drawdowns, contributions, trades, and the band it would have earned."""
    result, f = found.result, found.performance
    print_pairs(
        [
            ("capture up · down", f"{percent(f.up_capture.value)} · {percent(f.down_capture.value)}"),
            ("Sortino · Calmar", f"{number(f.sortino.value)} · {number(f.calmar.value)}"),
            ("winning sessions", _with_interval(f.hit_rate, percent)),
            ("band it would have earned", str(found.own_band)),
            ("one open earlier (cheating)", signed_percent(found.one_open_earlier.total_return)),
        ]
    )
    print_table(_MONTHS, found.months.to_dicts(), title="Months", empty="no whole month in the span")
    falls = found.falls.head(SHOWN_FALLS)
    shown = [Field(name, name.replace("_", " "), percent if name == "depth" else text) for name in falls.columns]
    print_table(
        shown, falls.to_dicts(), title="Drawdowns", empty="no drawdown: the equity never fell below its last peak"
    )
    print_table(
        _PROFITS, [asdict(row) for row in found.profits], title="Contribution by firm", empty="no firm was ever held"
    )
    orders = result.orders
    kept = min(LAST_ORDERS, orders.height)
    last = (
        f"Last {kept} of {orders.height} orders (--export DIR: all)" if kept < orders.height else f"All {kept} orders"
    )
    print_table(_ORDERS, orders.tail(kept).to_dicts(), title=last, empty="no order was ever given")


def print_compared(rows: Sequence[Compared], title: str) -> None:
    """Back-tests beside one another."""
    print_table(_COMPARED, [asdict(row) for row in rows], title=title)


_COMPARED = (
    Field("strategy", "strategy"),
    Field("total_return", "return", signed_percent, right=True),
    Field("benchmark", "CSI 300", signed_percent, right=True),
    Field("excess", "excess", signed_percent, right=True),
    Field("without_best", "w/o best", signed_percent, right=True, drop=1),
    Field("fills", "fills", right=True, drop=3),
    Field("refusals", "refusals", _counts, wrap=True, said=True, drop=2),
)
_SHOWN = ("sharpe", "alpha")  # stand in the headline
_STATISTICS = (
    Field("figure", "inference", wrap=True, said=True),
    *(Field(name, name, number, right=True) for name in ("value", "low", "high")),
    Field("n", "n", right=True),
    Field("note", "note", wrap=True, said=True, drop=1),
)
LAST_ORDERS, SHOWN_FALLS = 40, 5
SPARK_WIDTH = 48  # beside the longest label this fits in 80 columns
_MONTHS = (
    Field("month", "month"),
    Field("sessions", "n", right=True, drop=1),
    *(Field(name, name, signed_percent, right=True) for name in ("strategy", "benchmark", "excess")),
)
_PROFITS = (
    Field("symbol", "symbol"),
    Field("firm", "firm"),
    Field("yuan", "profit, yuan", yuan, right=True),
    Field("share", "of the capital", signed_percent, right=True),
)
_ORDERS = (
    Field("session", "session"),
    Field("symbol", "symbol"),
    Field("side", "side", said=True),
    Field("filled", "shares filled", count, right=True),
    Field("price", "price", number, right=True, drop=1),
    Field("amount", "yuan", yuan, right=True),
    Field("reason", "refused", said=True),
)

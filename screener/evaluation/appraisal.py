"""What a back-test was worth: every figure of it as a typed value, computed when asked for and only once.

1. `appraise` runs a strategy and writes it to the trial ledger, where there is one.
2. `Appraisal` measures the finished run: performance against the benchmark, what can be inferred after everything that
   was tried, how much hangs on one firm, on the fill price and on the size of the account, curves, months and falls.
3. The audit imports vectorbt, which takes seconds: it runs when it is asked for, and once.
4. `summary` has the keys others script against; returns and rates as fractions, money in yuan, None where unknown.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from screener.backtest import ledger, robustness, trials
from screener.backtest.against import AgainstDecision, against_decision
from screener.backtest.benchmark import benchmark_levels, session_before
from screener.backtest.checking import checked_run
from screener.backtest.chosen import Given, Named, choose
from screener.backtest.confined.run import PATIENCE
from screener.backtest.result import BacktestResult
from screener.backtest.verdicts import Verdict
from screener.core.answer import Answer, Tables, opened
from screener.core.arrays import Days, Floats
from screener.core.config import BENCHMARK, SESSIONS_PER_YEAR, TOTAL_RETURN_BENCHMARK, BacktestOptions
from screener.core.stands_on import StandsOn
from screener.evaluation.appraised import BenchmarkDays, Compared, Curves, FirmProfit, OwnBand, TotalReturn
from screener.evaluation.for_libraries import ForLibraries
from screener.evaluation.inference import Inference, statistics
from screener.evaluation.options import rules_of
from screener.evaluation.performance import Performance, drawdown_table, monthly_table, performance
from screener.point_in_time.market import Market

if TYPE_CHECKING:
    from screener.backtest.audit import AuditReport

ROLLING = 60  # sessions of the rolling excess return
FALLS = 10  # deepest drawdowns that are listed
HALF_YEAR = SESSIONS_PER_YEAR // 2
_HEADLINE = (
    *("total_return", "benchmark_return", "benchmark_return_from_open", "excess_return", "annualized_return"),
    *("volatility", "sharpe", "tracking_error", "information_ratio", "alpha", "beta", "max_drawdown"),
)
_STANDING = ("strategy", "params", "universe", "start", "end", "hindsight", "notes", "data")


@dataclass(frozen=True, repr=False, eq=False)
class Appraisal(ForLibraries, Answer):
    """Figures of a finished back-test over T sessions."""

    result: BacktestResult
    trials: pl.DataFrame | None = None  # the trial ledger, to deflate by
    audited: bool = False  # True: JSON, tables and sheets carry the audit
    look_ahead: Verdict | None = None  # None: the decisions were given, nobody asked a strategy

    @cached_property
    def wealth(self) -> Floats:
        """(T + 1,) yuan from the starting capital."""
        return np.concatenate([[self.result.initial_cash], self.result.equity])

    @cached_property
    def dates(self) -> Days:
        """(T + 1,) days of `wealth`, from the session before the first."""
        run = self.result
        return np.concatenate([[session_before(run.market, run.first)], run.sessions])

    @property
    def first(self) -> date:
        """The first session."""
        return _day(self.result.sessions[0])

    @property
    def last(self) -> date:
        """The last session."""
        return _day(self.result.sessions[-1])

    @cached_property
    def performance(self) -> Performance:
        """Against the benchmark from the close before the first session, or its first one in the span."""
        run, days = self.result, self.benchmark_days
        after = run.benchmark_open[run.paired.rows[:1]] if days.returns else ()
        opened = next((float(level) for level in after if not np.isnan(level)), None)
        return performance(self.wealth, run.benchmark_close, dates=self.dates, benchmark_open=opened)

    @cached_property
    def benchmark_days(self) -> BenchmarkDays:
        """The days that relative figures stand on."""
        paired = self.result.paired
        first, last = (_day(self.dates[row]) for row in paired.rows[[0, -1]]) if paired.n else (None, None)
        whole = not paired.n or paired.sessions == paired.of - 1
        return BenchmarkDays(first, last, paired.n, len(paired.missing), whole)

    @cached_property
    def total_return_benchmark(self) -> TotalReturn:
        """The index with dividends over the span, as far as it is stored."""
        run = self.result
        close, _ = benchmark_levels(run.market, run.first, run.first + len(run.sessions), TOTAL_RETURN_BENCHMARK)
        known = np.flatnonzero(~np.isnan(close))
        if not len(known) or known[0] != 0 or known[-1] == 0:
            return TotalReturn()
        last = int(known[-1])
        return TotalReturn(float(close[last] / close[0] - 1), _day(run.sessions[last - 1]))

    @cached_property
    def without_best(self) -> robustness.WithoutBest | None:
        """The same run without its most profitable firm."""
        return robustness.without_best_firm(self.result)

    @cached_property
    def day_average(self) -> robustness.Course:
        """The same run filled at the day's average price."""
        return robustness.at_day_average(self.result)

    @cached_property
    def at_ten_times_cash(self) -> robustness.Course:
        """The same run with ten times the cash."""
        return robustness.at_cash(self.result, 10)

    @cached_property
    def against_decision(self) -> AgainstDecision:
        """What was held against the decision, and how much of it was invested."""
        return against_decision(self.result)

    @cached_property
    def one_open_earlier(self) -> robustness.Course:
        """The same run cheating: every decision executed one session before it was taken."""
        earlier = robustness.one_open_earlier(self.result)
        return robustness.Course.of(earlier.strategy, earlier.execution)

    @property
    def turnover(self) -> float:
        """(Bought + sold) ÷ 2 ÷ mean equity, a year."""
        return robustness.turnover(self.result)

    @cached_property
    def effective_firms(self) -> float | None:
        """Inverse Herfindahl index of the average position values; None where nothing was held."""
        return robustness.effective_firms(self.result)

    @cached_property
    def days_to_trade(self) -> float | None:
        """Sessions needed to sell a position at the allowed pace, median of all holdings."""
        return robustness.days_to_trade(self.result)

    @cached_property
    def statistics(self) -> list[Inference]:
        """What can be inferred, each figure with n and interval, or the reason why it cannot be had."""
        return statistics(self.result.returns, self.result.paired, self.trials)

    @cached_property
    def audit(self) -> AuditReport:
        """The independent replay, which agreed. Raises AuditMismatch where it does not."""
        from screener.backtest.audit import audit  # vectorbt takes seconds to import

        return audit(self.result)

    def verify(self) -> None:
        """Raise AuditMismatch unless the books balance to the fen."""
        ledger.verify(self.result)

    @cached_property
    def profits(self) -> tuple[FirmProfit, ...]:
        """What each firm earned, the largest first; their sum is final value − initial cash."""
        run = self.result
        return tuple(
            FirmProfit(symbol, run.market.names.get(symbol, ""), profit, profit / run.initial_cash)
            for symbol, profit in sorted(run.contributions.items(), key=lambda item: -item[1])
        )

    @property
    def own_band(self) -> OwnBand:
        """The band its excess return stands in."""
        from screener.evaluation.rating import band_of, exact  # a dozen modules for this figure alone

        excess = self.performance.excess_return.value
        band = None if excess is None else band_of(exact(excess))
        return OwnBand(band, excess, self.result.paired.sessions >= HALF_YEAR)

    @property
    def compared(self) -> Compared:
        """This run beside others."""
        run, figures, best = self.result, self.performance, self.without_best
        return Compared(
            strategy=run.strategy,
            total_return=run.total_return,
            benchmark=figures.benchmark_return.value,
            benchmark_from_open=figures.benchmark_return_from_open.value,
            excess=figures.excess_return.value,
            without_best=best.result.total_return if best else None,
            max_drawdown=figures.max_drawdown.value,
            sharpe=figures.sharpe.value,
            fills=run.filled,
            refusals=run.refusals_by_reason,
        )

    @cached_property
    def months(self) -> pl.DataFrame:
        """Per month: month "2026-06", sessions, strategy, benchmark, excess."""
        return monthly_table(self.wealth, self.result.benchmark_close, self.dates)

    @cached_property
    def falls(self) -> pl.DataFrame:
        """The deepest drawdowns, deepest first: depth, peak, trough, recovery, sessions_down, sessions_up."""
        return drawdown_table(self.wealth, self.dates, top=FALLS)

    @cached_property
    def curves(self) -> Curves:
        """Growth, drawdown and rolling excess return."""
        wealth = self.wealth / self.wealth[0]
        closes, paired = self.result.benchmark_close, self.result.paired
        levels = closes / paired.level[0] if paired.n else closes
        excess = np.full(len(wealth), np.nan)
        if len(wealth) > ROLLING:
            excess[ROLLING:] = wealth[ROLLING:] / wealth[:-ROLLING] - levels[ROLLING:] / levels[:-ROLLING]
        return Curves(self.dates, wealth, levels, wealth / np.maximum.accumulate(wealth) - 1, excess)

    @property
    def data(self) -> dict[str, Any]:
        """Where the prices come from, and which sessions the store holds."""
        market = self.result.market
        return {
            "source": market.source,
            "synthetic": market.synthetic,
            "first_session": _day(market.sessions[0]),
            "last_session": _day(market.sessions[-1]),
        }

    @cached_property
    def stands_on(self) -> StandsOn:
        """Prices up to the last session of the run, and every option it was run with."""
        run = self.result
        span = {"start": self.first, "end": self.last, "benchmark": BENCHMARK}
        return run.market.stands_on(
            price_session=self.last,
            as_of=self.last,
            universe=str(run.universe),
            hindsight="; ".join(run.hindsight),
            notes=run.notes,
            findings=run.market.findings_of(run.traded, self.first, self.last),
            rules={"strategy": run.strategy, "params": dict(run.params), **span, **rules_of(run.options, run.params)},
        )

    @cached_property
    def summary(self) -> dict[str, Any]:
        """The keys others script against."""
        run, best, figures = self.result, self.without_best, self.performance.headline()
        return {
            "strategy": run.strategy,
            "params": dict(run.params),
            "universe": str(run.universe),
            "start": self.first,
            "end": self.last,
            "sessions": len(run.sessions),
            "initial_cash": run.initial_cash,
            "final_value": run.final_value,
            "benchmark": BENCHMARK,
            **{name: figures[name] for name in _HEADLINE},
            "benchmark_days": self.benchmark_days.as_dict(),
            "benchmark_total_return": self.total_return_benchmark.value,
            "benchmark_total_return_to": self.total_return_benchmark.until,
            "filled_at_day_average": self.day_average.total_return,
            "at_ten_times_cash": self.at_ten_times_cash.total_return,
            "against_decision": asdict(self.against_decision),
            "turnover": self.turnover,
            "without_best_firm": best.result.total_return if best else None,
            "best_firm": best.symbol if best else None,
            "effective_firms": self.effective_firms,
            "days_to_trade": self.days_to_trade,
            "costs": run.costs,
            "dividend_tax_due": run.dividend_tax_due,
            "carried_without_a_price": [asdict(row) for row in run.carried],
            "statistics": [asdict(row) for row in self.statistics],
            "orders": run.placed,
            "fills": run.filled,
            "near_limit_fills": run.near_limit_fills,
            "refusals": run.refusals_by_reason,
            "audit": asdict(self.audit) if self.audited else None,
            "look_ahead": asdict(self.look_ahead) if self.look_ahead else None,
            "hindsight": list(run.hindsight),
            "notes": list(run.notes),
            "data": self.data,
        }

    def frame(self) -> pl.DataFrame:
        """Figure, value, interval and n of the headline; see `performance.frame()` for all of them with their reasons.

        Orders, equity and refusals are frames of `result`.
        """
        estimates, best = self.performance.estimates(), self.without_best
        others = {  # not out of the summary: it may hold the audit, which takes seconds
            "benchmark_total_return": self.total_return_benchmark.value,
            "filled_at_day_average": self.day_average.total_return,
            "at_ten_times_cash": self.at_ten_times_cash.total_return,
            "invested_part": self.against_decision.invested,
            "without_best_firm": best.result.total_return if best else None,
            "turnover": self.turnover,
            "effective_firms": self.effective_firms,
            "days_to_trade": self.days_to_trade,
            "orders": self.result.placed,
            "fills": self.result.filled,
        }
        rows = [
            (name, estimates[name].value, estimates[name].low, estimates[name].high, estimates[name].n)
            for name in _HEADLINE
        ]
        rows += [(name, value, None, None, len(self.result.sessions)) for name, value in others.items()]
        floats = dict.fromkeys(("value", "low", "high"), pl.Float64())
        return pl.DataFrame(rows, schema={"figure": pl.String(), **floats, "n": pl.Int64()}, orient="row")

    def _plain(self) -> dict[str, Any]:
        return self.summary

    def _tables(self) -> Tables:
        return {"summary": [self.summary], **self._further()}

    def sheets(self) -> Tables:
        """As `tables`, the summary figure by figure, what is inferred as a table, growth beside the equity."""
        apart = (*_STANDING, "statistics")
        figures = opened({key: value for key, value in self.summary.items() if key not in apart})
        curves, further = self.curves, self._further()
        names = ("growth", "benchmark_growth", "drawdown")
        grown = zip(*(part[1:] for part in (curves.strategy, curves.benchmark, curves.drawdown)), strict=True)
        further["equity"] = [
            {**row, **dict(zip(names, map(float, parts), strict=True))}
            for row, parts in zip(further["equity"], grown, strict=True)
        ]
        return {
            "summary": [{"figure": key, "value": value} for key, value in figures.items()],
            "statistics": [asdict(row) for row in self.statistics],
            **further,
        }

    def full(self) -> Tables:
        """Months, falls and every estimate with its reason: what `backtest --full` prints beside the rest."""
        return {
            "monthly": self.months.to_dicts(),
            "drawdowns": self.falls.to_dicts(),
            "estimates": self.performance.frame().to_dicts(),
        }

    def _further(self) -> Tables:
        return {
            "orders": self.result.orders.to_dicts(),
            "equity": self.result.equity_frame.to_dicts(),
            "contributions": [asdict(row) for row in self.profits],
        }


def appraise(
    market: Market,
    strategy: Named,
    options: BacktestOptions | None = None,
    *,
    params: Given = (),
    ledger: Path | None = None,
    audited: bool = False,
    unchecked: bool = False,
    patience: float = PATIENCE,
) -> Appraisal:
    """Back-test a strategy (a name, a file, or a function `weights(panel, **params)`) and measure it.

    `ledger`: the database beside whose trial ledger the run is written, and by which it is deflated; None: it leaves
    no trace. `unchecked`: without the look-ahead check, which the answer then says. `patience`: seconds for a decision.
    Raises StrategyError, UsageError (a parameter it does not have, no session in the span), DataRefused.
    """
    checked = checked_run(market, choose(strategy, params, patience), options, ledger=ledger, unchecked=unchecked)
    if ledger is None:
        return Appraisal(checked.result, audited=audited, look_ahead=checked.verdict)
    trials.append(ledger, [trials.trial_of(checked.result, data=checked.data, code=checked.code)])
    return Appraisal(checked.result, trials.read(ledger), audited, checked.verdict)


def _day(session: np.datetime64) -> date:
    day: date = session.astype(object)
    return day

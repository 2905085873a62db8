"""What a worker is told once, and how it back-tests a block of variants.

1. `Job`: strategy (with its text, for a machine that lacks the file), grid, options, span: the same for every worker.
2. `Worker` asks a block's variants in one pass over the sessions, in a process that knows what was known (`confined`).
3. Variants that differ in execution only share their decisions.
4. A `Block` is the figures and session returns of consecutive variants.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from math import sqrt
from pathlib import Path
from typing import Any, cast

import numpy as np

from screener.backtest import engine, robustness, trials
from screener.backtest.confined.run import Source, Taken, taken
from screener.backtest.fingerprint import fingerprint
from screener.backtest.portfolio import Decisions
from screener.backtest.result import BacktestResult
from screener.backtest.strategy import Strategy
from screener.backtest.sweep.grid import Grid, changed_execution
from screener.backtest.trials import Trial
from screener.core.arrays import Floats
from screener.core.config import SESSIONS_PER_YEAR, BacktestOptions
from screener.core.errors import StrategyError
from screener.point_in_time.market import Market

FIGURES = (
    "final_value",
    "total_return",
    "excess_return",
    "sharpe",
    "volatility",
    "max_drawdown",
    "turnover",
    "costs",
    "fills",
    "refusals",
    "longest_holding",
    "sharpe_session",
    "skew",
    "kurtosis",
)


@dataclass(frozen=True)
class Job:
    """One sweep. Two jobs with the same `identity` give the same results."""

    name: str
    file: str
    source: str
    code: str  # fingerprint of the file
    fixed: Mapping[str, Any]  # parameters of the strategy that do not vary
    grid: Grid
    options: BacktestOptions
    data: str  # fingerprint of the market
    first: int
    last: int
    span: tuple[str, str]
    notes: tuple[str, ...] = ()  # remarks on the span; results do not depend on them

    @property
    def identity(self) -> str:
        """JSON of everything results depend on."""
        parts = {
            "strategy": self.name,
            "code": self.code,
            "fixed": dict(self.fixed),
            "grid": self.grid.plain(),
            "options": self.options.model_dump(mode="json"),
            "data": self.data,
            "span": self.span,
        }
        return json.dumps(parts, ensure_ascii=False, default=str)

    @property
    def digest(self) -> str:
        """Eight hex digits of the identity."""
        return blake2b(self.identity.encode(), digest_size=4).hexdigest()


@dataclass(frozen=True)
class Block:
    """Variants start ≤ number < start + B: figures (B,) each, NaN where unknown; session returns (B, T); trials."""

    start: int
    figures: Mapping[str, Floats]
    returns: Floats
    trials: tuple[Trial, ...]


def job_of(market: Market, strategy: Strategy, grid: Grid, options: BacktestOptions) -> Job:
    """The job of a sweep on a market. Raises as `engine.span_of` does."""
    first, last, notes = engine.span_of(market, options)
    varied = {name for name, _ in grid.params}
    return Job(
        name=strategy.name,
        file=str(strategy.path),
        source=strategy.path.read_text(encoding="utf-8"),
        code=strategy.fingerprint,
        fixed={key: value for key, value in strategy.defaults.items() if key not in varied},
        grid=grid,
        options=options,
        data=fingerprint(market),
        first=first,
        last=last,
        span=(str(market.sessions[first]), str(market.sessions[last - 1])),
        notes=notes,
    )


def source_of(job: Job) -> Source:
    """The text of the strategy; a file that says something else by now is refused. Raises StrategyError."""
    path = Path(job.file)
    if path.is_file() and path.read_bytes() != job.source.encode():
        raise StrategyError("the strategy was changed while it was swept", where=job.file, next_step="start again")
    return Source(path, job.source)


class Worker:
    """One process's share of a sweep: the market, and the strategy in a process of its own."""

    def __init__(self, market: Market, job: Job) -> None:
        self.market, self.job = market, job
        self.source = source_of(job)
        self._asked: tuple[list[dict[str, Any]], Taken] | None = None
        self._ahead: _Ahead | None = None
        self._made: dict[int, Decisions] = {}  # the last one

    def decisions(self, params: dict[str, Any]) -> Decisions:
        """What the strategy decides with these parameters; the answers of a block are kept."""
        if self._asked is None or params not in self._asked[0]:
            self._ask([params])
        asked, found = cast("tuple[list[dict[str, Any]], Taken]", self._asked)
        number = asked.index(params)
        if number not in self._made:
            self._made = {number: found.decisions(number)}
        return self._made[number]

    def _ask(self, params: list[dict[str, Any]]) -> None:
        ahead, self._ahead, self._made = self._ahead, None, {}
        known = ahead is not None and ahead.params == params
        self._asked = params, (ahead.result() if ahead is not None and known else self._taken(params))

    def _taken(self, params: list[dict[str, Any]]) -> Taken:
        """All sets of parameters in one pass over the sessions."""
        job, sessions = self.job, range(self.job.first, self.job.last)
        return taken(self.source, self.market, job.options.universe, sessions, params, first=job.first)

    def _distinct(self, start: int, stop: int) -> list[dict[str, Any]]:
        distinct = {json.dumps(params, default=str): params for params in map(self._params, range(start, stop))}
        return list(distinct.values())

    def _params(self, number: int) -> dict[str, Any]:
        return {**self.job.fixed, **self.job.grid.variant(number)[0]}

    def result(self, number: int) -> BacktestResult:
        """The back-test of one variant."""
        job = self.job
        params, execution = self._params(number), job.grid.variant(number)[1]
        options = job.options.model_copy(update={"execution": changed_execution(job.options.execution, execution)})
        return engine.finish(
            self.market,
            self.decisions(params),
            options,
            params=params,
            name=job.name,
            span=(job.first, job.last),
            notes=job.notes,
        )

    def block(self, start: int, stop: int, following: tuple[int, int] | None = None) -> Block:
        """Variants start ≤ number < stop; those `following` are asked meanwhile, in the strategy's process."""
        columns: dict[str, Floats] = {name: np.empty(stop - start) for name in FIGURES}
        returns, tried = np.empty((stop - start, self.job.last - self.job.first)), []
        now = datetime.now()
        self._ask(self._distinct(start, stop))
        self._ahead = _Ahead(self._distinct(*following), self._taken) if following else None
        for row, number in enumerate(range(start, stop)):
            result = self.result(number)
            trial = trials.trial_of(result, data=self.job.data, code=self.job.code, now=now)
            for name, value in self._figures(result, trial).items():
                columns[name][row] = np.nan if value is None else value
            returns[row] = result.returns
            tried.append(trial)
        return Block(start, columns, returns, tuple(tried))

    def _figures(self, result: BacktestResult, trial: Trial) -> dict[str, float | None]:
        wealth = np.concatenate([[result.initial_cash], result.equity])
        annual = None if trial.sharpe is None else trial.sharpe * sqrt(SESSIONS_PER_YEAR)
        spread = float(result.returns.std(ddof=1)) * sqrt(SESSIONS_PER_YEAR) if len(result.returns) > 1 else None
        orders, held, other = result.execution.orders, result.paired.own_return, result.paired.level_return
        return {
            "final_value": result.final_value,
            "total_return": result.total_return,
            "excess_return": None if held is None or other is None else held - other,
            "sharpe": annual,
            "volatility": spread,
            "max_drawdown": float((wealth / np.maximum.accumulate(wealth) - 1).min()),
            "turnover": robustness.turnover(result),
            "costs": sum(result.costs.values()),
            "fills": float((orders["filled"] > 0).sum()),
            "refusals": float((orders["reason"] > 0).sum()),
            "longest_holding": longest_holding(result),
            "sharpe_session": trial.sharpe,
            "skew": trial.skew,
            "kurtosis": trial.kurtosis,
        }


class _Ahead:
    """Sets of parameters that are asked while this process does something else."""

    def __init__(self, params: list[dict[str, Any]], ask: Callable[[list[dict[str, Any]]], Taken]) -> None:
        self.params, self._ask = params, ask
        self._taken: Taken | None = None
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)  # after a Ctrl-C nobody waits for it
        self._thread.start()

    def _run(self) -> None:
        try:
            self._taken = self._ask(self.params)
        except BaseException as error:  # raised where the answer is wanted
            self._error = error

    def result(self) -> Taken:
        """What was answered. Raises what asking raised."""
        self._thread.join()
        if self._taken is None:
            raise self._error or RuntimeError("asked without an answer")
        return self._taken


def longest_holding(result: BacktestResult) -> int:
    """Sessions of the longest unbroken holding of one symbol; 0 where nothing was held."""
    held = result.shares[:, np.unique(result.execution.orders["symbol"])] > 0
    number = np.arange(1, len(held) + 1)[:, None]
    without = np.maximum.accumulate(np.where(held, 0, number), axis=0)  # the last session without it, counted from 1
    return int((number - without).max(initial=0))

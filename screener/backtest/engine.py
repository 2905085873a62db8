"""One back-test: ask the strategy at 09:15 of every session, then execute all its decisions in one pass.

1. `span_of` finds the sessions. 2. `collect` asks the strategy. 3. `execute` runs the kernel.
4. `finish` puts its rows, the decisions and the benchmark's levels into a `BacktestResult`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, get_type_hints

import numpy as np
from numpy.typing import NDArray

from screener.backtest.benchmark import benchmark_levels, remarks_on_benchmark
from screener.backtest.corporate import events as events_of
from screener.backtest.kernel.rows import Execution
from screener.backtest.kernel.state import Bars, Terms
from screener.backtest.portfolio import Decisions, Taker, collect
from screener.backtest.result import BacktestResult
from screener.backtest.standing import remarks
from screener.backtest.strategy import Decide
from screener.core import price_rules
from screener.core.arrays import Floats, Ints, Shorts, strips
from screener.core.config import BENCHMARK, BacktestOptions, ExecutionOptions
from screener.core.days import in_order
from screener.core.errors import DataRefused, UsageError
from screener.core.watched import unheld
from screener.point_in_time.market import Market

_TICK = 0.0101  # yuan
_TYPES: Mapping[object, type] = {Ints: np.int64, Floats: np.float64, Shorts: np.int16}


def run(
    market: Market,
    decide: Decide | Taker,
    options: BacktestOptions,
    *,
    params: Mapping[str, Any] | None = None,
    name: str = "strategy",
) -> BacktestResult:
    """Back-test `decide` (panel → target weights, or None to leave everything; or what takes all its decisions).

    Raises StrategyError, UsageError (no session in the span), DataRefused (no bars).
    """
    first, last, notes = span_of(market, options)
    if isinstance(decide, Taker):
        decisions = decide.take(market, options.universe, (first, last))
    else:
        numbered = ((t, market.panel(t, options.universe, first_decision=t == first)) for t in range(first, last))
        decisions = collect(decide, numbered, market.symbols, name)
    return finish(market, decisions, options, params=params or {}, name=name, span=(first, last), notes=notes)


def finish(
    market: Market,
    decisions: Decisions,
    options: BacktestOptions,
    *,
    params: Mapping[str, Any],
    name: str,
    span: tuple[int, int],
    notes: tuple[str, ...] = (),
) -> BacktestResult:
    """Execute decisions that were already taken, over sessions span[0] ≤ t < span[1]."""
    execution = execute(market, decisions, options.execution, *span)
    close, opening = benchmark_levels(market, *span)
    notes = (*notes, *_odd_closes(market, decisions, *span), *remarks(market, execution, *span))
    return BacktestResult(name, params, options, market, span[0], decisions, execution, close, opening, notes)


def execute(market: Market, decisions: Decisions, options: ExecutionOptions, first: int, last: int) -> Execution:
    """Run the kernel over sessions first ≤ t < last."""
    return _executed(market, decisions, _terms(options, len(market.sessions), recorded=True), first, last)


def outcome(market: Market, decisions: Decisions, options: ExecutionOptions, first: int, last: int) -> Execution:
    """The same without its orders: those of a whole market take as long to write down as to trade."""
    return _executed(market, decisions, _terms(options, len(market.sessions), recorded=False), first, last)


def _executed(market: Market, decisions: Decisions, terms: Terms, first: int, last: int) -> Execution:
    from screener.backtest.kernel import execution  # numba takes most of a second to import

    events = events_of(market, first)
    late = int(np.searchsorted(decisions.when, first))
    when, weights = frozen(decisions.when[late:], Ints), frozen(decisions.weights[late:], Floats)
    done = execution.simulate(_bars(market), terms, events, when, weights, (first, last))
    return Execution(terms.initial_cash, *done)


def _bars(market: Market) -> Bars:
    """The market's arrays as the kernel is compiled for them: contiguous, read-only; copied only where they are not."""
    return Bars(*(frozen(getattr(market, name), kind) for name, kind in _kinds().items()))


@cache
def _kinds() -> dict[str, Any]:
    return get_type_hints(Bars)


def frozen(array: NDArray[Any], kind: object) -> NDArray[Any]:
    """An array as the kernel is compiled for it."""
    view: NDArray[Any] = np.ascontiguousarray(array, dtype=_TYPES[kind]).view()
    view.flags.writeable = False
    return view


def _terms(options: ExecutionOptions, sessions: int, *, recorded: bool) -> Terms:
    return Terms(
        initial_cash=round(options.initial_cash * 100),
        commission_floor=round(options.commission_floor * 100),
        commission_rate=float(options.commission_rate),
        slippage=float(options.slippage),
        participation=float(options.participation),
        window=min(options.participation_sessions, sessions),
        retries=options.retries,
        near_limit=float(options.near_limit),
        day_average=options.fill_at == "day_average",
        subscribe=options.rights == "subscribe",
        withhold=options.dividend_tax,
        recorded=recorded,
    )


def span_of(market: Market, options: BacktestOptions) -> tuple[int, int, tuple[str, ...]]:
    """(first session index, one past the last, remarks). A start that is no session rolls to the next one.

    Default start: the later of first bar and first benchmark level, plus `warm_up` sessions; default end: the last
    session that bars and benchmark share. Raises DataRefused without bars, UsageError where no session is left or the
    end comes before the start.
    """
    if not len(market.sessions):
        raise DataRefused("no bars to back-test on", next_step="screener fetch, or screener load DIR")
    in_order(options.start, options.end)
    opening, end = _common(market)
    first = opening + options.warm_up if options.start is None else _row(market, options.start, "left")
    last = end if options.end is None else min(_row(market, options.end, "right"), end)
    if first >= last:
        asked = f"{options.start or 'default start'} … {options.end or 'default end'}"
        days = market.sessions[[0, end - 1]]
        expected = f"a span inside {days[0]} … {days[1]} (default start: {options.warm_up} sessions in)"
        raise UsageError("no session in the span", got=asked, expected=expected)
    said = _remarks(market, options, end, (first, last))
    return first, last, (*said, *unheld(options.universe, market.symbols))


def _common(market: Market) -> tuple[int, int]:
    """(first, one past the last) session that bars and benchmark share; all sessions without a benchmark."""
    series = market.indices.get(BENCHMARK)
    shared = np.flatnonzero(np.isin(market.sessions, series.dates)) if series is not None else np.array([], np.int64)
    return (int(shared[0]), int(shared[-1]) + 1) if len(shared) else (0, len(market.sessions))


def _row(market: Market, day: Any, side: Any) -> int:
    return int(np.searchsorted(market.sessions, np.datetime64(day), side=side))


def _odd_closes(market: Market, decisions: Decisions, first: int, last: int) -> tuple[str, ...]:
    """A remark where closes of stocks that were held break their limits: corporate actions are missing, most likely."""
    held = (decisions.weights > 0).any(axis=0)
    odd = np.zeros(len(market.symbols), np.int64)
    for strip in strips(last - first, len(odd)):
        t, n = _far(market, slice(first + strip.start, first + strip.stop))
        told = (table[t, market.limit_column[n]] for table in (market.limit_permille, market.limit_outwards))
        up, down = price_rules.limit_arrays(market.reference[t, n], *told)
        close = market.close[t, n]
        np.add.at(odd, n, (close > up + _TICK) | (close < down - _TICK))
    odd[~held] = 0
    if not odd.any():
        return ()
    names = [market.symbols[n] for n in np.flatnonzero(odd)]
    shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    return (
        f"{int(odd.sum())} closes outside the day's limits ({shown}): actions missing (splits look like losses), "
        "or adjusted prices (splits count twice)?",
    )


def _far(market: Market, rows: slice) -> tuple[Ints, Ints]:
    """(t, n) of the closes further from the reference than its rate: what lies a tick outside of a limit is of them."""
    told, reference = market.limit_permille[rows], market.reference[rows]
    told = told[:1] if (told == told[0]).all() else told  # rates change a few times in ten years
    permille = told[:, market.limit_column]
    rate = np.where(permille == price_rules.NO_LIMIT, np.inf, permille * 0.001)
    far = np.abs(market.close[rows] - reference) > reference * rate
    t, n = np.divmod(np.flatnonzero(far), far.shape[1])  # `nonzero` of rows and columns takes as long as all the rest
    return t + rows.start, n


def _remarks(market: Market, options: BacktestOptions, end: int, span: tuple[int, int]) -> tuple[str, ...]:
    remarks = []
    if options.start is not None and np.datetime64(options.start) < market.sessions[0]:
        remarks.append(f"start {options.start} is before the first bar: {market.sessions[0]} taken")
    if options.end is not None and np.datetime64(options.end) > market.sessions[end - 1]:
        remarks.append(f"end {options.end} is after the last common session: {market.sessions[end - 1]} taken")
    elif options.end is None and end < len(market.sessions):
        remarks.append(f"{BENCHMARK} ends {market.sessions[end - 1]}: the sessions after it are left out")
    return (*remarks, *remarks_on_benchmark(market, *span))

"""One walk over the sessions of a finished back-test: what each holding was worth, and how long it takes to sell.

Per session t, after its rows of orders and actions:
1. The decision in force: the last one taken up to t; what was wanted of a share that ended is what that became.
2. Each holding: its value at the mark; held against the decision where that gives its symbol nothing.
3. Its pace: shares ÷ (participation × median volume of the last `window` bars before t, in shares of t). The volumes of
   a symbol stand twice, by age and by size, ∞ where there was none yet: one goes, one comes.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from screener.backtest.kernel.compile import entry, inner, small
from screener.core.arrays import Flags, Floats, Ints


class Tape(NamedTuple):
    """Prices and volumes: (T, N) unless said otherwise."""

    close: Floats
    reference: Floats
    volume: Floats
    factors: Floats  # (T, M)
    factor_column: Ints  # (N,)


class Turns(NamedTuple):
    """Shares that ended, by session, (E,) each; `into`: the symbol they became, -1 none."""

    session: Ints
    symbol: Ints
    into: Ints


class Kept(NamedTuple):
    """Of the P symbols that were ever held."""

    symbol: Ints  # (P,)
    aged: Floats  # (P, window) volumes per share of the first session, the oldest overwritten first
    ordered: Floats  # (P, window) the same, ascending
    bars: Ints  # (P,) so far
    against: Ints  # (P,) sessions in a row against the decision
    ever: Flags  # (P,) whether it was


@small
def _replace(ordered: Floats, others: Floats, old: float, new: float) -> None:
    """`new` for `old` among ascending numbers, by comparisons alone: nobody can foresee where they stand, and a loop
    that ends there would cost more than all of them.

    others: scratch, one longer, for what is left without `old`, between −∞ and ∞.
    """
    last = len(ordered) - 1
    for k in range(last):
        others[k + 1] = ordered[k] if ordered[k] < old else ordered[k + 1]
    for k in range(last + 1):
        ordered[k] = max(others[k], min(new, others[k + 1]))


@small
def _median(kept: Kept, p: int) -> Any:
    ordered, count = kept.ordered[p], min(kept.bars[p], kept.aged.shape[1])
    if count == 0:
        return 0.0
    middle = count // 2
    return ordered[middle] if count % 2 else (ordered[middle - 1] + ordered[middle]) / 2


@inner
def _holdings(orders: Any, actions: Any, width: int, span: tuple[int, int]) -> int:
    """How many there are, one a session and symbol."""
    shares, held, total, order, action = np.zeros(width, np.int64), 0, 0, 0, 0
    for t in range(span[0], span[1]):
        while order < len(orders) and orders[order].session == t:
            held += _changed(shares, orders[order].symbol, orders[order].side * orders[order].filled)
            order += 1
        while action < len(actions) and actions[action].session == t:
            held += _changed(shares, actions[action].symbol, actions[action].added)
            action += 1
        total += held
    return total


@small
def _changed(shares: Ints, n: int, more: int) -> int:
    """Books `more` shares; 1 where a holding began, -1 where it ended, else 0."""
    before = shares[n] > 0
    shares[n] += more
    return int(shares[n] > 0) - int(before)


@inner
def _turned(turns: Turns, wanted: Floats, turn: int, t: int) -> int:
    """What is wanted of shares that end in session t is what they become; returns the next turn."""
    while turn < len(turns.session) and turns.session[turn] <= t:
        n, into = turns.symbol[turn], turns.into[turn]
        if turns.session[turn] == t and not np.isnan(wanted[n]):
            if into >= 0:
                wanted[into] += wanted[n]
            wanted[n] = 0.0
        turn += 1
    return turn


@inner
def _learn(tape: Tape, kept: Kept, others: Floats, t: int) -> None:
    """The volumes of session t; of each symbol the oldest goes."""
    volume, factors, window = tape.volume[t], tape.factors[t], kept.aged.shape[1]
    for p in range(len(kept.symbol)):
        n = kept.symbol[p]
        if not np.isnan(volume[n]):
            place, value = kept.bars[p] % window, volume[n] / factors[tape.factor_column[n]]
            _replace(kept.ordered[p], others, kept.aged[p, place], value)
            kept.aged[p, place] = value
            kept.bars[p] += 1


@inner
def _judge(
    tape: Tape, kept: Kept, shares: Ints, wanted: Floats, worth: Floats, paces: Floats, participation: float, t: int
) -> tuple[int, float, int, int]:
    """(Holdings of session t, their value, how many against the decision, the longest row of those).

    Adds to `worth` (N,), writes the sessions that each holding takes to sell into `paces`.
    """
    close, reference, factors = tape.close[t], tape.reference[t], tape.factors[t]
    held, total, blocked, longest = 0, 0.0, 0, 0
    for p in range(len(kept.symbol)):
        n = kept.symbol[p]
        if shares[n] <= 0 or wanted[n] != 0:
            kept.against[p] = 0
        else:
            kept.against[p] += 1
            kept.ever[p] = True
            blocked, longest = blocked + 1, max(longest, kept.against[p])
        if shares[n] > 0:
            value = shares[n] * (reference[n] if np.isnan(close[n]) else close[n])
            worth[n] += value
            total += value
            pace = participation * (_median(kept, p) * factors[tape.factor_column[n]])
            paces[held] = shares[n] / pace if pace > 0 else np.inf
            held += 1
    return held, total, blocked, longest


@entry
def walk(
    tape: Tape,
    rows: Any,
    turns: Turns,
    decided: tuple[Ints, Floats],
    picks: Ints,
    terms: tuple[float, int],
    span: tuple[int, int],
) -> Any:
    """Sessions span[0] ≤ t < span[1].

    rows: orders and actions; decided: when (K,) and weights (K, N); picks (P,): the symbols ever held; terms:
    participation, window. Returns (value of each symbol summed over sessions (N,), value of all of them (T,), decided
    weight (T,), (symbols, their sessions, the longest row of those) held against the decision, paces (H,)).
    """
    (orders, actions), (when, weights), (participation, window), (first, last) = rows, decided, terms, span
    width, count = tape.close.shape[1], len(picks)
    paces, worth = np.empty(_holdings(orders, actions, width, span)), np.zeros(width)
    invested, weight = np.zeros(last - first), np.zeros(last - first)
    shares, wanted = np.zeros(width, np.int64), np.full(width, np.nan)
    sizes, others = np.full((2, count, window), np.inf), np.full(window + 1, np.inf)
    others[0] = -np.inf
    numbers = np.zeros((2, count), np.int64)
    kept = Kept(picks, sizes[0], sizes[1], numbers[0], numbers[1], np.zeros(count, np.bool_))
    order, action, turn, decision, done, sessions, longest, total = 0, 0, 0, 0, 0, 0, 0, 0.0
    for t in range(last):
        if t >= first:
            while order < len(orders) and orders[order].session == t:
                shares[orders[order].symbol] += orders[order].side * orders[order].filled
                order += 1
            while action < len(actions) and actions[action].session == t:
                shares[actions[action].symbol] += actions[action].added
                action += 1
            taken, turned = decision, turn
            while decision < len(when) and when[decision] <= t:
                wanted[:] = weights[decision]
                decision += 1
            turn = _turned(turns, wanted, turn, t)
            if decision > 0 and (decision > taken or turn > turned):
                total = np.sum(wanted)
            weight[t - first] = total
            held, value, blocked, row = _judge(tape, kept, shares, wanted, worth, paces[done:], participation, t)
            invested[t - first] = value
            done, sessions, longest = done + held, sessions + blocked, max(longest, row)
        _learn(tape, kept, others, t)
    return worth, invested, weight, (np.sum(kept.ever), sessions, longest), paces[:done]

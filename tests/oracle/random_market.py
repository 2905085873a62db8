"""Random small markets with everything that can go wrong, for tests of the ledger.

`random_market(Chances(...))` draws from one seed; hypothesis draws the seed and the chances, so that a failing
market shrinks towards few sessions, few symbols and few mishaps.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from hypothesis import strategies as st

from screener.core.calendar import Calendar
from screener.core.config import ExecutionOptions
from screener.core.price_rules import NO_LIMIT, limit_fen
from screener.point_in_time.corporate import Action
from screener.point_in_time.market import Market
from tests.point_in_time.markets import constant

# code on the board, price limit, smallest buy, step above it, largest order; sorted by code
BOARDS = (
    ("300{:03d}.SZ", 0.20, 100, 100, 3_000),
    ("600{:03d}.SH", 0.10, 100, 100, 10_000),
    ("688{:03d}.SH", 0.20, 200, 1, 1_000),
    ("920{:03d}.BJ", 0.30, 100, 1, 1_000_000),
)
NAN = float("nan")


@dataclass(frozen=True)
class Chances:
    """Size of a market and how often something happens to a symbol in a session."""

    seed: int = 0
    sessions: int = 10
    symbols: int = 3
    halt: float = 0.0
    no_volume: float = 0.0
    at_limit: float = 0.0
    action: float = 0.0
    ending: float = 0.0  # of actions: how many end the series
    late: float = 0.0
    no_limit: float = 0.0
    no_amount: float = 0.0
    volume: float = 1e6  # typical shares a session
    fee_change: int = 5  # session from which the later fees hold


def random_market(chances: Chances) -> Market:
    """A market of `chances.sessions` × `chances.symbols` whose bars, limits and actions fit together."""
    rng, shape = np.random.default_rng(chances.seed), (chances.sessions, chances.symbols)
    boards = [BOARDS[i] for i in sorted(rng.integers(len(BOARDS), size=chances.symbols))]  # so symbols are sorted
    names = ("open", "high", "low", "close", "volume", "amount", "reference")
    fields: dict[str, Any] = {name: np.full(shape, NAN) for name in names}
    fields["factors"] = np.ones(shape)
    fields["limit_permille"] = np.full(shape, NO_LIMIT, np.int16)
    actions: list[Action] = []
    for n, (_, rate, *_) in enumerate(boards):
        actions += _fill_symbol(fields, n, rate, chances, rng)
    for action in actions:
        if action.ends and action.into >= 0:  # what it becomes has a price, listed or not
            later = fields["reference"][action.t :, action.into]
            later[: int(np.isfinite([*later, 0.0]).argmax())] = 7.77
    symbols = [code.format(n) for n, (code, *_) in enumerate(boards)]
    return make_market(fields, symbols, boards, actions, chances.fee_change)


def _fill_symbol(
    fields: dict[str, Any], n: int, rate: float, chances: Chances, rng: np.random.Generator
) -> list[Action]:
    first = int(rng.integers(chances.sessions)) if rng.random() < chances.late else 0
    price, factor, actions = int(rng.integers(50, 20_000)), 1.0, []  # price: last close in fen
    for t in range(chances.sessions):
        if t > first and rng.random() < chances.action:
            action = _action(t, n, price, rng)
            if rng.random() < chances.ending:
                action = _ending(t, n, chances.symbols, rng)
            actions.append(action)
            if action.ends:
                break
            factor = factor * (1 + action.shares_to_holder)
            price = price if np.isnan(action.reference_price) else round(action.reference_price * 100)
        fields["factors"][t, n] = factor
        if t > first:
            fields["reference"][t, n] = price / 100
        if t >= first and rng.random() >= chances.halt:
            price = _bar(fields, t, n, price, rate if rng.random() >= chances.no_limit else None, chances, rng)
    return actions


def _action(t: int, n: int, close: int, rng: np.random.Generator) -> Action:
    kind = str(rng.choice(["cash", "bonus", "bonus_and_cash", "restructuring_conversion", "rights"]))
    if kind == "rights":
        ratio, price = float(rng.choice([0.2, 0.3, 1.0])), float(rng.choice([0.31, 5.005, NAN]))
        reference = NAN if np.isnan(price) else max(round((close + price * ratio * 100) / (1 + ratio)), 1) / 100
        return Action(t, n, kind, 0.0, 0.0, reference, ratio, price)
    shares = float(rng.choice([0.05, 0.1, 0.3, 0.4, 1 / 3, 0.45, 1.0])) if kind.startswith("bonus") else 0.0
    cash = float(rng.choice([0.0123, 0.05, 0.1, 0.155])) if kind.endswith("cash") else 0.0
    reference = max(round((close - cash * 100) / (1 + shares)), 1) / 100
    return Action(t, n, kind, shares, cash, reference)


def _ending(t: int, n: int, symbols: int, rng: np.random.Generator) -> Action:
    """A delisting, or a merger into one of the others (none there: into a stock the market does not hold)."""
    cash, others = float(rng.choice([0.0, 0.8, 2.015])), [other for other in range(symbols) if other != n]
    if rng.random() < 0.4:
        return Action(t, n, "delisting", 0.0, cash, NAN)
    kind, heir = str(rng.choice(["merger", "renumbering"])), int(rng.choice(others)) if others else -1
    return Action(t, n, kind, 0.0, cash, NAN, into=heir, into_ratio=float(rng.choice([0.62, 1.0, 1 / 3])))


def _bar(
    fields: dict[str, Any], t: int, n: int, before: int, rate: float | None, chances: Chances, rng: np.random.Generator
) -> int:
    """Writes one bar (`rate` None: no limits) and returns its close in fen; `before`: reference price in fen."""
    span = rate or 0.44
    up, down = limit_fen(before, round(span * 1000), 1000)
    if rate is not None:
        fields["limit_permille"][t, n] = round(rate * 1000)
    opening, close = (int(x) for x in rng.integers(down, up + 1, size=2))
    if rng.random() < chances.at_limit:
        opening = int(rng.choice([up, down, max(round(up * 0.995), down), min(round(down * 1.005), up)]))
    low, high = min(opening, close), max(opening, close)
    volume = 0 if rng.random() < chances.no_volume else int(chances.volume * rng.lognormal(sigma=1.5))
    for name, value in (("open", opening), ("high", high), ("low", low), ("close", close)):
        fields[name][t, n] = value / 100
    fields["volume"][t, n] = volume
    if rng.random() >= chances.no_amount:
        fields["amount"][t, n] = round(volume * int(rng.integers(low, high + 1)) / 100, 2)
    return close


EMPTY = ("announcements", "commitments", "facts", "links", "ratings", "report_symbols", "revisions")


def make_market(
    fields: dict[str, Any], symbols: list[str], boards: list[Any], actions: list[Action], fee_change: int
) -> Market:
    """Bars, limits and actions with the dated fees around them."""
    days, count = fields["open"].shape
    sessions = np.datetime64("2023-08-14", "D") + np.arange(days)
    later, bars = np.arange(days) >= fee_change, ~np.isnan(fields["open"])
    return Market(
        sessions=sessions,
        symbols=tuple(symbols),
        **fields,
        capital=constant((days, count), 1e9),
        factor_column=np.arange(count),
        limit_outwards=np.full((days, count), 1000, np.int16),
        limit_column=np.arange(count),
        first_bar=np.where(bars.any(axis=0), bars.argmax(axis=0), days),
        board=np.arange(count),
        dividend_tax=np.where(later[:, None], [0.2, 0.1, 0.0], [0.1, 0.1, 0.05]),
        month_over=np.arange(days) + 4,  # so that lots of every age are sold
        year_over=np.arange(days) + 9,
        largest_order=np.tile(np.array([board[4] for board in boards], dtype=np.int64), (days, 1)),
        lot_minimum=np.array([board[2] for board in boards], dtype=np.int64),
        lot_step=np.array([board[3] for board in boards], dtype=np.int64),
        stamp_duty=np.where(later, 0.0005, 0.001),
        purchase_duty=np.where(later, 0.0, 0.001),
        transfer_rate=np.repeat(np.where(later, 0.00001, 0.00002)[:, None], count, axis=1),
        transfer_per_share=np.repeat(np.where(later, 0.0, 0.0006)[:, None], count, axis=1),
        actions=tuple(sorted(actions, key=lambda action: (action.t, action.n))),
        indices={},
        **dict.fromkeys(EMPTY, cast(Any, ())),
        names={symbol: symbol for symbol in symbols},
        universe_entry={},
        calendar=Calendar(sessions.astype(object).tolist()),
        source="random",
        synthetic=True,
        frames={},
    )


def _chance(most: float) -> st.SearchStrategy[float]:
    return st.sampled_from([0.0, most / 4, most])


CHANCES = st.builds(
    Chances,
    seed=st.integers(0, 2**32 - 1),
    sessions=st.integers(2, 30),
    symbols=st.integers(1, 6),
    halt=_chance(0.4),
    no_volume=_chance(0.3),
    at_limit=_chance(0.7),
    action=_chance(0.3),
    ending=_chance(0.4),
    late=_chance(0.8),
    no_limit=_chance(0.5),
    no_amount=_chance(0.5),
    volume=st.sampled_from([1e7, 1e5, 3e3]),
    fee_change=st.integers(0, 20),
)

OPTIONS = st.builds(
    ExecutionOptions,
    initial_cash=st.sampled_from([1e7, 3_000.0, 80_000.5, 1e6, 1e9]),
    commission_rate=st.sampled_from([0.00025, 0.0, 0.003]),
    commission_floor=st.sampled_from([5.0, 0.0, 0.1, 300.0]),
    slippage=st.sampled_from([0.0005, 0.0, 0.02]),
    participation=st.sampled_from([1.0, 0.1, 0.02]),
    participation_sessions=st.sampled_from([20, 1, 4]),
    retries=st.sampled_from([10_000, 5, 0, 1]),
    near_limit=st.sampled_from([0.005, 0.0]),
    rights=st.sampled_from(["lapse", "subscribe"]),
    dividend_tax=st.booleans(),
    fill_at=st.sampled_from(["open", "day_average"]),
)


def random_decisions(market: Any, seed: int, often: float) -> list[tuple[int, dict[str, float]]]:
    """Target weights (sum ≤ 1, some of them 0, some tiny) in a share `often` of the sessions."""
    rng = np.random.default_rng(seed)
    decisions: list[tuple[int, dict[str, float]]] = []
    for t in range(len(market.sessions)):
        if rng.random() < often:
            chosen = [symbol for symbol in market.symbols if rng.random() < 0.6]
            rest = int(rng.integers(2))  # 0: all of the equity, so that cash runs short at a higher open
            parts = rng.dirichlet(np.ones(len(chosen) + rest)).tolist() if chosen else []
            scale = float(rng.choice([1.0, 1.0, 0.5, 1e-3]))
            weights = {s: p * scale if rng.random() < 0.9 else 0.0 for s, p in zip(chosen, parts, strict=False)}
            decisions.append((t, weights))
    return decisions

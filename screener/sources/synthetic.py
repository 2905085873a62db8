"""A made-up market for the 12 firms and the CSI 300: works offline, every row stamped SYNTHETIC.

Prices are drawn without any knowledge of announcements and without drift, so no strategy has an edge here: results on
this market prove that the machine runs and say nothing about the firms. The report's announcements come from the
packaged tables, not from here. Share counts, dividends, halts and the ST spell are invented too.

1. Draw unit shocks per session with clustered volatility (GARCH(1,1), Bollerslev 1986) and fat tails (a scale mixture
   of normals), an overnight part and a part of the day: one path for the market, one for the theme, one for each firm.
2. CSI 300 = the market path at 1.2 % a day; the total-return index adds a dividend yield. Both end early.
3. A firm's overnight and day returns = 1.2 × market + theme + its own path.
4. Plant jumps to the limit at random sessions, each up beside one down of equal length, sealed (one price all day) or
   opened; on the ex-date of the hidden split +15 %, elsewhere −15 %.
5. Walk through the sessions in whole fen: reference price (ex-right on ex-dates), limits by the dated rules (ST
   included), prices clipped to them, no bar while halted.
6. Volume = shares × turnover × lognormal noise × how wild the day was; amount = volume × a price between low and high.

Generator: PCG64, one child stream per path, so a firm's path does not depend on the others. All prices are whole fen,
which swallows the last-bit differences between platforms.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from math import sqrt
from typing import NamedTuple

import numpy as np
import polars as pl

from screener.core.arrays import Floats
from screener.core.calendar import packaged_calendar
from screener.core.config import BENCHMARK, SESSIONS_PER_YEAR, TOTAL_RETURN_BENCHMARK
from screener.core.errors import UsageError
from screener.core.limit_spans import Spell, spans
from screener.core.price_rules import ex_right_reference, limit_prices
from screener.core.rules import Rules, packaged_rules
from screener.core.symbols import board_of
from screener.core.tables import TABLES, packaged
from screener.sources import synthetic_rated

SYNTHETIC = "SYNTHETIC"
FIRST_SESSION = date(2024, 7, 19)
LAST_SESSION = date(2026, 10, 9)
SEED = 20260630
INDEX_ENDS = {BENCHMARK: date(2026, 8, 21), TOTAL_RETURN_BENCHMARK: date(2026, 7, 31)}


# Shocks: variance 1, persistence 0.96, one calm day in 16 replaced by a wild one (kurtosis about 5).
ARCH, GARCH = 0.06, 0.90
WILD_SHARE, WILD_SCALE = 0.06, 2.0
CALM_SCALE = sqrt((1 - WILD_SHARE * WILD_SCALE**2) / (1 - WILD_SHARE))
NIGHT_SHARE = 0.25  # of the variance of a session
BETA, MARKET_SD, THEME_SD = 1.2, 0.012, 0.015
REACH = 0.45  # how far high and low go beyond open and close, in day volatilities
NOISE_OF_VOLUME = 0.4
SEALED_VOLUME = 0.15
DIVIDEND_YIELD = 0.026  # a year, in the total-return index
FADE = 0.03  # an opened limit day closes about this far inside
HIDDEN_JUMP = 0.15  # 1.15 ÷ 1.4 − 1 = −17.9 %: a split that a raw price does not give away
TO_THE_LIMIT = 1.0  # an overnight move no limit lets through


@dataclass(frozen=True)
class _Firm:
    """Start price in fen, capital, volatility of its own (with market and theme 3–4 % a day), turnover a day."""

    symbol: str
    start_fen: int
    total_shares: int
    float_shares: int
    own_sd: float
    turnover: float
    limit_run: int = 1  # sessions sealed at the limit in a row (negative: down); 1: one up and one down


_FIRMS = (
    _Firm("000048.SZ", 1300, 530_000_000, 525_000_000, 0.022, 0.015),
    _Firm("001339.SZ", 3600, 250_000_000, 125_000_000, 0.026, 0.045),
    _Firm("002990.SZ", 2400, 260_000_000, 140_000_000, 0.024, 0.030, limit_run=-3),
    _Firm("300093.SZ", 1500, 220_000_000, 210_000_000, 0.027, 0.040),
    _Firm("300166.SZ", 1200, 1_140_000_000, 905_000_000, 0.023, 0.030),
    _Firm("300687.SZ", 1800, 410_000_000, 325_000_000, 0.025, 0.030),
    _Firm("300857.SZ", 5200, 250_000_000, 245_000_000, 0.028, 0.045),
    _Firm("300872.SZ", 1600, 490_000_000, 420_000_000, 0.024, 0.025),
    _Firm("301189.SZ", 4000, 120_000_000, 110_000_000, 0.027, 0.035),
    _Firm("301248.SZ", 3000, 150_000_000, 110_000_000, 0.025, 0.030),
    _Firm("301396.SZ", 4500, 110_000_000, 80_000_000, 0.029, 0.050),
    _Firm("603629.SH", 2200, 262_000_000, 258_000_000, 0.025, 0.040, limit_run=3),
)


@dataclass(frozen=True)
class _Event:
    """A corporate action; `reference_ratio` and `growth` are set where the holder's part does not explain them."""

    symbol: str
    day: date
    kind: str
    shares: float = 0.0
    cash: float = 0.0
    growth: float = 0.0  # new shares per old share that went to others
    reference_ratio: float | None = None
    hidden: bool = False

    def reference_fen(self, close_fen: int) -> int:
        """Ex-right reference price in fen."""
        if self.reference_ratio is not None:
            return int(close_fen * self.reference_ratio + 0.5)
        return round(ex_right_reference(close_fen / 100, cash=self.cash, shares=self.shares) * 100)


_EVENTS = (
    _Event("000048.SZ", date(2024, 9, 26), "cash", cash=0.36),
    _Event("002990.SZ", date(2025, 5, 22), "cash", cash=0.2),
    _Event("300857.SZ", date(2025, 5, 20), "bonus_and_cash", shares=0.4, cash=0.3),
    _Event("301396.SZ", date(2025, 6, 5), "cash", cash=0.05),
    _Event("300687.SZ", date(2025, 6, 12), "cash", cash=0.07),
    _Event("603629.SH", date(2025, 6, 18), "cash", cash=0.05),
    _Event("300093.SZ", date(2025, 11, 20), "restructuring_conversion", growth=1.5, reference_ratio=0.88),
    _Event("301396.SZ", date(2026, 5, 27), "bonus", shares=0.4, hidden=True),
    _Event("301189.SZ", date(2026, 6, 16), "bonus", shares=0.4),
    _Event("001339.SZ", date(2026, 6, 24), "bonus_and_cash", shares=0.3, cash=0.04),
)
# (symbol, first, last) of sessions without a bar.
_HALTS = (
    ("300687.SZ", date(2025, 3, 12), date(2025, 3, 12)),
    ("301248.SZ", date(2025, 8, 11), date(2025, 8, 18)),
    ("300093.SZ", date(2025, 11, 19), date(2025, 11, 19)),
    ("000048.SZ", date(2026, 4, 27), date(2026, 4, 27)),
    ("300166.SZ", LAST_SESSION, LAST_SESSION),
)
# Crosses 2026-07-06, when the limit of ST names on the main boards went from 5 % to 10 %.
_ST_SPELL = ("000048.SZ", date(2026, 4, 28), date(2026, 8, 28), "ST")


class _Shocks(NamedTuple):
    """Unit shocks (T,): overnight, day, and the volatility that ruled the session."""

    night: Floats
    day: Floats
    sd: Floats


class _Plan(NamedTuple):
    """What the walk of a firm needs: returns of night and day (T,), reach beyond them (T, 2), turnover (T,)."""

    night: Floats
    day: Floats
    reach: Floats
    traded: Floats
    sealed: frozenset[int]
    closed: frozenset[int]
    events: dict[int, _Event]


class _Bar(NamedTuple):
    """One session of one firm: fen, shares and fen."""

    session: date
    open: int
    high: int
    low: int
    close: int
    volume: int
    amount: int


class _Walked(NamedTuple):
    """The bars of one firm, and (action, close in fen before it, reference in fen) for each of its actions."""

    bars: list[_Bar]
    events: list[tuple[_Event, int, int]]


def synthetic_market(seed: int = SEED) -> dict[str, pl.DataFrame]:
    """The made-up market: frames `bars`, `indices`, `actions`, `shares`, `st_spells`, `ratings` as in core.tables.

    The same seed (0 or more) gives the same frames everywhere. Raises UsageError for a negative seed, RuleGap where the
    packaged rules do not cover a session.
    """
    if seed < 0:
        raise UsageError("seed of the synthetic market", got=seed, expected="0 or more")
    sessions = packaged_calendar().between(FIRST_SESSION, LAST_SESSION)
    market, theme = (_shocks(_stream(seed, 1, n), len(sessions)) for n in (0, 1))
    rules, spells = packaged_rules(), _spells()
    walks = {}
    for n, firm in enumerate(_FIRMS):
        plan = _plan(firm, _stream(seed, 2, n), sessions, market, theme)
        walks[firm.symbol] = _walk(firm, plan, sessions, _rates(firm.symbol, sessions, rules, spells))
    shared = [MARKET_SD * market[k] + THEME_SD / 2 * theme[k] for k in (0, 1)]
    industries = synthetic_rated.industry_levels(_stream(seed, 3, 1), sessions, shared)
    frames = {
        "bars": _bars_frame(walks),
        "indices": pl.concat([_indices_frame(_stream(seed, 3, 0), sessions, market), industries]),
        "ratings": synthetic_rated.ratings(_stream(seed, 4, 0), sessions, [firm.symbol for firm in _FIRMS]),
        "actions": _actions_frame(walks),
        "shares": _shares_frame(),
        "st_spells": _spells_frame(),
    }
    stamped = {name: frame.with_columns(source=pl.lit(SYNTHETIC)) for name, frame in frames.items()}
    return {name: TABLES[name].check(frame, where=SYNTHETIC) for name, frame in stamped.items()}


# --- shocks


def _stream(seed: int, *path: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=path)))


def _shocks(rng: np.random.Generator, count: int) -> _Shocks:
    """Unit-variance shocks: σ²(t+1) = (1 − ARCH − GARCH) + ARCH r(t)² + GARCH σ²(t)."""
    scale = np.where(rng.random(count) < WILD_SHARE, WILD_SCALE, CALM_SCALE)
    night, day = rng.standard_normal((2, count)) * scale * np.sqrt([[NIGHT_SHARE], [1 - NIGHT_SHARE]])
    sd, variance = np.empty(count), 1.0
    for t in range(count):
        sd[t] = sqrt(variance)
        variance = 1 - ARCH - GARCH + variance * (GARCH + ARCH * float(night[t] + day[t]) ** 2)
    return _Shocks(night * sd, day * sd, sd)


# --- one firm


def _plan(firm: _Firm, rng: np.random.Generator, sessions: Sequence[date], market: _Shocks, theme: _Shocks) -> _Plan:
    """Steps 3 and 4 for one firm: its returns with the planted jumps, its halts and actions by session index."""
    count = len(sessions)
    own = _shocks(rng, count)
    night, day = (BETA * MARKET_SD * market[k] + THEME_SD * theme[k] + firm.own_sd * own[k] for k in (0, 1))
    total_sd = sqrt((BETA * MARKET_SD) ** 2 + THEME_SD**2 + firm.own_sd**2)
    reach = np.abs(rng.standard_normal((count, 2))) * (REACH * total_sd * own.sd)[:, None]
    wild = (0.6 + 0.4 * own.sd) * (0.75 + 0.35 * np.abs(night + day) / total_sd)
    traded = firm.turnover * wild * np.exp(NOISE_OF_VOLUME * rng.standard_normal(count))
    closed = frozenset(t for t, s in enumerate(sessions) for halt in _HALTS if halt[0] == firm.symbol and _in(s, halt))
    events = {sessions.index(event.day): event for event in _EVENTS if event.symbol == firm.symbol}
    sealed = _plant_jumps(firm, rng, night, day, closed, events)
    return _Plan(night, day, reach, traded, sealed, closed, events)


def _in(session: date, halt: tuple[str, date, date]) -> bool:
    return halt[1] <= session <= halt[2]


def _plant_jumps(
    firm: _Firm, rng: np.random.Generator, night: Floats, day: Floats, closed: frozenset[int], events: dict[int, _Event]
) -> frozenset[int]:
    """Writes the jumps of step 4 into `night` and `day`; returns the session indices that are sealed."""
    run, busy = abs(firm.limit_run), closed | events.keys()
    # Random starts of spans without halt or action, away from both ends.
    free = [t for t in range(5, len(night) - 5 - run) if busy.isdisjoint(range(t, t + run))]
    starts = [int(t) for t in rng.permutation(free)]
    if run > 1:
        jumps = [(starts[0] + step, firm.limit_run // run) for step in range(run)]
    else:
        jumps = [(starts[0], 1), (starts[1], -1)]
    for t, sign in jumps:
        night[t], day[t] = sign * TO_THE_LIMIT, -sign * FADE
    hidden = [t for t, event in events.items() if event.hidden]
    for up, down in zip(hidden, starts[2:], strict=False):
        night[up], night[down] = HIDDEN_JUMP, -HIDDEN_JUMP
        day[up] = day[down] = 0.0
    opened = firm.limit_run == 1 and _FIRMS.index(firm) % 2 == 0
    return frozenset() if opened else frozenset(t for t, _ in jumps)


def _walk(firm: _Firm, plan: _Plan, sessions: Sequence[date], rates: Sequence[float]) -> _Walked:
    """Steps 5 and 6: the bars of one firm."""
    close, shares = firm.start_fen, firm.total_shares
    walked = _Walked([], [])
    for t, session in enumerate(sessions):
        if t in plan.closed:
            continue
        base = reference = close
        event = plan.events.get(t)
        if event:
            reference = event.reference_fen(close)
            # A holder keeps his shares in a conversion: the price goes on from the close, only the limits move.
            base = close if event.kind == "restructuring_conversion" else reference
            shares = round(shares * (1 + event.shares + event.growth))
            walked.events.append((event, close, reference))
        bar = _bar(plan, t, session, base, _limits_fen(reference, rates[t]), shares)
        walked.bars.append(bar)
        close = bar.close
    return walked


def _limits_fen(reference: int, rate: float) -> tuple[int, int]:
    """(down, up) in fen."""
    up, down = limit_prices(reference / 100, rate)
    return round(down * 100), round(up * 100)


def _bar(plan: _Plan, t: int, session: date, base: int, limits: tuple[int, int], shares: int) -> _Bar:
    """The bar of session `t`: moves from `base` (fen), clipped to the limits."""
    floor, ceiling = limits

    def clip(price: float) -> int:
        return min(max(int(price + 0.5), floor), ceiling)

    first = clip(base * (1 + plan.night[t]))
    if t in plan.sealed:
        high = low = close = first
    else:
        close = clip(first * (1 + plan.day[t]))
        high = clip(max(first, close) * (1 + plan.reach[t, 0]))
        low = clip(min(first, close) * (1 - plan.reach[t, 1]))
    calm = SEALED_VOLUME if high == low else 1.0
    volume = max(int(shares * plan.traded[t] * calm / 100), 1) * 100
    amount = (first + high + low + close) * volume // 4
    return _Bar(session, first, high, low, close, volume, amount)


def _spells() -> list[tuple[str, date, date]]:
    """Every ST spell that will be in force: the packaged ones and the invented one."""
    rows = packaged("st_spells").select("symbol", "start", "end").iter_rows()
    return [(symbol, start, end or date.max) for symbol, start, end in rows] + [_ST_SPELL[:3]]


def _rates(
    symbol: str, sessions: Sequence[date], rules: Rules, spells: Sequence[tuple[str, date, date]]
) -> list[float]:
    """The price limit in force on each session."""
    told = [Spell(start, end, "ST") for name, start, end in spells if name == symbol]
    found = spans(rules, board_of(symbol), packaged_calendar(), told)
    return [next(span.rate for span in found if span.start <= day < span.end and span.rate) for day in sessions]


# --- frames


def _bars_frame(walks: dict[str, _Walked]) -> pl.DataFrame:
    # Divided here: polars gives 0.35000000000000003 for 35 / 100, a price that equals no limit.
    rows = [
        (symbol, bar.session, *(fen / 100 for fen in bar[1:5]), bar.volume, bar.amount / 100)
        for symbol, walked in walks.items()
        for bar in walked.bars
    ]
    return pl.DataFrame(rows, schema=["symbol", *_Bar._fields], orient="row")


def _indices_frame(rng: np.random.Generator, sessions: Sequence[date], market: _Shocks) -> pl.DataFrame:
    """Step 2; levels have two decimals, the total-return index has a close alone."""
    level, total = 3500.0, 5500.0
    reach = np.abs(rng.standard_normal((len(sessions), 2))) * (REACH * MARKET_SD * market.sd)[:, None]
    rows: list[tuple[object, ...]] = []
    for t, session in enumerate(sessions):
        first = round(level * (1 + MARKET_SD * float(market.night[t])), 2)
        close = round(first * (1 + MARKET_SD * float(market.day[t])), 2)
        high = round(max(first, close) * (1 + float(reach[t, 0])), 2)
        low = round(min(first, close) * (1 - float(reach[t, 1])), 2)
        total = round(total * (close / level + DIVIDEND_YIELD / SESSIONS_PER_YEAR), 2)
        level = close
        rows.append((BENCHMARK, session, first, high, low, close))
        rows.append((TOTAL_RETURN_BENCHMARK, session, None, None, None, total))
    frame = pl.DataFrame(rows, schema=["index", "session", "open", "high", "low", "close"], orient="row")
    ends = pl.col("index").replace_strict(INDEX_ENDS, return_dtype=pl.Date)
    return frame.filter(pl.col("session") <= ends).sort("index", "session")


def _actions_frame(walks: dict[str, _Walked]) -> pl.DataFrame:
    return pl.DataFrame(
        [
            {
                "symbol": event.symbol,
                "ex_date": event.day,
                "kind": event.kind,
                "shares_to_holder": event.shares,
                "cash_to_holder": event.cash,
                "prev_close": close / 100,
                "reference_price": reference / 100,
                "factor_ratio": round(close / reference, 6),
                "note": "invented: not a fact about the firm",
            }
            for walked in walks.values()
            for event, close, reference in walked.events
        ]
    )


def _shares_frame() -> pl.DataFrame:
    """Share capital at the first session and after each action that changes it."""
    rows: list[tuple[str, date, int, int]] = []
    for firm in _FIRMS:
        total, floating = firm.total_shares, firm.float_shares
        rows.append((firm.symbol, FIRST_SESSION, total, floating))
        for event in sorted((e for e in _EVENTS if e.symbol == firm.symbol), key=lambda e: e.day):
            if event.shares or event.growth:
                total = round(total * (1 + event.shares + event.growth))
                floating = round(floating * (1 + event.shares))
                rows.append((firm.symbol, event.day, total, floating))
    return pl.DataFrame(rows, schema=["symbol", "effective_date", "total_shares", "float_shares"], orient="row")


def _spells_frame() -> pl.DataFrame:
    symbol, start, end, status = _ST_SPELL
    evidence = "invented: not a fact about the firm"
    return pl.DataFrame([{"symbol": symbol, "start": start, "end": end, "status": status, "evidence": evidence}])

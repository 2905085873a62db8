"""Corporate actions of a market: dated rows become one `Action` a symbol and day, and move prices and share counts.

1. Rows go to the first session not before their ex-date; a stock that left its exchange without a row of its own
   (`delisted`, or a delisting period that is over) ends as a delisting that pays nothing.
2. Actions of one symbol on one day are one: all of them count from the shares and the close before the day.
3. The reference price of a session is the previous close, on an ex-date the ex-right reference price; while halted it
   is carried (and adjusted) from the last close. What ended has none; what it became begins with its price.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import polars as pl

from screener.core.arrays import Days, Floats, Ints
from screener.core.limit_spans import DELISTING as DELISTING_PERIOD
from screener.core.price_rules import ex_right_reference
from screener.core.tables.actions import CONVERSION, DELISTING, ENDING, GIVING, RIGHTS, TURNING

_FEN = 0.01  # yuan: no price is lower
NOWHERE = -1
_NAN = float("nan")


@dataclass(frozen=True, slots=True)
class Action:
    """A corporate action of symbol `n`, effective before the open of session index `t`; per share held, yuan."""

    t: int
    n: int
    kind: str
    shares_to_holder: float
    cash_to_holder: float
    reference_price: float  # NaN: by the formula
    rights_ratio: float = 0.0  # new shares that may be bought; NaN where rights are offered on unknown terms
    rights_price: float = 0.0
    into: int = NOWHERE  # the symbol a share became
    into_ratio: float = 0.0  # shares of it

    @property
    def ends(self) -> bool:
        """True where nobody holds the share any more."""
        return self.kind in ENDING and (self.kind == DELISTING or self.into != NOWHERE)

    @property
    def open_terms(self) -> bool:
        """True where nobody can say what it did to the price: rights without ratio, price and reference."""
        return bool(np.isnan(self.rights_ratio + self.rights_price) and np.isnan(self.reference_price))


def index_actions(actions: pl.DataFrame, sessions: Days, symbols: Sequence[str]) -> tuple[Action, ...]:
    """Actions of the symbols inside the span, on the first session not before their ex-date; by session and symbol."""
    column = {symbol: n for n, symbol in enumerate(symbols)}
    found = []
    for row in actions.iter_rows(named=True):
        t = int(np.searchsorted(sessions, np.datetime64(row["ex_date"])))
        if row["symbol"] in column and t < len(sessions):
            reference = _NAN if row["reference_price"] is None else row["reference_price"]
            shares = 0.0 if row["kind"] == RIGHTS else row["shares_to_holder"]  # those are bought
            given = shares, row["cash_to_holder"], reference
            found.append(Action(t, column[row["symbol"]], row["kind"], *given, *_terms(row), *_turns(row, column)))
    return _merged(sorted(found, key=lambda action: (action.t, action.n, action.kind)))


def _terms(row: dict[str, object]) -> tuple[float, float]:
    """(ratio, price) of rights; NaN for what is not said."""
    if row["kind"] != RIGHTS:
        return 0.0, 0.0
    ratio, price = row.get("rights_ratio"), row.get("rights_price")
    return _NAN if ratio is None else float(ratio), _NAN if price is None else float(price)  # type: ignore[arg-type]


def _turns(row: dict[str, object], column: dict[str, int]) -> tuple[int, float]:
    """(symbol, shares of it per share) that a share became; NOWHERE for one the market does not hold."""
    if row["kind"] not in TURNING:
        return NOWHERE, 0.0
    ratio = row.get("into_ratio")
    return column.get(str(row.get("into_symbol")), NOWHERE), 1.0 if ratio is None else float(ratio)  # type: ignore[arg-type]


def with_ends(actions: pl.DataFrame, firms: pl.DataFrame, spells: pl.DataFrame) -> pl.DataFrame:
    """`actions` with a delisting that pays nothing for stocks that left without a row that says what became of them.

    They leave on the day `delisted` of `firms`, else on the day after the delisting period in `spells`.
    """
    period = spells.filter(pl.col("status") == DELISTING_PERIOD).drop_nulls("end")
    after = period.group_by("symbol").agg(pl.col("end").max() + timedelta(1)).rename({"end": "ex_date"})
    stated = firms.drop_nulls("delisted").select("symbol", pl.col("delisted").alias("ex_date"))
    left = pl.concat([stated, after.join(stated, on="symbol", how="anti")])
    said = actions.filter(pl.col("kind").is_in(ENDING))
    left = left.join(said, on="symbol", how="anti")
    nothing = pl.lit(0.0)
    rows = left.with_columns(
        kind=pl.lit(DELISTING), shares_to_holder=nothing, cash_to_holder=nothing, source=pl.lit("derived: delisted")
    )
    return pl.concat([actions, rows.sort("symbol")], how="diagonal") if rows.height else actions


def _merged(actions: Iterable[Action]) -> tuple[Action, ...]:
    """Actions of one symbol on one day as one: they all count from the shares and the close before the day."""
    of_day: dict[tuple[int, int], list[Action]] = {}
    for action in actions:
        of_day.setdefault((action.t, action.n), []).append(action)
    return tuple(same[0] if len(same) == 1 else _one(same) for same in of_day.values())


def _one(same: list[Action]) -> Action:
    """Everything together; each of several states a reference of its own: only the formula knows all of them."""
    given = [action for action in same if action.kind != CONVERSION]
    shares, cash, ratio = (
        sum(getattr(action, name) for action in given)
        for name in ("shares_to_holder", "cash_to_holder", "rights_ratio")
    )
    money = sum(action.rights_ratio * action.rights_price for action in given if action.rights_ratio)
    price = money / ratio if ratio else 0.0
    last = next((action for action in same if action.kind in ENDING), None)
    into = (last.into, last.into_ratio) if last else (NOWHERE, 0.0)
    return Action(same[0].t, same[0].n, _kind(same, shares, cash), shares, cash, _NAN, ratio, price, *into)


def _kind(same: list[Action], shares: float, cash: float) -> str:
    """The word that says most of them: how a share ended, rights, what was given, or a conversion."""
    kinds = {action.kind for action in same}
    said = [kind for kind in (*ENDING, RIGHTS) if kind in kinds]
    if said:
        return said[0]
    plain = "bonus_and_cash" if shares and cash else "bonus" if shares else "cash"
    return plain if kinds & {*GIVING} else same[0].kind


def reference_prices(close: Floats, actions: Iterable[Action]) -> Floats:
    """(T, N) price before the open of each session, yuan; NaN before the first bar and after the end."""
    by_session: dict[int, list[Action]] = {}
    for action in actions:
        by_session.setdefault(action.t, []).append(action)
    reference = np.empty_like(close)
    last = np.full(close.shape[1], np.nan)
    for t in range(close.shape[0]):
        reference[t] = last
        for action in by_session.get(t, ()):
            reference[t, action.n] = _after(last[action.n], action)
            if action.ends and action.into != NOWHERE and np.isnan(reference[t, action.into]):
                reference[t, action.into] = _begins(last[action.n], action)
        last = np.where(np.isnan(close[t]), reference[t], close[t])
    return reference


def _after(previous: float, action: Action) -> float:
    """The reference of an ex-date; several actions without a price between them leave one fen at least."""
    if np.isnan(previous) or action.ends:
        return _NAN
    if not np.isnan(action.reference_price):
        return ex_right_reference(action.reference_price)  # providers print four decimals, the exchange two
    offered = not np.isnan(action.rights_ratio + action.rights_price)
    terms = {"rights": action.rights_ratio, "rights_price": action.rights_price} if offered else {}
    given = {"cash": action.cash_to_holder, "shares": action.shares_to_holder}
    return max(_FEN, ex_right_reference(previous, **given, **terms))


def _begins(previous: float, action: Action) -> float:
    """The price of what a share became, where that has none of its own yet."""
    return max(_FEN, round((previous - action.cash_to_holder) / action.into_ratio, 2))


def without_limit(close: Floats, actions: Iterable[Action]) -> Iterator[tuple[int, slice]]:
    """(symbol, sessions) whose limits nobody knows: from rights on unknown terms to the first close after them."""
    for action in actions:
        if action.open_terms:
            traded = np.flatnonzero(~np.isnan(close[action.t :, action.n]))
            until = action.t + (int(traded[0]) if traded.size else len(close))
            yield action.n, slice(action.t, until + 1)


def share_factors(shape: tuple[int, int], actions: Iterable[Action]) -> tuple[Floats, Ints]:
    """Cumulative product of 1 + shares_to_holder: shares of today per share of the first session.

    (T, M) columns, and (N,) which of them is a symbol's: the first one, of ones, where nothing was given.
    """
    giving = [action for action in actions if action.shares_to_holder]
    symbols = sorted({action.n for action in giving})
    factors, column = np.ones((shape[0], 1 + len(symbols))), np.zeros(shape[1], np.int64)
    column[symbols] = np.arange(1, 1 + len(symbols))
    for action in giving:
        factors[action.t :, column[action.n]] *= 1.0 + action.shares_to_holder
    return factors, column

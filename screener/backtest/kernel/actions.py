"""Corporate actions in the kernel: booked on what is held before the open of their ex-date.

1. Whole new shares; the fraction of one in cash at the reference price; the dividend in cash.
2. Rights: bought as far as the cash goes where the account subscribes, else nothing (they lapse).
3. A share that ends leaves with what it pays. Where it became another stock, whole shares of that, the fraction in cash
   at its reference price, and a pending order goes on in it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from screener.backtest.kernel.compile import inner
from screener.backtest.kernel.lots import add_lot, pay_dividend, turn_lots
from screener.backtest.kernel.money import fen_of, micro, of_cash, of_fraction
from screener.backtest.kernel.rows import EPSILON, PER_FEN
from screener.backtest.kernel.state import Bars, Book, Events, Lots, Terms

NO_ORDER = -1


@inner
def apply_actions(
    bars: Bars,
    terms: Terms,
    events: Events,
    book: Book,
    lots: Lots,
    rows: Any,
    count: int,
    at: int,
    t: int,
) -> tuple[int, int]:
    """Book the actions of session t; returns (rows written so far, next action)."""
    symbol, held = -1, 0
    while at < len(events.session) and events.session[at] == t:
        n = events.symbol[at]
        if n != symbol:  # several actions of one day all count the shares held before the first
            symbol, held = n, book.shares[n]
        if events.ends[at]:
            count = _end(bars, events, book, lots, rows, count, at)
        else:
            book.target[n] *= 1 + events.shares[at]
            if held > 0:
                pay_dividend(lots, n, events.cash[at], bars.dividend_tax[t])
                given = _give(bars, terms, events, book, rows[count], at, held)
                if given > 0:
                    add_lot(lots, n, given, t)
                count += 1
        at += 1
    return count, at


@inner
def _give(bars: Bars, terms: Terms, events: Events, book: Book, row: Any, at: int, held: int) -> int:
    """What a holder gets, and buys where rights are taken up; returns the new shares."""
    t, n = events.session[at], events.symbol[at]
    bonus = held * events.shares[at]
    whole = int(np.floor(bonus + EPSILON))
    paid = of_fraction(bonus - whole, micro(bars.reference[t, n])) + of_cash(held, events.cash[at])
    if terms.subscribe and events.rights[at] > 0:
        price = micro(events.rights_price[at])
        affordable = (book.cash[0] + paid) // ((price + PER_FEN - 1) // PER_FEN)  # at the next whole fen: never more
        bought = min(int(np.floor(held * events.rights[at] + EPSILON)), affordable)
        whole, paid = whole + bought, paid - fen_of(bought, price)
    book.shares[n] += whole
    book.cash[0] += paid
    _write(row, events, at, n, held, whole, paid, 0)
    return whole


@inner
def _end(bars: Bars, events: Events, book: Book, lots: Lots, rows: Any, count: int, at: int) -> int:
    """Take the share out of the account; returns the rows written so far."""
    t, n, heir = events.session[at], events.symbol[at], events.into[at]
    held, paid, moved, whole = book.shares[n], of_cash(book.shares[n], events.cash[at]), 0, 0
    if heir >= 0:
        _pass_order(book, n, heir, events.into_ratio[at])
    else:
        book.target[n] = 0.0  # a pending purchase comes to nothing
    if held == 0:
        return count
    if heir >= 0:
        price = micro(bars.reference[t, heir])
        due = held * events.into_ratio[at]
        whole = int(np.floor(due + EPSILON))
        moved = fen_of(whole, price)
        paid += of_fraction(due - whole, price)
        if whole > 0:
            _write(rows[count + 1], events, at, heir, book.shares[heir], whole, 0, -moved)
            book.shares[heir] += whole
    turn_lots(lots, n, heir, events.into_ratio[at], whole)
    book.shares[n] = 0
    book.cash[0] += paid
    _write(rows[count], events, at, n, held, -held, paid, moved)
    return count + (2 if whole > 0 else 1)


@inner
def _pass_order(book: Book, n: int, heir: int, ratio: float) -> None:
    """A pending order of `n` becomes one of its heir, which keeps its own where it has one; the queue stays sorted."""
    waiting, heirs = book.attempt[n] != NO_ORDER, book.attempt[heir] != NO_ORDER
    if not waiting:
        return
    if not heirs:
        book.target[heir] = book.shares[heir] + book.target[n] * ratio
        book.exit[heir] = book.exit[n] and book.shares[heir] == 0
        book.attempt[heir] = book.attempt[n]
    elif not book.exit[heir]:
        book.target[heir] += book.target[n] * ratio
    book.attempt[n], book.target[n], kept = NO_ORDER, 0.0, 0
    for i in range(book.queued[0]):
        if book.queue[i] != n:
            book.queue[kept] = book.queue[i]
            kept += 1
    if not heirs:
        while kept > 0 and book.queue[kept - 1] > heir:
            book.queue[kept] = book.queue[kept - 1]
            kept -= 1
        book.queue[kept] = heir
        return
    book.queued[0] = kept


@inner
def _write(row: Any, events: Events, at: int, n: int, held: int, added: int, cash: int, moved: int) -> None:
    row.session, row.symbol, row.kind = events.session[at], n, events.kind[at]
    row.held, row.added, row.cash, row.moved = held, added, cash, moved

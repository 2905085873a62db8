"""Target weights → orders → fills and refusals → cash and shares, under A-share rules: one numba kernel per back-test.

Per session t:
1. Corporate actions before the open, on the shares held at the previous close (`kernel.actions`).
2. A decision replaces every pending order: target shares at the reference price (`_take_decision`).
3. Each pending symbol becomes an order and is judged by the open: lot, halt, price limit (`kernel.limits`, `_judge`).
4. The participation cap: a share of the median volume of the last sessions with a bar (`_cap`).
5. Sells fill and settle; buys are priced, scaled to the cash once, and fill (`_quote`, `_scale_buys`, `_fill_side`).
6. Blocked orders stay pending for the next opens: a sell until it is filled, a buy `retries` times (`_finish`).
7. Valuation at the close, or at the reference price where there is no bar (`_value`).
Cash is whole fen, shares whole, prices whole millionths of a yuan, rates whole billionths: see `kernel.money`. Work is
linear in sessions × symbols, medians are taken only where an order may need one; rows grow by doubling.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from screener.backtest.kernel.actions import NO_ORDER, apply_actions
from screener.backtest.kernel.compile import entry, inner, small
from screener.backtest.kernel.limits import limit_orders
from screener.backtest.kernel.lots import NO_LOT, add_lot, sell_lots
from screener.backtest.kernel.money import fen_of, micro, part_of, slipped, transfer_fee
from screener.backtest.kernel.rows import ACTION, EPSILON, LOT_ROW, ORDER, REASONS
from screener.backtest.kernel.state import Bars, Book, Desk, Events, Lots, Terms
from screener.core.arrays import Floats, Ints

# In the order of REASONS.
_, NOT_LISTED, LOT, HALTED, LIMIT_UP, LIMIT_DOWN, PARTICIPATION, CASH, _ = range(len(REASONS))
BUY, SELL = 1, -1
_AHEAD = 1_000_000  # rows that there is room for from the start: they take memory as they are written, and stay


@small
def lot(shares: int, minimum: int, step: int) -> int:
    """`shares` rounded down to what may be ordered: 0, or the minimum plus whole steps."""
    if shares < minimum:
        return 0
    return minimum + (shares - minimum) // step * step


@inner
def _value(cash: int, shares: Ints, mark: Floats, fallback: Floats) -> int:
    """Cash + Σ fen(shares × mark), `fallback` where the mark is missing; in fen."""
    total = cash
    for n in range(len(shares)):
        if shares[n] > 0:
            price = mark[n]
            total += fen_of(shares[n], micro(fallback[n] if np.isnan(price) else price))
    return total


@inner
def _take_decision(bars: Bars, book: Book, weights: Floats, rows: Any, count: int, t: int) -> int:
    """Replace every pending order by the targets of a decision."""
    reference = bars.reference[t]
    equity = _value(book.cash[0], book.shares, reference, reference)
    queued = 0
    for n in range(len(weights)):
        book.attempt[n] = NO_ORDER
        weight = weights[n]
        if weight > 0 and np.isnan(reference[n]):
            _write(rows[count], t, n, BUY, 0, 0, NOT_LISTED, 0)
            count += 1
        elif weight > 0 or book.shares[n] > 0:
            book.exit[n] = weight == 0
            book.target[n] = weight * equity / 100 / reference[n] if weight > 0 else 0.0
            book.attempt[n] = 0
            book.queue[queued] = n
            queued += 1
    book.queued[0] = queued
    return count


# In the loops over orders below, arrays are taken out of their tuples first and helpers get numbers, not tuples:
# each array handed over costs two atomic counts, which made up a third of the time.


@inner
def _judge(bars: Bars, book: Book, desk: Desk, t: int) -> int:
    """Turn pending targets into orders; collect those the open lets through. Returns how many those are."""
    opens, volume, up, down = bars.open[t], bars.volume[t], desk.up, desk.down
    side, asked, capped, reason, let_through = desk.side, desk.asked, desk.capped, desk.reason, desk.open_orders
    queue, shares, target, leaving = book.queue, book.shares, book.target, book.exit
    minimum, step = bars.lot_minimum, bars.lot_step
    count = 0
    for i in range(book.queued[0]):
        n = queue[i]
        delta = target[n] - shares[n]
        side[n] = 0 if abs(delta) < 1 else BUY if delta > 0 else SELL
        if side[n] == 0:
            continue
        wanted = shares[n] if leaving[n] else int(np.floor(abs(delta) + EPSILON))
        rounded = wanted if leaving[n] else lot(wanted, minimum[n], step[n])
        asked[n] = rounded if rounded > 0 else wanted
        reason[n] = LOT if rounded == 0 else _blocked(side[n], opens[n], volume[n], up[n], down[n])
        capped[n] = 0
        if reason[n] == 0:
            let_through[count] = n
            count += 1
    return count


@small
def _blocked(side: int, price: float, volume: float, up: float, down: float) -> int:
    """The reason why an open of `price` lets no order of this side through, else 0."""
    if np.isnan(price) or not volume > 0:
        return HALTED
    if side == BUY and price >= up - EPSILON:
        return LIMIT_UP
    if side == SELL and price <= down + EPSILON:
        return LIMIT_DOWN
    return 0


@inner
def _cap(bars: Bars, terms: Terms, desk: Desk, open_orders: int, t: int) -> None:
    """Cut each open order to `participation` × the median volume before t, in shares of t."""
    _collect_volumes(bars, terms.participation, desk, open_orders, t)
    picks, asked, capped, reason = desk.open_orders, desk.asked, desk.capped, desk.reason
    ample, majority = desk.ample, desk.volumes.shape[1] // 2
    for i in range(open_orders):
        n = picks[i]
        if ample[i] > majority:
            capped[n] = asked[n]
            continue
        cap = int(np.floor(terms.participation * _median(desk.volumes[i], desk.counts[i])))
        capped[n] = asked[n] if asked[n] <= cap else lot(cap, bars.lot_minimum[n], bars.lot_step[n])
        if capped[n] < asked[n]:
            reason[n] = PARTICIPATION


@inner
def _collect_volumes(bars: Bars, participation: float, desk: Desk, open_orders: int, t: int) -> None:
    """Volumes of the last `window` sessions with a bar before t, in shares of t, for each open order.

    Row by row, as the bars lie in memory. An order is done early once so many volumes are `ample` (allow all of it)
    that the median must be: then nobody needs the median itself.
    """
    volume, factor, column, first_bar = bars.volume, bars.factors, bars.factor_column, bars.first_bar
    volumes, counts, ample, unsettled = desk.volumes, desk.counts, desk.ample, desk.unsettled
    picks, asked, window = desk.open_orders, desk.asked, desk.volumes.shape[1]
    for i in range(open_orders):
        counts[i], ample[i], unsettled[i] = 0, 0, i
    left, s = open_orders, t - 1
    while left > 0 and s >= 0:
        kept = 0
        for j in range(left):
            i = unsettled[j]
            n = picks[i]
            shares = volume[s, n]
            if not np.isnan(shares):
                shares = shares * factor[t, column[n]] / factor[s, column[n]]
                volumes[i, counts[i]] = shares
                counts[i] += 1
                ample[i] += participation * shares >= asked[n]
            if counts[i] < window and ample[i] <= window // 2 and s > first_bar[n]:
                unsettled[kept] = i
                kept += 1
        left, s = kept, s - 1


@small
def _median(values: Floats, count: int) -> Any:
    """Median of the first `count` values, which get sorted; 0 without any."""
    if count == 0:
        return 0.0
    for i in range(1, count):
        value, j = values[i], i
        while j > 0 and values[j - 1] > value:
            values[j] = values[j - 1]
            j -= 1
        values[j] = value
    middle = count // 2
    return values[middle] if count % 2 else (values[middle - 1] + values[middle]) / 2


@inner
def _quote(bars: Bars, terms: Terms, desk: Desk, open_orders: int, t: int) -> None:
    """Fill price of each open order: the open or the day's average, slippage against it, inside the day's limits."""
    opens, up, down = bars.open[t], desk.up, desk.down
    picks, side, base, price = desk.open_orders, desk.side, desk.base, desk.price
    for i in range(open_orders):
        n = picks[i]
        base[n] = micro(_day_average(bars, t, n) if terms.day_average else opens[n])
        price[n] = slipped(base[n], side[n], terms.slippage)
        if side[n] == BUY and not np.isnan(up[n]):
            price[n] = min(price[n], micro(up[n]))
        elif side[n] == SELL and not np.isnan(down[n]):
            price[n] = max(price[n], micro(down[n]))


@inner
def _day_average(bars: Bars, t: int, n: int) -> Any:
    """Amount ÷ volume, or (high + low + close) ÷ 3 where there is no amount."""
    if bars.amount[t, n] > 0:
        return bars.amount[t, n] / bars.volume[t, n]
    return (bars.high[t, n] + bars.low[t, n] + bars.close[t, n]) / 3


@small
def _bill(terms: Terms, shares: int, price: int, largest: int, rate: float, per_share: float) -> tuple[int, int, int]:
    """(amount, commission, transfer fee) in fen of `shares`, sent as orders of at most `largest` each."""
    whole = shares // largest
    amount, commission, fee = _bill_of_one(terms, min(shares, largest), price, rate, per_share)
    if shares <= largest:
        return amount, commission, fee
    rest = _bill_of_one(terms, shares - whole * largest, price, rate, per_share)
    return whole * amount + rest[0], whole * commission + rest[1], whole * fee + rest[2]


@small
def _bill_of_one(terms: Terms, shares: int, price: int, rate: float, per_share: float) -> tuple[int, int, int]:
    if shares == 0:
        return 0, 0, 0
    amount = fen_of(shares, price)
    commission = max(terms.commission_floor, part_of(amount, terms.commission_rate))
    return amount, commission, transfer_fee(amount, rate, shares, per_share)


@small
def _cost(terms: Terms, shares: int, price: int, largest: int, rate: float, per_share: float, duty: float) -> int:
    """Fen a purchase takes, fees included."""
    amount, commission, fee = _bill(terms, shares, price, largest, rate, per_share)
    return amount + commission + fee + part_of(amount, duty)


@inner
def _scale_buys(bars: Bars, terms: Terms, desk: Desk, open_orders: int, cash: int, t: int) -> None:
    """Fit all buys into the cash: one common factor, then lot step by lot step in symbol order."""
    rate, fixed, minimum, step = bars.transfer_rate[t], bars.transfer_per_share[t], bars.lot_minimum, bars.lot_step
    board, most, duty = bars.board, bars.largest_order[t], bars.purchase_duty[t]
    picks, side, capped, price, reason = desk.open_orders, desk.side, desk.capped, desk.price, desk.reason
    total = 0
    for i in range(open_orders):
        n = picks[i]
        if side[n] == BUY:
            k = board[n]
            total += _cost(terms, capped[n], price[n], most[k], rate[k], fixed[k], duty)
    if total <= cash:
        return
    factor = cash / total
    for i in range(open_orders):
        n = picks[i]
        if side[n] == BUY and capped[n] > 0:
            largest, paid, each = most[board[n]], rate[board[n]], fixed[board[n]]
            shares = lot(int(np.floor(capped[n] * factor)), minimum[n], step[n])
            while shares > 0 and _cost(terms, shares, price[n], largest, paid, each, duty) > cash:
                shares = shares - step[n] if shares - step[n] >= minimum[n] else 0
            cash -= _cost(terms, shares, price[n], largest, paid, each, duty)
            if shares < capped[n]:
                capped[n], reason[n] = shares, CASH


@inner
def _fill_side(
    bars: Bars,
    terms: Terms,
    book: Book,
    desk: Desk,
    lots: Lots,
    rows: Any,
    count: int,
    side: int,
    t: int,
) -> int:
    """Write the rows of one side in symbol order and move cash and shares; returns the rows written so far."""
    opens, limits = bars.open[t], desk.up if side == BUY else desk.down
    rate, per_share = bars.transfer_rate[t], bars.transfer_per_share[t]
    duty = bars.purchase_duty[t] if side == BUY else bars.stamp_duty[t]
    queue, held, attempt, cash = book.queue, book.shares, book.attempt, book.cash[0]
    sides, asked, filled, reason, price, base = desk.side, desk.asked, desk.capped, desk.reason, desk.price, desk.base
    board, most = bars.board, bars.largest_order[t]
    for i in range(book.queued[0]):
        n = queue[i]
        if sides[n] != side:
            continue
        row, shares = rows[count], filled[n]
        count += 1
        _write(row, t, n, side, asked[n], shares, reason[n], attempt[n])
        if shares == 0:
            continue
        largest = most[board[n]]
        each = rate[board[n]], per_share[board[n]]
        amount, commission, fee = _bill(terms, shares, price[n], largest, each[0], each[1])
        row.price, row.parts, row.amount = price[n] / 1e6, (shares + largest - 1) // largest, amount
        row.commission, row.transfer_fee = commission, fee
        row.stamp_duty = part_of(amount, duty)
        if side == SELL:
            row.dividend_tax_due = sell_lots(bars, lots, n, shares, t)
            left = amount - commission - fee - row.stamp_duty
            row.dividend_tax = max(0, min(row.dividend_tax_due, left)) if terms.withhold else 0
        else:
            add_lot(lots, n, shares, t)
        row.slippage = abs(amount - fen_of(shares, base[n]))
        row.near_limit = abs(limits[n] - opens[n]) <= terms.near_limit * limits[n] + EPSILON
        cash -= side * amount + row.commission + row.stamp_duty + row.transfer_fee + row.dividend_tax
        held[n] += side * shares
    book.cash[0] = cash
    return count


@small
def _write(row: Any, t: int, n: int, side: int, asked: int, filled: int, reason: int, attempt: int) -> None:
    """An order row without money."""
    row.session, row.symbol, row.side, row.reason, row.attempt = t, n, side, reason, attempt
    row.requested, row.filled, row.price, row.parts, row.near_limit = asked, filled, np.nan, 0, False
    row.amount, row.commission, row.stamp_duty, row.transfer_fee, row.slippage = 0, 0, 0, 0, 0
    row.dividend_tax, row.dividend_tax_due = 0, 0


@inner
def _finish(terms: Terms, book: Book, desk: Desk) -> None:
    """Keep the blocked orders that may be tried again, drop the rest; a sell may until it is filled."""
    kept = 0
    for i in range(book.queued[0]):
        n = book.queue[i]
        again = HALTED <= desk.reason[n] <= PARTICIPATION and desk.side[n] != 0
        if again and (desk.side[n] == SELL or book.attempt[n] < terms.retries):
            book.attempt[n] += 1
            book.queue[kept] = n
            kept += 1
        else:
            book.attempt[n] = NO_ORDER
    book.queued[0] = kept


@inner
def _trade(bars: Bars, terms: Terms, book: Book, desk: Desk, lots: Lots, rows: Any, count: int, t: int) -> int:
    """Steps 3 to 6 of one session; returns the rows written so far."""
    limit_orders(bars, book, desk, t)
    open_orders = _judge(bars, book, desk, t)
    _cap(bars, terms, desk, open_orders, t)
    _quote(bars, terms, desk, open_orders, t)
    count = _fill_side(bars, terms, book, desk, lots, rows, count, SELL, t)
    _scale_buys(bars, terms, desk, open_orders, book.cash[0], t)
    count = _fill_side(bars, terms, book, desk, lots, rows, count, BUY, t)
    _finish(terms, book, desk)
    return count


@inner
def _room(rows: Any, count: int, more: int) -> Any:
    """`rows` with space for `more` after the first `count`."""
    if count + more <= len(rows):
        return rows
    larger = np.empty(2 * (count + more), rows.dtype)
    for i in range(count):  # a slice assignment would compile for six seconds
        larger[i] = rows[i]
    return larger


@entry
def simulate(bars: Bars, terms: Terms, events: Events, when: Ints, weights: Floats, span: tuple[int, int]) -> Any:
    """Run sessions span[0] ≤ t < span[1].

    when (K,) ascending session indices from span[0] on, as in `events`; weights (K, N). Returns (orders, actions,
    equity (T,) fen, cash (T,) fen, shares (N,) at the end); no orders unless they are recorded.
    """
    first, last = span
    count = len(bars.lot_step)
    shares, target, leave = np.zeros(count, np.int64), np.zeros(count), np.zeros(count, np.bool_)
    attempt, queue, queued = np.full(count, NO_ORDER), np.zeros(count, np.int64), np.zeros(1, np.int64)
    book = Book(np.full(1, terms.initial_cash), shares, target, leave, attempt, queue, queued)
    w, volumes = np.zeros((10, count), np.int64), np.empty((count, terms.window))
    limits = np.empty((2, count))
    desk = Desk(w[0], w[1], w[2], w[3], w[4], volumes, w[5], w[6], w[7], limits[0], limits[1], w[8], w[9])
    equity, cash = np.zeros(last - first, np.int64), np.zeros(last - first, np.int64)
    ahead = min(len(when) * count, _AHEAD) if terms.recorded else 0
    orders, order_count = np.empty(count + 64 + ahead, ORDER), 0
    actions, action_count = np.empty(2 * len(events.session), ACTION), 0  # what ends may become another: two rows
    none, received = np.full(count, NO_LOT), np.empty(2 * count + 64, LOT_ROW)
    lots = Lots(none.copy(), none.copy(), np.zeros(1, np.int64), received)
    event, decision = 0, 0
    for t in range(first, last):
        lots = Lots(lots.first, lots.last, lots.used, _room(lots.rows, lots.used[0], 2 * count))  # bought and given
        action_count, event = apply_actions(bars, terms, events, book, lots, actions, action_count, event, t)
        orders = _room(orders, order_count, count)
        if decision < len(when) and when[decision] == t:
            order_count = _take_decision(bars, book, weights[decision], orders, order_count, t)
            decision += 1
        if book.queued[0] > 0:
            order_count = _trade(bars, terms, book, desk, lots, orders, order_count, t)
        cash[t - first] = book.cash[0]
        equity[t - first] = _value(book.cash[0], book.shares, bars.close[t], bars.reference[t])
        if not terms.recorded:
            order_count = 0
    return orders[:order_count], actions[:action_count], equity, cash, book.shares

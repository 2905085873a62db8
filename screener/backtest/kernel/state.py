"""What the execution kernel is given and keeps: plain tuples of arrays, so that numba can take them apart."""

from __future__ import annotations

from typing import Any, NamedTuple

from screener.core.arrays import Flags, Floats, Ints, Shorts


class Bars(NamedTuple):
    """Read-only arrays of the market: (T, N) unless said otherwise."""

    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    amount: Floats
    reference: Floats
    limit_permille: Shorts  # (T, K) price limit of the reference, -1 none
    limit_outwards: Shorts  # (T, K) how it is rounded: see core.price_rules
    limit_column: Ints  # (N,) column of both
    factors: Floats  # (T, M) shares of today per share of the first session
    factor_column: Ints  # (N,) column of `factors`
    transfer_rate: Floats  # (T, boards)
    transfer_per_share: Floats  # (T, boards)
    stamp_duty: Floats  # (T,) of sales
    purchase_duty: Floats  # (T,) the same of purchases, until 2008
    board: Ints  # (N,) column of what differs by board
    largest_order: Ints  # (T, boards) shares an order may have
    lot_minimum: Ints  # (N,)
    lot_step: Ints  # (N,)
    first_bar: Ints  # (N,)
    dividend_tax: Floats  # (T, 3) of a dividend of that session: held up to a month, up to a year, longer
    month_over: Ints  # (T,) first session in which a share bought in this one is held longer than a month
    year_over: Ints  # the same, a year


class Terms(NamedTuple):
    """Costs and limits; money in fen."""

    initial_cash: int
    commission_floor: int
    commission_rate: float
    slippage: float
    participation: float
    window: int
    retries: int  # of a buy
    near_limit: float
    day_average: bool
    subscribe: bool  # to rights, as far as the cash goes
    withhold: bool  # the tax on dividends, when it falls due
    recorded: bool  # whether the rows of orders are kept beyond their session


class Events(NamedTuple):
    """Corporate actions sorted by session, (A,) each, per share held; `kind` indexes core.tables.actions.KINDS."""

    session: Ints
    symbol: Ints
    kind: Ints
    shares: Floats
    cash: Floats
    rights: Floats  # new shares on offer
    rights_price: Floats
    ends: Flags  # nobody holds the share any more
    into: Ints  # symbol a share became, -1 none
    into_ratio: Floats


class Book(NamedTuple):
    """The state between sessions, (N,) each; `cash` and `queued` hold one number. `attempt` is -1 without an order."""

    cash: Ints
    shares: Ints
    target: Floats
    exit: Flags
    attempt: Ints
    queue: Ints  # symbols with a pending order, ascending; the first `queued` of them count
    queued: Ints


class Lots(NamedTuple):
    """Where the lots of each symbol begin and end among `rows`, -1 without one; `used` holds one number."""

    first: Ints  # (N,)
    last: Ints  # (N,)
    used: Ints  # of the rows
    rows: Any  # LOT_ROW


class Desk(NamedTuple):
    """Scratch of one session, (N,) each; `volumes` is (N, window). Indexed by symbol, or by place in `open_orders`."""

    side: Ints
    asked: Ints
    capped: Ints
    reason: Ints
    open_orders: Ints  # symbols whose order the open lets through
    volumes: Floats  # by place, as the next three
    counts: Ints
    ample: Ints  # how many volumes allow the whole order
    unsettled: Ints
    up: Floats  # price limits in yuan, NaN where there is none
    down: Floats
    base: Ints  # millionths of a yuan, before slippage
    price: Ints  # the same, of a fill

"""Money in whole numbers: exact products, rounded half up to the fen however large they are.

1. A price is whole millionths of a yuan, a rate whole billionths: every price, fee and slippage of a broker is one.
2. A product that might not fit 64 bits is taken apart first: the whole part, and the rest that is rounded.
"""

from __future__ import annotations

import numpy as np

from screener.backtest.kernel.compile import small
from screener.backtest.kernel.rows import PER_FEN, of_shares

_MILLION, _BILLION = 10**6, 10**9
_FEN = 10**7  # billionths of a yuan

fen_of = small(of_shares)


@small
def micro(yuan: float) -> int:
    """A price in millionths of a yuan; a price of the exchange is whole fen, a day's average is rounded."""
    return int(np.rint(yuan * 1_000_000))


@small
def slipped(price: int, side: int, slippage: float) -> int:
    """A price moved against the order by a fraction, in millionths like `price`."""
    return (price * (_MILLION + side * int(np.rint(slippage * 1_000_000))) + _MILLION // 2) // _MILLION


@small
def of_cash(shares: int, yuan: float) -> int:
    """Fen of `shares` at so many yuan each, to the billionth."""
    each = int(np.rint(yuan * 1e9))
    return shares * (each // _FEN) + (shares * (each % _FEN) + _FEN // 2) // _FEN


@small
def of_fraction(fraction: float, price: int) -> int:
    """Fen of a part of a share, to its millionth, at a price in millionths."""
    return (int(np.rint(fraction * 1e6)) * price + _MILLION * PER_FEN // 2) // (_MILLION * PER_FEN)


@small
def part_of(amount: int, rate: float) -> int:
    """`amount` × `rate`, rounded half up."""
    billionths = int(np.rint(rate * 1e9))
    return amount // _BILLION * billionths + (amount % _BILLION * billionths + _BILLION // 2) // _BILLION


@small
def transfer_fee(amount: int, rate: float, shares: int, per_share: float) -> int:
    """Fen on a fill of `amount` fen: by the amount, and yuan by the share, rounded once."""
    billionths, each = int(np.rint(rate * 1e9)), int(np.rint(per_share * 1e11))
    whole = amount // _BILLION * billionths + shares // _BILLION * each
    rest = amount % _BILLION * billionths + shares % _BILLION * each
    return whole + (rest + _BILLION // 2) // _BILLION

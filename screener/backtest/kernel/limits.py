"""Price limits of a session, in yuan, for the orders alone: of a whole market they would be as large as the prices."""

from __future__ import annotations

import numpy as np

from screener.backtest.kernel.compile import inner, small
from screener.backtest.kernel.state import Bars, Book, Desk
from screener.core.price_rules import NO_LIMIT, limit_fen

_limits = small(limit_fen)


@inner
def limit_orders(bars: Bars, book: Book, desk: Desk, t: int) -> None:
    """Price limits of every pending symbol."""
    reference, permille, outwards = bars.reference[t], bars.limit_permille[t], bars.limit_outwards[t]
    column, queue, up, down = bars.limit_column, book.queue, desk.up, desk.down
    for i in range(book.queued[0]):
        n = queue[i]
        k = column[n]
        if np.isnan(reference[n]) or permille[k] == NO_LIMIT:
            up[n] = down[n] = np.nan
        else:
            high, low = _limits(int(np.rint(reference[n] * 100)), int(permille[k]), int(outwards[k]))
            up[n], down[n] = high / 100, low / 100

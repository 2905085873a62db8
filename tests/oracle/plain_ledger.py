"""A plain, slow ledger: the execution rules written down once more, one symbol at a time, to check the fast kernel.

It shares no code with it. Money is a Python int of fen, positions are a dict, every rule is one short method.
Each session, in this order:

1. `_corporate_actions` – shares and cash of actions whose ex-date is today, on what is held before the open.
2. `_decide` – today's target weights, if any, replace everything pending.
3. `_draft` – each pending target becomes one order: whole lots, then halts, limits, participation.
4. `_book` every sell, then `_buy_all` – today's sells pay for today's buys; too little cash scales all buys once.
5. `_equity` – cash and positions at the close (the reference price where there is no bar).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal
from math import floor, isnan
from statistics import median
from typing import Any

TINY = 1e-9
BLOCKS = ("halted", "limit_up", "limit_down", "participation")


MICRO = Decimal("0.000001")


def exact(value: float) -> Decimal:
    """The decimal that was written, not the float that is next to it."""
    return Decimal(repr(float(value)))


def whole(amount: Decimal) -> int:
    """Half up, as one does by hand."""
    return int(amount.quantize(Decimal(1), ROUND_HALF_UP))


def fen(yuan: Decimal | float) -> int:
    """Yuan → whole fen, half up."""
    return whole((yuan if isinstance(yuan, Decimal) else exact(yuan)) * 100)


@dataclass
class PlainOrder:
    """One order of one session; amounts and fees in fen, `price` 0 where nothing was filled."""

    t: int
    n: int
    side: str
    requested: int
    attempt: int = 0
    filled: int = 0
    price: float = 0.0
    amount: int = 0
    commission: int = 0
    stamp_duty: int = 0
    transfer_fee: int = 0
    dividend_tax: int = 0
    dividend_tax_due: int = 0
    slippage: int = 0
    reason: str = ""
    near_limit: bool = False

    @property
    def refused(self) -> int:
        return self.requested - self.filled

    @property
    def fees(self) -> int:
        return self.commission + self.stamp_duty + self.transfer_fee + self.dividend_tax


@dataclass
class Pending:
    """What a decision still wants of one symbol."""

    target: float
    leave: bool  # weight 0: everything goes, an odd lot too
    attempt: int = 0


@dataclass
class PlainResult:
    """Orders in the order they were made; equity and cash in fen at the end of each session."""

    orders: list[PlainOrder]
    equity: list[int]
    cash: list[int]
    shares: dict[int, int]


@dataclass
class Lot:
    """Shares of one day; `owed`: tax on their dividends by holding period, in billionths of a yuan."""

    t: int
    shares: int
    owed: list[int] = field(default_factory=lambda: [0, 0, 0])


@dataclass
class _Ledger:
    market: Any
    options: Any
    cash: int
    shares: dict[int, int] = field(default_factory=dict)
    pending: dict[int, Pending] = field(default_factory=dict)
    orders: list[PlainOrder] = field(default_factory=list)
    lots: dict[int, list[Lot]] = field(default_factory=dict)

    def session(self, t: int, weights: dict[str, float] | None) -> None:
        self._corporate_actions(t)
        if weights is not None:
            self._decide(t, weights)
        drafts = [draft for n in sorted(self.pending) if (draft := self._draft(t, n))]
        for draft in drafts:
            if draft.side == "sell":
                self._book(draft)
        self._buy_all([draft for draft in drafts if draft.side == "buy"])

    def _corporate_actions(self, t: int) -> None:
        today = [action for action in self.market.actions if action.t == t]
        for action in [a for a in today if self._ends(a)]:
            self._leave(action, t)
        for action in [a for a in today if not self._ends(a) and a.kind != "restructuring_conversion"]:
            held, wish = self.shares.get(action.n, 0), self.pending.get(action.n)
            if wish:
                wish.target *= 1 + action.shares_to_holder
            if held:
                self._receive(action, held, float(self.market.reference[t, action.n]))
                self._subscribe(action, held)

    @staticmethod
    def _ends(action: Any) -> bool:
        return action.kind == "delisting" or (action.kind in ("merger", "renumbering") and action.into >= 0)

    def _subscribe(self, action: Any, held: int) -> None:
        """Rights, if the account takes them up: as many new shares as there is money for, at whole fen and above."""
        if self.options.rights != "subscribe" or not action.rights_ratio > 0 or isnan(action.rights_price):
            return
        price = exact(action.rights_price)
        each = int((price * 100).to_integral_value(ROUND_CEILING))
        bought = min(floor(held * action.rights_ratio + TINY), self.cash // each)
        self.shares[action.n] += bought
        self.cash -= fen(bought * price)
        self._new_lot(action.n, action.t, bought)

    def _new_lot(self, n: int, t: int, shares: int) -> None:
        """Shares received on one day are one lot."""
        lots = self.lots.setdefault(n, [])
        if shares and lots and lots[-1].t == t and not any(lots[-1].owed):
            lots[-1].shares += shares
        elif shares:
            lots.append(Lot(t, shares))

    def _tax(self, n: int, t: int, sold: int) -> int:
        """Fen made due by a sale, the oldest lots first."""
        due = 0
        for lot in self.lots.get(n, []):
            part = min(sold, lot.shares)
            if part == 0:
                continue
            owed = [amount * part // lot.shares for amount in lot.owed]
            period = 0 if t < self.market.month_over[lot.t] else 1 if t < self.market.year_over[lot.t] else 2
            due += owed[period]
            lot.owed = [whole - taken for whole, taken in zip(lot.owed, owed, strict=True)]
            lot.shares, sold = lot.shares - part, sold - part
        self.lots[n] = [lot for lot in self.lots.get(n, []) if lot.shares]
        return whole(Decimal(due) / 10**7)

    def _leave(self, action: Any, t: int) -> None:
        """A share that is no more: paid out, or turned into another stock, and its order with it."""
        held, wish = self.shares.pop(action.n, 0), self.pending.pop(action.n, None)
        heir = action.into if action.kind != "delisting" else None
        if wish and heir is not None:
            other, own = self.pending.get(heir), self.shares.get(heir, 0)
            if other is None:
                wish.target, wish.leave = own + wish.target * action.into_ratio, wish.leave and own == 0
                self.pending[heir] = wish
            elif not other.leave:
                other.target += wish.target * action.into_ratio
        self.cash += fen(held * exact(action.cash_to_holder))
        lots = self.lots.pop(action.n, [])
        if held and heir is not None:
            self._pass_lots(lots, heir, action.into_ratio, floor(held * action.into_ratio + TINY))
            due, price = held * action.into_ratio, float(self.market.reference[t, heir])
            new = floor(due + TINY)
            self.shares[heir] = self.shares.get(heir, 0) + new
            self.cash += fen(exact(due - new).quantize(MICRO, ROUND_HALF_UP) * exact(price))

    def _receive(self, action: Any, held: int, reference: float) -> None:
        bonus = held * action.shares_to_holder
        whole = floor(bonus + TINY)
        fraction = exact(bonus - whole).quantize(MICRO, ROUND_HALF_UP)
        for lot in self.lots.get(action.n, []):
            rates = [round(float(rate) * 1000) for rate in self.market.dividend_tax[action.t]]
            paid = round(action.cash_to_holder * 1e6) * lot.shares
            lot.owed = [owed + paid * rate for owed, rate in zip(lot.owed, rates, strict=True)]
        self._new_lot(action.n, action.t, whole)
        self.shares[action.n] = held + whole
        self.cash += fen(fraction * exact(reference)) + fen(held * exact(action.cash_to_holder))

    def _pass_lots(self, lots: list[Lot], heir: int, ratio: float, new: int) -> None:
        """The new shares belong to the days of the old ones; the last lot takes what is left by rounding."""
        before = after = 0
        for lot in lots:
            before += lot.shares
            until = new if lot is lots[-1] else min(new, floor(before * ratio))
            lot.shares, after = until - after, until
        self.lots[heir] = self.lots.get(heir, []) + lots

    def _decide(self, t: int, weights: dict[str, float]) -> None:
        equity = self._equity(self.market.reference[t])
        self.pending = {}
        for n, symbol in enumerate(self.market.symbols):
            weight, reference = weights.get(symbol, 0.0), float(self.market.reference[t, n])
            if weight > 0 and isnan(reference):
                self.orders.append(PlainOrder(t, n, "buy", 0, reason="not_listed"))
            elif weight > 0:
                self.pending[n] = Pending(weight * equity / 100 / reference, leave=False)
            elif self.shares.get(n, 0) > 0:
                self.pending[n] = Pending(0.0, leave=True)

    def _equity(self, prices: Any) -> int:
        return self.cash + sum(fen(held * exact(prices[n])) for n, held in self.shares.items() if held)

    def _draft(self, t: int, n: int) -> PlainOrder | None:
        """The order of a pending target, its quantity still `requested - refused`; None where there is none today."""
        wish, held = self.pending[n], self.shares.get(n, 0)
        delta = wish.target - held
        wanted = held if wish.leave else floor(abs(delta) + TINY)
        if wanted == 0 or (not wish.leave and abs(delta) < 1):
            del self.pending[n]
            return None
        quantity = wanted if wish.leave else self._lot(n, wanted)
        order = PlainOrder(t, n, "buy" if delta > 0 else "sell", quantity or wanted, wish.attempt)
        order.reason = "lot" if quantity == 0 else self._blocked(order)
        if order.reason:
            self.orders.append(order)
            self._keep_or_drop(order)
            return None
        cap = self._participation_cap(t, n)
        order.filled = quantity if quantity <= cap else self._lot(n, cap)
        order.reason = "" if quantity <= cap else "participation"
        return order

    def _lot(self, n: int, quantity: int) -> int:
        smallest, step = int(self.market.lot_minimum[n]), int(self.market.lot_step[n])
        return 0 if quantity < smallest else smallest + (quantity - smallest) // step * step

    def _blocked(self, order: PlainOrder) -> str:
        m, at = self.market, (order.t, order.n)
        if isnan(m.open[at]) or not m.volume[at] > 0:
            return "halted"
        if order.side == "buy" and m.open[at] >= m.limit_up[at] - TINY:  # NaN: no limit, never true
            return "limit_up"
        if order.side == "sell" and m.open[at] <= m.limit_down[at] + TINY:
            return "limit_down"
        return ""

    def _participation_cap(self, t: int, n: int) -> int:
        m = self.market
        traded = [s for s in range(t) if not isnan(m.open[s, n])][-self.options.participation_sessions :]
        volumes = [float(m.volume[s, n] * m.share_factor[t, n] / m.share_factor[s, n]) for s in traded]
        return floor(self.options.participation * median(volumes)) if volumes else 0

    def _keep_or_drop(self, order: PlainOrder) -> None:
        """A blocked order stays pending for the next open while tries are left; any other order is done with."""
        if order.reason in BLOCKS and (order.side == "sell" or order.attempt < self.options.retries):
            self.pending[order.n].attempt += 1
        else:
            del self.pending[order.n]

    def _buy_all(self, orders: list[PlainOrder]) -> None:
        total = sum(self._priced(order).amount + order.fees for order in orders)
        if total > max(self.cash, 0):
            share = self.cash / total
            for order in orders:
                self._cut(order, self._lot(order.n, floor(order.filled * share)))
        for order in orders:
            while order.filled and self._priced(order).amount + order.fees > self.cash:
                self._cut(order, order.filled - int(self.market.lot_step[order.n]))
            self._book(order)

    def _cut(self, order: PlainOrder, quantity: int) -> None:
        quantity = quantity if quantity >= self.market.lot_minimum[order.n] else 0
        if quantity < order.filled:
            order.filled, order.reason = quantity, "cash"

    def _book(self, order: PlainOrder) -> None:
        self._priced(order)
        sign = 1 if order.side == "buy" else -1
        if sign > 0:
            self._new_lot(order.n, order.t, order.filled)
        elif order.filled:
            order.dividend_tax_due = self._tax(order.n, order.t, order.filled)
            left = max(0, order.amount - order.fees)
            order.dividend_tax = min(order.dividend_tax_due, left) if self.options.dividend_tax else 0
        self.cash -= sign * order.amount + order.fees
        self.shares[order.n] = self.shares.get(order.n, 0) + sign * order.filled
        self.orders.append(order)
        self._keep_or_drop(order)

    def _priced(self, order: PlainOrder) -> PlainOrder:
        """Price, amount and fees for the quantity `order.filled` now has."""
        m, o, at, quantity = self.market, self.options, (order.t, order.n), order.filled
        if quantity == 0:
            order.price, order.near_limit = 0.0, False
            order.amount = order.commission = order.stamp_duty = order.transfer_fee = order.slippage = 0
            return order
        buying = order.side == "buy"
        slip = exact(o.slippage) * (1 if buying else -1)
        base = self._base(at).quantize(MICRO, ROUND_HALF_UP)
        slipped = (base * (1 + slip)).quantize(MICRO, ROUND_HALF_UP)
        limit = float(m.limit_up[at] if buying else m.limit_down[at])
        price = slipped if isnan(limit) else (min if buying else max)(slipped, exact(limit))
        order.price, order.amount, order.commission, order.transfer_fee = float(price), 0, 0, 0
        by_board = order.t, m.board[order.n]
        most = int(m.largest_order[by_board])
        for part in [most] * (quantity // most) + [quantity % most] * (quantity % most > 0):
            amount = fen(part * price)
            order.amount += amount
            order.commission += max(fen(o.commission_floor), whole(amount * exact(o.commission_rate)))
            per_share = part * exact(m.transfer_per_share[by_board]) * 100
            order.transfer_fee += whole(amount * exact(m.transfer_rate[by_board]) + per_share)
        order.stamp_duty = whole(order.amount * exact((m.purchase_duty if buying else m.stamp_duty)[order.t]))
        order.slippage = abs(order.amount - fen(quantity * base))
        order.near_limit = abs(float(m.open[at]) - limit) <= o.near_limit * limit + TINY  # NaN: no limit, never true
        return order

    def _base(self, at: tuple[int, int]) -> Decimal:
        m = self.market
        if self.options.fill_at == "open":
            return exact(m.open[at])
        if isnan(m.amount[at]):
            return (exact(m.high[at]) + exact(m.low[at]) + exact(m.close[at])) / 3
        return exact(m.amount[at]) / exact(m.volume[at])

    def mark(self, t: int) -> int:
        """Equity in fen at the end of session t."""
        close = [c if not isnan(c) else r for c, r in zip(self.market.close[t], self.market.reference[t], strict=True)]
        return self._equity(close)


def run_plain(
    market: Any, decisions: list[tuple[int, dict[str, float]]], t0: int, t1: int, options: Any
) -> PlainResult:
    """Executes `decisions` (session index, symbol → weight) from session t0 to t1, both included."""
    ledger, by_session = _Ledger(market, options, fen(options.initial_cash)), dict(decisions)
    result = PlainResult(ledger.orders, [], [], ledger.shares)
    for t in range(t0, t1 + 1):
        ledger.session(t, by_session.get(t))
        result.equity.append(ledger.mark(t))
        result.cash.append(ledger.cash)
    return result

"""Does a reading agree with itself? Checks that need nothing but the document.

1. `capitals`: digits equal the amount in 大写 beside them.
2. `share`: amount ÷ stated revenue equals the stated share of it, with or without VAT. A wrong unit (元 for 万元) is a
   factor of 10 000.
3. `title`: the title and the body speak of the same kind of thing.
4. `readers`: a second PDF reader finds the same figure on the page (added by `second.py`).
Confidence starts from how clear the words are, rises with each check that is passed and falls far with one that fails.
"""

from __future__ import annotations

import re

from screener.reading.proposals import Check
from screener.reading.roles import Figure

_VAT = (1.0, 1.03, 1.05, 1.06, 1.09, 1.10, 1.11, 1.13, 1.16, 1.17)
_CLOSE = 0.02
_FAR = 1.35


def capitals(price: Figure | None) -> Check:
    """Digits against 大写."""
    if price is None or price.amount.written is None:
        return Check("capitals", "unknown", "no amount in 大写 beside it")
    digits, words = price.amount.high, price.amount.written
    if abs(digits - words) <= max(price.amount.slack, 0.005):
        return Check("capitals", "passed", f"{digits:,.2f} in digits and in 大写")
    factor = words / digits if digits else 0.0
    return Check("capitals", "failed", f"digits {digits:,.2f}, 大写 {words:,.2f} ({factor:,.4g} times)")


def share(amount: float | None, stated: float | None, revenue: float | None) -> Check:
    """Amount against the stated share of the stated revenue; `stated` a fraction, amounts in yuan."""
    if amount is None or not stated or not revenue:
        return Check("share", "unknown", "no share of a stated revenue")
    implied = amount / revenue / stated
    if any(abs(implied / vat - 1) <= _CLOSE + 0.005 / (stated * 100) for vat in _VAT):
        return Check("share", "passed", f"{amount / revenue:.2%} of revenue, stated {stated:.2%}")
    if implied > _FAR or implied < 1 / _FAR:
        return Check(
            "share", "failed", f"{amount / revenue:.4%} of revenue, stated {stated:.2%}: another unit or year?"
        )
    return Check("share", "unknown", f"{amount / revenue:.2%} of revenue, stated {stated:.2%}: perhaps a part of it")


def title(said: str, kind: str, direction: str) -> Check:
    """The title against what was read in the body."""
    if not said:
        return Check("title", "unknown", "no title")
    ended = bool(re.search(r"终止|解除", said)) and not re.search(r"限售|质押|冻结", said)
    if ended != (kind == "termination"):
        return Check("title", "failed" if ended else "unknown", f"the title says {'an end' if ended else 'no end'}")
    sells = bool(re.search(r"中标|销售|日常经营|服务(?:合同|协议)", said))
    buys = bool(re.search(r"采购|购买|购置", said)) and not sells
    if (sells and direction == "outflow") or (buys and direction == "inflow"):
        return Check("title", "failed", f"the title speaks of {'a sale' if sells else 'a purchase'}")
    return Check("title", "passed" if sells or buys or ended else "unknown", "")


def confidence(base: float, checks: tuple[Check, ...], *, by_ocr: bool, odd: bool) -> float:
    """0.05 … 0.99; see the module."""
    sure = base
    for check in checks:
        sure += 0.12 if check.outcome == "passed" else 0.0
        sure *= 0.45 if check.outcome == "failed" else 1.0
    sure *= 0.5 if by_ocr else 1.0
    sure *= 0.8 if odd else 1.0
    return round(min(0.99, max(0.05, sure)), 2)

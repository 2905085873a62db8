"""What changed a firm's score between two moments, in yuan of backlog and in log shares that add up.

1. Each commitment that counts at either moment gives signed yuan: with r(p, d) the work plan p leaves on day d,
   new       r(p₂, d₂) of a commitment not known before;
   burned    r(p₁, d₂) − r(p₁, d₁): the old reading, merely later;
   ended     what a termination, denial or reduction took off r(p₁, d₂); all of a contract that ran out in between;
   re_read   the rest: acceptance, delay, amendment, refuted link, classification, `unconfirmed`.
2. score = backlog ÷ (price × shares), hence ln(s₂ ÷ s₁) = ln(B₂ ÷ B₁) − ln(P₂F₂ ÷ P₁F₁) − ln((S₂ ÷ F₂) ÷ (S₁ ÷ F₁)),
   F being the shares one share of the first session has become: a split is neither price nor shares.
3. The backlog's log is shared out in proportion to the signed yuan: part = effect × ln(B₂ ÷ B₁) ÷ (B₂ − B₁)
   (logarithmic mean weights: Ang, Energy Policy 32 (2004) 1131–1139), whose limit for B₂ = B₁ is effect ÷ B₁.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from math import log
from typing import Any

import polars as pl

from screener.core.answer import Answer, Tables
from screener.core.config import ScreenOptions
from screener.core.days import in_order
from screener.core.errors import UnknownSymbol, UsageError
from screener.core.stands_on import StandsOn
from screener.point_in_time.announcements import Announcement
from screener.point_in_time.panel import Panel, announced_since
from screener.screen.contracts import Contract
from screener.screen.factors import Firm, firms
from screener.screen.factors import score as score_of
from screener.screen.ranking import stands_on

HALF_FEN = 0.005
EFFECTS = ("new", "ended", "burned", "re_read")


@dataclass(frozen=True, slots=True)
class Change:
    """One commitment's effect on the backlog."""

    commitment_id: str
    announcement_id: str
    effect: str
    yuan: float
    title: str
    why: str


@dataclass(frozen=True, slots=True)
class FirmDiff:
    """What changed one firm's score. `log_shares` sum to `log_change`; both None unless there is a score twice."""

    symbol: str
    firm: str
    status: str  # changed | unchanged | appeared | disappeared | unscored
    score_before: float | None
    score_after: float | None
    backlog_before_cny: float | None
    backlog_after_cny: float | None
    market_cap_before_cny: float | None
    market_cap_after_cny: float | None
    effects_cny: Mapping[str, float]
    log_change: float | None
    log_shares: Mapping[str, float] | None  # new, ended, burned, re_read, price, shares
    changes: tuple[Change, ...]
    announcements: tuple[Announcement, ...]  # that became known in between

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


@dataclass(frozen=True, repr=False, eq=False)
class Difference(Answer):
    """What changed between two days, the largest change of score first."""

    rows: tuple[FirmDiff, ...]
    first: date
    last: date
    stands_on: StandsOn

    def frame(self) -> pl.DataFrame:
        """One row per firm: scores, effects in yuan, log shares."""
        return pl.DataFrame([self._cells(row) for row in self.rows], infer_schema_length=None)

    def _plain(self) -> list[dict[str, Any]]:
        return [row.as_dict() for row in self.rows]

    def _tables(self) -> Tables:
        behind = {
            name: [{"symbol": row.symbol, **entry} for row in self.rows for entry in row.as_dict()[name]]
            for name in ("changes", "announcements")
        }
        return {"diff": [self._cells(row) for row in self.rows], **behind}

    @staticmethod
    def _cells(row: FirmDiff) -> dict[str, Any]:
        nested = ("changes", "announcements", "effects_cny", "log_shares")
        plain = row.as_dict()
        effects = {f"{name}_cny": value for name, value in row.effects_cny.items()}
        parts = {f"log_{name}": value for name, value in (row.log_shares or {}).items()}
        return {key: value for key, value in plain.items() if key not in nested} | effects | parts


def diff(before: Panel, after: Panel, options: ScreenOptions | None = None, symbol: str | None = None) -> Difference:
    """Each firm of either universe (or one symbol).

    Raises UsageError where `before` is the later one or the same, UnknownSymbol for a symbol the market does not hold.
    """
    in_order(before.as_of.date(), after.as_of.date())
    if before.as_of == after.as_of:
        raise UsageError("one day twice: nothing can have changed", got=after.as_of.date(), expected="two days")
    if symbol and symbol not in after.symbols:
        raise UnknownSymbol("the store holds nothing of this symbol", got=symbol, next_step="screener status")
    options = options or ScreenOptions()
    symbols = [symbol] if symbol else sorted({*before.universe, *after.universe})
    old = {firm.symbol: firm for firm in firms(before, options, symbols)}
    new = {firm.symbol: firm for firm in firms(after, options, symbols)}
    between = _between(before, after)
    found = [_firm_diff(before, after, old[name], new[name], between.get(name, ())) for name in symbols]
    rows = tuple(sorted(found, key=lambda row: (-abs(row.log_change or 0.0), row.symbol)))
    return Difference(rows, before.session, after.session, _standing(before, after, options, symbols))


def _between(before: Panel, after: Panel) -> Mapping[str, Sequence[Announcement]]:
    """Symbol → announcements that became known after the one and by the other."""
    found: dict[str, list[Announcement]] = {}
    for row in announced_since(after, before.as_of):
        found.setdefault(row.symbol, []).append(row)
    return found


def _standing(before: Panel, after: Panel, options: ScreenOptions, symbols: Sequence[str]) -> StandsOn:
    """What the later day stands on, with the hindsight of the earlier one, which has more of it."""
    earlier, later = (stands_on(panel, options, symbols) for panel in (before, after))
    since = {f"from_{name}": getattr(earlier, name) for name in ("as_of", "known_by", "price_session")}
    return replace(later, hindsight=earlier.hindsight or later.hindsight, rules={**later.rules, **since})


def _firm_diff(before: Panel, after: Panel, old: Firm, new: Firm, announcements: Sequence[Announcement]) -> FirmDiff:
    symbol, scores = old.symbol, (score_of(old), score_of(new))
    changes = tuple(_changes(old, new))
    effects = {name: sum(row.yuan for row in changes if row.effect == name) for name in EFFECTS}
    shares = _log_shares(before, after, old, new, effects) if scores[0] and scores[1] else None
    return FirmDiff(
        symbol=symbol,
        firm=after.names.get(symbol, symbol),
        status=_status(*scores),
        score_before=scores[0],
        score_after=scores[1],
        backlog_before_cny=old.backlog,
        backlog_after_cny=new.backlog,
        market_cap_before_cny=old.market_cap,
        market_cap_after_cny=new.market_cap,
        effects_cny={name: round(yuan, 2) for name, yuan in effects.items()},
        log_change=log(scores[1] / scores[0]) if scores[0] and scores[1] else None,
        log_shares=shares,
        changes=changes,
        announcements=tuple(announcements),
    )


def _status(before: float | None, after: float | None) -> str:
    if before is None or after is None:
        return "unscored" if before == after else "appeared" if before is None else "disappeared"
    return "unchanged" if before == after else "changed"


def _changes(first: Firm, last: Firm) -> Iterable[Change]:
    before, after = ({row.commitment.commitment_id: row for row in firm.contracts} for firm in (first, last))
    for name in {**before, **after}:
        row = (after.get(name) or before[name]).commitment
        for effect, yuan, why in _effects(before.get(name), after.get(name), before, last.day):
            if yuan:
                yield Change(name, row.announcement_id, effect, round(yuan, 2), row.title, why)


def _effects(
    old: Contract | None, new: Contract | None, known: Mapping[str, Contract], day: date
) -> Iterable[tuple[str, float, str]]:
    """(effect, yuan, why) of one commitment; their yuan sum to its backlog after less its backlog before."""
    held, left = _backlog(old), _backlog(new)
    if old is None:
        amended = [name for name in new.plan.originals if name in known] if new else []
        yield ("re_read", left, "amends " + ", ".join(amended)) if amended else ("new", left, "")
        return
    if not held:
        if left:  # of what counts on neither day nobody asks why
            yield "re_read", left, _why(old, new)
        return
    if new is not None and new.counted and left == 0:
        yield "ended", -held, "finished" if old.plan.kept == new.plan.kept else "reduced"
        return
    later = old.plan.remaining(day)
    yield "burned", later - held, ""
    if new is None or new.plan.ended is not None:
        yield "ended", left - later, _why(old, new)
        return
    reduced = later * (new.plan.kept / old.plan.kept - 1.0) if new.counted else 0.0
    yield "ended", reduced, "reduced"
    yield "re_read", left - later - reduced, _why(old, new)


def _backlog(row: Contract | None) -> float:
    return row.remaining or 0.0 if row is not None and row.counted else 0.0


def _why(old: Contract, new: Contract | None) -> str:
    if new is None:
        return "no longer known"
    if not new.counted:
        return f"{new.reason} {new.detail}".strip()
    told = [f"{fact.kind} {fact.fact_id}" for fact in new.plan.facts if fact not in old.plan.facts]
    return ", ".join(told) or "counts again"


def _log_shares(before: Panel, after: Panel, old: Firm, new: Firm, effects: Mapping[str, float]) -> dict[str, float]:
    start, end = old.backlog or 0.0, new.backlog or 0.0
    change = sum(effects.values())
    weight = log(end / start) / change if abs(change) >= HALF_FEN else 1.0 / start
    price = log(_adjusted_price(after, old.symbol) / _adjusted_price(before, old.symbol))
    count = log(_adjusted_shares(after, old.symbol) / _adjusted_shares(before, old.symbol))
    return {**{name: yuan * weight for name, yuan in effects.items()}, "price": 0.0 - price, "shares": 0.0 - count}


def _adjusted_price(panel: Panel, symbol: str) -> float:
    """Yuan for what one share of the first session has become."""
    n = panel.index_of(symbol)
    return float(panel.reference[n] * panel.share_factor_now[n])


def _adjusted_shares(panel: Panel, symbol: str) -> float:
    """Total shares, counted in shares of the first session."""
    n = panel.index_of(symbol)
    return float(panel.total_shares[n] / panel.share_factor_now[n])

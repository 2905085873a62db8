"""What changed a firm's score between two moments, in yuan of backlog and in log shares that add up.

1. Each commitment that counts at either moment gives signed yuan: new, burned, ended, re_read (`effects`).
2. score = backlog ÷ (price × shares), hence ln(s₂ ÷ s₁) = ln(B₂ ÷ B₁) − ln(P₂F₂ ÷ P₁F₁) − ln((S₂ ÷ F₂) ÷ (S₁ ÷ F₁)),
   F being the shares one share of the first session has become: a split is neither price nor shares.
3. The backlog's log is shared out in proportion to the signed yuan: part = effect × ln(B₂ ÷ B₁) ÷ (B₂ − B₁)
   (logarithmic mean weights: Ang, Energy Policy 32 (2004) 1131–1139), whose limit for B₂ = B₁ is effect ÷ B₁.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import date
from functools import cached_property
from math import log
from typing import TYPE_CHECKING, Any

import polars as pl

from screener.core.answer import Answer, Tables
from screener.core.config import ScreenOptions
from screener.core.days import in_order
from screener.core.errors import UnknownSymbol, UsageError
from screener.core.stands_on import StandsOn
from screener.point_in_time.announcements import Announcement
from screener.point_in_time.panel import Panel, announced_since
from screener.screen.backlog import backlogs
from screener.screen.contracts import Contract
from screener.screen.effects import EFFECTS, Effects, effects
from screener.screen.factors import Firm, firms
from screener.screen.ranking import stands_on

HALF_FEN = 0.005


@dataclass(frozen=True, slots=True)
class Change:
    """One commitment's effect on the backlog."""

    commitment_id: str
    announcement_id: str
    effect: str
    yuan: float
    title: str
    why: str


@dataclass(frozen=True)
class FirmDiff:
    """What changed one firm's score. `log_shares` sum to `log_change`; both None unless there is a score twice.

    What no order needs is found when somebody asks for it: see PARTS.
    """

    symbol: str
    firm: str
    status: str  # changed | unchanged | appeared | disappeared | unscored
    score_before: float | None
    score_after: float | None
    backlog_before_cny: float | None
    backlog_after_cny: float | None
    market_cap_before_cny: float | None
    market_cap_after_cny: float | None
    effects_cny: Mapping[str, float] = field(init=False)
    log_change: float | None
    log_shares: Mapping[str, float] | None = field(init=False)  # new, ended, burned, re_read, price, shares
    changes: tuple[Change, ...] = field(init=False)
    announcements: tuple[Announcement, ...] = field(init=False)  # that became known in between
    behind: Between = field(repr=False, compare=False)

    if not TYPE_CHECKING:  # to it the fields above say what there is

        def __getattr__(self, name: str) -> Any:
            """A part that no order needs. Raises AttributeError for another name."""
            if name not in PARTS:
                raise AttributeError(name)
            found = vars(self)[name] = PARTS[name](self)
            return found

    @property
    def count(self) -> int:
        """How many changes there are."""
        return self.behind.effects.counts.get(self.symbol, 0)

    @property
    def between(self) -> int:
        """How many announcements there are."""
        return len(self.behind.announced.get(self.symbol, ()))

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        plain = {each.name: getattr(self, each.name) for each in fields(self) if each.name != "behind"}
        rows = {name: tuple(map(asdict, plain[name])) for name in ("changes", "announcements")}
        return {**plain, "effects_cny": dict(self.effects_cny), **rows}


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
    behind = Between.of(before, after, options, symbols)
    rows = tuple(sorted((_firm_diff(behind, name, symbol) for name in symbols), key=_order))
    return Difference(rows, before.session, after.session, _standing(before, after, options, symbols))


def _order(row: FirmDiff) -> tuple[float, str]:
    return -abs(row.log_change or 0.0), row.symbol


@dataclass(frozen=True)
class Between:
    """What the rows share."""

    before: Panel
    after: Panel
    options: ScreenOptions
    firms: Mapping[str, tuple[Firm, Firm]]
    announced: Mapping[str, Sequence[Announcement]]  # that became known in between

    @classmethod
    def of(cls, before: Panel, after: Panel, options: ScreenOptions, symbols: Sequence[str]) -> Between:
        """Of some firms."""
        pairs = zip(firms(before, options, symbols), firms(after, options, symbols), strict=True)
        return cls(before, after, options, dict(zip(symbols, pairs, strict=True)), _between(before, after))

    @cached_property
    def effects(self) -> Effects:
        """On the backlogs of all firms."""
        return effects(self.before, self.after, self.options)


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


def _firm_diff(behind: Between, symbol: str, alone: str | None) -> FirmDiff:
    old, new = behind.firms[symbol]
    yuan = [backlogs(panel, behind.options, alone).get(symbol) for panel in (behind.before, behind.after)]
    scores = [firm.to_cap(one or None) for firm, one in zip((old, new), yuan, strict=True)]
    return FirmDiff(
        symbol=symbol,
        firm=behind.after.names.get(symbol, symbol),
        status=_status(*scores),
        score_before=scores[0],
        score_after=scores[1],
        backlog_before_cny=yuan[0],
        backlog_after_cny=yuan[1],
        market_cap_before_cny=old.market_cap,
        market_cap_after_cny=new.market_cap,
        log_change=log(scores[1] / scores[0]) if scores[0] and scores[1] else None,
        behind=behind,
    )


# Parts of a row that are found when somebody asks for them.
PARTS: Mapping[str, Callable[[FirmDiff], Any]] = {
    "effects_cny": lambda row: {name: round(yuan, 2) for name, yuan in _sums(row).items()},
    "log_shares": lambda row: _log_shares(row) if row.log_change is not None else None,
    "changes": lambda row: tuple(_changes(row.behind, row.symbol)),
    "announcements": lambda row: tuple(row.behind.announced.get(row.symbol, ())),
}


def _sums(row: FirmDiff) -> dict[str, float]:
    return {name: sum(each.yuan for each in row.changes if each.effect == name) for name in EFFECTS}


def _status(before: float | None, after: float | None) -> str:
    if before is None or after is None:
        return "unscored" if before == after else "appeared" if before is None else "disappeared"
    return "unchanged" if before == after else "changed"


def _changes(behind: Between, symbol: str) -> Iterator[Change]:
    before, after = ({row.commitment.commitment_id: row for row in firm.contracts} for firm in behind.firms[symbol])
    for name, effect, yuan in behind.effects.of(symbol):
        old, new = before.get(name), after.get(name)
        row = (new or before[name]).commitment
        why = _because(effect, old, new, before.keys())
        yield Change(name, row.announcement_id, effect, round(yuan, 2), row.title, why)


def _because(effect: str, old: Contract | None, new: Contract | None, known: Collection[str]) -> str:
    if effect in ("new", "burned"):
        return ""
    if old is None:
        return "amends " + ", ".join(name for name in new.plan.originals if name in known) if new else ""
    if effect == "ended" and new is not None and new.counted:
        return "finished" if not new.remaining and old.plan.kept == new.plan.kept else "reduced"
    return _why(old, new)


def _why(old: Contract, new: Contract | None) -> str:
    if new is None:
        return "no longer known"
    if not new.counted:
        return f"{new.reason} {new.detail}".strip()
    told = [f"{fact.kind} {fact.fact_id}" for fact in new.plan.facts if fact not in old.plan.facts]
    return ", ".join(told) or "counts again"


def _log_shares(row: FirmDiff) -> dict[str, float]:
    start, end, effects = row.backlog_before_cny or 0.0, row.backlog_after_cny or 0.0, _sums(row)
    before, after = row.behind.before, row.behind.after
    change = sum(effects.values())
    weight = log(end / start) / change if abs(change) >= HALF_FEN else 1.0 / start
    price = log(_adjusted_price(after, row.symbol) / _adjusted_price(before, row.symbol))
    count = log(_adjusted_shares(after, row.symbol) / _adjusted_shares(before, row.symbol))
    return {**{name: yuan * weight for name, yuan in effects.items()}, "price": 0.0 - price, "shares": 0.0 - count}


def _adjusted_price(panel: Panel, symbol: str) -> float:
    """Yuan for what one share of the first session has become."""
    n = panel.index_of(symbol)
    return float(panel.reference[n] * panel.share_factor_now[n])


def _adjusted_shares(panel: Panel, symbol: str) -> float:
    """Total shares, counted in shares of the first session."""
    n = panel.index_of(symbol)
    return float(panel.total_shares[n] / panel.share_factor_now[n])

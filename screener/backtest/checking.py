"""A back-test with its look-ahead check: the check runs where no verdict on this code and this data is known yet.

1. What the text of a file gives away is said before anything of it runs.
2. The decisions are taken on what was known at each session; those are executed.
3. Unless a verdict is kept in the trial ledger, or none is wanted, they are compared (`lookahead`, `confined.inside`).
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from screener.backtest import engine, lookahead, verdicts
from screener.backtest.chosen import Chosen, text_of
from screener.backtest.confined import inside
from screener.backtest.confined.run import Elsewhere
from screener.backtest.fingerprint import fingerprint
from screener.backtest.portfolio import Decisions
from screener.backtest.result import BacktestResult
from screener.backtest.strategy import shadows
from screener.backtest.verdicts import UNCHECKED, Checked, Verdict
from screener.core.config import BacktestOptions
from screener.core.errors import ScreenerError
from screener.point_in_time.market import Market


@dataclass(frozen=True)
class CheckedRun:
    """A finished back-test, what its check said, and the fingerprints of code and data."""

    result: BacktestResult
    verdict: Verdict
    code: str
    data: str


def checked_run(
    market: Market,
    chosen: Chosen,
    options: BacktestOptions | None = None,
    *,
    ledger: Path | None = None,
    unchecked: bool = False,
) -> CheckedRun:
    """Raises StrategyError for a strategy that is caught, and whatever `engine.run` raises."""
    options, data = options or BacktestOptions(), fingerprint(market)
    first, last, notes = engine.span_of(market, options)
    about = Checked(
        strategy=chosen.name,
        code=chosen.code,
        params=json.dumps(dict(chosen.params), sort_keys=True, ensure_ascii=False, default=str),
        universe=str(options.universe),
        first=str(market.sessions[first]),
        last=str(market.sessions[last - 1]),
        data=data,
    )
    before = verdicts.known(ledger, about) if ledger and not unchecked else None
    check = not unchecked and before is None
    decisions, how = _decided(market, chosen, options, (first, last), check=check)
    verdict = before or Verdict(UNCHECKED if unchecked else "ok", how, 0 if unchecked else last - first)
    if check and ledger:
        with suppress(ScreenerError):  # a folder nobody can write to: checked again the next time
            verdicts.keep(ledger, about, verdict)
    other = shadows(chosen.decide.source.path) if isinstance(chosen.decide, Elsewhere) else ""
    result = engine.finish(
        market,
        decisions,
        options,
        params=chosen.params,
        name=chosen.name,
        span=(first, last),
        notes=(*notes, *([other] if other else [])),
    )
    return CheckedRun(result, verdict, chosen.code, data)


def _decided(
    market: Market, chosen: Chosen, options: BacktestOptions, span: tuple[int, int], *, check: bool
) -> tuple[Decisions, str]:
    """(Decisions, how they were confined), compared where `check` says so."""
    asked, universe = chosen.decide, options.universe
    if not isinstance(asked, Elsewhere):
        if check:
            lookahead.refuse_text(text_of(asked.function), asked.name)
        decisions = asked.take(market, universe, span)
        if check:
            asked.compare(market, universe, span, decisions)
        return decisions, inside.HOW
    if check:
        lookahead.refuse_text(asked.source.text, str(asked.source.path))
    found = asked.taken(market, universe, span)
    if check:
        lookahead.compare(asked.source, market, universe, asked.params, found, patience=asked.patience)
    return found.decisions(), found.how

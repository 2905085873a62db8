"""An ST spell inside another one: findings, panel and engine hold the same limit after the inner one is over."""

from __future__ import annotations

from datetime import date

import pytest

from screener.core.price_rules import limit_prices
from screener.point_in_time.market import Market
from screener.store.database import Store
from screener.store.ingest import ingest_all
from screener.store.parts import Part
from tests.store.rows import NOW, SESSIONS, bars, row

SYMBOL = "603629.SH"


@pytest.mark.parametrize(("beyond", "findings"), [(0.0, 0), (0.01, 1)])
def test_findings_and_engine_agree_after_the_inner_spell(store: Store, beyond: float, findings: int) -> None:
    up, down = limit_prices(10.1, 0.05)  # Shanghai, before 2026-07-06
    outer = row("st_spells", symbol=SYMBOL, start=SESSIONS[0], status="ST", spell_id="outer")
    inner = row("st_spells", symbol=SYMBOL, start=SESSIONS[2], end=SESSIONS[4], status="*ST", spell_id="inner")
    last = bars(8, SYMBOL, **dict.fromkeys(("open", "high", "low", "close"), round(up + beyond, 2)), amount=None)
    parts = [Part("st_spells", outer, "s"), Part("st_spells", inner, "t"), Part("bars", last, "f")]
    ingest_all(store, parts, now=NOW)
    market = Market.build(store.frames())
    n, t = market.index_of(SYMBOL), market.sessions.tolist().index(SESSIONS[7])
    assert SESSIONS[7] < date(2026, 7, 6) and (market.limit_up[t, n], market.limit_down[t, n]) == (up, down)
    assert store.frame("findings").filter(check="price_limit").height == findings

"""What a strategy's process holds after rows were corrected is what it would have been told from the beginning."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from screener.backtest.confined.fed import ARRAYS, LISTS, NAMED, OPENING, Fed
from screener.backtest.confined.feed import Feed
from screener.core.config import Universe
from screener.point_in_time.market import Market
from tests.cases import later
from tests.point_in_time.corrections import DAYS, store
from tests.point_in_time.test_epochs import same

FIRST = 3


def told(feed: Feed, fed: list[Fed], t: int) -> dict[str, Any]:
    """The question of session t, as the other process hears it; `fed` holds what stands for the market there."""
    asked: dict[str, Any] = pickle.loads(pickle.dumps(feed.step(t)))
    if "head" in asked:
        fed[:] = [Fed(asked["head"], feed.need)]
    if "mended" in asked:
        fed[0].mend(asked["mended"])
    fed[0].told(asked["more"])
    return asked


def walks(market: Market, *, whole: bool) -> Iterator[tuple[int, Fed, Fed]]:
    """(Session, what was told so far, what is told from the beginning on it)."""
    feed, fed = Feed(market, Universe.MARKET, FIRST, whole=whole), list[Fed]()
    for t in reversed(range(FIRST, len(DAYS))) if whole else range(FIRST, len(DAYS)):
        told(feed, fed, t)
        for name in ARRAYS[t % 3 :]:  # some are read early, some late
            getattr(fed[0], name)
        alone = list[Fed]()
        told(Feed(market, Universe.MARKET, FIRST, whole=whole), alone, t)
        yield t, fed[0], alone[0]


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize("seed", [*range(3), *later(*range(3, 12))])
def test_what_is_mended_is_what_would_be_told_from_the_beginning(seed: int, *, whole: bool) -> None:
    market = Market.build(store(seed))
    for t, fed, right in walks(market, whole=whole):
        for name in ARRAYS:
            rows = len(DAYS) if whole else t + (name in OPENING)
            assert same(getattr(fed, name)[:rows], getattr(right, name)[:rows]), (t, name)
        for name in (*LISTS, *NAMED, "universe_entry", "ended", "indices", "_entries"):
            assert same(getattr(fed, name), getattr(right, name)), (t, name)


def test_a_correction_is_told_by_its_cells() -> None:
    frames = store(3)
    market = Market.build(frames)
    feed, fed = Feed(market, Universe.MARKET, FIRST), list[Fed]()
    heads, cells = 0, []
    for t in range(FIRST, len(DAYS)):
        asked = told(feed, fed, t)
        heads += "head" in asked
        cells += [len(each[0]) for name, each in asked.get("mended", {"cells": {}})["cells"].items() if name == "close"]
        assert np.isfinite(fed[0].close).any()
    assert heads == 1 and cells and max(cells) < len(DAYS) * len(market.symbols) // 2

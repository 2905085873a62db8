"""Questions about many firms × every fault of their provider: whole, or a cause; never fewer rows in silence."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

import polars as pl
import pytest

from screener.core.calendar import packaged_calendar
from screener.sources import akshare_cninfo, registry
from screener.sources.answers import LISTED, MARKET, Ask, Source
from screener.sources.classify import SourceFailure
from screener.sources.http import Policy
from tests.loopback.modes import MODES
from tests.loopback.server import Loopback, redirected
from tests.loopback.world import World

FIRMS = ("300001.SZ", "300002.SZ", "603001.SH")
FIRST, LAST = date(2025, 4, 1), date(2025, 4, 30)
ROUNDS = {**registry.ROUNDS, "notices": registry.ROUND_COMPLEMENTS["announcements"]}
CASES = [(name, MARKET) for name in ROUNDS] + [("announcements", LISTED), ("notices", LISTED)]
ALWAYS = ("403", "json500", "empty", "malformed", "null", "truncated", "reset", "slow")  # a cause, whoever is asked
NONE_IS_TRUE = ("announcements", "notices", "names", "ratings")  # a provider that says that there is nothing
Told = dict[str, pl.DataFrame]


@pytest.fixture(scope="module")
def server() -> Iterator[Loopback]:
    made = Loopback(World(FIRMS, FIRST, LAST, notices_per_quarter=60), delay=0.8)
    with redirected(made.server_address[1]):
        yield made
    made.stop()


def told(server: Loopback, source: Source, subject: str, mode: str) -> Told | str:
    """Frames, or the cause of having none."""
    akshare_cninfo.forget_firms()
    server.mode = lambda address: mode
    last = LAST if source is registry.ROUNDS["bars"] else date(2025, 4, 25)
    ask = Ask(subject, FIRST, last, datetime(2025, 4, 30, 18), packaged_calendar(), firms=FIRMS)
    with registry.wire(Policy(pace=0, timeout=0.4 if mode == "slow" else 20.0)) as wire:
        try:
            return dict(source.fetch(ask, wire).frames)
        except SourceFailure as failure:
            return str(failure.cause)


@pytest.mark.parametrize(("name", "subject"), CASES)
def test_a_fault_is_a_cause_or_leaves_the_answer_whole(server: Loopback, name: str, subject: str) -> None:
    healthy = told(server, ROUNDS[name], subject, "ok")
    assert isinstance(healthy, dict)
    assert name == "names" or all(frame.height for key, frame in healthy.items() if key != "halted")
    for mode in MODES[1:]:
        found = told(server, ROUNDS[name], subject, mode)
        assert isinstance(found, str) or mode not in ALWAYS, mode
        if isinstance(found, str) or (mode == "nodata" and name in NONE_IS_TRUE):
            continue
        for key, frame in healthy.items():  # what comes in halves comes in another order
            assert frame.sort(frame.columns).equals(found[key].sort(frame.columns)), (mode, key)

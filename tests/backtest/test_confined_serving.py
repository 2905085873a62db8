"""A run on its side of the wire, served by a thread of this process instead of a confined one: what it answers.

The barrier stays away, as it would close this process too; tests of cheats have it.
"""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from screener.backtest import strategy as strategies
from screener.backtest.confined import run, senses, serving
from screener.backtest.confined.barrier import Barrier
from screener.backtest.confined.process import Opened
from screener.backtest.confined.wire import Wire
from screener.backtest.portfolio import weight_row
from screener.core.config import Universe
from screener.core.errors import StrategyError
from screener.point_in_time.market import Market
from screener.research import Research
from tests import kept
from tests.backtest.sweeps import TEXT, moving_market

# All that a panel tells of: arrays of the past and of today, indices, kinds, commitments, one row of an array.
READS = '''"""Reads everything."""

import numpy as np


def weights(panel, *, k: int = 1):
    level = panel.index_levels("000300.SH")[1][-1]
    known = len(panel.commitments) + len(panel.announcements) + len(panel.kinds)
    drawn = np.nansum([level * known, *panel.close[-1], *panel.reference, *panel.total_shares]) % 7
    return {symbol: 0.9 / k for symbol in panel.universe[int(drawn) % 3 :][:k]}
'''


class Unbarred(Barrier):
    """Hears nothing."""

    def install(self) -> None: ...

    def forget_itself(self) -> None: ...


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs are served in this process."""

    def serve(sock: socket.socket) -> None:
        with sock, suppress(EOFError, ConnectionError):
            serving.Serving(Wire(sock), []).serve()

    def opened() -> Opened:
        ours, theirs = socket.socketpair()
        threading.Thread(target=serve, args=(theirs,), daemon=True).start()
        return Opened(Wire(ours), 0, lambda: None)

    monkeypatch.setattr(run, "opened", opened)
    monkeypatch.setattr(serving, "Barrier", Unbarred)
    monkeypatch.setattr(senses, "refuse", lambda barrier: None)


@pytest.fixture(scope="module")
def market() -> Market:
    return Research(kept.synthetic()).market()


def source(folder: Path, text: str) -> run.Source:
    file = folder / "mine.py"
    file.write_text(text, encoding="utf-8")
    return run.source_of(file)


def asked_directly(of: run.Source, market: Market, universe: Universe, t: int, params: dict[str, Any]) -> Any:
    panel = market.panel(t, universe)
    answer = strategies.of_text(of.path, of.text).bind(params)[0](panel)
    if answer is None:
        return None
    return weight_row(answer, panel, {symbol: n for n, symbol in enumerate(market.symbols)}, "mine")


@pytest.mark.parametrize("fresh", [False, True], ids=["loaded once", "loaded anew"])
@pytest.mark.parametrize(
    ("text", "universe"), [(TEXT, Universe.MARKET), (READS, Universe.KNOWN)], ids=["wander", "all"]
)
def test_each_set_of_parameters_decides_as_if_it_were_asked_directly(
    tmp_path: Path, market: Market, text: str, universe: Universe, fresh: bool
) -> None:
    market = moving_market() if universe is Universe.MARKET else market
    of, params, when = source(tmp_path, text), [{"k": 1}, {"k": 2}, {"k": 1}], range(70, 110, 3)
    taken = run.taken(of, market, universe, when, params, first=2, fresh=fresh)
    for t, rows in zip(when, taken.rows, strict=True):
        assert rows[0] is rows[2]  # equal decisions travel once
        for given, row in zip(params, rows, strict=True):
            right = asked_directly(of, market, universe, t, given)
            assert (row is None) == (right is None)
            if row is not None:
                assert right[row[0]].tolist() == row[1].tolist() and np.count_nonzero(right) == len(row[0])
    assert taken.seconds > 0 and any(row is not None for rows in taken.rows for row in rows)


def test_one_decider_alone_answers_what_it_answers_among_others(tmp_path: Path) -> None:
    of, market = source(tmp_path, TEXT), moving_market()
    among = run.taken(of, market, Universe.MARKET, range(20, 60), [{"k": 1}, {"k": 3}], first=20)
    alone = run.taken(of, market, Universe.MARKET, range(20, 60), [{"k": 3}], first=20)
    assert [str(rows[0]) for rows in alone.rows] == [str(rows[1]) for rows in among.rows]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x = 1", r"no function weights\(panel, \*, …\)"),
        ("def weights(panel): return None", "no docstring"),
        ('"""A."""\ndef weights(panel, *, k: list = 1): return None', "mine.py"),
        ('"""A."""\nraise KeyError("why")', "mine.py.*why"),
        ('"""A."""\nraise SystemExit(3)', "SystemExit"),
    ],
)
def test_what_is_wrong_with_a_file_is_its_sentence(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(StrategyError, match=said):
        run.of_source(source(tmp_path, text))


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("return {panel.symbols[0]: -1}", "negative weight"),
        ("return [1]", "not target weights.*got list"),
        ("return {'nobody': 0.5}", "mine at"),
        ("return {panel.symbols[0]: [1]}", "mine at"),
        ("return 1 / 0", "strategy fails: ZeroDivisionError"),
        ("return panel.nothing", "strategy fails: AttributeError.*nothing"),
        ("raise KeyboardInterrupt", "strategy fails: KeyboardInterrupt"),
    ],
)
@pytest.mark.parametrize("params", [[{}], [{}, {}]], ids=["alone", "of two"])
def test_what_is_wrong_with_a_decision_is_its_sentence(
    tmp_path: Path, body: str, said: str, params: list[dict[str, Any]]
) -> None:
    text = f'"""A."""\ndef weights(panel):\n    {body}\n'
    with pytest.raises(StrategyError, match=said):
        run.taken(source(tmp_path, text), moving_market(), Universe.MARKET, [30], params, first=30)


def test_what_a_strategy_is_called_and_takes_is_told(tmp_path: Path) -> None:
    found = run.of_source(source(tmp_path, TEXT))
    assert found.description.startswith("Hold the k firms") and found.name == "mine"
    assert found.defaults == {"k": 1, "look": 5, "hold": 5} and set(found.types.values()) == {int}

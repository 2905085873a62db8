"""The process in which strategies run, from its start: whom a Ctrl-C reaches."""

from __future__ import annotations

import os
import signal
import threading
import time

import pytest

from screener.backtest.confined import process
from screener.core.undisturbed import undisturbed


@pytest.mark.skipif(not hasattr(signal, "pthread_sigmask"), reason="no masks there")
def test_a_ctrl_c_while_processes_start_is_heard_afterwards_and_only_here() -> None:
    before, asked = signal.getsignal(signal.SIGINT), []
    with pytest.raises(KeyboardInterrupt), undisturbed():
        signal.pthread_kill(threading.get_ident(), signal.SIGINT)
        time.sleep(0.01)
        asked.append(signal.pthread_sigmask(signal.SIG_BLOCK, ()))
    assert asked == [{signal.SIGINT}]
    assert signal.getsignal(signal.SIGINT) is before and not signal.pthread_sigmask(signal.SIG_BLOCK, ())


@pytest.mark.skipif(not process._FORKS, reason="nothing is started beforehand there")
def test_a_ctrl_c_while_it_starts_neither_ends_it_nor_makes_it_talk(capfd: pytest.CaptureFixture[str]) -> None:
    place = process.Place()
    try:
        for _ in range(20):  # from its first instruction on, while it imports
            os.kill(place._process.pid, signal.SIGINT)
            time.sleep(0.02)
        run = place.open()
        run.wire.close()
        assert place.alive and capfd.readouterr().err == ""
    finally:
        place.close()

"""The spinner: for somebody who waits at a terminal, and for nobody else."""

from __future__ import annotations

import io
import sys
import time

import pytest

from screener.commands import progress
from screener.commands.progress import working


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "PATIENCE", 0.05)
    monkeypatch.setenv("TERM", "xterm")
    for name in ("FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)


def shown(monkeypatch: pytest.MonkeyPatch, file: io.StringIO, seconds: float) -> str:
    monkeypatch.setattr(sys, "stderr", file)
    with working("counting"):
        time.sleep(seconds)
    return file.getvalue()


def test_long_work_is_told_at_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    file, end = Terminal(), time.monotonic() + 30
    monkeypatch.setattr(sys, "stderr", file)
    with working("counting"):
        while "counting …" not in file.getvalue() and time.monotonic() < end:
            time.sleep(0.02)
        assert time.monotonic() < end


def test_short_work_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "PATIENCE", 5.0)  # also where a busy machine lets the test wait
    assert "counting" not in shown(monkeypatch, Terminal(), 0.0)


@pytest.mark.parametrize("forced", ["", "1"])
def test_nothing_is_printed_when_piped(forced: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", forced)
    assert shown(monkeypatch, io.StringIO(), 0.2) == ""


def test_a_terminal_that_cannot_erase_gets_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    assert shown(monkeypatch, Terminal(), 0.2) == ""


def test_an_error_leaves_no_spinner_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", Terminal())
    before = sys.stderr
    with pytest.raises(ValueError, match="inside"), working("counting"):
        time.sleep(0.2)
        raise ValueError("inside")
    assert sys.stderr is before

"""Bars of libraries: none is drawn while a provider is asked, others are, before and after."""

from __future__ import annotations

import pytest
from tqdm import tqdm

from screener.sources.quiet import quiet


def test_no_bar_is_drawn_within_and_others_are(capfd: pytest.CaptureFixture[str]) -> None:
    with quiet():
        assert list(tqdm(range(3))) == [0, 1, 2]
    assert capfd.readouterr().err == ""
    assert list(tqdm(range(3))) == [0, 1, 2]
    assert "it/s" in capfd.readouterr().err

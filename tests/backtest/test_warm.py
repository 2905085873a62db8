"""Warming up runs the real kernel and the real replay on a made-up market."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
from pathlib import Path
from unittest.mock import Mock

import pytest

from screener.backtest import kernel, ledger, warm


def test_the_tiny_market_trades() -> None:
    result = warm.warm_kernel()
    ledger.verify(result)
    assert result.fills.height >= 1
    assert result.market.synthetic


def test_whatever_is_called_from_python_is_compiled_before_the_first_question(monkeypatch: pytest.MonkeyPatch) -> None:
    entries = dict[str, Mock]()
    for path in Path(kernel.__path__[0]).glob("*.py"):
        module = importlib.import_module(f"{kernel.__name__}.{path.stem}") if path.stem != "__init__" else kernel
        for name in re.findall(r"^@entry\ndef (\w+)", path.read_text("utf-8"), re.MULTILINE):
            entries[name] = Mock(wraps=getattr(module, name))
            monkeypatch.setattr(module, name, entries[name])
    warm.warm_kernel()
    assert entries and all(one.called for one in entries.values())


def test_importing_the_engine_loads_neither_numba_nor_vectorbt() -> None:
    code = "import sys; from screener.backtest import engine, robustness, trials; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"numba", "vectorbt", "pandas", "scipy"} & set(loaded)

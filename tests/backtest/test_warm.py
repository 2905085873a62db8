"""Warming up runs the real kernel and the real replay on a made-up market; machine code is kept while it is true."""

from __future__ import annotations

import os
import re
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
import pytest

from screener.backtest import jit, ledger, warm


def test_the_tiny_market_trades() -> None:
    result = warm.warm_kernel()
    ledger.verify(result)
    assert result.fills.height >= 1
    assert result.market.synthetic


def test_importing_the_engine_loads_neither_numba_nor_vectorbt() -> None:
    code = "import sys; from screener.backtest import engine, robustness, trials; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"numba", "vectorbt", "pandas", "scipy"} & set(loaded)


def test_the_cache_folder_can_be_named(tmp_path: Path) -> None:
    code = "from screener.backtest.warm import warm_kernel; warm_kernel()"
    subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)})
    assert list(tmp_path.rglob("execution.simulate*.nbi"))


KERNEL = """
from screener.backtest.jit import entry

@entry
def kind():
    return KIND
"""
Load = Callable[[int], Callable[[], int]]


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Load:
    """Writes the number that another file gives a kernel, and loads the kernel as a new process would."""
    source, part = tmp_path / "kernel.py", tmp_path / "part"
    source.write_text(KERNEL, encoding="utf-8")
    monkeypatch.setattr(jit, "PARTS", (str(part),))
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path / "kept"))

    def fresh(number: int) -> Callable[[], int]:
        part.write_text(str(number), encoding="utf-8")
        names: dict[str, Any] = {"KIND": number}
        exec(compile(KERNEL, str(source), "exec"), names)
        kernel: Callable[[], int] = names["kind"]
        return kernel

    return fresh


def kept(tmp_path: Path) -> list[Path]:
    return list((tmp_path / "kept").rglob("kernel.kind*.nb?"))


def test_a_kernel_is_compiled_anew_when_what_it_froze_from_another_file_changes(load: Load, tmp_path: Path) -> None:
    assert [load(1)(), load(1)()] == [1, 1]
    assert len(kept(tmp_path)) == 2  # an index and one machine code: the second came from the disk
    assert [load(2)(), load(1)()] == [2, 1]


def test_all_that_the_execution_kernel_freezes_is_part_of_its_name() -> None:
    code = Path(jit.__file__).with_name("execution.py").read_text(encoding="utf-8")
    modules = re.findall(r"^\s*(?:from|import) (screener[\w.]*)", code, re.MULTILINE)
    assert {f"{name.rpartition('.')[2]}.py" for name in modules} == {Path(part).name for part in jit.PARTS}


def test_a_full_disk_costs_the_cache_and_nothing_else(load: Load, tmp_path: Path) -> None:
    kernel, (soft, hard) = load(3), resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        assert kernel() == 3
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert not kept(tmp_path) and kernel() == 3


def test_a_cache_that_vanished_costs_nothing_else(load: Load, tmp_path: Path) -> None:
    kernel = load(4)
    shutil.rmtree(tmp_path / "kept")
    (tmp_path / "kept").write_text("no folder", encoding="utf-8")
    assert kernel() == 4


@pytest.mark.parametrize("suffix", [".nbi", ".nbc"])
@pytest.mark.parametrize("bytes_left", [0, 40])
def test_a_cache_cut_off_is_filled_again(load: Load, tmp_path: Path, suffix: str, bytes_left: int) -> None:
    load(5)()
    (file,) = (path for path in kept(tmp_path) if path.suffix == suffix)
    whole = file.stat().st_size
    os.truncate(file, bytes_left)
    assert load(5)() == 5 and file.stat().st_size > whole // 2

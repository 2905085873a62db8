"""Machine code is kept while it is true: what was frozen is part of its name, and a broken cache costs nothing else."""

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

from screener.backtest.kernel import compile as compiling
from screener.core import price_rules


def test_the_cache_folder_can_be_named(tmp_path: Path) -> None:
    source = tmp_path / "small.py"
    source.write_text(f"KIND = 1\n{KERNEL}\nkind()\n", encoding="utf-8")
    subprocess.run([sys.executable, source], check=True, env={**os.environ, "NUMBA_CACHE_DIR": str(tmp_path / "kept")})
    assert list((tmp_path / "kept").rglob("small.kind*.nbi"))


KERNEL = """
from screener.backtest.kernel.compile import entry

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
    monkeypatch.setattr(compiling, "PARTS", (str(part),))
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


@pytest.mark.parametrize("name", ["actions", "limits", "lots", "execution", "compile", "rows", "state"])
def test_all_that_the_kernel_freezes_stands_in_its_folder_and_is_part_of_its_name(name: str) -> None:
    folder = Path(compiling.__file__).parent
    code = (folder / f"{name}.py").read_text(encoding="utf-8")
    modules = set(re.findall(r"^\s*(?:from|import) (screener[\w.]*)", code, re.MULTILINE))
    taken = modules - {"screener.core.arrays", "screener.core.price_rules"}  # names of types; and one of PARTS
    assert all(module.startswith("screener.backtest.kernel.") for module in taken)
    assert set(map(Path, compiling.PARTS)) == {*folder.glob("*.py"), Path(price_rules.__file__)}


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

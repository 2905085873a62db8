"""What a process of the command line loads: what its question needs, and nothing else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CODE = (
    "import sys\nfrom screener.commands.app import answer\n"
    "code = answer(sys.argv[1:])\nprint(*sys.modules, file=sys.stderr)\nsys.exit(code)"
)
UNNEEDED = {
    *("pandas", "pyarrow", "numba", "scipy", "requests", "akshare", "matplotlib", "plotly"),
    *("tomllib", "rich.console", "screener.core.condition"),
    *("screener.screen.explain", "screener.screen.diff", "screener.report.workbook", "screener.sources"),
}


def loaded(*words: str) -> set[str]:
    command = [sys.executable, "-c", CODE, *words]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=True)
    return set(done.stderr.split())


@pytest.mark.parametrize("words", [(), ("--policy", "strict", "--as-of", "2026-06-30"), ("--json",)], ids=" ".join)
def test_a_screen_loads_nothing_that_it_does_not_need(synthetic_db: Path, words: tuple[str, ...]) -> None:
    found = loaded("screen", *words, "--db", str(synthetic_db))
    assert found >= {"polars", "duckdb", "screener.screen.ranking"}
    assert found & UNNEEDED == set()


def test_a_new_store_is_filled_without_the_library_for_other_formats(tmp_path: Path) -> None:
    (tmp_path / "indices.csv").write_text("index,session,close\n000300.SH,2026-06-30,4000\n")
    found = loaded("load", str(tmp_path / "indices.csv"), "--db", str(tmp_path / "store.duckdb"))
    assert "duckdb" in found and found & {"pyarrow.lib", "pandas"} == set()

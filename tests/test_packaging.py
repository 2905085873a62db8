"""The wheel carries the package, tables and strategies, and never a database; the installed program works anywhere."""

from __future__ import annotations

import configparser
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PARTS = (".gitignore", "pyproject.toml", "README.md", "LICENSE", "screener", "strategies", "data", "cli.py")
DECOYS = ("data/screener.duckdb", "data/screener.duckdb.wal", "data/screener.duckdb.trials.jsonl", "screener/y.duckdb")


def run(*words: object, cwd: Path, **environment: str) -> str:
    done = subprocess.run(
        [str(word) for word in words], cwd=cwd, env={**os.environ, **environment}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy of the checkout that holds databases in the likely places."""
    pytest.importorskip("hatchling", reason="hatchling builds the wheel: pip install hatchling")
    copy, out = tmp_path_factory.mktemp("checkout"), tmp_path_factory.mktemp("wheel")
    for part in PARTS:
        source, target = ROOT / part, copy / part
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", "*.duckdb*"))
        else:
            shutil.copy(source, target)
    for decoy in DECOYS:
        (copy / decoy).write_bytes(b"not for others")
    options = ("--no-deps", "--no-build-isolation", "--no-index", "--disable-pip-version-check", "-q")
    run(sys.executable, "-m", "pip", "wheel", copy, *options, "-w", out, cwd=out)
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def unpacked(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What pip would put beside the dependencies."""
    folder = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_no_database_travels(wheel: Path) -> None:
    assert not [name for name in names(wheel) if ".duckdb" in name or name.endswith((".parquet", ".wal"))]


@pytest.mark.parametrize(
    ("folder", "packed", "kind"), [("data/tables", "_data", "csv"), ("strategies", "_strategies", "py")]
)
def test_tables_and_strategies_travel_byte_for_byte(wheel: Path, folder: str, packed: str, kind: str) -> None:
    files = sorted((ROOT / folder).glob(f"*.{kind}"))
    assert len(files) >= 5
    with zipfile.ZipFile(wheel) as archive:
        for path in files:
            assert archive.read(f"screener/{packed}/{path.name}") == path.read_bytes()


def test_every_module_travels_and_nothing_else_does(wheel: Path) -> None:
    modules = {str(path.relative_to(ROOT)) for path in (ROOT / "screener").rglob("*.py")}
    assert modules <= names(wheel)
    assert {name.split("/")[0].split("-")[0] for name in names(wheel)} == {"screener", "compute_lease_screener"}


def test_the_entry_point_and_the_licence_are_there(unpacked: Path) -> None:
    (info,) = unpacked.glob("*.dist-info")
    points = configparser.ConfigParser()
    points.read(info / "entry_points.txt")
    assert points["console_scripts"]["screener"] == "screener.commands.app:main"
    assert (info / "licenses" / "LICENSE").is_file() and "Apache-2.0" in (info / "METADATA").read_text(encoding="utf-8")


def screener(unpacked: Path, here: Path, *words: str, **environment: str) -> str:
    """The unpacked program, away from the checkout."""
    code = f"import sys; sys.path.insert(0, {str(unpacked)!r}); import screener; assert {str(unpacked)!r} in "
    code += "screener.__file__; from screener.commands.app import main; sys.argv[0] = 'screener'; main()"
    return run(sys.executable, "-c", code, *words, cwd=here, **environment)


def test_the_installed_program_finds_its_tables_and_strategies_in_any_folder(unpacked: Path, tmp_path: Path) -> None:
    assert "order_drift" in screener(unpacked, tmp_path, "strategies")
    text = screener(unpacked, tmp_path, "load", "--template", "bars")
    (tmp_path / "bars.csv").write_text(text, encoding="utf-8")
    db = str(tmp_path / "x.duckdb")
    screener(unpacked, tmp_path, "load", "bars.csv", "--db", db)
    assert '"rows": 61' in screener(unpacked, tmp_path, "status", "--json", "--db", db)


def test_the_installed_program_keeps_its_store_in_the_users_folder(unpacked: Path, tmp_path: Path) -> None:
    code = f"import sys; sys.path.insert(0, {str(unpacked)!r})\n"
    code += "from screener.core.settings import default_db\nprint(default_db())"
    told = run(
        sys.executable, "-c", code, cwd=tmp_path, HOME=str(tmp_path), XDG_DATA_HOME=str(tmp_path), SCREENER_DB=""
    )
    found = Path(told.strip())
    assert found.name == "screener.duckdb" and not {ROOT, unpacked} & {*found.parents}


STRATEGY = '''"""Hold a firm after an order."""
from screener import Commitment, Panel, factor_values, hold_after


def weights(panel: Panel, *, hold: int = 20) -> dict[str, float] | None:
    return hold_after(panel, lambda row: is_order(row) and factor_values(panel, "score") != {}, hold)


def is_order(row: Commitment) -> bool:
    return row.kind == "order" and (row.amount or 0) > 1e8
'''
NOTEBOOK = """import screener

s = screener.demo()
reveal_type(s.screen())
reveal_type(s.explain("301396"))
reveal_type(s.diff("2025-06-30"))
reveal_type(s.backtest("order_drift"))
reveal_type(s.sweep("order_drift", {"hold": [20]}))
reveal_type(s.events())
reveal_type(s.ratings())
reveal_type(s.alerts("2026-06-01"))
reveal_type(s.backtest("order_drift").result.total_return)
"""
REVEALED = (
    "screener.screen.ranking.ScreenResult",
    "screener.screen.explain.Explanation",
    "screener.screen.diff.Difference",
    "screener.evaluation.appraisal.Appraisal",
    "screener.evaluation.sweep.answer.SweepAnswer",
    "screener.evaluation.event_study.overview.Overview | screener.evaluation.event_study.overview.Overviews",
    "screener.evaluation.rating.review.Review",
    "screener.evaluation.alerts.Alerts",
    "float",
)


@pytest.mark.skipif("SCREENER_TYPED" not in os.environ, reason="takes half a minute: make soak")
def test_code_of_a_user_is_type_checked_against_the_installed_package(unpacked: Path, tmp_path: Path) -> None:
    pytest.importorskip("mypy", reason="mypy checks the types: pip install mypy")
    there = tmp_path / "installed"
    venv.create(there)
    (python,) = (*there.glob("bin/python"), *there.glob("Scripts/python.exe"))
    site = Path(run(python, "-c", "import sysconfig; print(sysconfig.get_paths()['purelib'])", cwd=there).strip())
    (site / "all.pth").write_text(f"{unpacked}\n{sysconfig.get_paths()['purelib']}\n", encoding="utf-8")
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "my_strategy.py").write_text(STRATEGY, encoding="utf-8")
    (mine / "my_notebook.py").write_text(NOTEBOOK, encoding="utf-8")
    words = ("--strict", "--config-file=", "--python-executable", python, "--cache-dir", tmp_path / "cache")
    told = run(sys.executable, "-m", "mypy", *words, "my_strategy.py", "my_notebook.py", cwd=mine)
    assert tuple(re.findall(r'Revealed type is "(.*)"', told)) == REVEALED

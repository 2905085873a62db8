"""The command line as a process: how it ends where the terminal, the disk, the reader or the user end it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest

CLI = [sys.executable, str(Path(__file__).parents[2] / "cli.py")]
FULL = Path("/dev/full")
WRONG = 1
# The command line, which says when the store is asked: a slow machine takes seconds to get there.
TELLS_WHEN = """
from screener.commands import app
from screener.store import asking
answer = asking.answer
asking.answer = lambda *given: (print("asked", flush=True), answer(*given))[1]
app.main()
"""
FOR_EVER = "SELECT count(*) FROM range(100000000000) t(i) WHERE hash(i) = 1"


@pytest.mark.skipif(not FULL.exists(), reason="no device here that is always full")
@pytest.mark.parametrize("words", [("screen",), ("screen", "--json"), ("status", "--json")])
def test_a_full_disk_is_told(synthetic_db: Path, words: tuple[str, ...]) -> None:
    with FULL.open("w") as full:
        done = subprocess.run([*CLI, *words, "--db", synthetic_db], stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == WRONG
    assert done.stderr.startswith("screener: cannot read or write; got ") and done.stderr.count("\n") == 1


@pytest.mark.parametrize("words", [("screen", "--json"), ("query", "SELECT * FROM bars LIMIT 5000", "--json")])
def test_a_reader_who_has_seen_enough_is_no_error(synthetic_db: Path, words: tuple[str, ...]) -> None:
    words = (*CLI, *words, "--db", str(synthetic_db))
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0) as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.read(1)
        process.stdout.close()
        said = process.stderr.read()  # a query says beside its rows what they stand on
    assert said == b"" if "screen" in words else b"Traceback" not in said and said.startswith(b"SYNTHETIC")
    assert process.returncode == 0


@pytest.mark.skipif(os.name == "nt", reason="no such signals there")
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_stopped_command_says_so_in_one_line(synthetic_db: Path, name: str) -> None:
    """While DuckDB works, which makes an error of its own out of the signal."""
    number = signal.Signals[name]
    before = signal.signal(number, signal.default_int_handler)  # a job in the background does not hear one of them
    words = [sys.executable, "-c", TELLS_WHEN, "query", FOR_EVER, "--db", str(synthetic_db)]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    signal.signal(number, before)
    try:
        assert process.stdout is not None and process.stdout.readline() == "asked\n"
        time.sleep(0.5)  # DuckDB is handed the text right after
        process.send_signal(number)
        _, said = process.communicate(timeout=60)
    finally:
        process.kill()
    assert (process.returncode, said.count("\n")) == (128 + number, 1)
    assert said.startswith("screener: stopped; ")


# A program that a Ctrl-C reaches where it looks for a module.
EARLY = """
import os, signal, sys
class Finder:
    def __init__(self, *names):
        self.names = set(names)
    def find_spec(self, name, path=None, target=None):
        if name in self.names:
            self.names.clear()
            os.kill(os.getpid(), signal.SIGINT)
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.meta_path.insert(0, Finder(os.environ["STOPPED_AT"]))
from screener.commands.app import main
main()
"""


@pytest.mark.skipif(os.name == "nt", reason="no such signal there")
@pytest.mark.parametrize(
    ("module", "said"),
    [
        ("screener.commands.process", ""),
        ("screener.core.collecting", ""),
        ("typer", "screener: stopped; "),
        ("polars", "screener: stopped; "),
    ],
)
def test_a_ctrl_c_while_modules_are_imported_shows_no_traceback(synthetic_db: Path, module: str, said: str) -> None:
    command = [sys.executable, "-c", EARLY, "screen", "--db", str(synthetic_db)]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "STOPPED_AT": module})
    assert (done.returncode, done.stderr.count("\n")) == (130, bool(said))
    assert done.stderr.startswith(said)


@pytest.mark.skipif(os.name == "nt", reason="no such signal there")
def test_a_terminated_command_leaves_no_temporary_files(synthetic_db: Path, tmp_path: Path) -> None:
    """While it tries a load on a copy of the store."""
    code = (
        "import os, signal\nfrom screener.commands import app\nfrom screener.store import loading\n"
        "loading.load_folder = lambda *a, **k: os.kill(os.getpid(), signal.SIGTERM)\napp.main()"
    )
    words = ["load", str(tmp_path), "--dry-run", "--db", str(synthetic_db)]
    done = subprocess.run(
        [sys.executable, "-c", code, *words],
        capture_output=True,
        text=True,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    assert (done.returncode, [*tmp_path.iterdir()]) == (128 + signal.SIGTERM, []), done.stderr


def test_a_damaged_store_is_told(synthetic_db: Path, tmp_path: Path) -> None:
    db = Path(shutil.copy(synthetic_db, tmp_path / "x.duckdb"))
    with duckdb.connect(str(db), read_only=True) as store:
        sizes = store.execute("SELECT block_id FROM pragma_storage_info('bars') WHERE block_id >= 0").fetchall()
    with db.open("r+b") as file:  # DuckDB: three headers of 4 kB, then blocks of 256 kB
        file.seek(3 * 4096 + min(sizes)[0] * 262144 + 1000)
        file.write(b"\0damaged\0" * 1000)
    done = subprocess.run([*CLI, "screen", "--db", db], capture_output=True, text=True)
    assert (done.returncode, done.stderr.count("\n")) == (WRONG, 1)
    assert done.stderr.startswith("screener: the file of the store is damaged ")


def test_a_bug_shows_its_traceback(synthetic_db: Path) -> None:
    code = (
        "import sys; from screener.commands import app; app.answer = lambda words: 1 / 0\nprint('before'); app.main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (1, "before\n")
    assert "Traceback" in done.stderr and "ZeroDivisionError" in done.stderr

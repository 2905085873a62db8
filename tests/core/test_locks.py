"""A lock keeps two processes apart, ends with its holder, and never stops one that is alone."""

from __future__ import annotations

import errno
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from screener.core.locks import appending, held

fcntl = pytest.importorskip("fcntl")  # not on Windows: there everybody gets the lock

HOLDER = """
import sys, time
from pathlib import Path
from screener.core.locks import appending, held
with {lock}(Path(sys.argv[1])) as mine:
    print(mine is not False, flush=True)
    time.sleep(60)
"""


def holder(lock: str, path: Path) -> subprocess.Popen[str]:
    """Another process that has the lock by now."""
    words = [sys.executable, "-c", HOLDER.format(lock=lock), str(path)]
    other = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    assert other.stdout is not None and other.stdout.readline() == "True\n"
    return other


def test_a_lock_ends_with_a_process_that_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "lock"
    with holder("held", path) as other:
        with held(path) as mine:
            assert not mine
        other.kill()
    with held(path) as mine:
        assert mine


def test_who_appends_waits_for_a_process_that_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "file"
    with holder("appending", path) as other:
        with path.open("rb") as file, pytest.raises(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        other.kill()
    with appending(path) as file:
        file.write(b"line\n")
    assert path.read_bytes() == b"line\n"
    assert list(path.parent.iterdir()) == [path]


def test_a_lock_inside_one_process_is_held_once(tmp_path: Path) -> None:
    with held(tmp_path / "lock") as first, held(tmp_path / "lock") as second:
        assert (first, second) == (True, False)


def test_who_finds_the_holder_removing_its_folder_makes_it_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, flock, left = tmp_path / "folder" / "lock", fcntl.flock, [1, 2]

    def removed_just_before(handle: int, how: int) -> None:
        if left and left.pop():
            shutil.rmtree(path.parent)
        flock(handle, how)

    monkeypatch.setattr(fcntl, "flock", removed_just_before)
    with held(path) as mine:
        assert mine and path.is_file() and not left


@pytest.mark.parametrize("code", [errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP])
def test_a_disk_without_locks_stops_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    def none(handle: int, how: int) -> None:
        raise OSError(code, "no locks here")

    monkeypatch.setattr(fcntl, "flock", none)
    with held(tmp_path / "lock") as mine, appending(tmp_path / "file") as file:
        assert mine and file.write(b"line\n")

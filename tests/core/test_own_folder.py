"""Temporary folders: gone with their process, and after its kill with the next one that makes some; never another's."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from screener.core import locks
from screener.core.own_folder import OwnFolder, own_folder

KILLED = """
import os, signal
from screener.core.own_folder import own_folder
with own_folder("load") as folder:
    (folder / "rows").write_bytes(b"x")
    os.kill(os.getpid(), signal.SIGKILL)
"""
pytestmark = pytest.mark.skipif(os.name == "nt", reason="no such locks there")


@pytest.fixture
def temp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


@pytest.fixture
def abandoned(temp: Path) -> Path:
    """What a killed process left."""
    done = subprocess.run([sys.executable, "-c", KILLED], env={**os.environ, "TMPDIR": str(temp)}, check=False)
    assert done.returncode == -signal.SIGKILL
    (folder,) = temp.glob("screener-load-*")
    os.utime(folder / ".screener-lock", (0, 0))
    return folder


def test_the_folder_of_a_killed_process_goes_when_the_next_one_is_made(temp: Path, abandoned: Path) -> None:
    with own_folder("copy") as folder:
        assert [*temp.iterdir()] == [folder] and folder != abandoned
    assert [*temp.iterdir()] == []


def test_folders_in_use_and_those_of_others_stay(temp: Path) -> None:
    other = temp / "screener-notes"
    other.mkdir()
    (other / "lock").write_bytes(b"")
    with own_folder("sweep") as mine, own_folder("copy"):
        assert mine.is_dir() and other.is_dir()


def test_a_folder_whose_lock_is_made_but_not_yet_held_stays(temp: Path, abandoned: Path) -> None:
    os.utime(abandoned / ".screener-lock")
    with own_folder("copy"):
        assert abandoned.is_dir()


def test_where_there_are_no_locks_nothing_is_removed(
    temp: Path, abandoned: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locks, "_flock", lambda handle, wait: True)
    with own_folder("copy"):
        assert abandoned.is_dir()


def test_a_folder_of_an_object_goes_with_it(temp: Path) -> None:
    kept = OwnFolder("demo")
    (kept.path / "rows").write_bytes(b"x")
    del kept
    assert [*temp.iterdir()] == []

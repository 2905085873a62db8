"""A store with the SYNTHETIC market, made once, and the command line run inside this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from screener.commands.app import answer
from tests import kept


@dataclass(frozen=True)
class Answer:
    """What a command left: exit code, stdout, stderr."""

    code: int
    out: str
    err: str


Cli = Callable[..., Answer]


@pytest.fixture(scope="session")
def synthetic_db() -> Path:
    """Shared: no test may write to it."""
    return kept.synthetic()


@pytest.fixture
def cli(
    synthetic_db: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Cli]:
    """Runs `screener WORDS` in an empty folder over the synthetic store; a traceback fails the test."""
    here = tmp_path / "cwd"
    here.mkdir()
    monkeypatch.chdir(here)
    monkeypatch.setenv("SCREENER_DB", str(synthetic_db))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))  # whatever settings this user has
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("SCREENER_LANG", "en")
    monkeypatch.setenv("NO_COLOR", "1")

    def run(*words: object) -> Answer:
        capsys.readouterr()
        code = answer([*map(str, words)])
        seen = capsys.readouterr()
        return Answer(code, seen.out, seen.err)

    yield run

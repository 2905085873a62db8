"""`screener report` from store to file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from screener.commands.report import report
from screener.core.errors import ScreenerError, StoreError, StrategyError, UsageError
from tests import kept


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return kept.copied(kept.synthetic(), tmp_path_factory.mktemp("store") / "demo.duckdb")


def run(*words: str) -> str:
    app = typer.Typer()
    app.command()(report)
    result = CliRunner().invoke(app, list(words), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_it_writes_one_file_and_says_so(store: Path, tmp_path: Path) -> None:
    out = tmp_path / "new" / "page.html"
    said = run("--db", str(store), "--out", str(out), "--strategies", "order_drift", "--lang", "en")
    assert "MB" in said
    assert list(out.parent.iterdir()) == [out]
    assert '<html lang="en"' in out.read_text(encoding="utf-8")[:60]


def test_the_sheet_of_the_brief_is_named_and_figures_alone_leave_none(
    store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    asked = ("--db", str(store), "--brief", "--as-of", "2025-03-31", "--strategies", "order_drift", "--lang", "en")
    assert json.loads(run(*asked, "--json"))["ranking"] and list(tmp_path.iterdir()) == []
    assert run(*asked, "--json", "--out", "named.html").startswith("{") and Path("named.html").is_file()
    assert "brief.html: one page of A4" in run(*asked) and Path("brief.html").is_file()


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["--lang", "fr"], UsageError),
        (["--strategies", "no_such"], StrategyError),
        (["--as-of", "soon"], UsageError),
        (["--as-of", "1999-01-01"], UsageError),
    ],
)
def test_a_wrong_word_is_said_in_one_sentence_and_writes_nothing(
    words: list[str], error: type[ScreenerError], store: Path, tmp_path: Path
) -> None:
    out = tmp_path / "page.html"
    with pytest.raises(error):
        run("--db", str(store), "--out", str(out), *words)
    assert not out.exists()


def test_a_missing_store_is_said(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no store"):
        run("--db", str(tmp_path / "none.duckdb"))

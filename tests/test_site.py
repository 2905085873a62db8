"""The site of the documents: every block runs, both languages hold the same, and it is built without a warning."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from screener.commands.app import answer
from tests.commands.conftest import synthetic_db as synthetic_db

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / "docs" / "site"
PAGES = sorted(page.name.removesuffix(".md") for page in SITE.glob("*.md") if not page.name.endswith(".zh.md"))
BLOCK = re.compile(r"```(sh|python)\n(.*?)```", re.DOTALL)
FOUND = 10  # what `alerts` leaves with where there are some
TASKS = 20


def blocks(page: str) -> list[tuple[str, str]]:
    return BLOCK.findall((SITE / f"{page}.md").read_text(encoding="utf-8"))


@pytest.mark.parametrize("number", range(TASKS))
def test_a_task_of_the_cookbook_is_done(
    number: int, synthetic_db: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    kind, text = blocks("cookbook")[number]
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SCREENER_DB", str(synthetic_db))
    if kind == "python":
        exec(compile(text, "cookbook", "exec"), {"__name__": "__main__"})
        assert capsys.readouterr().out
        return
    for line in text.splitlines():
        program, *words = shlex.split(line, comments=True)
        assert program == "screener" and answer(words) in (0, FOUND)
        assert capsys.readouterr().out.strip()


@pytest.mark.parametrize("page", PAGES)
def test_both_languages_run_the_same(page: str) -> None:
    code = [re.sub(r"#.*|文件夹|folder", "", text) for _, text in blocks(page)]
    assert code == [re.sub(r"#.*|文件夹|folder", "", text) for _, text in blocks(f"{page}.zh")]
    heads = [len(re.findall(r"(?m)^## ", (SITE / f"{name}.md").read_text())) for name in (page, f"{page}.zh")]
    assert heads[0] == heads[1]


@pytest.mark.parametrize("page", ["index", "known_at"])
def test_the_python_of_a_page_runs(page: str, capsys: pytest.CaptureFixture[str]) -> None:
    for kind, text in blocks(page):
        if kind == "python":
            exec(compile(text, page, "exec"), {})
            assert capsys.readouterr().out


def test_the_cookbook_has_its_tasks() -> None:
    assert len(blocks("cookbook")) == TASKS


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    words = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    done = subprocess.run(
        words, cwd=ROOT, capture_output=True, text=True, env={**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    )
    assert done.returncode == 0, done.stderr
    return folder


@pytest.mark.long
def test_the_site_is_built_in_both_languages(site: Path) -> None:
    for page in PAGES:
        assert (site / f"{page}.html").is_file() and (site / "zh" / f"{page}.html").is_file()
    assert "to_pandas" in (site / "reference.html").read_text(encoding="utf-8")


@pytest.mark.long
def test_no_page_asks_another_host_for_anything(site: Path) -> None:
    loads = re.compile(
        r'<(?:script|img|iframe|source)[^>]+src="(?:https?:)?//'
        r'|<link[^>]+rel="(?:stylesheet|preconnect|icon)"[^>]+href="(?:https?:)?//'
    )
    asking = [page.name for page in site.rglob("*.html") if loads.search(page.read_text(encoding="utf-8"))]
    assert not asking and len(list(site.rglob("*.html"))) >= 2 * len(PAGES)

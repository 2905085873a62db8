"""What the documents say is what the program does: every block runs, every command stands in the reference."""

from __future__ import annotations

import io
import os
import re
import shlex
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from openpyxl import load_workbook
from typer.main import get_command
from typer.testing import CliRunner

import screener
from screener.backtest import lookahead
from screener.commands.answering import command_line
from screener.commands.demo import BOOK, PAGE
from screener.core.resources import tables_dir
from screener.core.table import Table
from screener.core.tables import TABLES
from screener.point_in_time.market import Market
from screener.screen import factors
from screener.sources.files.maps import read_map
from tests.cases import later
from tests.loopback.server import Loopback, redirected
from tests.loopback.world import Notice, World
from tests.reading import made
from tests.synthetic import synthetic_frames

Demo = tuple[Path, str]
ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
READMES = ("README.md", "README.zh.md")
APP = command_line()
COMMANDS = sorted(
    name
    for name in [*(each.name for each in APP.registered_commands), *(each.name for each in APP.registered_groups)]
    if name
)


def run(*words: str) -> str:
    answer = CliRunner().invoke(
        APP, list(words), env={"COLUMNS": "80", "NO_COLOR": "1", "SCREENER_DB": "demo_out/demo.duckdb"}
    )
    assert answer.exit_code == 0, answer.output
    return answer.stdout


def blocks(language: str, document: str = "README.md") -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", (ROOT / document).read_text(encoding="utf-8"), flags=re.DOTALL)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """(folder, what `screener demo` prints there)."""
    folder, before = tmp_path_factory.mktemp("demo"), Path.cwd()
    os.chdir(folder)
    try:
        yield folder, run("demo")
    finally:
        os.chdir(before)


@pytest.mark.parametrize("document", READMES)
@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_stands_in_the_reference(command: str, document: str) -> None:
    assert re.search(rf"`{command}[ `]", (ROOT / document).read_text(encoding="utf-8"))


def test_the_printed_demo_is_the_demo(demo: Demo) -> None:
    text = README.read_text(encoding="utf-8")
    found = re.search(r"<!-- demo -->\n```text\n(.*?)```\n<!-- /demo -->", text, flags=re.DOTALL)
    assert found is not None
    printed = "\n".join(line.rstrip() for line in demo[1].splitlines()) + "\n"
    if os.environ.get("GOLDEN_WRITE"):
        README.write_text(text[: found.start(1)] + printed + text[found.end(1) :], encoding="utf-8")
    else:
        assert found[1] == printed


def test_the_demo_leaves_a_page_and_a_workbook_of_what_it_printed(demo: Demo) -> None:
    page, book = (demo[0] / "demo_out" / name for name in (PAGE, BOOK))
    text = page.read_text(encoding="utf-8")
    printed = re.findall(r"^(?:equal_weight|backlog_yield|order_drift) +([+-][0-9.]+%)", demo[1], flags=re.MULTILINE)
    assert len(printed) == 3 and all(total in text for total in printed)
    score = re.search(r"301396.SZ +宏景科技 +([0-9.]+)%", demo[1])
    values = [cell.value for row in load_workbook(book, data_only=True)["screen"] for cell in row]
    assert score and round(float(score[1]) / 100, 4) in [round(v, 4) for v in values if isinstance(v, float)]


def test_every_command_line_of_the_readme_runs(demo: Demo) -> None:
    both = [
        [line.split("#")[0].strip() for block in blocks("sh", name) for line in block.splitlines()] for name in READMES
    ]
    lines = [line for line in both[0] if line.startswith("screener ")]
    assert lines and both[0] == both[1]
    for line in lines:
        words = [word for word in shlex.split(line, comments=True)[1:] if word != "--full"]
        assert run(*words, *(["--no-audit"] if words[0] == "backtest" else []))


def lines_of(mark: str, document: str) -> list[list[str]]:
    """The words of the commands in the block below a mark."""
    found = re.search(rf"<!-- {mark} -->\n```\w+\n(.*?)```", (ROOT / document).read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    parts = [part for line in found[1].splitlines() for part in line.split("#")[0].split(";") if "screener " in part]
    return [shlex.split(part[part.index("screener ") :])[1:] for part in parts if "/screener/" not in part]


@pytest.mark.parametrize("document", READMES)
def test_a_line_that_asks_providers_parses(document: str) -> None:
    asked = [shlex.split(line, comments=True)[1:] for block in blocks("bash", document) for line in block.splitlines()]
    program: Any = get_command(APP)
    for words in [*asked, *lines_of("cron", document)]:
        with program.commands[words[0]].make_context(words[0], words[1:]) as context:
            assert context.params
    assert [words[0] for words in lines_of("cron", document)] == ["fetch", "alerts"] and len(asked) > 10


def test_a_firm_outside_the_twelve_goes_from_its_notice_to_its_rank(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told, number = "公司与客户签订《算力服务合同》，合同金额为人民币50,000万元（含税），服务期限为48个月。", 1225000001
    world = World(("300017.SZ",), date(2026, 1, 5), date(2026, 6, 30), notices_per_quarter=1)
    evening = datetime(2026, 6, 8, 19)
    world.extra_notices = [
        Notice(number, "300017.SZ", "关于签订算力服务合同的公告", date(2026, 6, 9), evening, True, "网宿科技")
    ]
    world.documents[number] = made.pdf([told])
    for name, value in {"SCREENER_PACE": "0", "SCREENER_NOW": "2026-06-30T20:00:00", "SCREENER_LANG": "en"}.items():
        monkeypatch.setenv(name, value)
    server, store = Loopback(world), ("--db", str(tmp_path / "my.duckdb"))
    with redirected(server.server_address[1]):
        lean = {"fetch": ["--only", "bars,shares,names"]}  # what a rank needs
        said = [run(*words, *lean.get(words[0], []), *store) for words in lines_of("outside", "README.md")]
    server.stop()
    assert (
        "accepted by" in said[4] and "2031-11-08" in said[6]
    )  # 60 months from five after the announcement, not the 48 read
    assert re.search(r"(?m)^1 +300017.SZ +网宿科技 .* 5.00亿", said[7])
    assert lines_of("outside", "README.md") == lines_of("outside", "README.zh.md")


@pytest.mark.parametrize("document", [*READMES, "CONTRIBUTING.md"])
def test_the_strategy_of_a_document_keeps_the_contract(document: str, tmp_path: Path) -> None:
    path = tmp_path / "from_document.py"
    path.write_text(blocks("python", document)[0], encoding="utf-8")
    done = lookahead.check(str(path), Market.build(synthetic_frames()))
    assert done.decisions > 0


@pytest.mark.parametrize("document", READMES)
def test_the_column_map_of_the_readme_is_one(document: str, tmp_path: Path) -> None:
    path = tmp_path / "map.toml"
    path.write_text(blocks("toml", document)[0], encoding="utf-8")
    assert read_map(path).of("my_bars.csv").columns["vol"] == "volume"


@pytest.mark.parametrize("document", [READMES[0], *later(*READMES[1:])])
def test_the_notebook_of_the_readme_runs(document: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    exec(blocks("python", document)[-1], names)
    assert names["run"].stands_on.synthetic and names["s"].path.is_file()


@pytest.mark.parametrize("document", ["README.md", "README.zh.md", "CONTRIBUTING.md"])
def test_the_documents_come_through_the_front_door(document: str) -> None:
    assert not re.findall(r"(?:from|import) screener[.].*", (ROOT / document).read_text(encoding="utf-8"))


def test_the_factor_of_contributing_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(factors, "FACTORS", dict(factors.FACTORS))
    names = {"factor": lambda function: factors.FACTORS.setdefault(function.__name__, function), "Firm": factors.Firm}
    exec(blocks("python", "CONTRIBUTING.md")[1], names)
    panel = Market.build(synthetic_frames()).at_day(None)
    assert {None, 1.0} <= set(screener.factor_values(panel, "contracts").values())


@pytest.mark.parametrize(("number", "table"), [(0, TABLES["kinds"]), (1, TABLES["rules"])])
def test_the_rows_of_contributing_fit_their_tables(number: int, table: Table) -> None:
    row = blocks("csv", "CONTRIBUTING.md")[number].strip()
    header = (tables_dir() / f"{table.name}.csv").read_text(encoding="utf-8").splitlines()[0]
    found = table.check(pl.read_csv(io.StringIO(f"{header}\n{row}\n"), infer_schema=False))
    assert found.height == 1


def test_links_between_documents_lead_somewhere() -> None:
    for document in (*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")):
        for target in re.findall(r"\]\(([^)#:]+)\)", document.read_text(encoding="utf-8")):
            assert (document.parent / target).exists(), f"{document.name}: {target}"


@pytest.mark.parametrize("document", ["docs/architecture.md", "CONTRIBUTING.md", "README.md"])
def test_files_that_a_document_names_are_there(document: str) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    for name in re.findall(r"`((?:screener|tests|docs|data|strategies)/[a-z0-9_/]+[.](?:py|csv|toml|svg))`", text):
        assert (ROOT / name).exists(), name


def test_public_ci_runs_what_make_check_runs() -> None:
    workflow = (ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")
    checks = re.findall(r"@\$\(BIN\)/((?:ruff|mypy|vulture|lint).*)", (ROOT / "Makefile").read_text(encoding="utf-8"))
    assert len(checks) == 5
    assert [check for check in checks if f".venv/Scripts/{check}\n" not in workflow] == []

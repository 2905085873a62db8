"""What the documents say is what the program does: every block runs, every command stands in the reference."""

from __future__ import annotations

import os
import re
import shlex
from functools import partial
from pathlib import Path

import pytest
from typer.testing import CliRunner

from screener.backtest import lookahead, strategy
from screener.commands.app import command_line
from screener.point_in_time.market import Market
from screener.sources.files.maps import read_map
from tests.synthetic import synthetic_frames

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
APP = command_line()
COMMANDS = sorted(
    [command.name for command in APP.registered_commands] + [group.name for group in APP.registered_groups]
)


def run(*words: str) -> str:
    answer = CliRunner().invoke(
        APP, list(words), env={"COLUMNS": "80", "NO_COLOR": "1", "SCREENER_DB": "demo_out/demo.duckdb"}
    )
    assert answer.exit_code == 0, answer.output
    return answer.stdout


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README.read_text(encoding="utf-8"), flags=re.DOTALL)


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """(folder, what `screener demo` prints there)."""
    folder, before = tmp_path_factory.mktemp("demo"), Path.cwd()
    os.chdir(folder)
    try:
        yield folder, run("demo")
    finally:
        os.chdir(before)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_that_ends_in_an_example(command):
    text = run(command, "--help")
    assert re.search(rf"Example: screener\s+{command}", text)


@pytest.mark.parametrize("document", ["README.md", "README.zh.md"])
@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_stands_in_the_reference(command, document):
    assert re.search(rf"`{command}[ `]", (ROOT / document).read_text(encoding="utf-8"))


def test_the_printed_demo_is_the_demo(demo):
    text = README.read_text(encoding="utf-8")
    found = re.search(r"<!-- demo -->\n```text\n(.*?)```\n<!-- /demo -->", text, flags=re.DOTALL)
    printed = "\n".join(line.rstrip() for line in demo[1].splitlines()) + "\n"
    if os.environ.get("GOLDEN_WRITE"):
        README.write_text(text[: found.start(1)] + printed + text[found.end(1) :], encoding="utf-8")
    else:
        assert found[1] == printed


def test_every_command_line_of_the_readme_runs(demo):
    lines = [line for block in blocks("sh") for line in block.splitlines() if line.startswith("screener ")]
    assert lines
    for line in lines:
        words = [word for word in shlex.split(line, comments=True)[1:] if word != "--full"]
        assert run(*words, *(["--no-audit"] if words[0] == "backtest" else []))


def test_the_strategy_of_the_readme_keeps_the_contract(tmp_path):
    path = tmp_path / "from_readme.py"
    path.write_text(blocks("python")[0], encoding="utf-8")
    done = lookahead.check(partial(strategy.load, str(path)), Market.build(synthetic_frames()), samples=6)
    assert done.decisions > 0


def test_the_column_map_of_the_readme_is_one(tmp_path):
    path = tmp_path / "map.toml"
    path.write_text(blocks("toml")[0], encoding="utf-8")
    assert read_map(path).of("my_bars.csv").columns["vol"] == "volume"

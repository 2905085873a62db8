"""What the look-ahead check says in the terminal, in JSON and on the page, and what is run of two of a name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.commands.conftest import Cli

CHEAT = '''"""Looks."""
import numpy as np
def weights(panel):
    return {} if np.nansum(panel.close.base[panel.t:]) > 0 else None
'''
FILE = '"""Reads."""\ndef weights(panel):\n    return open("/etc/passwd")\n'
HANGS = '"""Waits."""\ndef weights(panel):\n    while True: pass\n'
EMPTY = '"""Own."""\ndef weights(panel):\n    return None\n'


def own(text: str, name: str = "own") -> Path:
    path = Path("strategies") / f"{name}.py"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "words", "said"),
    [
        (CHEAT, [], "LOOK-AHEAD: the decision changes when everything later is deleted"),
        (FILE, [], "LOOK-AHEAD: the strategy uses open"),
        (FILE, ["--unchecked"], "LOOK-AHEAD: the strategy opens a file"),
        (HANGS, ["--patience", "0.5"], "in 0.5 s; next: backtest or check-strategy with --patience 3"),
    ],
)
def test_a_cheat_ends_without_figures(cli: Cli, text: str, words: list[str], said: str) -> None:
    answer = cli("backtest", own(text), "--no-audit", *words)
    assert (answer.code, answer.out) == (1, "") and said in answer.err and answer.err.count("\n") == 1


def test_the_verdict_is_printed_and_unchecked_stands_in_the_headline(cli: Cli) -> None:
    checked = cli("backtest", own(EMPTY), "--no-audit")
    assert "sessions compared with everything later there" in checked.out and "UNCHECKED" not in checked.out
    assert "look-ahead UNCHECKED" in cli("backtest", own(EMPTY), "--no-audit", "--unchecked").out
    told = json.loads(cli("backtest", own(EMPTY), "--no-audit", "--unchecked", "--json").out)
    assert told["look_ahead"]["verdict"] == "unchecked"


def test_check_strategy_says_which_barrier_held(cli: Cli) -> None:
    assert "an audit hook" in cli("check-strategy", "order_drift").out


def test_a_file_that_shadows_a_packaged_strategy_is_said(cli: Cli) -> None:
    own(EMPTY, "equal_weight")
    assert "equal_weight.py is run, not the packaged equal_weight" in cli("backtest", "equal_weight", "--no-audit").out
    assert "shadows the packaged one" in cli("strategies").out


@pytest.mark.long
def test_the_page_runs_the_packaged_ones_unless_told(cli: Cli) -> None:
    own('"""Own."""\nraise SystemExit("RUN")\n', "equal_weight")
    assert cli("report", "--out", "page.html").code == 0
    told = cli("report", "--out", "other.html", "--strategies", "equal_weight")
    assert told.code == 1 and "SystemExit: RUN" in told.err and not Path("other.html").exists()
    own(EMPTY, "equal_weight")
    assert cli("report", "--out", "other.html", "--strategies", "equal_weight", "--lang", "en").code == 0
    assert "is run, not the packaged equal_weight" in Path("other.html").read_text(encoding="utf-8")

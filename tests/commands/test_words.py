"""Days and firms in the words of people, on every command that takes one."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from screener.commands.groups import COMMANDS, GROUPS, spoken
from tests.cases import each_once
from tests.commands.conftest import Answer, Cli

LAST = "2026-10-09"  # the last session of the synthetic market
ASKING = (
    ("screen", "--as-of"),
    ("explain", "301396", "--as-of"),
    ("delivery", "--as-of"),
    ("rating", "--as-of"),
    ("report", "--as-of"),
    ("alerts", "--since"),
    ("diff", "2026-06-30"),
)
PRINTING = [words for words in ASKING if words[0] not in ("report", "alerts")]  # what they say begins with its stamps
OF_A_FIRM = (
    ("explain", "{}"),
    ("delivery", "--symbol", "{}"),
    ("diff", "2025-06-30", "2026-06-30", "{}"),
    ("announcements", "--symbol", "{}"),
    ("history", "firms", "{}"),
)


def at(monkeypatch: pytest.MonkeyPatch, day: str) -> None:
    monkeypatch.setenv("SCREENER_NOW", f"{day}T12:00:00")


# (today, the day that is asked about, what is said)
PAST = [
    ("2026-10-20", "2030-01-01", "that day has not come yet; got 2030-01-01; expected 2026-10-20 or earlier"),
    ("2026-12-31", "2026-12-01", "the prices end 37 sessions before that day; got 2026-12-01; expected at most 20"),
    ("2040-01-01", "2039-12-30", "the prices end 34"),
]


@pytest.mark.parametrize(("words", "past"), each_once(ASKING, PAST))
def test_a_day_past_what_is_known_is_refused(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], past: tuple[str, str, str]
) -> None:
    today, day, said = past
    at(monkeypatch, today)
    answer = cli(*words, day)
    assert (answer.code, answer.out) == (1, "")
    assert said in answer.err and f"next: ask about {LAST}" in answer.err and len(answer.err.splitlines()) == 1


@pytest.mark.parametrize("words", PRINTING, ids=lambda words: words[0])
def test_a_day_shortly_after_the_last_price_says_so_first(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    at(monkeypatch, "2026-10-30")
    answer = cli(*words, "2026-10-15")
    assert answer.code == 0
    assert f"STALE prices: of {LAST}, 4 sessions before 2026-10-15" in "".join(answer.out.splitlines(keepends=True)[:6])


def test_a_clock_behind_the_prices_refuses_no_day_that_has_them(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    at(monkeypatch, "2025-01-01")
    assert cli("screen", "--as-of", LAST).code == 0


def test_days_before_today_are_no_options(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    at(monkeypatch, "2026-10-09")
    first = datetime(2026, 10, 9) - timedelta(days=100)
    printed = cli("diff", "-100d", "today", "宏景").out
    assert f"Scores {first:%Y-%m-%d} → {LAST}" in printed and "301396.SZ" in printed and "603629" not in printed
    assert cli("diff", "-100d", "today", "-x").code == 2


@pytest.fixture(scope="module")
def by_code() -> dict[tuple[str, ...], Answer]:
    """What a command says of a firm that is named by its code, kept for every other spelling."""
    return {}


@pytest.mark.parametrize(
    ("words", "name"),
    each_once(OF_A_FIRM, ["宏景", "宏景科技", "301396.XSHE", "３０１３９６", "SZ301396"]),
)
def test_a_firm_may_be_named(
    cli: Cli, words: tuple[str, ...], name: str, by_code: dict[tuple[str, ...], Answer]
) -> None:
    if words not in by_code:
        by_code[words] = cli(*(word.format("301396.SZ") for word in words), "--csv", "out")
    named, coded = cli(*(word.format(name) for word in words), "--csv", "out"), by_code[words]
    assert (named.code, coded.code) == (0, 0) and named.out == coded.out and "301396" in named.out


def test_a_fact_may_be_named_by_firm_and_day(cli: Cli) -> None:
    spelled = (("宏景", "2025/12/1"), ("301396.SZ", "2025-12-01"))
    named, coded = (cli("history", "announcements", *words) for words in spelled)
    assert named.out == coded.out


def test_the_help_has_a_line_for_every_command_and_cuts_none(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    printed = cli("--help").out
    assert "…" not in printed and "..." not in printed.replace("[ARGS]...", "")
    assert all(f"{heading}:" in printed for heading in GROUPS)
    told = {spoken(name): line for group in GROUPS.values() for name, line in group.items()}
    rows = [row.split(maxsplit=1) for row in printed.splitlines()]
    assert len(told) == len(COMMANDS) and all(len(line) <= 60 for line in told.values())
    assert all([name, line] in rows for name, line in told.items())


def test_the_version_is_printed(cli: Cli) -> None:
    from screener import __version__

    assert cli("--version").out == f"screener {__version__}\n"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("screener scr", ["screen"]),
        ("screener screen --po", ["--policy"]),
        ("screener explain 宏", ["宏景科技"]),
        ("screener diff 2025-06-30 2026-06-30 3013", ["301396.SZ"]),
        ("screener delivery --symbol 利", ["利通电子"]),
        ("screener backtest order", ["order_drift"]),
    ],
)
def test_a_shell_completes_commands_options_firms_and_strategies(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, line: str, words: list[str]
) -> None:
    for name, value in {"_SCREENER_COMPLETE": "complete_bash", "COMP_WORDS": line}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("COMP_CWORD", str(len(line.split()) - 1))
    answer = cli()
    assert (answer.code, answer.out.split()) == (0, words)

"""Where lines go: through rich where its colours are seen, and without it where they are not."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from screener.report.lines import NARROWEST, Line

_PRINTED = "; ".join(
    (
        "import sys; from screener.report.tables import Field, print_table, say",
        "say('a stamp', style='bold yellow'); print_table([Field('a', 'a', wrap=True)], [{'a': 'b ' * 60}], title='t')",
        "print('rich.console' in sys.modules, file=sys.stderr)",
    )
)


def printed(**variables: str) -> tuple[str, bool]:
    """What a process prints into a pipe, and whether it loaded rich."""
    ended = subprocess.run(
        [sys.executable, "-c", _PRINTED],
        capture_output=True,
        env={**os.environ, "COLUMNS": "60", "PYTHONUTF8": "1", **variables},
        encoding="utf-8",
        check=True,
    )
    return ended.stdout, ended.stderr.strip() == "True"


def plain(text: str) -> str:
    """Without what colours it."""
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


@pytest.mark.parametrize("width", ["1", "50", "100"])
def test_colours_are_all_that_rich_adds(width: str) -> None:
    (bare, without), (coloured, through) = printed(COLUMNS=width), printed(COLUMNS=width, FORCE_COLOR="1")
    assert (without, through) == (False, True)
    assert "\x1b[" in coloured and plain(coloured) == bare
    assert max(map(len, bare.splitlines())) <= max(int(width), NARROWEST)


def test_blanks_at_the_end_go_whatever_part_they_stand_in() -> None:
    line = Line("a ")
    line.append("b  ", "red")
    line.append("   ")
    line.rstrip()
    assert line.parts == [("a ", ""), ("b", "red")]

"""What a search of the market's titles says of what it found, and what to do next."""

from __future__ import annotations

import pytest

from screener.commands import discover
from screener.store.discovering import Discovered

NEXT = "next: screener read --unreviewed"
DONE = {"keyword": "算力", "queries": 1, "rows": 5, "kept": 3, "matched": 0}


def finds(count: int) -> list[dict[str, object]]:
    told = {"announcements": 1, "first_known": "2026-06-01", "last_title": "关于签订算力合同的公告"}
    return [{"symbol": f"{300100 + n}.SZ", "firm": "测试", **told} for n in range(count)]


@pytest.mark.parametrize(
    ("found", "next_step"),
    [
        (Discovered(failures=["GPU: cninfo: unreachable"]), False),
        (Discovered(pieces=[{**DONE, "new": 0}], up_to_date=4), False),
        (Discovered(pieces=[{**DONE, "new": 3}]), True),
        (Discovered(firms=finds(1), up_to_date=4), True),  # of an earlier search, and still nobody's
    ],
)
def test_only_where_something_was_found_it_is_to_be_read(
    found: Discovered, next_step: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    discover._print(found)
    assert (NEXT in capsys.readouterr().out) is next_step


def test_what_is_not_listed_is_counted(capsys: pytest.CaptureFixture[str]) -> None:
    discover._print(Discovered(firms=finds(33)))
    said = capsys.readouterr().out
    assert "300129.SZ" in said and "300130.SZ" not in said and "3 firms more: screener announcements" in said

"""Every number of an answer is printed where people look, or stands in ONLY_IN_JSON with the reason why it is not.

1. A number counts as printed where one of its roundings (亿, per cent, yuan, plain) stands as a word of its own in the
   text; for an answer of rows, in a line that names the symbol of the row.
2. Keys are told without their numbers: `runoff_by_quarter.*` is every quarter.
3. What is listed and printed after all has to leave the list.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.commands.conftest import Cli

QUESTIONS = {
    "screen": "screen --as-of 2026-06-30",
    "explain": "explain 301396 --as-of 2026-06-30 --runoff --delivery",
    "delivery": "delivery --as-of 2026-06-30",
    "diff": "diff 2025-06-30 2026-06-30",
    "backtest": "backtest order_drift --full",
    "sweep": "sweep order_drift --grid hold=5,10,20",
    "events": "events --kind order --full --draws 99",
    "rating": "rating --scorecard --full",
    "alerts": "alerts --since 2026-01-05",
    "report": "report --brief --lang en --as-of 2025-03-31",
}
_COLUMN = "a factor beside the score: of a firm without one it is a column of CSV, Excel and JSON alone"
_TRADED = "`explain` prints it, `screen --columns` too; a terminal has no room for every column of a row"
_EFFECT = "each contract is printed with its amount; a firm without a score on either day has no line"
_VARIANT = "of each variant, in its Parquet file; `backtest` with its parameters prints it"
_OVERFIT = "how the probability of overfitting came about; the probability is printed, and how it was counted"
ONLY_IN_JSON: Mapping[str, Mapping[str, str]] = {
    "screen": {
        "backlog_low_cny": "the range is printed as a share of market cap; `explain` prints it in yuan",
        "backlog_high_cny": "the range is printed as a share of market cap; `explain` prints it in yuan",
        "announced_cny": "`explain` prints it, and contract by contract",
        "price_cny": "`explain` prints it with its day",
        "price_age_sessions": "a line below the table names the firms whose price is older than the last session",
        "contracts": "printed as n beside a score; without one, `known instead` says what there is",
        "unconfirmed": "`explain` marks each such contract",
        "unreviewed": "`announcements --unreviewed` lists them",
        "proposals": "printed below the table where one waits; `review --list` prints them",
        "runoff_by_quarter.*": "`explain --runoff` prints it by contract and quarter",
        "purchases_to_cap": _COLUMN,
        "purchases_to_cap_at_40": _COLUMN,
        "purchases_to_cap_at_25": _COLUMN,
        "adv20_cny": _TRADED,
        "return_20": _TRADED,
        "return_60": _TRADED,
    },
    "diff": {
        "backlog_before_cny": "the parts of the change are printed; `explain` prints the backlog of either day",
        "backlog_after_cny": "the parts of the change are printed; `explain` prints the backlog of either day",
        "market_cap_before_cny": "the price and share parts of the change are printed; `explain` prints the cap",
        "market_cap_after_cny": "the price and share parts of the change are printed; `explain` prints the cap",
        "announcements.report_row": "the row of the report, which the id of an announcement repeats",
        "effects_cny.new": _EFFECT,
        "effects_cny.ended": _EFFECT,
        "effects_cny.burned": _EFFECT,
        "effects_cny.re_read": _EFFECT,
    },
    "report": {"ranking.market_cap_cny": "of a firm without a score; `screen` prints it"},
    "sweep": {
        "best.turnover": _VARIANT,
        "best.refusals": _VARIANT,
        "best.volatility": _VARIANT,
        "best.variant": "the number of the variant in its file; its parameters are printed",
        "pbo_detail.one_in": _OVERFIT,
        "pbo_detail.share_of_losses": _OVERFIT,
        "pbo_detail.slope": _OVERFIT,
        "stands_on.retries": "until the decision changes, unless it is an axis, which is printed",
        "stands_on.initial_cash": "the account, 10 million yuan unless told otherwise; `backtest` prints it",
    },
}
_COUNTED = re.compile(r"[a-z_]+\d{2,}(_cny)?|.*_\d+[a-z_]*")  # keys whose number is a part of their name
_NO_NUMBER = re.compile(r"\d{4}-\d\d-\d\d(…\d\d)?|\d\d:\d\d|\b[RH]\d+(-\d+)?|\d{6}\.[A-Z]{2,3}|\S*[/\\]\S*|\d{4}Q\d")
_WORD = re.compile(r"[+-]?\d[\d,]*(?:\.\d+)?(?:e-\d+)?[%亿]?")


def leaves(value: Any, key: str = "") -> Iterator[tuple[str, float]]:
    """(key, number) of everything that is a number."""
    if isinstance(value, dict):
        for name, each in value.items():
            name = (
                "*"
                if re.search(r"\d", name) and not re.fullmatch(r"[a-z_]+\d{2,}(_cny)?|.*_\d+[a-z_]*", name)
                else name
            )
            yield from leaves(each, f"{key}.{name}" if key else name)
    elif isinstance(value, list):
        for each in value:
            yield from leaves(each, key)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield key, value


def roundings(value: float) -> set[str]:
    """How the terminal may write a number, without its sign."""
    size = abs(value)
    found = {f"{size:,.{digits}f}" for digits in range(5)} | {f"{size:.{digits}f}" for digits in range(5)}
    found |= {f"{size * 100:,.{digits}f}{sign}" for digits in range(3) for sign in ("", "%")}
    found |= {f"{size / 1e8:,.{digits}f}{sign}" for digits in (1, 2, 4) for sign in ("", "亿")}
    return found | {f"{size:.1e}"}


def words(text: str) -> set[str]:
    """The numbers of a text, without their signs; parts of days, ids, symbols and paths are none."""
    return {word.lstrip("+-") for word in _WORD.findall(_NO_NUMBER.sub(" ", text))}


def missing(found: Any, text: str) -> dict[str, float]:
    """Key → a number of it that is nowhere printed."""
    lines, everything = text.splitlines(), words(text)
    told: dict[str, float] = {}
    for row in found if isinstance(found, list) else [found]:
        symbol = row.get("symbol") if isinstance(found, list) else None
        there = words("\n".join(line for line in lines if symbol in line)) if symbol else everything
        told |= {key: value for key, value in leaves(row) if not roundings(value) & there}
    return told


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_number_is_printed_or_listed_with_a_reason(
    cli: Cli, question: str, synthetic_db: Path, tmp_path: Path
) -> None:
    db = shutil.copy(synthetic_db, tmp_path / "own.duckdb")  # whatever others have tried does not count here
    asked = [*QUESTIONS[question].split(), "--db", str(db)]
    files = [["--out", tmp_path / f"{n}.parquet"] if question == "sweep" else [] for n in "ab"]
    text, found = cli(*asked, *files[0]).out, json.loads(cli(*asked, *files[1], "--json").out)
    listed = ONLY_IN_JSON.get(question, {})
    assert {key: value for key, value in missing(found, text).items() if key not in listed} == {}
    assert [key for key in listed if key not in missing(found, text)] == [], "printed by now: no longer an exception"

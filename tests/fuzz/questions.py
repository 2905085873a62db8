"""Every command that reads a store, with words to ask it; and whether what it answers is an answer.

1. `READS` has an entry for each command of the app that reads a store; `WRITES` and `STORELESS` name the others.
2. An answer ends with a documented exit code: 0 (10 for alerts), or 1 and 2 with one sentence that `SENTENCES` holds.
3. It holds no NaN, no infinity, no control character; JSON is JSON.
"""

from __future__ import annotations

import contextlib
import io
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from screener.commands.app import answer
from screener.core.errors import LONGEST
from screener.core.tables import FACTS, TABLES
from screener.core.text import visible
from screener.report.words import spoken, told
from screener.sources.files.maps import LOADABLE
from tests.fuzz.rows import World, days, symbols

Words = tuple[str, ...]
STRATEGIES = ("order_drift", "purchase_drift", "backlog_yield", "equal_weight", "buy_and_hold")
SPAN = ("--start", "2026-06-01", "--end", "2026-06-30")
WRITES = {
    "load": "writes; what it accepts is the premise",
    "withdraw": "writes; the rows of an example are withdrawn by it",
    "fetch": "writes, and asks providers; tests/commands/test_fetch_end_to_end.py",
    "discover": "writes, and asks a provider; tests/store/test_discovering.py",
    "read": "writes, and asks for documents; tests/store/test_reviewing.py",
    "announcements record": "writes; tests/store/test_recording.py",
}
STORELESS = {
    "demo": "makes a store of its own",
    "config": "shows settings",
    "desk": "serves the questions below; tests/browser/test_desk_in_browser.py",
    "mcp": "serves the questions below; tests/serving/test_tools.py",
    "strategies": "lists files",
    "new-strategy": "writes a file",
}
FORMS = ("text", "json", "csv", "xlsx")
BARE = {"report", "load --template", "check-strategy"}  # these are not asked for JSON
# Exit code 1 or 2 is an answer where it is one of these.
SENTENCES = (
    "nothing is known by that day",  # asked about a day before all bars
    "no prices by that day",
    "that day has not come yet",
    "the prices end [0-9]+ sessions before that day",
    "no rating known by that day",
    "the days are the wrong way round",
    "one day twice",
    "the store holds nothing of this symbol",
    "no such fact",  # whose file was refused
    "unknown kind of event",  # that was taken back
)


@dataclass(frozen=True)
class Answered:
    """What a command left."""

    words: Words
    code: int
    out: str
    err: str


def _day(world: World) -> st.SearchStrategy[Words]:
    return st.one_of(st.just(()), days(world).map(lambda day: ("--as-of", str(day))))


def _screened(world: World) -> st.SearchStrategy[Words]:
    """Options of a screen."""
    return st.builds(
        lambda *parts: tuple(word for part in parts for word in part),
        st.sampled_from([("--policy", name) for name in ("gross", "dedup", "firm", "strict")]),
        st.sampled_from([(), ("--burn", "none")]),
        st.sampled_from([(), ("--lag", "0"), ("--lag", "24")]),
    )


_SCREEN_ONLY = st.sampled_from([(), ("--confirmed-only", "--vat", "0.13", "--attributable")])
_UNIVERSE = st.sampled_from([(), ("--universe", "theme"), ("--universe", "report"), ("--universe", "market")])


def _of(*parts: st.SearchStrategy[Words] | str) -> st.SearchStrategy[Words]:
    given = [st.just((part,)) if isinstance(part, str) else part for part in parts]
    return st.tuples(*given).map(lambda found: tuple(word for part in found for word in part))


def _one(strategy: st.SearchStrategy[str]) -> st.SearchStrategy[Words]:
    return strategy.map(lambda word: (word,))


def _named(world: World) -> st.SearchStrategy[Words]:
    """A table and a key of it: of the store, or of a new fact."""
    keys = [
        (name, *(str(row[part]) for part in TABLES[name].key)) for name in world.sound for row in world.sound[name][:5]
    ]
    fresh = [(name, key) for name, key in world.owners]
    return st.sampled_from([*keys, *fresh[-40:]])


def _queried() -> st.SearchStrategy[str]:
    views = [f"SELECT * FROM latest_{table.name}" for table in FACTS]
    return st.sampled_from([*views, *(f"SELECT * FROM {table}" for table in TABLES)])


Ask = Callable[[World, Path], st.SearchStrategy[Words]]
READS: Mapping[str, Ask] = {
    "status": lambda w, _: st.sampled_from([("status",), ("status", "--findings")]),
    "query": lambda w, _: _of("query", _one(_queried())),
    "screen": lambda w, _: _of("screen", _day(w), _screened(w), _SCREEN_ONLY, _UNIVERSE),
    "explain": lambda w, _: _of(
        "explain", _one(symbols()), _day(w), _screened(w), st.sampled_from([(), ("--runoff",), ("--delivery",)])
    ),
    "diff": lambda w, _: _of(
        "diff", _one(days(w).map(str)), _one(days(w).map(str)), st.one_of(st.just(()), _one(symbols())), _UNIVERSE
    ),
    "announcements": lambda w, _: _of(
        "announcements", st.sampled_from([(), ("--all",), ("--unreviewed",), ("--kind", "order")])
    ),
    "delivery": lambda w, _: _of("delivery", _day(w), st.one_of(st.just(()), symbols().map(lambda s: ("--symbol", s)))),
    "review": lambda w, _: _of("review", st.sampled_from([("--list",), ("--list", "--all")])),
    "alerts": lambda w, _: _of("alerts", "--since", _one(days(w).map(str))),
    "history": lambda w, _: _of("history", _named(w)),
    "backtest": lambda w, _: _of(
        "backtest", _one(st.sampled_from(STRATEGIES)), st.just((*SPAN, "--no-audit")), _UNIVERSE,
        st.sampled_from([(), ("--full",)]),
    ),
    "sweep": lambda w, here: st.just(
        ("sweep", "order_drift", "--grid", "hold=5,10", *SPAN, "--workers", "1", "--out", str(here / "v.parquet"))
    ),
    "events": lambda w, _: _of(
        "events", "--draws", "99",
        st.one_of(st.just(()), st.sampled_from([("--kind", row["kind"]) for row in w.sound["kinds"]])),
        st.sampled_from([(), ("--full",), ("--window", "-1:1"), ("--window", "adaptive")]),
    ),
    "rating": lambda w, _: _of("rating", _day(w), st.sampled_from([(), ("--scorecard",), ("--geometric",)])),
    "report": lambda w, here: _of(
        "report", st.just(("--out", str(here / "page.html"))), _day(w),
        st.sampled_from([("--lang", "zh"), ("--lang", "en")]),
    ),
    "report --brief": lambda w, here: _of(
        "report", "--brief", st.just(("--out", str(here / "brief.html"))), _day(w), _screened(w),
    ),
    "check-strategy": lambda w, _: _of("check-strategy", _one(st.sampled_from(STRATEGIES))),
    "load --template": lambda w, _: _of("load", "--template", _one(st.sampled_from(LOADABLE))),
}  # fmt: skip


def asked(world: World, name: str, here: Path) -> st.SearchStrategy[Words]:
    """A command with words, in one of its forms."""
    if name in BARE:
        return READS[name](world, here)
    forms = {
        "text": (),
        "json": ("--json",),
        "csv": ("--json", "--csv", str(here / "csv")),
        "xlsx": ("--json", "--xlsx", str(here / "out.xlsx")),
    }
    return _of(
        READS[name](world, here), st.sampled_from(["text", "json", "json", "csv", "xlsx"]).map(lambda form: forms[form])
    )


def run(words: Words, db: Path) -> Answered:
    """Runs a command in this process; what it raises is raised."""
    out, err = io.StringIO(), io.StringIO()
    last = () if words[:2] == ("load", "--template") else ("--db", str(db))
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = answer([*words, *last])
    return Answered(words, code, out.getvalue(), err.getvalue())


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} in JSON")


_ODD_NUMBER = re.compile(r"(?<![\w.])[+−-]?(nan|inf|Infinity)(?![\w])")


def wrong(found: Answered) -> str | None:
    """What is wrong with an answer; None: nothing."""
    for text in (found.out, found.err):
        if (safe := visible(text)) != text:
            at = next(at for at, (one, other) in enumerate(zip(text, safe, strict=False)) if one != other)
            return f"a character that acts or hides: {text[max(0, at - 60) : at + 20]!r}"
    if "Traceback" in found.err or "Warning" in found.err:
        return f"stderr holds {found.err[-500:]!r}"
    if found.code in (1, 2):
        return _no_sentence(found)
    if found.code != 0 and (found.code, found.words[0]) != (10, "alerts"):
        return f"exit code {found.code}: {found.err[:300]!r}"
    if "--json" in found.words:
        try:
            json.loads(found.out, parse_constant=_no_number)
        except ValueError as error:
            return f"no JSON: {error}: {found.out[:200]!r}"
    odd_number = _ODD_NUMBER.search(found.out)
    return f"prints {found.out[max(0, odd_number.start() - 80) :][:160]!r}" if odd_number else None


def _no_sentence(found: Answered) -> str | None:
    lines = [line for line in found.err.splitlines() if line.startswith("screener: ")]
    if len(lines) != 1 or len(lines[0]) > LONGEST + 20:
        return f"not one sentence: {found.err[:400]!r}"
    fair = (form for one in SENTENCES for form in (one, _in_chinese(one)))
    return None if any(re.search(form, lines[0]) for form in fair) else f"refuses to answer: {lines[0]}"


@cache
def _in_chinese(sentence: str) -> str:
    """As a command answers that is asked for a page in Chinese."""
    with spoken("zh"):
        return re.escape(told(sentence.replace("[0-9]+", "7"))).replace("7", "[0-9]+")

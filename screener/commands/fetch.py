"""`screener fetch`."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from screener.commands.options import Db, Json
from screener.core.days import day_of
from screener.core.errors import UsageError

if TYPE_CHECKING:
    from screener.store.fetch.matching import Moved
    from screener.store.fetch.plan import FetchPlan
    from screener.store.fetch.run import Report
    from screener.store.fetch.summary import Outcome, Summary

_SHOWN_NOTES = 12


def fetch(
    since: Annotated[str | None, typer.Option("--since", help="First day; default 2023-01-01.", metavar="D")] = None,
    symbols: Annotated[
        str | None, typer.Option("--symbols", help="Symbols with commas; default: the firms of the store.")
    ] = None,
    only: Annotated[
        str | None,
        typer.Option("--only", help="bars,indices,shares,actions,announcements,names,calendar; default: all of them."),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print nothing but a failure (for cron).")] = False,
    db: Db = None,
    as_json: Json = False,
) -> None:
    """Fetch what is missing from AKShare's providers; stop it at any time and run it again.

    Exit code 3: a needed source is down and nothing covers for it. What was fetched is stored all the same.

    Example: screener fetch --since 2024-01-01 --only bars,indices
    """
    from screener.commands.context import db_path
    from screener.commands.output import print_json
    from screener.core.known import shanghai_now
    from screener.sources import registry
    from screener.sources.http import Policy
    from screener.store.fetch import run

    path = db_path(db)
    fixed = os.environ.get("SCREENER_NOW")  # a test's clock
    moment = datetime.fromisoformat(fixed) if fixed else None
    plan = _plan(path, moment, day_of(since), symbols, only)
    with ExitStack() as stack:
        report = None if quiet else _bars(stack)
        summary = run.fetch(
            path, plan, registry.wire(Policy.from_environment()), now=lambda: moment or shanghai_now(), report=report
        )
    if as_json:
        print_json(summary.as_dict())
    elif not quiet:
        _print(summary, path)
    summary.raise_for_failures()


def _plan(path: Path, now: datetime | None, since: date | None, symbols: str | None, only: str | None) -> FetchPlan:
    from screener.core.symbols import parse_symbol
    from screener.store.fetch.plan import DATASETS, DEFAULT_SINCE, FetchPlan
    from screener.store.fetch.run import opened

    asked = _words(only)
    unknown = [name for name in asked if name not in DATASETS]
    if unknown:
        raise UsageError("dataset unknown (--only)", got=unknown[0], expected=", ".join(DATASETS))
    if symbols:
        chosen = tuple(dict.fromkeys(parse_symbol(word) for word in _words(symbols)))
    else:
        with opened(path, now) as store:
            chosen = tuple(store.latest("firms")["symbol"])
    datasets = tuple(name for name in DATASETS if not asked or name in asked)
    return FetchPlan(chosen, since or DEFAULT_SINCE, datasets, calendar_asked="calendar" in asked)


def _words(text: str | None) -> list[str]:
    return [word.strip() for word in (text or "").split(",") if word.strip()]


def _bars(stack: ExitStack) -> Report:
    """One progress bar per dataset on stderr, made when its first piece is done."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from screener.report.tables import console

    progress = stack.enter_context(
        Progress(
            TextColumn("{task.description:<14}"),
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[subject]}"),
            console=console(stderr=True),
        )
    )
    shown: dict[str, Any] = {}

    def report(outcome: Outcome, left: int) -> None:
        name = outcome.task.dataset
        if name not in shown:
            shown[name] = progress.add_task(name, total=left + 1, subject="")
        progress.update(shown[name], advance=1, subject=outcome.task.subject)

    return report


def _print(summary: Summary, path: Path) -> None:
    from screener.report.tables import Field, print_table, say

    names = ("new", "revised", "unchanged", "refused", "fetched", "failed", "up to date", "requests", "seconds")
    numbers = [Field(name, name, lambda n: f"{n:,}", right=True) for name in names]
    print_table([Field("dataset", "dataset"), *numbers, Field("provider", "provider", wrap=True)], summary.rows())
    _print_moved(summary.moved)
    _print_notes(summary.notes())
    say(f"store: {path}; next: screener status, then screener screen")


def _print_moved(moved: Sequence[Moved]) -> None:
    from screener.report.tables import Field, print_table, say

    if not moved:
        return
    say(f"{len(moved)} rows of the report are known in another session than the report's date says:")
    fields = ("announcement_id", "symbol", "title", "known_before", "known_now", "session_before", "session_now")
    rows = [{name: getattr(one, name) for name in fields} for one in moved]
    print_table([Field(name, name.replace("_", " "), wrap=name == "title") for name in fields], rows)


def _print_notes(notes: Sequence[str]) -> None:
    for note in notes[:_SHOWN_NOTES]:
        print(f"note: {note}", file=sys.stderr)
    if len(notes) > _SHOWN_NOTES:
        print(f"note: {len(notes) - _SHOWN_NOTES} more (screener fetch --json shows all)", file=sys.stderr)

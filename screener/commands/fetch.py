"""`screener fetch`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from screener.commands.options import Db, Json, words
from screener.report.words import told

if TYPE_CHECKING:
    from screener.research import Budget, Moved, Outcome, Progress, Summary

_SHOWN_NOTES = 12


def fetch(
    since: Annotated[str | None, typer.Option("--since", help="First day; default 2023-01-01.", metavar="D")] = None,
    symbols: Annotated[
        str | None, typer.Option("--symbols", help="Codes or names with commas; default: the firms of the store.")
    ] = None,
    only: Annotated[
        str | None,
        typer.Option(
            "--only",
            help="bars,indices,shares,actions,announcements,names,delistings,ratings,calendar; further: segments.",
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Ask nobody; print how many requests are due, by dataset.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print nothing but a failure (for cron).")] = False,
    db: Db = None,
    as_json: Json = False,
) -> None:
    """Fetch what is missing from AKShare's providers; stop it at any time and run it again.

    Exit code 3: a needed source is down and nothing covers for it. What was fetched is stored all the same.

    Example: screener fetch --since 2024-01-01 --only bars,indices
    """
    from screener.commands.output import print_json
    from screener.research import open

    house = open(db)
    chosen = [house.symbol(word) for word in words(symbols)]  # a name that nobody has is said before anything is drawn
    if dry_run:
        due: list[Budget] = []
        house.fetch(since, symbols=chosen, only=words(only), begin=due.append, dry_run=True)
        print_json(due[0].as_dict()) if as_json else _print_budget(due[0])
        return
    with ExitStack() as stack:
        report = None if quiet else _bars(stack)
        begin = None if quiet else _tell
        summary = house.fetch(since, symbols=chosen, only=words(only), report=report, begin=begin)
    if as_json:
        print_json(summary.as_dict())
    elif not quiet:
        _print(summary, house.path)
    summary.raise_for_failures()


def _tell(asked: Budget) -> None:
    """Said before the first request, so that it can be stopped."""
    if asked.requests:
        print(told(f"about to ask: {asked.line}"), file=sys.stderr)


def _print_budget(due: Budget) -> None:
    from screener.report.tables import Field, print_table, say

    names = ("rounds", "pieces", "requests")
    print_table([Field("dataset", "dataset"), *(Field(name, name, right=True) for name in names)], due.rows())
    say(f"{due.total:,} requests or more, which take {due.seconds:,.0f} s or more; nobody was asked")
    say("rounds: questions about many firms at once; pieces: about one firm, index or market")


def _bars(stack: ExitStack) -> Progress:
    """One progress bar per dataset on stderr, made when its first piece is done."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from screener.report.lines import console

    progress = Progress(
        TextColumn("{task.description:<14}"),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[subject]}"),
        console=console(stderr=True),
    )
    shown: dict[str, Any] = {}

    def report(outcome: Outcome, left: int) -> None:
        name = outcome.task.dataset
        if not shown:
            stack.enter_context(progress)  # not before: ended without a bar it leaves an empty line
        if name not in shown:
            shown[name] = progress.add_task(name, total=left + 1, subject="")
        progress.update(shown[name], advance=1, subject=told(outcome.task.about))

    return report


def _print(summary: Summary, path: Path) -> None:
    from screener.report.tables import Field, count, print_table, say

    names = ("new", "failed", "refused", "revised", "up to date", "unchanged", "fetched", "requests", "seconds")
    numbers = [Field(name, name, count, right=True, drop=max(0, at - 1)) for at, name in enumerate(names)]
    provider = Field("provider", "provider", wrap=True, drop=3)
    print_table([Field("dataset", "dataset"), *numbers, provider], summary.rows(), empty="nothing was asked for")
    _print_moved(summary.moved)
    _print_notes(summary.notes())
    for line in summary.found_lines:
        say(line)
    say(f"store: {path}; next: screener status, then screener screen")


def _print_moved(moved: Sequence[Moved]) -> None:
    from screener.report.tables import Field, print_table, say

    if not moved:
        return
    say(f"{len(moved)} rows of the report are known in another session than the report's date says:")
    fields = ("announcement_id", "symbol", "title", "known_before", "known_now", "session_before", "session_now")
    rows = [{name: getattr(one, name) for name in fields} for one in moved]
    drops = {"title": 3, "session_before": 2, "session_now": 1}
    shown = (Field(name, name.replace("_", " "), wrap=name == "title", drop=drops.get(name, 0)) for name in fields)
    print_table(list(shown), rows)


def _print_notes(notes: Sequence[str]) -> None:
    for note in notes[:_SHOWN_NOTES]:
        print(told(f"note: {note}"), file=sys.stderr)
    if len(notes) > _SHOWN_NOTES:
        more = f"note: {len(notes) - _SHOWN_NOTES} more (screener fetch --json shows all)"
        print(told(more), file=sys.stderr)

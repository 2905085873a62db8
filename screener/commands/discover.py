"""`screener discover`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from screener.commands.options import Db, Json
from screener.core.days import day_of
from screener.report.words import told

if TYPE_CHECKING:
    from screener.research import Discovered


MOST = 30  # firms that are printed


def discover(
    since: Annotated[
        str | None, typer.Option("--since", help="First day; default: as the keywords say.", metavar="D")
    ] = None,
    keywords: Annotated[
        str | None, typer.Option("--keywords", help="Words with commas instead of the table `keywords`.", metavar="A,B")
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print nothing but a failure (for cron).")] = False,
    db: Db = None,
    as_json: Json = False,
) -> None:
    """Search the whole market's announcements for compute orders and purchases; stop it at any time and run it again.

    Only titles are searched: firms whose orders stand in annual reports or bodies alone cannot be found like this.

    Example: screener discover --since 2026-06-01
    """
    from screener.commands.output import print_json
    from screener.research import open

    words = [word.strip() for word in keywords.split(",")] if keywords is not None else []
    found = open(db).discover(day_of(since), keywords=words, report=None if quiet or as_json else _tell)
    if as_json:
        print_json(found)
    elif not quiet:
        _print(found)
    found.raise_for_failures()


def _tell(piece: str, done: str) -> None:
    typer.echo(f"{piece}: {told(done)}", err=True)


def _print(found: Discovered) -> None:
    from screener.report.tables import Field, print_table, say

    names = ("queries", "rows", "kept", "new", "matched")
    counted = [{"keyword": word, **_summed(found, word, names)} for word in dict.fromkeys(_words(found))]
    numbers = (Field(name, name, right=True) for name in names)
    if counted:
        print_table([Field("keyword", "keyword"), *numbers], counted)
    if found.firms:
        shown = [
            *(Field(name, name.replace("_", " ")) for name in ("symbol", "firm", "announcements")),
            Field("first_known", "first known", drop=1),
            Field("last_title", "last title", wrap=True),
        ]
        print_table(shown, found.firms[:MOST], title="Firms outside the list, with finds nobody has reviewed")
    if len(found.firms) > MOST:
        say(f"{len(found.firms) - MOST} firms more: screener announcements --unreviewed")
    say(f"{found.up_to_date} searches were up to date; titles alone are searched, bodies and annual reports are not")
    unseen = [f"{row['symbol']} {row['firm']}" for row in found.by_title if row["first_hit"] is None]
    if found.by_title:
        reach = f"{len(found.by_title) - len(unseen)} of the {len(found.by_title)} firms of the list"
        say(f"a keyword stands in a title of {reach}" + (f"; not of {', '.join(unseen)}" if unseen else ""))
    if found.firms or any(row["new"] for row in found.pieces):
        say("next: screener read --unreviewed, then screener review")


def _words(found: Discovered) -> list[str]:
    return [row["keyword"] for row in found.pieces]


def _summed(found: Discovered, word: str, names: tuple[str, ...]) -> dict[str, int]:
    return {name: sum(row[name] for row in found.pieces if row["keyword"] == word) for name in names}

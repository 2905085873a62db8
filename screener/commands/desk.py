"""`screener desk`."""

from __future__ import annotations

import getpass
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from screener.commands.options import Db

if TYPE_CHECKING:
    from screener.serving.desk.server import DeskServer


def desk(
    port: Annotated[int, typer.Option(help="Of this machine alone; 0: a free one.", min=0, max=65535)] = 0,
    browser: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,
    lang: Annotated[str, typer.Option(help="zh | en.", metavar="LANG")] = "zh",
    reviewer: Annotated[
        str | None, typer.Option(help="Who decides in the review room; default: the login.", metavar="NAME")
    ] = None,
    db: Db = None,
) -> None:
    """The page alive, on this machine: the answer first, every question at other settings, the review.

    Example: screener desk --open
    """
    from screener.research import open
    from screener.serving.desk.server import DeskServer

    serve(DeskServer(open(db), reviewer=reviewer or getpass.getuser(), lang=lang, port=port), browser=browser)


def serve(server: DeskServer, room: str = "brief", *, browser: bool = False) -> None:
    """Says the address that opens a room, and answers until Ctrl-C."""
    from screener.report.tables import say

    say(f"open once, on this machine: {server.url(room)}")
    say("Ctrl-C ends it")
    sys.stdout.flush()
    if browser:
        import webbrowser

        webbrowser.open(server.url(room))
    server.serve()

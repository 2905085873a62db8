"""`screener mcp`."""

from __future__ import annotations

from screener.commands.options import Db


def mcp(db: Db = None) -> None:
    """Serve the questions as tools of a language model over standard input and output, read-only (extra `mcp`).

    Example: screener mcp --db my.duckdb
    """
    from screener.research import open
    from screener.serving.tools import server

    server(open(db)).run("stdio")

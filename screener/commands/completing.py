"""Words that a shell completes: firms of the store and names of strategies. What fails completes nothing."""

from __future__ import annotations

from pathlib import Path

from screener.core.errors import ScreenerError
from screener.core.resources import strategies_dir

_MOST = 50


def firms(incomplete: str) -> list[tuple[str, str]]:
    """(symbol, name) of firms whose code or name begins with, or holds, what was typed."""
    import screener

    try:
        names = screener.open().names()
    except ScreenerError:
        return []
    typed = incomplete.upper()
    if typed[:1].isdigit() or not typed:
        found = [(symbol, called[0]) for symbol, called in names.items() if symbol.startswith(typed)]
    else:
        found = [(called[0], symbol) for symbol, called in names.items() if called[0].upper().startswith(typed)]
    return found[:_MOST]


def universes(incomplete: str) -> list[str]:
    """Rules and watch lists; a file is completed by the shell itself."""
    from screener.core.config import Universe
    from screener.core.settings import settings

    try:
        return [name for name in (*Universe, *settings().watch) if name.startswith(incomplete)]
    except ScreenerError:
        return []


def strategies(incomplete: str) -> list[str]:
    """Names of the strategies in ./strategies and of the packaged ones; nothing is imported."""
    folders = (Path("strategies"), strategies_dir())
    names = {path.stem for folder in folders for path in folder.glob("[!_]*.py")}
    return sorted(name for name in names if name.startswith(incomplete))

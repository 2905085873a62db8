"""Libraries that not everybody wants: said in one sentence where they are missing."""

from __future__ import annotations

from importlib.util import find_spec

from screener.core.errors import ScreenerError
from screener.core.resources import install_step


def need(extra: str, library: str) -> None:
    """Raises ScreenerError, with what to run, where the library of an extra is not installed."""
    if find_spec(library) is None:
        what = f"the extra `{extra}` is not installed"
        raise ScreenerError(what, got=f"no {library}", next_step=install_step(extra))

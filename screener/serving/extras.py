"""Libraries that not everybody wants: said in one sentence where they are missing."""

from __future__ import annotations

from importlib.util import find_spec

from screener.core.errors import ScreenerError


def need(extra: str, library: str) -> None:
    """Raises ScreenerError, with what to run, where the library of an extra is not installed."""
    if find_spec(library) is None:
        step = f'pip install "compute-lease-screener[{extra}]"'
        raise ScreenerError(f"the extra `{extra}` is not installed", got=f"no {library}", next_step=step)

"""`screener new-strategy NAME`."""

from __future__ import annotations

import keyword
import os
from pathlib import Path
from typing import Annotated

import typer

from screener.core import writing
from screener.core.errors import ScreenerError, UsageError
from screener.report.words import told

TEMPLATE = '''"""Hold the k firms of the universe that rose most over the last `days` sessions, rebalanced monthly."""

from __future__ import annotations

import numpy as np

from screener import Panel


def weights(panel: Panel, *, k: int = 3, days: int = 20) -> dict[str, float] | None:
    """Target weights at 09:15 of `panel.session`; None leaves everything as it is."""
    if not (panel.is_first_of_month or panel.first_decision) or panel.t <= days:
        return None
    # Raw prices: a split would look like a fall, so shares are brought to today's.
    price = panel.close * panel.share_factor
    rise = price[-1] / price[-1 - days] - 1
    known = [firm for firm in panel.tradable_universe() if np.isfinite(rise[panel.index_of(firm)])]
    top = sorted(known, key=lambda firm: -rise[panel.index_of(firm)])[:k]
    return {firm: 1 / len(top) for firm in top}
'''


def new_strategy(name: Annotated[str, typer.Argument(help="A Python name: my_strategy.", metavar="NAME")]) -> None:
    """Write ./strategies/NAME.py, a working strategy to change.

    Example: screener new-strategy my_momentum
    """
    if not name.isidentifier() or keyword.iskeyword(name):
        raise UsageError("not a Python name", got=repr(name), expected="letters, digits and _, like my_momentum")
    path = Path("strategies") / f"{name}.py"
    if os.path.lexists(path):
        raise ScreenerError("the file is already there", where=str(path), next_step=f"screener check-strategy {name}")
    writing.written(path, lambda draft: draft.write_text(TEMPLATE, encoding="utf-8"), kind="py")
    print(told(f"{path} written"))
    print(told(f"next: screener check-strategy {name}, then screener backtest {name}"))

"""Placebo tables: CAR and SCAR of a session and a firm had an event happened there, where a date may be drawn.

1. A cell is an event on that session, or at the resumption where the firm is halted, as for the true ones.
2. Cells are filled as far as they are asked for: of ten years of a whole market few lie near an event.
3. Firms are estimated in the same company whatever is asked, so that no figure depends on what was asked before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from screener.core.arrays import Flags, Floats, Ints
from screener.evaluation.event_study.model import Fit, Model, Window, cells, cumulated, within
from screener.evaluation.event_study.rolling import Counts, known_days, rolling
from screener.evaluation.event_study.series import Stack

_ROWS = 16_000  # of firms that are estimated together: of one running sum
_Cells = tuple[Ints, Ints]


@dataclass(frozen=True, eq=False)
class Placebo:
    """(T, F) tables of one window."""

    car: Floats
    scar: Floats
    free: Flags  # True where a date may be drawn; nothing stands in the other cells

    @classmethod
    def empty(cls, sessions: int, firms: int) -> Placebo:
        """Nothing filled; what is never written takes no memory."""
        shape = (sessions, firms)
        return cls(np.zeros(shape), np.zeros(shape), np.zeros(shape, dtype=bool))

    def put(self, at: _Cells, car: Floats, scar: Floats) -> None:
        """Fills some cells; where there is no figure no date may be drawn."""
        good = np.isfinite(scar)
        t, f = at[0][good], at[1][good]
        self.car[t, f], self.scar[t, f], self.free[t, f] = car[good], scar[good], True


def fill(tables: Mapping[Window, Placebo], wanted: Mapping[Window, Flags], stack: Stack, model: Model) -> None:
    """Fills the cells that are `wanted` (T, F) of each window's table; windows share the estimations."""
    for firms in stack.batches(_ROWS):
        found = {window: np.nonzero(flags[:, firms]) for window, flags in wanted.items()}
        if not any(len(t) for t, _ in found.values()):
            continue
        part = stack.part(firms)
        sessions = len(next(iter(wanted.values())))
        following = _next_rows(part, sessions)
        rows = np.unique(np.concatenate([following[at] for at in found.values()]))
        rows = rows[rows < len(part.rows)]
        estimate = rolling(part, rows, model)
        place = np.full(len(part.rows) + 1, len(rows))
        place[rows] = np.arange(len(rows))
        for window, (t, f) in found.items():
            figures = np.concatenate((_on_days(part, rows, window, estimate), [[np.nan], [np.nan]]), axis=1)
            tables[window].put((t, f + firms.start), *figures[:, place[following[t, f]]])


def estimable(stack: Stack, counts: Counts, sessions: int, least: int) -> Flags:
    """(T, F) True where so many days are known to estimate from; `counts` as of `rolling.day_counts`."""
    found = np.zeros((sessions, len(stack.lengths)), dtype=bool)
    for firms in stack.batches(_ROWS):
        part = stack.part(firms)
        known, _ = known_days(
            counts, stack, part.firm + firms.start, np.arange(len(part.rows)) - part.starts[part.firm]
        )
        found[:, firms] = np.append(known >= least, False)[_next_rows(part, sessions)]
    return found


def _next_rows(part: Stack, sessions: int) -> Ints:
    """(T, F) row of the stack of the first traded day not before a session; their number after the last."""
    at = np.full((sessions, len(part.lengths)), len(part.rows), dtype=np.int64)
    at[part.rows, part.firm] = np.arange(len(part.rows))
    found: Ints = np.minimum.accumulate(at[::-1], axis=0)[::-1]
    return found


def _on_days(part: Stack, rows: Ints, window: Window, estimate: Fit) -> Floats:
    """(2, J) CAR and SCAR of the window around each of some rows."""
    firms = part.firm[rows]
    positions = rows - part.starts[firms]
    y, x, days, sessions = cells(part, firms, positions[:, None] + window.offsets)
    inside = within(part, firms, positions, window, sessions, part.rows[rows])
    _, car, car_var = cumulated(estimate, y, x, days, inside)
    return np.stack((car, car / np.sqrt(car_var)))

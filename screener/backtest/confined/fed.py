"""What stands for the market where a strategy runs: it holds what it was told, session by session, and no more.

A `Panel` cuts it as it cuts a `Market`. An array is asked for when a strategy first reads it, and its next row then
comes with each session; rows that nobody told are zero. Of a wide market a session that is read alone is asked for
alone: most strategies read a few of the past.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from itertools import starmap
from typing import Any, cast

import numpy as np
import polars as pl

from screener.core.arrays import times_of
from screener.core.config import as_universe
from screener.point_in_time.announcements import KINDS
from screener.point_in_time.found import Counts
from screener.point_in_time.indices import IndexSeries
from screener.point_in_time.market import Market
from screener.point_in_time.panel import Panel

NAMED = ("names", "report_symbols", "source")  # told with the first session, and when they were corrected
LISTS = tuple(KINDS)
CLOSED = ("open", "high", "low", "close", "volume", "amount", "mark")  # rows of sessions that are over
OPENING = ("reference", "total_shares", "shares_derived", "share_factor")  # and today's, known before the open
ARRAYS = (*CLOSED, *OPENING)
Need = Callable[[str | list[str | int]], Any]  # a name, or that of an array and a session of it


class Fed:
    """T sessions × N symbols as told so far; `need` asks for an array, the levels of the indices or the kinds."""

    revisions = ()

    def __init__(self, head: Mapping[str, Any], need: Need) -> None:
        self.sessions, self.symbols = head["sessions"], head["symbols"]
        self.calendar, self.synthetic = head["calendar"], head["synthetic"]
        self.names, self.report_symbols, self.source = (head[name] for name in NAMED)
        self._need = need
        self._alone = head["alone"]  # whether sessions are asked for alone
        self._lists: dict[str, tuple[Any, ...]] = dict.fromkeys(LISTS, ())
        self._arrays: dict[str, np.ndarray] = {}
        self._asked: dict[str, Any] = {}  # for this session only
        self._session_dates: list[date] = [day.astype(object) for day in self.sessions]
        self._column = {symbol: n for n, symbol in enumerate(self.symbols)}
        self.universe_entry: dict[str, datetime] = {}
        self.entry_times = times_of(self.symbols, {})
        self.ended: dict[str, tuple[date, str]] = {}
        self._entries: dict[str, int] = {}
        self._memo: dict[Any, Any] = {}

    def __getattr__(self, name: str) -> Any:
        """An array from its first use on; lists of facts; indices."""
        if name in LISTS:
            return self._lists[name]
        if name in ARRAYS:
            self._put(name, 0, self._need(name))
            return self.__dict__[name]
        if name == "indices":
            if name not in self._asked:
                self._asked[name] = {index: IndexSeries(*parts) for index, parts in self._need(name).items()}
            return self._asked[name]
        raise AttributeError(name)

    def mend(self, mended: Mapping[str, Any]) -> None:
        """What of what was told stood corrected since."""
        for name in mended["anew"]:
            if name in LISTS:
                self._lists[name] = ()
            else:
                self.universe_entry.clear()
                self.entry_times = times_of(self.symbols, {})
        if "commitments" in mended["anew"]:
            self._entries.clear()
        for name, (t, n, values) in mended["cells"].items():
            self._arrays[name][t, n] = values
        self.__dict__.update(mended["named"])
        if not mended["remembered"]:
            self._memo.clear()
            self.__dict__.pop("_kinds", None)

    def told(self, more: Mapping[str, Any]) -> None:
        """What became known since the last session."""
        self._asked.clear()
        for name, rows in more["lists"].items():
            self._lists[name] += tuple(starmap(KINDS[name], rows))
        self._entries.update(more["entries"])
        self.universe_entry.update(more["universe_entry"])
        for symbol in more["universe_entry"].keys() & self._column.keys():
            self.entry_times[self._column[symbol]] = more["universe_entry"][symbol]
        self.ended = more["ended"]
        for name, (start, rows) in more["rows"].items():
            self._put(name, start, rows)

    def _put(self, name: str, start: int, rows: np.ndarray) -> None:
        """Rows from `start` on; what strategies see of them is read-only."""
        if name not in self._arrays:
            self._arrays[name] = np.zeros((len(self.sessions), len(self.symbols)), rows.dtype)
            view = self._arrays[name].view()
            view.flags.writeable = False
            self.__dict__[name] = view
        self._arrays[name][start : start + len(rows)] = rows

    @property
    def kinds(self) -> pl.DataFrame:
        """The table of kinds of announcements."""
        if "_kinds" not in self.__dict__:
            schema, columns = self._need("kinds")
            self.__dict__["_kinds"] = pl.DataFrame(columns, schema)
        return cast(pl.DataFrame, self.__dict__["_kinds"])

    def upto(self, name: str, rows: int) -> np.ndarray:
        """As of a Market."""
        return np.asarray(getattr(self, name)[:rows])

    def row(self, name: str, t: int) -> np.ndarray:
        """As of a Market."""
        if not self._alone or name in self._arrays:
            return np.asarray(getattr(self, name)[t])
        asked = f"{name} {t}"
        if asked not in self._asked:
            self._asked[asked] = self._need([name, t])
            self._asked[asked].flags.writeable = False
        return np.asarray(self._asked[asked])

    def index_of(self, symbol: str) -> int:
        """As of a Market."""
        return self._column[symbol]

    def stands_on(self, **more: Any) -> Any:
        """As of a Market."""
        return Market.stands_on(cast(Market, self), **more)

    def findings_of(self, *asked: Any, **span: Any) -> Counts:
        """None: findings are told to whoever reads the answer."""
        return {}

    def panel(self, asked: Mapping[str, Any]) -> Panel:
        """The panel of the moment that was asked for."""
        panel = Panel(
            cast(Market, self),
            asked["as_of"],
            asked["t"],
            asked["known"],
            as_universe(asked["universe"]),
            first_decision=asked["first"],
        )
        panel.revised_later = asked["later"]
        return panel

"""Answers as the field's libraries take them: pandas, a picture, returns and positions, factors and prices.

1. `frame_of`: the frame of an answer in pandas; a back-test is a series of sessions, so its index is its days.
2. `returns_of`, `positions_of`, `transactions_of`: what quantstats and pyfolio take. Days are dates of Shanghai without
   a time zone. The first return is against the initial cash.
3. `factors_of`: what alphalens takes. A factor is as of 09:15 of the first session of a month; prices are opens of that
   and every session, carried over splits by the shares that one share became, so a forward return can be had.
4. `picture_of`: a plotly figure (see `report.pictures`); plotly is loaded by nothing else here.

Where figures differ from ours: we annualise by 242 sessions, quantstats and pyfolio by 252 unless they are told
`periods=242`, `annualization=242`; all three take the sample deviation (n − 1). quantstats reads a first return of 0 as
the start of a price series and leaves it in; our drawdown starts from the initial cash, theirs from the first day.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from screener.core.answer import Answer
from screener.core.config import AnyUniverse, Universe
from screener.core.errors import UsageError

if TYPE_CHECKING:
    from screener.evaluation.appraisal import Appraisal
    from screener.point_in_time.market import Market

_DAYS = ("session", "day", "month")


def frame_of(answer: Answer) -> pd.DataFrame:
    """The frame of an answer; with a DatetimeIndex where its rows are days."""
    if type(answer).__name__ == "Appraisal":
        return _indexed(answer.sheets()["equity"])
    return _indexed(answer.frame().to_dicts())


def _indexed(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    frame = pd.DataFrame([dict(row) for row in rows])
    first = str(frame.columns[0]) if len(frame.columns) else ""
    if first not in _DAYS or frame[first].duplicated().any():
        return frame
    return frame.set_index(pd.DatetimeIndex(pd.to_datetime(frame[first]), name=first)).drop(columns=first)


def returns_of(found: Appraisal) -> pd.Series[float]:
    """(T,) return of each session, named as the strategy; the first is against the initial cash."""
    run = found.result
    return pd.Series(run.returns, index=_days(found), name=run.strategy)


def benchmark_of(found: Appraisal) -> pd.Series[float]:
    """(T,) return of the benchmark from the close before each session; NaN where it has no level."""
    close = found.result.benchmark_close
    return pd.Series(close[1:] / close[:-1] - 1, index=_days(found), name="000300.SH")


def positions_of(found: Appraisal) -> pd.DataFrame:
    """(T, N + 1) yuan of each firm that was held after the close, and `cash`; their sum is the equity."""
    run = found.result
    held = np.flatnonzero(run.shares.any(axis=0))
    worth = run.shares[:, held] * np.nan_to_num(run.marks()[:, held])
    frame = pd.DataFrame(worth, index=_days(found), columns=[run.market.symbols[n] for n in held])
    frame["cash"] = run.cash
    return frame


def transactions_of(found: Appraisal) -> pd.DataFrame:
    """A row per fill, at its session: `amount` shares, negative where sold, `price` in yuan, `symbol`."""
    fills = found.result.fills
    sign = np.where((fills["side"] == "buy").to_numpy(), 1, -1)
    index = pd.DatetimeIndex(fills["session"].to_numpy(), name="date")
    columns = {"amount": fills["filled"].to_numpy() * sign, "price": fills["price"].to_numpy()}
    return pd.DataFrame({**columns, "symbol": fills["symbol"].to_list()}, index=index)


def factors_of(
    market: Market, name: str, universe: AnyUniverse = Universe.KNOWN
) -> tuple[pd.Series[float], pd.DataFrame]:
    """(factor by date and asset, opens by session and asset). Raises UsageError for a factor there is none of."""
    from screener.screen.factors import factor_values

    days, rows = pd.DatetimeIndex(market.sessions), []
    for t in _first_sessions(days):
        panel = market.panel(t, universe)
        values = factor_values(panel, name).items()
        rows += [(days[t], symbol, value) for symbol, value in values if value is not None]
    if not rows:
        raise UsageError("no firm has this factor on any month's first session", got=name)
    index = pd.MultiIndex.from_tuples([row[:2] for row in rows], names=["date", "asset"])
    asked = sorted({row[1] for row in rows})
    columns = [market.index_of(symbol) for symbol in asked]
    opens = pd.DataFrame((market.open * market.share_factor)[:, columns], index=days, columns=asked)
    return pd.Series([row[2] for row in rows], index=index, name=name, dtype=float), opens.ffill()


def _first_sessions(days: pd.DatetimeIndex) -> list[int]:
    months = days.year * 12 + days.month
    return [t for t in range(1, len(days)) if months[t] != months[t - 1]]


def _days(found: Appraisal) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(found.result.sessions.astype("datetime64[ns]"), name="session")


def book_of(answer: Answer, path: Path | str, lang: str) -> None:
    """A workbook of an answer at `path`. Raises ScreenerError."""
    from screener.report.workbook import write_book

    write_book(Path(path), answer, lang)


def picture_of(answer: Answer) -> Any:
    """A plotly figure of an answer. Raises UsageError where there is nothing to draw."""
    import plotly.graph_objects as go

    from screener.report.charts import coloured
    from screener.report.pictures import picture

    return go.Figure(coloured(picture(answer)))

"""The pictures of `plots` by matplotlib, for .png and .svg.

1. Words are those of the terminal. Letters that the plain font has not are taken from a Chinese one of this machine;
   where there is none, the picture speaks English: empty boxes say nothing.
2. Without a date inside, the same run gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from screener.core.config import BENCHMARK
from screener.evaluation.appraisal import ROLLING
from screener.report.charts import BAND, GROWTH, LIGHT, LUCK, OFFSET, SHARPE
from screener.report.words import language, spoken, told

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

    from screener.evaluation.appraisal import Appraisal
    from screener.evaluation.event_study import MeanPath
    from screener.evaluation.sweep import HeatMap

# Fonts with Chinese letters, as Linux, Windows and macOS have them; the first that is there.
_CHINESE = (
    "Noto Sans CJK SC", "Noto Sans CJK JP", "Source Han Sans SC", "Source Han Sans CN", "Microsoft YaHei",
    "PingFang SC", "Hiragino Sans GB", "SimHei", "Heiti SC", "Heiti TC", "WenQuanYi Micro Hei", "WenQuanYi Zen Hei",
    "SimSun", "Noto Serif CJK SC", "Noto Serif CJK JP", "Arial Unicode MS",
)  # fmt: skip


def save(path: Path, kind: str, heading: Callable[[], str], drawn: Callable[[], Canvas]) -> None:
    """One picture with its heading, in the language that can be written here."""
    with _written():
        canvas = drawn()
        canvas.suptitle(heading(), fontsize=10)
        canvas.savefig(path, format=kind, dpi=150, metadata={"Date": None} if kind == "svg" else None)


@contextmanager
def _written() -> Iterator[None]:
    """The fonts of the language."""
    import matplotlib

    if language() == "en":
        yield
    elif font := chinese_font():
        with matplotlib.rc_context({"font.family": [*matplotlib.rcParams["font.sans-serif"][:1], font]}):
            yield
    else:
        with spoken("en"):
            yield


@lru_cache(maxsize=1)
def chinese_font() -> str | None:
    """The name of a font with Chinese letters; None where this machine has none."""
    from matplotlib.font_manager import get_font_names

    there = frozenset(get_font_names())
    return next((name for name in _CHINESE if name in there), None)


def backtest_canvas(appraisal: Appraisal) -> Canvas:
    """Growth, drawdown and rolling excess return, one above the other."""
    found, days = appraisal.curves, appraisal.curves.dates
    canvas = _canvas(9, 6.5)
    top, middle, low = canvas.subplots(3, 1, sharex=True, height_ratios=(3, 1.2, 1.2))
    top.plot(days, found.strategy, color=LIGHT["@c1"], label=appraisal.result.strategy)
    top.plot(days, found.benchmark, color=LIGHT["@muted"], label=BENCHMARK)
    top.legend(frameon=False, loc="upper left")
    middle.fill_between(days, found.drawdown, 0, color=LIGHT["@c2"], alpha=0.5)
    low.plot(days, found.rolling_excess, color=LIGHT["@c3"])
    low.axhline(0, color=LIGHT["@muted"], linewidth=0.8)
    _grown(top)
    for axes, name in ((middle, "drawdown"), (low, f"excess, {ROLLING} sessions")):
        _finish(axes, name)
    return canvas


def path_canvas(drawn: MeanPath) -> Canvas:
    """The mean path around the announcements with its band."""
    canvas = _canvas(9, 5)
    axes = canvas.subplots()
    if np.isfinite(drawn.low).any():
        axes.fill_between(
            drawn.offsets,
            drawn.low,
            drawn.high,
            color=LIGHT["@c1"],
            alpha=0.16,
            linewidth=0,
            label=told(BAND),
        )
    axes.plot(drawn.offsets, drawn.caar, color=LIGHT["@c1"], label="CAAR")
    axes.axhline(0, color=LIGHT["@muted"], linewidth=0.8)
    axes.axvline(0, color=LIGHT["@muted"], linewidth=0.8, linestyle=":")
    axes.legend(frameon=False, loc="upper left")
    axes.set_xticks([offset for offset in drawn.offsets if offset % 5 == 0])
    axes.set_xlabel(told(OFFSET))
    _finish(axes, "mean cumulative abnormal return", decimals=1)
    return canvas


def sweep_canvas(cells: HeatMap, luck: float) -> Canvas:
    """Bars with the line of luck for one axis, a heat map for two."""
    canvas = _canvas(9, 5.5)
    axes, down = canvas.subplots(), [str(value) for value in cells.row_values]
    if not cells.columns:
        axes.bar(down, cells.cells[:, 0], color=LIGHT["@c1"], label=told(SHARPE))
        axes.axhline(luck, color=LIGHT["@c2"], linestyle=":", label=told(LUCK))
        axes.legend(frameon=False)
        axes.set_xlabel(cells.rows)
        axes.set_ylabel(told(SHARPE))
        return canvas
    from matplotlib.colors import LinearSegmentedColormap

    most = float(np.nanmax(np.abs(cells.cells)))
    colours = LinearSegmentedColormap.from_list("sharpe", [LIGHT[name] for name in ("@c2", "@paper", "@c1")])
    drawn = axes.imshow(cells.cells, aspect="auto", origin="lower", cmap=colours, vmin=-most, vmax=most)
    canvas.colorbar(drawn, label=told(SHARPE))
    for (at, along), value in np.ndenumerate(cells.cells):
        ink = LIGHT["@paper" if abs(value) > 0.6 * most else "@ink"]  # to be read on a dark cell too
        shown = f"{value:.2f}" if np.isfinite(value) else "—"
        axes.text(along, at, shown, ha="center", va="center", fontsize=8, color=ink)
    axes.set_xticks(range(len(cells.column_values)), [str(value) for value in cells.column_values])
    axes.set_yticks(range(len(down)), down)
    axes.set_xlabel(cells.columns)
    axes.set_ylabel(cells.rows)
    return canvas


def _grown(axes: Any) -> None:
    """A log axis of growth: a curve that doubles rises alike wherever it starts."""
    from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 1.5, 2.0, 3.0, 5.0, 7.0)))
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.set_ylabel(told(GROWTH))
    axes.grid(color=LIGHT["@grid"])
    axes.spines[["top", "right"]].set_visible(False)


def _finish(axes: Any, name: str, decimals: int = 0) -> None:
    from matplotlib.ticker import PercentFormatter

    axes.set_ylabel(told(name))
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=decimals))
    axes.grid(color=LIGHT["@grid"])
    axes.spines[["top", "right"]].set_visible(False)


def _canvas(width: float, height: float) -> Canvas:
    """An empty picture, inches, that needs no screen."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure as Canvas

    canvas = Canvas(figsize=(width, height), layout="constrained", facecolor=LIGHT["@paper"])
    FigureCanvasAgg(canvas)
    return canvas

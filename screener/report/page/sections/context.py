"""Context of the report: its other figures with the arithmetic they should satisfy, its statements against its rows."""

from __future__ import annotations

from typing import Any

import polars as pl

from screener.point_in_time.frames import frame_of
from screener.report.page.source import Canvas, PageSource


def build(source: PageSource, canvas: Canvas) -> dict[str, Any]:
    """Rows as stored; empty before the report was known."""
    indicators, statements = (_known(source, name) for name in ("indicators", "statements"))
    checked = [row for row in indicators if row["check"]]
    return {
        "indicators": indicators,
        "checked": len(checked),
        "holding": sum(bool(row["check_holds"]) for row in checked),
        "statements": statements,
        "agreeing": sum(bool(row["agrees"]) for row in statements),
    }


def _known(source: PageSource, name: str) -> list[dict[str, Any]]:
    frame = frame_of(source.market.frames, name)
    return frame.filter(pl.col("known_at") <= source.moment).to_dicts()

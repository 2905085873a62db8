"""Context of the report: its other figures with the arithmetic they should satisfy, its statements against its rows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import polars as pl

from screener.point_in_time.frames import frame_of
from screener.report.page.source import Canvas, PageSource
from screener.report.words import figures

_SAID = ("label", "note", "as_of")
_ID = re.compile(r"[a-z]\w+")


def build(source: PageSource, canvas: Canvas) -> dict[str, Any]:
    """Rows as stored; empty before the report was known."""
    indicators, statements = (_known(source, name) for name in ("indicators", "statements"))
    checked = [row for row in indicators if row["check"]]
    if source.language == "zh":
        named = {row["indicator"]: _said(row["label"]) for row in indicators}
        indicators = [row | {"check": _named(row["check"], named)} for row in map(_in_chinese, indicators)]
        statements = [_in_chinese(row) for row in statements]
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


def _in_chinese(row: Mapping[str, Any]) -> dict[str, Any]:
    """What a row says in words; names, figures and formulas as they are."""
    return {key: _said(value) if key in _SAID and value else value for key, value in row.items()}


def _said(text: str) -> str:
    return figures().get(text, text)


def _named(check: str | None, named: Mapping[str, str]) -> str | None:
    """A formula over ids, with what each of them is in its place."""
    return None if check is None else _ID.sub(lambda found: f"「{named.get(found[0], found[0])}」", check)

"""The first screen: the answer in a few lines, each with the way to its section."""

from __future__ import annotations

from typing import Any

from screener.report.brief import rank_before, said
from screener.report.page import drawn
from screener.report.page.sections.ranked import bar
from screener.report.page.source import Canvas, PageSource

SHOWN, LINES = 6, 20  # firms on the first screen, and sentences of each other question


def build(source: PageSource, canvas: Canvas) -> dict[str, Any]:
    """The ranked firms as a small table; every other question with its sentences."""
    found, w = source.brief, source.words["brief"]
    ranking, *others = said(found, source.words)
    ranked = found.ranked
    widest = max((row.score_high or row.score or 0.0 for row in ranked), default=0.0)
    rows = [
        {"row": row, "bar": bar(row.score, row.score_low, row.score_high, widest), "before": rank_before(row, w)}
        for row in ranked[:SHOWN]
    ]
    return {
        "ranking": ranking,
        "rows": rows,
        "head": ranking.sentences[0],
        "rest": ranking.sentences[1 + len(ranked) :] if ranked else (),
        "others": others,
        "most": LINES,
        "growth": drawn.growth(source.runs, source.words["backtests"]["benchmark"], 560.0, 190.0),
    }


def pictures(source: PageSource) -> list[dict[str, Any]]:
    """The three charts of the sheet: heading and picture."""
    w, r = source.words["brief"], source.words["ratings"]
    return [
        {"heading": w["chart_ranking"], "picture": drawn.ranking(source.brief.ranked)},
        {"heading": w["chart_growth"], "picture": drawn.growth(source.runs, source.words["backtests"]["benchmark"])},
        {"heading": w["chart_rating"], "picture": drawn.rating(source.cone, r["upper"], r["lower"], r["basket"])},
    ]

"""What the page will not tell: said in words, with the counts that make it concrete."""

from __future__ import annotations

from typing import Any

from screener.report.page.source import Canvas, PageSource


def build(source: PageSource, canvas: Canvas) -> dict[str, Any]:
    """Counts for the sentences of the section."""
    rows = source.screen.rows
    return {
        "without_score": sum(row.score is None for row in rows),
        "firms": len(rows),
        "date_only": sum(row.known_at_basis == "date_only" for row in source.market.announcements),
        "announcements": len(source.market.announcements),
        "approximate": sum(row.market_cap_approximate for row in rows),
        "synthetic": source.market.synthetic,
    }

"""The review of ratings as of a day: verdicts, the report's own firms beside them, hit rates, scorecards.

1. Ratings: those of the market known by the end of the day, or a table of the caller's.
2. Verdicts by `judge`, hit rates over the final ones, scorecards where asked.
3. Context: beside a rated industry of the market's own table the firms its report names. Nobody could choose them
   before the report, so an answer that shows them says HINDSIGHT.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import polars as pl

from screener.core.answer import Answer, Tables
from screener.core.config import REPORT_KNOWN_AT
from screener.core.errors import UsageError
from screener.core.stands_on import StandsOn
from screener.core.tables import packaged
from screener.evaluation.rating.context import Context, context
from screener.evaluation.rating.evaluate import candidates
from screener.evaluation.rating.hits import HitRate, hit_rates
from screener.evaluation.rating.judge import judge, known_table, rating_of
from screener.evaluation.rating.judged import Judged
from screener.evaluation.rating.lines import lines
from screener.evaluation.rating.records import By, Record, records
from screener.evaluation.rating.scorecard import Scorecard, scorecards
from screener.evaluation.rating.series import end_of, level_of
from screener.point_in_time.frames import frame_of
from screener.point_in_time.market import Market

_LOAD = "screener load DIR (screener load --template indices)"


@dataclass(frozen=True, repr=False, eq=False)
class Review(Answer):
    """Verdicts by rating, benchmark and reading; what stands beside them. JSON is the list of verdicts."""

    judged: tuple[Judged, ...]
    context: tuple[Context, ...]  # not rated by the report
    hits: tuple[HitRate, ...]
    cards: tuple[Scorecard, ...]  # E6, E12, W where asked for and a stock was rated
    records: tuple[Record, ...]  # the same by broker, analyst, rating or year
    stands_on: StandsOn  # prices, the day, how bands were told; HINDSIGHT where context is shown

    def frame(self) -> pl.DataFrame:
        """One row per verdict; lists as text, single candidate dates left out."""
        rows = [{key: _cell(value) for key, value in row.items() if key != "candidates"} for row in self._plain()]
        return pl.DataFrame(rows, infer_schema_length=None)

    def _plain(self) -> list[dict[str, Any]]:
        return [row.as_dict() for row in self.judged]

    def _tables(self) -> Tables:
        tables: Tables = {
            "lines": [line.as_dict() for line in lines(self.judged)],
            "ratings": self._plain(),
            "context": [row.as_dict() for row in self.context],
            "hits": [row.as_dict() for row in self.hits],
        }
        if self.records:
            tables["records"] = [record.as_dict() for record in self.records]
        if self.cards:
            tables["scorecards"] = [card.as_dict() for card in self.cards]
            tables["matrix"] = [{"reading": card.reading, **row} for card in self.cards for row in card.table()]
        return tables

    def sheets(self) -> Tables:
        """As `tables`, the candidate report dates of a rating as rows of their own, where there are several."""
        tables = self._tables()
        rows = tables["ratings"]
        tables["ratings"] = [{key: value for key, value in row.items() if key != "candidates"} for row in rows]
        several = [row for row in rows if len(row["candidates"]) > 1]
        if several:
            dated = ({"rating_id": row["rating_id"], **one} for row in several for one in row["candidates"])
            tables["candidates"] = list(dated)
        return tables


def review(
    market: Market,
    as_of: date,
    *,
    ratings: pl.DataFrame | None = None,
    industry_index: Sequence[str] = (),
    geometric: bool = False,
    scorecard: bool = False,
    by: By | str = By.BROKER,
) -> Review:
    """Ratings judged by what was known by the end of `as_of` and the closes up to it.

    ratings: as core.tables RATINGS (default: the market's own). industry_index: these stand for the rated industry
    (default: those of the table industry_series, each beside the others, the first of them the main one).
    geometric: bands by (1+r) ÷ (1+b) − 1. scorecard: hit rates against base rates too, and records by
    broker, analyst, rating or year (`by`), which takes seconds.
    Raises UsageError where no rating is known yet or the index is not stored, ScreenerError as `judge` does.
    """
    together = grouping(by)
    table = known_table(market, "ratings", as_of) if ratings is None else ratings
    if table.is_empty():
        raise _nothing_rated(market, as_of, given=ratings is not None)
    for index in industry_index:
        _must_be_stored(market, index, as_of)
    judged = judge(table, market, as_of, industry_index=industry_index, geometric=geometric)
    beside = _beside(market, table, as_of) if ratings is None else ()
    cards = scorecards(judged, market, as_of) if scorecard else ()
    rules = {
        "ratings": "the store" if ratings is None else "given by the user",
        "relative_return": "(1+r)/(1+b)-1" if geometric else "r-b",
        "context": "firms and basket are context, not rated by the report",
        **_series(judged),
    }
    own = ratings is None  # a portfolio follows what the store holds
    who = records(judged, market, as_of, together, portfolios=own) if scorecard else ()
    basis = _basis(market, as_of, rules, table["subject"].to_list(), with_firms=bool(beside))
    return Review(judged, beside, hit_rates(judged), cards, who, basis)


def grouping(by: By | str) -> By:
    """Raises UsageError for something ratings cannot be put together by."""
    try:
        return By(by)
    except ValueError:
        raise UsageError("ratings cannot be put together by that", got=by, expected=" | ".join(By)) from None


def _series(judged: Sequence[Judged]) -> dict[str, str]:
    """By which series industries are judged, and who says so; nothing where no industry is rated."""
    found = list(dict.fromkeys(row.stand_in for row in judged if row.stand_in))
    told = "; ".join(f"{one.label}{' (main)' if one.main else ''}: {one.certainty}" for one in found)
    return {"industry_series": told} if told else {}


def _beside(market: Market, table: pl.DataFrame, as_of: date) -> tuple[Context, ...]:
    """The report's firms since every candidate date of its own rating, the packaged one."""
    own = table.filter(pl.col("rating_id").is_in(packaged("ratings")["rating_id"].implode()))
    industries = own.filter(pl.col("subject_kind") == "industry").iter_rows(named=True)
    dates = [day for row in industries for day in candidates(rating_of(row), market.calendar)]
    return context(market, market.report_symbols, list(dict.fromkeys(dates)), as_of)


def _basis(market: Market, as_of: date, rules: dict[str, Any], rated: Sequence[str], *, with_firms: bool) -> StandsOn:
    closed = market.sessions[market.sessions <= np.datetime64(as_of)]
    named = f"HINDSIGHT: the {len(market.report_symbols)} firms shown as context were chosen by the report of "
    return market.stands_on(
        first_session=closed[0].item() if closed.size else None,
        price_session=closed[-1].item() if closed.size else None,
        as_of=as_of,
        known_by=end_of(as_of),
        hindsight=f"{named}{REPORT_KNOWN_AT:%Y-%m-%d}" if with_firms else "",
        findings=market.findings_of([*rated, *(market.report_symbols if with_firms else ())], last=as_of),
        revised_later=sum(moment > end_of(as_of) for moment in market.revisions),
        rules=rules,
    )


def _nothing_rated(market: Market, as_of: date, *, given: bool) -> UsageError:
    if given:
        return UsageError("no rating given", next_step="screener load --template ratings")
    known = frame_of(market.frames, "ratings")["known_at"].dt.date().unique().sort().to_list()
    expected = f"{known[0]} or later" if known else None
    return UsageError("no rating known by that day", got=as_of, expected=expected, next_step="--ratings FILE")


def _must_be_stored(market: Market, index: str, as_of: date) -> None:
    stored = [name for name in sorted(market.indices) if level_of(market, name, as_of).last is not None]
    if index not in stored:
        raise UsageError("no such index in the store", got=index, expected=", ".join(stored), next_step=_LOAD)


def _cell(value: Any) -> Any:
    return " ".join(value) if isinstance(value, list) else value

"""`screener rating`."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from screener.commands.options import AsOf, CsvDir, Db, Json, Xlsx
from screener.core.days import day_of
from screener.core.errors import UsageError

if TYPE_CHECKING:
    import polars as pl

_LOAD = "screener load DIR (screener load --template indices)"


def rating(
    as_of: AsOf = None,
    ratings: Annotated[
        Path | None, typer.Option(help="CSV of ratings; default: those in the store.", metavar="FILE")
    ] = None,
    industry_index: Annotated[
        str | None, typer.Option(help="Index that stands for the industry.", metavar="ID")
    ] = None,
    geometric: Annotated[bool, typer.Option("--geometric", help="Band by (1+r)/(1+b)−1 instead of r−b.")] = False,
    scorecard: Annotated[bool, typer.Option("--scorecard", help="Hit rates against base rates, kappa.")] = False,
    db: Db = None,
    as_json: Json = False,
    csv: CsvDir = None,
    xlsx: Xlsx = None,
) -> None:
    """Realised rating bands against the benchmark 6 to 12 months after the report; pending where the time has not come.

    Example: screener rating --as-of 2026-10-09
    """
    from screener.commands.context import frames_of
    from screener.commands.output import hand_out, print_json

    frames = frames_of(db)
    day = day_of(as_of) or last_session(frames)
    judged, beside, hits = evaluate(frames, day, ratings, industry_index, geometric=geometric)
    tables = {"ratings": judged, "context": beside, "hits": hits}
    hand_out(tables, lambda: _stands_on(frames, day, ratings, geometric=geometric), csv=csv, xlsx=xlsx)
    if as_json:
        print_json(judged)
        return
    from screener.report.rating import print_context, print_hits, print_ratings

    print_ratings(judged)
    print_hits(hits)
    if scorecard:
        from screener.evaluation.scorecard import scorecards
        from screener.report.rating import print_scorecard

        for card in scorecards(judged, _data(frames, day), day):
            print_scorecard(card)
    print_context(beside)


def evaluate(
    frames: dict[str, pl.DataFrame], day: date, file: Path | None, industry_index: str | None, *, geometric: bool
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]]]:
    """(verdicts, context of the report's own firms where no file is judged, hit rates) as of `day`."""
    from screener.evaluation.rating import candidates, context, hit_table, judge, rating_of

    data = _data(frames, day)
    table = _ratings(file) if file else _known(frames, "ratings", day)
    if table.is_empty():
        raise _nothing_rated(frames, day, file)
    if industry_index is not None and industry_index not in data.indices["index"]:
        stored = ", ".join(data.indices["index"].unique().sort())
        raise UsageError("no such index in the store", got=industry_index, expected=stored, next_step=_LOAD)
    judged = judge(table, data, day, industry_index=industry_index, geometric=geometric)
    beside: list[dict[str, Any]] = []
    for row in [] if file else table.filter(table["subject_kind"] == "industry").iter_rows(named=True):
        beside += context(_firms(frames), candidates(rating_of(row), data.calendar), data, day)
    return judged, beside, hit_table(judged)


def _nothing_rated(frames: dict[str, pl.DataFrame], day: date, file: Path | None) -> UsageError:
    if file:
        return UsageError("no rating in the file", where=file.name, next_step="screener load --template ratings")
    known = frames["ratings"]["known_at"].dt.date().unique().sort().to_list()
    expected = f"{known[0]} or later" if known else None
    return UsageError("no rating known by that day", got=day, expected=expected, next_step="--ratings FILE")


def _stands_on(frames: dict[str, pl.DataFrame], day: date, file: Path | None, *, geometric: bool) -> dict[str, Any]:
    sources = frames["bars"]["source"].unique().sort().to_list()
    return {
        "known_by": day,
        "prices": " + ".join(sources),
        "ratings": file.name if file else "the store",
        "relative_return": "(1+r)/(1+b)-1" if geometric else "r-b",
        "context": "firms and basket are context, not rated by the report",
    }


def _firms(frames: dict[str, pl.DataFrame]) -> dict[str, str]:
    named = frames["announcements"].drop_nulls("report_row")["symbol"].unique().sort().to_list()
    names = dict(zip(frames["firms"]["symbol"], frames["firms"]["name"], strict=True))
    return {symbol: names.get(symbol, symbol) for symbol in named}


def _data(frames: dict[str, pl.DataFrame], day: date) -> Any:
    from screener.core.calendar import packaged_calendar
    from screener.evaluation.rating import RatingData

    closes, indices, actions, benchmarks = (
        _known(frames, name, day) for name in ("bars", "indices", "actions", "benchmarks")
    )
    return RatingData(closes, indices, actions, benchmarks, packaged_calendar())


def _known(frames: dict[str, pl.DataFrame], name: str, day: date) -> pl.DataFrame:
    from datetime import datetime

    from screener.core.config import END_OF_DAY
    from screener.core.tables import TABLES
    from screener.point_in_time.versions import as_known

    return as_known(frames[name], TABLES[name].key, datetime.combine(day, END_OF_DAY))


def _ratings(file: Path) -> pl.DataFrame:
    import polars as pl

    from screener.core.errors import DataRefused
    from screener.core.tables.rated import RATINGS

    try:
        frame = pl.read_csv(file, infer_schema=False)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise DataRefused("no readable CSV of ratings", where=str(file), got=str(error).split("\n")[0]) from None
    return RATINGS.check(frame, where=file.name)


def last_session(frames: dict[str, pl.DataFrame]) -> date:
    """The last session with a price. Raises StoreError where there is none."""
    from screener.core.errors import StoreError

    last = frames["bars"]["session"].max()
    if not isinstance(last, date):
        raise StoreError("no prices in the store", next_step="screener load DIR, or screener fetch")
    return last

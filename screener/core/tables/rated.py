"""Published ratings, the standard they follow, and other figures of the report."""

from __future__ import annotations

import polars as pl

from screener.core.config import END_OF_DAY, REPORT_KNOWN_AT
from screener.core.known import Known, always, at, moment
from screener.core.table import Column, RowCheck, Table
from screener.core.tables.columns import FLAG, INT, KNOWN, MAY, NEED, NOTE, SOURCE, D, F, T, one_of

# Only the report states them: known at its latest candidate date.
_REPORTED = Known(moment(REPORT_KNOWN_AT))

RATINGS = Table(
    "ratings",
    "published ratings",
    ("rating_id",),
    (
        Column("rating_id", T, NEED, "unique name", "MY-R1"),
        Column("subject", T, NEED, "symbol, or name of the industry", "301396.SZ"),
        one_of("subject_kind", NEED, "stock | industry", "stock"),
        Column("broker", T, NEED, "who rates", "某证券"),
        one_of(
            "rating", MAY, "优于大市 | 中性 | 弱于大市 | 无评级", "优于大市"
        ),  # null: nobody knows what the word means
        one_of("action", MAY, "首次 | 维持 | 上调 | 下调 | 终止", "维持"),
        Column("report_date", D, NEED, "date of the report, or first day of its interval", "2025-06-30"),
        Column("report_date_last", D, MAY, "last day of that interval", ""),
        one_of("market", NEED, "A | NEEQ | HK | US", "A"),
        Column("industry_index", T, MAY, "index of the industry where the report names one", ""),
        Column("analysts", T, MAY, "as printed, with commas between them", "张三,李四"),
        Column("printed", T, MAY, "rating in the broker's own word", "强烈推荐"),
        Column("provider_rating", T, MAY, "what the provider makes of that word", "买入"),
        Column("previous", T, MAY, "what the provider made of the rating before; empty: none, or untold", ""),
        Column("target_low", F, MAY, "target price, yuan a share as of the report", ""),
        Column("target_high", F, MAY, "target price, yuan a share as of the report", ""),
        Column("title", T, MAY, "of the report", ""),
        Column("url", T, MAY, "of the report", ""),
        KNOWN,
        SOURCE,
        NOTE,
    ),
    known=Known(at(pl.coalesce("report_date_last", "report_date"), END_OF_DAY)),
    packaged=True,
    day="report_date",
    checks=(
        RowCheck(
            "the interval of the report ends before it starts",
            pl.col("report_date_last") < pl.col("report_date"),
            ("report_date", "report_date_last"),
            "in order",
        ),
    ),
)

BENCHMARKS = Table(
    "benchmarks",
    "benchmark of each market in the rating standard",
    (
        "market",
        "index",
    ),
    (
        one_of("market", NEED, "A | NEEQ | HK | US"),
        Column("index", T, NEED, "index"),
        Column("printed", T, NEED, "as the report prints it"),
        Column("rank", INT, NEED, "1 first; 2 where the text says 或"),
        SOURCE,
    ),
    known=Known(always()),
    law=True,
    packaged=True,
)

RATING_STANDARDS = Table(
    "rating_standards",
    "what a broker's own words mean",
    (
        "broker",
        "subject_kind",
        "printed",
        "start",
    ),
    (
        Column("broker", T, NEED, "short name of the broker"),
        one_of("subject_kind", NEED, "stock | industry"),
        Column("printed", T, NEED, "rating in the broker's own word"),
        Column("start", D, NEED, "first day on which the standard is known to hold"),
        Column("end", D, MAY, "first day on which it no longer holds"),
        one_of("rating", NEED, "优于大市 | 中性 | 弱于大市 | 无评级"),
        Column("low", F, MAY, "relative return from, 0.1 = 10 %; empty: no figure, or no lower end"),
        Column("high", F, MAY, "relative return to; empty: no figure, or no upper end"),
        Column("first_months", INT, NEED, "months after the report from which it is meant"),
        Column("last_months", INT, NEED, "months after the report until which it is meant"),
        one_of("certainty", NEED, "report | page | knowledge"),
        SOURCE,
        NOTE,
    ),
    known=Known(always()),
    law=True,
    packaged=True,
)

INDUSTRY_SERIES = Table(
    "industry_series",
    "index series that may stand for a rated industry",
    (
        "industry",
        "index",
    ),
    (
        Column("industry", T, NEED, "rated industry, as its report prints it"),
        Column("index", T, NEED, "index, as 801750.SI"),
        Column("name", T, NEED, "name of the index"),
        Column("rank", INT, NEED, "1 first: what a verdict rests on where nobody names another"),
        one_of("certainty", NEED, "used_by_others | publisher | part | wider"),
        Column("reason", T, NEED, "why it may stand for the industry, in words of our own"),
        Column("checked", D, NEED, "day on which the sources were read"),
        SOURCE,
        NOTE,
    ),
    known=Known(always()),
    law=True,
    packaged=True,
)

BANDS = Table(
    "bands",
    "bands of the rating standard",
    (
        "subject_kind",
        "rating",
    ),
    (
        one_of("subject_kind", NEED, "stock | industry"),
        Column("rating", T, NEED, "name of the band"),
        Column("low", F, MAY, "relative return from, 0.1 = 10 %"),
        Column("high", F, MAY, "relative return to"),
        Column("low_closed", FLAG, MAY, "the lower edge belongs to the band"),
        Column("high_closed", FLAG, MAY, "the upper edge belongs to the band"),
        SOURCE,
        NOTE,
    ),
    known=Known(always()),
    law=True,
    packaged=True,
)

INDICATORS = Table(
    "indicators",
    "other figures of the report",
    ("indicator",),
    (
        Column("indicator", T, NEED, "unique name"),
        Column("label", T, NEED, "what it is, in words of our own"),
        Column("value", F, NEED, "figure"),
        Column("unit", T, NEED, "unit"),
        Column("as_of", T, MAY, "date or period, as stated"),
        Column("source_line", INT, NEED, "line of the report's text"),
        Column("check", T, MAY, "arithmetic over other indicators"),
        Column("check_value", F, MAY, "what that arithmetic gives"),
        Column("check_holds", FLAG, MAY, "true where figure and arithmetic agree at the printed precision"),
        SOURCE,
        NOTE,
    ),
    known=_REPORTED,
    packaged=True,
)

STATEMENTS = Table(
    "statements",
    "what the report states against what its own rows give",
    ("statement",),
    (
        Column("statement", T, NEED, "unique name"),
        Column("label", T, NEED, "what is stated, in words of our own"),
        Column("stated", F, NEED, "figure as stated"),
        Column("computed", F, NEED, "figure from the rows"),
        Column("unit", T, NEED, "unit"),
        Column("agrees", FLAG, NEED, "whether the two agree; a corrected source flips this"),
        Column("formula", T, NEED, "SQL over the packaged tables that gives `computed`"),
        Column("source_line", INT, MAY, "line of the report's text"),
        SOURCE,
        NOTE,
    ),
    known=_REPORTED,
    packaged=True,
)

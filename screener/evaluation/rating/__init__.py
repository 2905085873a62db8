"""Did a rating hold? Realised bands against the standard's benchmark; pending where the time has not come."""

from screener.evaluation.rating.evaluate import candidates, evaluate, horizon_end, relative_return, superseded_on
from screener.evaluation.rating.hits import effective_n, hit_table
from screener.evaluation.rating.judge import RatingData, benchmarks_of, context, judge, rating_of
from screener.evaluation.rating.model import (
    DOWN,
    EDGE,
    NEUTRAL,
    RATINGS,
    UNRATED,
    UP,
    PriceSeries,
    Rating,
    Reading,
    Relative,
    Status,
    Verdict,
    band_of,
    exact,
)  # fmt: skip
from screener.evaluation.rating.series import basket, series_of, split_adjusted, total_return

__all__ = [
    "DOWN", "EDGE", "NEUTRAL", "RATINGS", "UNRATED", "UP", "PriceSeries", "Rating", "RatingData", "Reading", "Relative",
    "Status", "Verdict", "band_of", "basket", "benchmarks_of", "candidates", "context", "effective_n", "evaluate",
    "exact", "hit_table", "horizon_end", "judge", "rating_of", "relative_return", "series_of", "split_adjusted",
    "superseded_on", "total_return",
]  # fmt: skip

"""Did a rating hold? Realised bands against the standard's benchmark; pending where the time has not come."""

from screener.evaluation.rating.cone import BESIDE, CONE_SESSIONS, CONTEXT, RATED, Cone, Path, cone, stock_cone
from screener.evaluation.rating.context import BASKET, Context, context
from screener.evaluation.rating.evaluate import candidates, evaluate, horizon_end, relative_return, superseded_on
from screener.evaluation.rating.hits import HitRate, effective_n, hit_rates
from screener.evaluation.rating.judge import benchmarks_of, judge, known_table, of_stock, rating_of
from screener.evaluation.rating.judged import Judged
from screener.evaluation.rating.lines import HELD, MIXED, NOT_HELD, Line, lines
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
)
from screener.evaluation.rating.records import LEAST, By, Record, records
from screener.evaluation.rating.review import Review, review
from screener.evaluation.rating.scorecard import Scorecard, scorecards
from screener.evaluation.rating.series import basket, level_of, price_of, wealth_of
from screener.evaluation.rating.stand_in import StandIn, stand_ins

__all__ = [
    "BASKET",
    "BESIDE",
    "CONE_SESSIONS",
    "CONTEXT",
    "DOWN",
    "EDGE",
    "HELD",
    "LEAST",
    "MIXED",
    "NEUTRAL",
    "NOT_HELD",
    "RATED",
    "RATINGS",
    "UNRATED",
    "UP",
    "By",
    "Cone",
    "Context",
    "HitRate",
    "Judged",
    "Line",
    "Path",
    "PriceSeries",
    "Rating",
    "Reading",
    "Record",
    "Relative",
    "Review",
    "Scorecard",
    "StandIn",
    "Status",
    "Verdict",
    "band_of",
    "basket",
    "benchmarks_of",
    "candidates",
    "cone",
    "context",
    "effective_n",
    "evaluate",
    "exact",
    "hit_rates",
    "horizon_end",
    "judge",
    "known_table",
    "level_of",
    "lines",
    "of_stock",
    "price_of",
    "rating_of",
    "records",
    "relative_return",
    "review",
    "scorecards",
    "stand_ins",
    "stock_cone",
    "superseded_on",
    "wealth_of",
]

"""Did announcements move the price? Event studies with placebo dates as the primary test."""

from screener.evaluation.event_study.bench import Bench
from screener.evaluation.event_study.conclusion import conclude
from screener.evaluation.event_study.feasible import Attainable
from screener.evaluation.event_study.kinds import KINDS, EventKind, kind_of, kinds_of, separate_kinds
from screener.evaluation.event_study.model import Abnormal, Model, Window
from screener.evaluation.event_study.outcome import Outcome
from screener.evaluation.event_study.overview import (
    ALL,
    Overview,
    Overviews,
    look,
    overview,
    overview_all,
    parse_model,
    parse_window,
)
from screener.evaluation.event_study.path import MeanPath, PathDay
from screener.evaluation.event_study.rows import EventRow
from screener.evaluation.event_study.sample import Dropped, Event, Reading
from screener.evaluation.event_study.study import (
    ADAPTIVE,
    HEADLINE,
    Study,
    attainable_rows,
    estimate_caar,
    power,
    study,
)

__all__ = [
    "ADAPTIVE",
    "ALL",
    "HEADLINE",
    "KINDS",
    "Abnormal",
    "Attainable",
    "Bench",
    "Dropped",
    "Event",
    "EventKind",
    "EventRow",
    "MeanPath",
    "Model",
    "Outcome",
    "Overview",
    "Overviews",
    "PathDay",
    "Reading",
    "Study",
    "Window",
    "attainable_rows",
    "conclude",
    "estimate_caar",
    "kind_of",
    "kinds_of",
    "look",
    "overview",
    "overview_all",
    "parse_model",
    "parse_window",
    "power",
    "separate_kinds",
    "study",
]

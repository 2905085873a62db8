"""Did announcements move the price? Event studies with placebo dates as the primary test."""

from screener.evaluation.event_study.conclusion import conclude
from screener.evaluation.event_study.feasible import Attainable
from screener.evaluation.event_study.kinds import KINDS, EventKind, kind_of
from screener.evaluation.event_study.model import Abnormal, Model, Window
from screener.evaluation.event_study.outcome import Outcome
from screener.evaluation.event_study.overview import overview, overview_all, parse_window, rows_of_tests
from screener.evaluation.event_study.sample import Dropped, Event, Reading
from screener.evaluation.event_study.study import (
    ADAPTIVE,
    HEADLINE,
    Bench,
    Study,
    attainable_rows,
    estimate_caar,
    power,
    study,
)

__all__ = [
    "ADAPTIVE", "HEADLINE", "KINDS", "Abnormal", "Attainable", "Bench", "Dropped", "Event", "EventKind", "Model",
    "Outcome", "Reading", "Study", "Window", "attainable_rows", "conclude", "estimate_caar", "kind_of",
    "overview", "overview_all", "parse_window", "power", "rows_of_tests", "study",
]  # fmt: skip

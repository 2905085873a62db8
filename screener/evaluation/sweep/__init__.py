"""What a sweep found: every variant of a grid, and what is left of the best one when the search is counted."""

from screener.evaluation.sweep.answer import BestVariant, SweepAnswer
from screener.evaluation.sweep.heat_map import HeatMap, heat_map
from screener.evaluation.sweep.out_of_sample import Choice, OutOfSample
from screener.evaluation.sweep.run import SweepOptions, appraise_sweep

__all__ = [
    "BestVariant",
    "Choice",
    "HeatMap",
    "OutOfSample",
    "SweepAnswer",
    "SweepOptions",
    "appraise_sweep",
    "heat_map",
]

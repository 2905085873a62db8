"""How sure a back-test is: Sharpe ratios with their errors, what trying often does to them, bootstraps."""

from screener.evaluation.inference.bootstrap import (
    BlockLength,
    block_length,
    circular_sums,
    sharpe_interval,
    stationary_indices,
)
from screener.evaluation.inference.difference import SharpeDifference, sharpe_difference
from screener.evaluation.inference.multiple import benjamini_hochberg
from screener.evaluation.inference.overfitting import Overfitting, overfitting
from screener.evaluation.inference.sharpe import (
    Moments,
    Trials,
    annualisation,
    appraisal_ratio,
    deflated_sharpe,
    expected_maximum,
    minimum_track_record,
    moments,
    probabilistic_sharpe,
    sharpe_error,
    sharpe_error_iid,
    trials_of,
)
from screener.evaluation.inference.summary import KEY_FIGURES, Inference, key_rows, statistics

__all__ = [
    "KEY_FIGURES",
    "BlockLength",
    "Inference",
    "Moments",
    "Overfitting",
    "SharpeDifference",
    "Trials",
    "annualisation",
    "appraisal_ratio",
    "benjamini_hochberg",
    "block_length",
    "circular_sums",
    "deflated_sharpe",
    "expected_maximum",
    "key_rows",
    "minimum_track_record",
    "moments",
    "overfitting",
    "probabilistic_sharpe",
    "sharpe_difference",
    "sharpe_error",
    "sharpe_error_iid",
    "sharpe_interval",
    "stationary_indices",
    "statistics",
    "trials_of",
]

"""Every variant of a grid back-tested on one market: shared panels, results streamed to Parquet, resumable."""

from screener.backtest.sweep.grid import Grid, parse_grid
from screener.backtest.sweep.job import Job, job_of
from screener.backtest.sweep.results import Results, SweepStopped
from screener.backtest.sweep.run import EngineName, run_sweep

__all__ = ["EngineName", "Grid", "Job", "Results", "SweepStopped", "job_of", "parse_grid", "run_sweep"]

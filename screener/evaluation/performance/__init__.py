"""How good a strategy was: return, risk and distance to a benchmark, each with its n and its interval."""

from screener.evaluation.performance.drawdown import Drawdown, drawdown_table, drawdowns, worst_drawdown
from screener.evaluation.performance.figures import (
    Z95,
    Estimate,
    alpha_beta,
    annualized_return,
    benchmark_return,
    benchmark_return_from_open,
    capture,
    downside_deviation,
    hit_rate,
    newey_west,
    newey_west_lag,
    sharpe,
    simple_returns,
    sortino,
    total_return,
    volatility,
    wilson,
)
from screener.evaluation.performance.summary import Performance, monthly_table, performance

__all__ = [
    "Z95", "Drawdown", "Estimate", "Performance", "alpha_beta", "annualized_return", "benchmark_return",
    "benchmark_return_from_open", "capture", "downside_deviation", "drawdown_table", "drawdowns", "hit_rate",
    "monthly_table", "newey_west", "newey_west_lag", "performance", "sharpe", "simple_returns", "sortino",
    "total_return", "volatility", "wilson", "worst_drawdown",
]  # fmt: skip

"""Point-in-time backlog screener and event-driven back-tester for A-share compute-leasing (算力租赁) firms.

    import screener
    s = screener.open("my.duckdb")        # or screener.demo()
    s.screen("2026-06-30")                # every question is a method; every answer has .frame() and .stands_on

Names are imported when they are first used: importing the package costs nothing.
"""

TYPE_CHECKING = False  # as `typing` has it, whose import would take longer than this package
if TYPE_CHECKING:
    from screener.backtest.event_driven import follow_ratings as follow_ratings
    from screener.backtest.event_driven import hold_after as hold_after
    from screener.core.errors import ScreenerError as ScreenerError
    from screener.core.version import __version__ as __version__
    from screener.point_in_time.announcements import Commitment as Commitment
    from screener.point_in_time.panel import Panel as Panel
    from screener.research import Research as Research
    from screener.research import demo as demo
    from screener.research import open as open
    from screener.screen.factors import factor_values as factor_values
    from screener.screen.factors import scores as scores

_HOMES = {
    "open": "screener.research",
    "demo": "screener.research",
    "Research": "screener.research",
    "Panel": "screener.point_in_time.panel",
    "Commitment": "screener.point_in_time.announcements",
    "hold_after": "screener.backtest.event_driven",
    "follow_ratings": "screener.backtest.event_driven",
    "scores": "screener.screen.factors",
    "factor_values": "screener.screen.factors",
    "ScreenerError": "screener.core.errors",
    "__version__": "screener.core.version",
}


def __getattr__(name: str) -> object:
    """The name from its home."""
    if name not in _HOMES:
        raise AttributeError(f"module 'screener' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    """What a notebook completes."""
    return list(_HOMES)

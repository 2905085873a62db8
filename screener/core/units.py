"""How figures are written: 亿, per cent, yuan, a dash where a value is unknown."""

from __future__ import annotations

UNKNOWN = "—"


def yi(yuan: float | None, digits: int = 2) -> str:
    """Yuan → 亿 (1e8 yuan)."""
    return UNKNOWN if _missing(yuan) else f"{yuan / 1e8:,.{digits}f}亿"  # type: ignore[operator]


def percent(fraction: float | None, digits: int = 2) -> str:
    """0.049 → 4.90 %."""
    return UNKNOWN if _missing(fraction) else f"{fraction * 100:,.{digits}f}%"  # type: ignore[operator]


def signed_percent(fraction: float | None, digits: int = 2) -> str:
    """0.049 → +4.90 %."""
    return UNKNOWN if _missing(fraction) else f"{fraction * 100:+,.{digits}f}%"  # type: ignore[operator]


def number(value: float | None, digits: int = 2) -> str:
    """1234.5 → 1,234.50."""
    return UNKNOWN if _missing(value) else f"{value:,.{digits}f}"


def yuan(value: float | None) -> str:
    """Yuan to the fen."""
    return UNKNOWN if _missing(value) else f"{value:,.2f}"


def quantity(value: float | None, unit: str = "", language: str = "en") -> str:
    """A figure of any unit: years as they are, what is large in 亿 or in full, never with an exponent."""
    if value is None or value != value:
        return UNKNOWN
    if unit == "year":
        return f"{value:.0f}"
    if abs(value) >= 1e8:
        return f"{value / 1e8:,.10g}亿" if language == "zh" else f"{value:,.0f}"
    return f"{value:,.10g}"


def several(n: int, noun: str) -> str:
    """1 session, 2 sessions."""
    return f"{n:,} {noun}{'' if n == 1 else 's'}"


def _missing(value: float | None) -> bool:
    return value is None or value != value

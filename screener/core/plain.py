"""Any result as what JSON can hold."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any

_AS_THEY_ARE = frozenset({str, int, bool, type(None)})


def plain(value: Any) -> Any:
    """Any result → what JSON can hold: dates as text, NaN as null, numpy numbers as numbers."""
    kind = type(value)  # most values are of these few types: to ask for them first is four times faster
    if kind in _AS_THEY_ARE:
        return value
    if kind is float:
        return value if math.isfinite(value) else None
    if kind is dict:
        return {key if type(key) is str else str(key): plain(item) for key, item in value.items()}
    return _plain(value)


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(item) for item in value]
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Decimal):  # DuckDB sums whole numbers into decimals
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, (time, timedelta, bytes)):
        return str(value)
    if hasattr(value, "item") and not isinstance(value, (str, bytes)):
        return plain(value.item() if getattr(value, "ndim", 0) == 0 else value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value

"""Options with their defaults (every default is an option on the command line)."""

from __future__ import annotations

from datetime import date, datetime, time
from enum import StrEnum
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from screener.core.errors import UsageError
from screener.core.watched import Watched

DECISION_TIME = time(9, 15)
CLOSE_TIME = time(15, 0)
EFFECTIVE_TIME = time(9, 0)  # corporate actions, share capital, rules, ST: known on their first day
FOREIGN_CLOSE_TIME = time(8, 0)  # of the next day
END_OF_DAY = time(23, 59, 59)
# What only the report states is known at its latest candidate date.
REPORT_KNOWN_AT = datetime(2026, 6, 30, 23, 59, 59)
BENCHMARK = "000300.SH"
TOTAL_RETURN_BENCHMARK = "H00300.CSI"
SESSIONS_PER_YEAR = 242
CONTRACT_LIFE = "acceptance | revenue_recognised | delay | reduction | supplement | termination | denial | dispute"
# Forty years: more than anybody means by a number of sessions.
_MOST_SESSIONS = 10_000
STALE_SESSIONS = 20  # a last price older than this is no market value any more
AVERAGED_SESSIONS, RETURN_SESSIONS = 20, (20, 60)  # what a screen tells of how shares trade
# The sessions it reads for that: so many before the last one up to the day asked about.
LOOK_BACK = (*range(AVERAGED_SESSIONS), *RETURN_SESSIONS)
UNTIL_DECIDED = _MOST_SESSIONS  # retries of a buy that end with its decision only


FillAt = Literal["open", "day_average"]
Rights = Literal["lapse", "subscribe"]


class Policy(StrEnum):
    """Counting policies, nested from wide to narrow."""

    GROSS = "gross"
    DEDUP = "dedup"
    FIRM = "firm"
    STRICT = "strict"


class Burn(StrEnum):
    """How backlog runs off."""

    NONE = "none"
    STRAIGHT_LINE = "straight_line"


class Universe(StrEnum):
    """Which symbols may be ranked or held."""

    KNOWN = "known"
    THEME = "theme"
    REPORT = "report"
    MARKET = "market"


AnyUniverse = Universe | Watched


def as_universe(given: AnyUniverse | str) -> AnyUniverse:
    """A list of firms as it is, a rule by its name. Raises ValueError."""
    return given if isinstance(given, Watched) else Universe(given)


class _Options(BaseModel):
    # Built where the first of its kind is made: a screen need not wait for the options of a back-test.
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, defer_build=True)


class ScreenOptions(_Options):
    """How backlog is counted and scored."""

    policy: Policy = Policy.FIRM
    burn: Burn = Burn.STRAIGHT_LINE
    lag_months: Annotated[int, Field(ge=0, le=24)] = 5
    universe: AnyUniverse = Universe.KNOWN
    confirmed_only: bool = False
    vat_rate: Annotated[float, Field(ge=0, le=1)] = 0.0  # taken off amounts stated with tax included
    attributable: bool = False  # the parent's stake instead of 100 %


class ExecutionOptions(_Options):
    """How orders are filled and charged; money in yuan, rates as fractions."""

    initial_cash: Annotated[float, Field(ge=1, le=1e13)] = 10_000_000.0
    commission_rate: Annotated[float, Field(ge=0, le=0.05)] = 0.00025
    commission_floor: Annotated[float, Field(ge=0, le=1e6)] = 5.0
    slippage: Annotated[float, Field(ge=0, le=0.1)] = 0.0005
    participation: Annotated[float, Field(ge=0.0001, le=1)] = 0.10
    participation_sessions: Annotated[int, Field(ge=1, le=_MOST_SESSIONS)] = 20
    # Of a buy, at the next opens. A sell is tried until it is filled.
    retries: Annotated[int, Field(ge=0, le=_MOST_SESSIONS)] = UNTIL_DECIDED
    near_limit: Annotated[float, Field(ge=0, le=1)] = 0.005
    dividend_tax: bool = False  # taken from the cash when a sale makes it due
    rights: Rights = "lapse"  # what a holder does with a rights issue
    fill_at: FillAt = "open"  # whether an order fills is judged by the open alone in both cases


class BacktestOptions(_Options):
    """Span, universe and execution of one back-test."""

    start: date | None = None  # default: later of first bar and first benchmark bar + warm_up sessions
    end: date | None = None  # default: last common session
    universe: AnyUniverse = Universe.KNOWN
    warm_up: Annotated[int, Field(ge=0, le=_MOST_SESSIONS)] = 60
    execution: ExecutionOptions = Field(default_factory=ExecutionOptions)
    screen: ScreenOptions = Field(default_factory=ScreenOptions)


_Kind = TypeVar("_Kind", bound=_Options)


def several(text: str) -> list[str]:
    """The words of an option that takes several, with commas between them. Raises UsageError where there is none:
    what was to stand there is missing, and without the option another question would be answered."""
    found = [word.strip() for word in text.split(",") if word.strip()]
    if not found:
        raise UsageError("an empty list", got=repr(text), expected="one or more, with commas between them")
    return found


def checked(kind: type[_Kind], *, where: str = "", **values: Any) -> _Kind:
    """Options of a kind. Raises UsageError that names the first unknown one or one out of its range."""
    try:
        return kind(**values)
    except ValidationError as error:
        first = error.errors()[0]
        named, got = where or ".".join(map(str, first["loc"])), first["input"]
        if first["type"] == "extra_forbidden":
            raise UsageError("option unknown", got=named, expected=", ".join(kind.model_fields)) from None
        shown = repr(got) if isinstance(got, str) else got
        raise UsageError("option out of range", where=named, got=shown, expected=first["msg"]) from None

"""Why a provider's answer cannot be used, judged by the captured answers; an akshare exception never decides alone.

A source file declares its `Provider`: hosts with their politeness, and families of answers with what makes one of them
unusable. Nothing here knows any provider by name.

1. Faults of the connection and of the status (`http.Fault`).
2. A page of a guard where data was asked for is `blocked`.
3. The body by the first family of the provider that fits its address: JSON, `name={json}`, packed text, a workbook. Cut
   short is `truncated`, the provider's own words for "no rows" are `empty`, a total that is not met is `truncated`.
4. What only all answers together show (`Provider.together`).
5. Everything is well and akshare failed all the same: the shape has changed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from screener.core.errors import ScreenerError
from screener.sources.http import Exchange, Fault, Host, Wire
from screener.sources.quiet import quiet

if TYPE_CHECKING:
    import pandas as pd


class Cause(StrEnum):
    """Why there are no rows."""

    UNREACHABLE = "unreachable"
    BLOCKED = "blocked"
    PROVIDER_ERROR = "provider_error"
    EMPTY = "empty"
    TRUNCATED = "truncated"
    SHAPE_CHANGED = "shape_changed"
    UNKNOWN_SYMBOL = "unknown_symbol"
    REFUSED = "refused"  # well-formed, but the store's checks do not accept it

    @property
    def words(self) -> str:
        """For messages."""
        return self.replace("_", " ")


# Worth one more try at the end of the run.
PASSING = (Cause.PROVIDER_ERROR, Cause.TRUNCATED)


class SourceFailure(ScreenerError):
    """One provider brought nothing that can be used."""

    def __init__(self, cause: Cause, provider: str, detail: str = "") -> None:
        self.cause, self.provider, self.detail = cause, provider, detail
        super().__init__(f"{provider}: {cause.words}", got=detail or None)


Verdict = tuple[Cause, str] | None


@dataclass(frozen=True)
class Family:
    """Answers of one form. `address`: a regular expression over host and path; the first one that fits judges."""

    address: str
    judge: Callable[[Exchange], Verdict]
    once: bool = False  # a list that akshare asks once a process: no part of the digest
    hopeless: Callable[[Exchange], bool] | None = None  # an answer after which the rest need not be asked for
    unknown_404: bool = False  # the address names the symbol: where it is not found, neither is the symbol
    page: bool = False  # a page is what is asked for, so a page is no guard's

    def fits(self, exchange: Exchange) -> bool:
        """True where the answer comes from an address of this family."""
        return re.search(self.address, exchange.host + exchange.path) is not None


@dataclass(frozen=True)
class Provider:
    """Everything the rest has to know of a provider: declared once, in the file of its sources.

    `hosts`: whom its functions ask, and how politely. `together`: what only all answers of a call show.
    """

    name: str
    hosts: tuple[Host, ...]
    families: tuple[Family, ...]
    together: Callable[[Sequence[Exchange]], Verdict] | None = None

    def family(self, exchange: Exchange) -> Family | None:
        """The family an answer belongs to."""
        return next((family for family in self.families if family.fits(exchange)), None)

    def is_hopeless(self, exchange: Exchange) -> bool:
        """True where nothing that follows this answer could be used."""
        family = self.family(exchange)
        return bool(family and family.hopeless and exchange.fault is None and family.hopeless(exchange))

    def digest(self, exchanges: Sequence[Exchange]) -> str:
        """Eight letters of the SHA-256 of the raw answers."""
        bodies = (one.body for one in exchanges if not ((family := self.family(one)) and family.once))
        return sha256(b"".join(bodies)).hexdigest()[:8]


@dataclass(frozen=True)
class Reply:
    """What an akshare function returned and the raw answers behind it."""

    frame: pd.DataFrame
    exchanges: tuple[Exchange, ...]
    digest: str  # names the raw answers

    def json_of(self, path: str) -> list[Any]:
        """The JSON bodies of the answers whose path ends with `path`."""
        return [json.loads(one.text) for one in self.exchanges if one.path.endswith(path)]


def call(wire: Wire, provider: Provider, function: str, /, **arguments: object) -> Reply:
    """Calls an akshare function under the policy of `wire`. Raises SourceFailure with the cause."""

    def ask() -> Any:
        import akshare  # takes two seconds

        return getattr(akshare, function)(**arguments)

    return asked(wire, provider, function, ask)


def asked(wire: Wire, provider: Provider, function: str, ask: Callable[[], Any]) -> Reply:
    """What `ask` returns under the policy of `wire`, with the raw answers. Raises SourceFailure with the cause."""
    error: Exception | None = None
    frame: Any = None
    with wire.capture(provider.is_hopeless) as exchanges, quiet():
        try:
            frame = ask()
        except Exception as raised:  # whatever akshare raises, the answers decide
            error = raised
    verdict = judge(provider, exchanges)
    if verdict and verdict[0] is Cause.BLOCKED and exchanges[-1].fault is None:
        wire.blocked(exchanges[-1].host)
    if verdict:
        raise SourceFailure(verdict[0], provider.name, verdict[1])
    if error is not None:
        raise SourceFailure(Cause.SHAPE_CHANGED, provider.name, f"{function}: {type(error).__name__} {str(error)[:80]}")
    return Reply(frame, tuple(exchanges), provider.digest(exchanges))


def judge(provider: Provider, exchanges: Sequence[Exchange]) -> Verdict:
    """The first reason why these answers cannot be used; None where they can."""
    for exchange in exchanges:
        family = provider.family(exchange)
        found = _by_fault(exchange, family) or _by_body(exchange, family)
        if found:
            return found
    return provider.together(exchanges) if provider.together else None


def _by_fault(exchange: Exchange, family: Family | None) -> Verdict:
    if exchange.fault is Fault.STATUS:
        status = exchange.status or 0
        if status in (401, 403, 405, 418, 429, 451):
            return Cause.BLOCKED, f"status {status} from {exchange.host}"
        if status == 404 and family and family.unknown_404:
            return Cause.UNKNOWN_SYMBOL, f"status 404 from {exchange.host}"
        return Cause.PROVIDER_ERROR, f"status {status} from {exchange.host}"
    causes = {
        Fault.UNREACHABLE: (Cause.UNREACHABLE, f"no connection to {exchange.host}"),
        Fault.RESET: (Cause.BLOCKED, f"{exchange.host} closed the connection"),
        Fault.TIMEOUT: (Cause.PROVIDER_ERROR, f"no answer in time from {exchange.host}"),
        Fault.STOPPED: (Cause.BLOCKED, f"{exchange.host} not asked again in this run: {exchange.detail}"),
    }
    if exchange.fault is Fault.STOPPED and exchange.detail == Fault.UNREACHABLE:
        return Cause.UNREACHABLE, f"no connection to {exchange.host}"
    if exchange.fault is None:
        return None
    return causes.get(exchange.fault, (Cause.PROVIDER_ERROR, f"{exchange.detail} from {exchange.host}"))


def _by_body(exchange: Exchange, family: Family | None) -> Verdict:
    if not exchange.body.strip():
        return Cause.PROVIDER_ERROR, f"empty answer from {exchange.host}"
    text = exchange.text.lstrip("\ufeff \r\n\t") if not exchange.body.startswith(b"PK") else "PK"
    if text[:1] == "<" and not (family and family.page):
        return Cause.BLOCKED, f"a page instead of data from {exchange.host}"
    if text.strip() == "null":
        return Cause.PROVIDER_ERROR, f"null from {exchange.host}"
    return family.judge(exchange) if family else None


def parsed(exchange: Exchange, text: str | None = None) -> tuple[Any, Verdict]:
    """The JSON of an answer (or of a part of it), or why it cannot be read."""
    text = (exchange.text if text is None else text).strip()
    try:
        return json.loads(text), None
    except ValueError:
        cut = text[:1] in "{[" and text[-1:] not in "}]"
        detail = f"from {exchange.host}: {text[:30]!r} … {text[-10:]!r}"
        return None, (Cause.TRUNCATED, f"JSON cut short {detail}") if cut else (
            Cause.PROVIDER_ERROR,
            f"no JSON {detail}",
        )


def json_object(check: Callable[[Exchange, Mapping[str, Any]], Verdict]) -> Callable[[Exchange], Verdict]:
    """A judge of answers that are one JSON object; `check` looks into it."""

    def judged(exchange: Exchange) -> Verdict:
        body, verdict = parsed(exchange)
        if verdict:
            return verdict
        if not isinstance(body, dict):
            return Cause.SHAPE_CHANGED, f"JSON of another form from {exchange.host}"
        return check(exchange, body)

    return judged


def changed(exchange: Exchange, missing: str) -> Verdict:
    """Something that was always there is missing."""
    return Cause.SHAPE_CHANGED, f"no {missing} in the answer of {exchange.host}{exchange.path}"


def no_rows(exchange: Exchange, cause: Cause = Cause.EMPTY) -> Verdict:
    """The provider says that there is nothing."""
    return cause, f"no rows from {exchange.host}"

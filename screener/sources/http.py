"""The one HTTP policy around akshare's `requests` session.

Inside `with registry.wire() as wire:` every request of the process passes `HTTPAdapter.send` of requests as follows:
1. A host whose circuit is open, or whose share of this run is used up, is not asked: the request fails at once.
2. Requests to one group of hosts keep the pause its provider declared, with some jitter; the first one does not wait.
3. Every request gets a time-out (akshare sets none for most functions), a check of the provider's certificate (akshare
   switches it off for some) and, where akshare sets no identity, ours.
4. The whole answer is read inside a total time, kept for classification, and refused by its status from 400 on
   (akshare would parse the body of an error).
5. Blocking (reset, 403, 429) opens the circuit of the group for the rest of the run; so do failures in a row. A
   refused connection opens it at once and costs no pause: there is nobody to be polite to.

Nothing here gets around a captcha or a ban: a provider that does not want us is left alone.
"""

from __future__ import annotations

import http.client
import os
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from types import TracebackType
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import exceptions as low

from screener.core.version import __version__

MAX_BODY = 64 * 1024 * 1024
_CHUNK = 1 << 16
_DEFAULT_IDENTITY = "python-requests/"


@dataclass(frozen=True)
class Host:
    """A group of hosts that share a pause. `strikes`: blocked answers until its circuit opens."""

    suffix: str
    pause: float  # seconds between two requests
    per_run: int | None = None
    strikes: int = 2

    def fits(self, host: str) -> bool:
        """True where `host` belongs to this group."""
        return not self.suffix or host == self.suffix or host.endswith(f".{self.suffix}")


ANYBODY = Host("", 5.0)  # a host that no provider declared
_FAILURES_IN_A_ROW = 4  # time-outs and server errors until the circuit opens


class Fault(StrEnum):
    """What became of a request that brought no usable answer."""

    UNREACHABLE = "unreachable"  # refused, no route, no name
    RESET = "reset"  # closed without an answer
    TIMEOUT = "timeout"
    TLS = "tls"
    STATUS = "status"
    STOPPED = "stopped"  # not asked: circuit open
    OTHER = "other"


@dataclass(frozen=True)
class Exchange:
    """One request and what came back."""

    url: str
    form: str = ""  # body of a POST
    status: int | None = None
    body: bytes = b""
    fault: Fault | None = None
    detail: str = ""

    @property
    def host(self) -> str:
        """Host name, as asked."""
        return urlsplit(self.url).hostname or ""

    @property
    def path(self) -> str:
        """Path of the address."""
        return urlsplit(self.url).path

    @property
    def text(self) -> str:
        """The body as text; undecodable bytes are replaced."""
        return self.body.decode("utf-8", "replace")


@dataclass(frozen=True)
class Policy:
    """Seconds; `pace` scales every pause (1 is polite)."""

    timeout: float = 15.0
    connect: float = 4.0
    total: float = 60.0
    pace: float = 1.0
    jitter: float = 0.25
    identity: str = f"compute-lease-screener/{__version__} (research; one client, paced)"

    @classmethod
    def from_environment(cls) -> Policy:
        """The default policy; SCREENER_TIMEOUT and SCREENER_PACE replace time-out and pace (for tests and mirrors)."""
        base = cls()
        timeout = float(os.environ.get("SCREENER_TIMEOUT", base.timeout))
        return cls(
            timeout=timeout,
            connect=min(base.connect, timeout),
            total=timeout * 4,
            pace=float(os.environ.get("SCREENER_PACE", base.pace)),
        )


@dataclass
class _State:
    """What a run knows of one group of hosts."""

    last: float | None = None
    asked: int = 0
    strikes: int = 0
    failures: int = 0
    open: Fault | None = None


class Stopped(requests.ConnectionError):
    """A request that was not sent because the circuit of its host is open."""


@dataclass
class Wire:
    """The policy in force; enter it once around everything that asks providers.

    `hosts` are those of the providers that will be asked: `registry.wire` collects them.
    """

    policy: Policy = field(default_factory=Policy)
    hosts: tuple[Host, ...] = ()
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    asked: Counter[str] = field(default_factory=Counter)  # requests sent, by host group
    answered: bool = False  # anybody ever answered anything
    _states: dict[str, _State] = field(default_factory=dict)
    _groups: dict[str, Host] = field(default_factory=dict)
    _capture: list[Exchange] | None = None
    _hopeless: Callable[[Exchange], bool] | None = None
    _filled: dict[str, str] = field(default_factory=dict)
    _send: Any = None

    def __enter__(self) -> Wire:
        original = HTTPAdapter.send
        self._send = original
        wire = self

        def send(adapter: HTTPAdapter, request: requests.PreparedRequest, *args: Any, **kw: Any) -> requests.Response:
            return wire._pass(lambda **now: original(adapter, request, *args, **now), request, kw)

        HTTPAdapter.send = send  # type: ignore[method-assign, assignment]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        HTTPAdapter.send = self._send  # type: ignore[method-assign]

    @contextmanager
    def capture(self, hopeless: Callable[[Exchange], bool] | None = None) -> Iterator[list[Exchange]]:
        """Collects the exchanges of the block, in order; after a `hopeless` one the block is asked nothing more."""
        outer, self._capture = (self._capture, self._hopeless), []
        self._hopeless = hopeless
        try:
            yield self._capture
        finally:
            self._capture, self._hopeless = outer

    @contextmanager
    def filled(self, **fields: str) -> Iterator[None]:
        """Inside the block, fields that akshare leaves empty in the forms it posts have these values."""
        self._filled = dict(fields)
        try:
            yield
        finally:
            self._filled = {}

    def group_of(self, host: str) -> Host:
        """The group with the longest suffix that fits."""
        if host not in self._groups:
            fits = (group for group in (*self.hosts, ANYBODY) if group.fits(host))
            self._groups[host] = max(fits, key=lambda group: len(group.suffix))
        return self._groups[host]

    def ready_in(self, host: str) -> float:
        """Seconds until `host` may be asked again without waiting."""
        group = self.group_of(host)
        state = self._state(group)
        if state.last is None:
            return 0.0
        return max(0.0, state.last + group.pause * self.policy.pace - self.clock())

    def pause_of(self, host: str) -> float:
        """Seconds between two requests to `host`."""
        return self.group_of(host).pause * self.policy.pace

    def is_stopped(self, host: str) -> bool:
        """True where `host` will not be asked any more in this run."""
        group = self.group_of(host)
        state = self._state(group)
        return state.open is not None or (group.per_run is not None and state.asked >= group.per_run)

    @property
    def unreachable(self) -> int:
        """Groups of hosts that refused the connection."""
        return sum(state.open is Fault.UNREACHABLE for state in self._states.values())

    def blocked(self, host: str) -> None:
        """Counts an answer that looks fine to HTTP but is a page of the provider's guard."""
        group = self.group_of(host)
        self._strike(group, self._state(group))

    def _state(self, group: Host) -> _State:
        return self._states.setdefault(group.suffix, _State())

    def _pass(
        self, send: Callable[..., requests.Response], request: requests.PreparedRequest, kw: dict[str, Any]
    ) -> requests.Response:
        if self._filled and request.method == "POST":
            request.prepare_body(_with(_form(request.body), self._filled), None)
            request.headers["Content-Type"] = "application/x-www-form-urlencoded"
        url, form = request.url or "", _form(request.body)
        group = self.group_of(urlsplit(url).hostname or "")
        state = self._state(group)
        if self.is_stopped(group.suffix):
            why = str(state.open or "its share of this run is used up")
            self._note(Exchange(url, form, fault=Fault.STOPPED, detail=why))
            raise Stopped(f"{group.suffix} is not asked any more in this run: {why}", request=request)
        self._pause(group, state)
        if str(request.headers.get("User-Agent", "")).startswith(_DEFAULT_IDENTITY):
            request.headers["User-Agent"] = self.policy.identity
        own = kw.get("timeout")
        read = min(own, self.policy.timeout) if isinstance(own, (int, float)) else self.policy.timeout
        kw["timeout"] = (min(self.policy.connect, read), read)
        if not kw.get("verify"):
            kw["verify"] = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or True
        started, before = self.clock(), state.last
        state.last, state.asked = started, state.asked + 1
        self.asked[group.suffix] += 1
        try:
            response = send(**kw)
            body = self._read(response, started)
        except (requests.RequestException, low.HTTPError, OSError) as error:
            fault = fault_of(error)
            if fault is Fault.UNREACHABLE:
                state.last = before
            self._count(group, state, fault, None)
            self._note(Exchange(url, form, fault=fault, detail=f"{type(error).__name__}"))
            raise
        self.answered = True
        refused = Fault.STATUS if response.status_code >= 400 else None
        self._count(group, state, refused, response.status_code)
        answer = Exchange(url, form, response.status_code, body, refused)
        self._note(answer)
        if self._hopeless and self._hopeless(answer):
            raise Stopped("nothing that follows could be used", request=request)
        if refused:
            raise requests.HTTPError(f"status {response.status_code}", request=request, response=response)
        return response

    def _pause(self, group: Host, state: _State) -> None:
        if state.last is None or self.policy.pace <= 0:
            return
        jitter = 1 + self.policy.jitter * random.random()  # noqa: S311 - no secret
        pause = group.pause * self.policy.pace * jitter - (self.clock() - state.last)
        if pause > 0:
            self.sleep(pause)

    def _read(self, response: requests.Response, started: float) -> bytes:
        """The whole body inside the total time; a provider that drips is as slow as one that is silent."""
        chunks, size = [], 0
        for chunk in response.iter_content(_CHUNK):
            chunks.append(chunk)
            size += len(chunk)
            if self.clock() - started > self.policy.total or size > MAX_BODY:
                response.close()
                raise requests.ReadTimeout(f"answer not complete after {self.policy.total:g} s or {size} bytes")
        body = b"".join(chunks)
        response._content = body  # what `.content` returns from now on
        return body

    def _count(self, group: Host, state: _State, fault: Fault | None, status: int | None) -> None:
        if fault is Fault.UNREACHABLE:
            state.open = fault
        elif fault is Fault.RESET or status in (403, 429):
            self._strike(group, state)
        elif fault in (Fault.TIMEOUT, Fault.TLS, Fault.OTHER) or (status or 0) >= 500:
            state.failures += 1
            if state.failures >= _FAILURES_IN_A_ROW:
                state.open = fault
        elif fault is None:
            state.failures = 0

    def _strike(self, group: Host, state: _State) -> None:
        state.strikes += 1
        if state.strikes >= group.strikes:
            state.open = Fault.RESET

    def _note(self, exchange: Exchange) -> None:
        if self._capture is not None:
            self._capture.append(exchange)


def fault_of(error: BaseException) -> Fault:
    """Tells causes apart by what lies inside the exception: behind a proxy all of them are a ProxyError outside."""
    inside = list(_nested(error))
    if any(
        isinstance(part, (low.NewConnectionError, low.ConnectTimeoutError, ConnectionRefusedError)) for part in inside
    ):
        return Fault.UNREACHABLE
    if any("Tunnel connection failed" in str(part) for part in inside):
        return Fault.UNREACHABLE
    if any(isinstance(part, (requests.Timeout, low.TimeoutError, TimeoutError)) for part in inside):
        return Fault.TIMEOUT
    closed = (http.client.RemoteDisconnected, ConnectionResetError, ConnectionAbortedError, BrokenPipeError)
    if any(isinstance(part, closed) for part in inside):
        return Fault.RESET
    if any(isinstance(part, (requests.exceptions.SSLError, low.SSLError)) for part in inside):
        return Fault.TLS
    return Fault.OTHER


def _nested(error: BaseException) -> Iterator[BaseException]:
    """The exception and everything it carries in its arguments, reason and causes."""
    waiting: list[object] = [error]
    seen: set[int] = set()
    while waiting:
        part = waiting.pop()
        if not isinstance(part, BaseException) or id(part) in seen:
            continue
        seen.add(id(part))
        yield part
        waiting += [*part.args, getattr(part, "reason", None), part.__cause__, part.__context__]


def _with(form: str, fields: dict[str, str]) -> str:
    """A form whose empty fields of these names are filled."""
    pairs = parse_qsl(form, keep_blank_values=True)
    return urlencode([(name, value or fields.get(name, "")) for name, value in pairs])


def _form(body: object) -> str:
    if isinstance(body, bytes):
        return body.decode("utf-8", "replace")
    return body if isinstance(body, str) else ""

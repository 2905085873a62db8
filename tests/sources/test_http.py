"""The HTTP policy: time-outs, pauses, circuits, and no pause or second try for a refused connection."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter

from screener.sources import registry
from screener.sources.http import Fault, Policy, Stopped, Wire
from tests.loopback.server import Loopback, redirected
from tests.loopback.world import World

SINA = "https://finance.sina.com.cn/realstock/company/klc_td_sh.txt"
SHENWAN = "https://www.swsresearch.com/institute-sw/api/index_publish/trend/"
QUOTES = "https://push2his.eastmoney.com/api/qt/stock/kline/get?secid=1.000300&fields2=f51&end=20250430"


class Clock:
    """A clock that moves only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.slept.append(seconds)


def wire(**policy: Any) -> tuple[Wire, Clock]:
    clock = Clock()
    options: dict[str, Any] = {"timeout": 20.0, "jitter": 0.0, **policy}
    made = registry.wire(Policy(**options))
    made.clock, made.sleep = clock, clock.sleep
    return made, clock


@pytest.fixture
def server() -> Iterator[Loopback]:
    made = Loopback(World(("300093.SZ",), date(2025, 4, 1), date(2025, 4, 30)), delay=0.6)
    with redirected(made.server_address[1]):
        yield made
    made.stop()


def fails(url: str) -> type[Exception]:
    with pytest.raises(requests.RequestException) as raised:
        requests.get(url)  # akshare sets no time-out either
    return raised.type


def test_requests_to_one_group_of_hosts_keep_its_pause(server: Loopback) -> None:
    policy, clock = wire()
    with policy:
        for _ in range(3):
            requests.get(SINA)
    assert clock.slept == [4.0, 4.0]


def test_other_hosts_do_not_wait(server: Loopback) -> None:
    policy, clock = wire()
    with policy:
        requests.get(SINA)
        requests.get(QUOTES)
    assert clock.slept == []


def test_a_silent_provider_is_given_up(server: Loopback) -> None:
    server.mode = lambda address: "slow"
    with wire(pace=0, timeout=0.3)[0] as policy, policy.capture() as seen:
        assert issubclass(fails(SINA), requests.Timeout)
    assert seen[0].fault is Fault.TIMEOUT


@pytest.mark.parametrize(("mode", "fault"), [("reset", Fault.RESET), ("403", Fault.STATUS), ("json500", Fault.STATUS)])
def test_an_error_never_reaches_the_parser(server: Loopback, mode: str, fault: Fault) -> None:
    server.mode = lambda address: mode
    with wire(pace=0)[0] as policy, policy.capture() as seen:
        fails(QUOTES)
    assert seen[0].fault is fault


def test_the_first_ban_of_the_quote_host_opens_its_circuit(server: Loopback) -> None:
    server.mode = lambda address: "reset"
    with wire(pace=0)[0] as policy:
        fails(QUOTES)
        assert fails(QUOTES) is Stopped
        assert policy.is_stopped("push2his.eastmoney.com")
        assert not policy.is_stopped("datacenter.eastmoney.com")
    assert len(server.seen) == 1


def test_the_quote_host_is_asked_ten_times_a_run_at_most(server: Loopback) -> None:
    with wire(pace=0)[0]:
        for _ in range(10):
            requests.get(QUOTES)
        assert fails(QUOTES) is Stopped


def test_a_refused_connection_is_neither_paced_nor_retried() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free = probe.getsockname()[1]
    policy, clock = wire()
    with redirected(free), policy, policy.capture() as seen:
        fails(SINA)
        assert fails(SINA) is Stopped
    assert clock.slept == []
    assert [one.fault for one in seen] == [Fault.UNREACHABLE, Fault.STOPPED]
    assert policy.unreachable == 1
    assert not policy.answered


def test_we_say_who_we_are(server: Loopback) -> None:
    with wire()[0] as policy:
        sent = requests.get(SINA).request.headers["User-Agent"]
    assert sent == policy.policy.identity
    assert "screener" in sent


def test_the_session_is_as_before_afterwards(server: Loopback) -> None:
    before = requests.adapters.HTTPAdapter.send
    with wire()[0]:
        assert requests.adapters.HTTPAdapter.send is not before
    assert requests.adapters.HTTPAdapter.send is before


@pytest.mark.parametrize(
    ("host", "suffix"),
    [
        ("push2his.eastmoney.com", "push2his.eastmoney.com"),
        ("np-anotice-stock.eastmoney.com", "eastmoney.com"),
        ("stock.finance.sina.com.cn", "sina.com.cn"),
        ("somewhere.example", ""),
        ("notsina.com.cn", ""),
    ],
)
def test_the_longest_suffix_names_the_group(host: str, suffix: str) -> None:
    assert registry.wire().group_of(host).suffix == suffix


def test_a_check_of_the_certificate_that_the_caller_switched_off_is_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """As akshare does for Shenwan; with a bundle of the user's own the check is made by that one."""
    seen: list[dict[str, Any]] = []

    def send(adapter: HTTPAdapter, request: requests.PreparedRequest, **kw: Any) -> requests.Response:
        seen.append(kw)
        raise requests.ConnectionError

    monkeypatch.setattr(HTTPAdapter, "send", send)
    monkeypatch.delenv("CURL_CA_BUNDLE", raising=False)
    for bundle in ("", "/of/my/own.pem"):
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", bundle)
        with wire()[0], pytest.raises(requests.ConnectionError):
            requests.get(SHENWAN, verify=False)
    assert [kw["verify"] for kw in seen] == [True, "/of/my/own.pem"]
    assert all(kw["timeout"] == (4.0, 20.0) for kw in seen)


def test_a_provider_without_a_certificate_that_holds_is_not_believed(tmp_path: Path) -> None:
    """The real akshare function, through a proxy that ends TLS with a certificate nobody vouches for."""
    made = Loopback(World(("300093.SZ",), date(2025, 4, 1), date(2025, 4, 30)))
    trusting = made.environment(tmp_path)
    doubting = {name: value for name, value in trusting.items() if name != "REQUESTS_CA_BUNDLE"}
    try:
        told = [_asked_of_shenwan(environment) for environment in (trusting, doubting)]
    finally:
        made.stop()
    assert told == ["rows", "provider_error SSLError from www.swsresearch.com"]
    assert made.seen == ["www.swsresearch.com/institute-sw/api/index_publish/trend/"]


def _asked_of_shenwan(environment: Mapping[str, str]) -> str:
    """What a process with these variables gets from Shenwan."""
    program = (
        "from screener.sources import registry\n"
        "from screener.sources.akshare_sw import SHENWAN\n"
        "from screener.sources.classify import SourceFailure, call\n"
        "with registry.wire() as wire:\n"
        "    try: print('rows' if len(call(wire, SHENWAN, 'index_hist_sw', symbol='801750').frame) else 'none')\n"
        "    except SourceFailure as failure: print(failure.cause, failure.detail)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], env=dict(environment), capture_output=True, text=True)
    return done.stdout.strip()

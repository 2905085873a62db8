"""The HTTP policy: time-outs, pauses, circuits, and no pause or second try for a refused connection."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
import requests

from screener.sources import registry
from screener.sources.http import Fault, Policy, Stopped, Wire
from tests.loopback.server import Loopback, redirected
from tests.loopback.world import World

SINA = "https://finance.sina.com.cn/realstock/company/klc_td_sh.txt"
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
    [("push2his.eastmoney.com", "push2his.eastmoney.com"), ("np-anotice-stock.eastmoney.com", "eastmoney.com"),
     ("stock.finance.sina.com.cn", "sina.com.cn"), ("somewhere.example", ""), ("notsina.com.cn", "")],
)  # fmt: skip
def test_the_longest_suffix_names_the_group(host: str, suffix: str) -> None:
    assert registry.wire().group_of(host).suffix == suffix

"""`alerts --notify` against a hook on this machine: what arrives, what is never said, how it ends."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from tests.commands.conftest import Cli

FOUND, NONE_SINCE = "2026-06-01", "2026-11-02"


class Hook(HTTPServer):
    """Keeps what was posted; answers 500 below /broken."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.posted: list[dict[str, Any]] = []

    def url(self, path: str = "ok", user: str = "me:secretword@") -> str:
        return f"json://{user}127.0.0.1:{self.server_address[1]}/{path}"


class _Handler(BaseHTTPRequestHandler):
    server: Hook

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.posted.append(json.loads(body))
        self.send_response(500 if self.path.startswith("/broken") else 200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def hook() -> Iterator[Hook]:
    with Hook() as made:
        threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield made
        made.shutdown()


def test_what_is_printed_is_sent_to_each_address_with_its_stamps(cli: Cli, hook: Hook) -> None:
    told = cli("alerts", "--since", FOUND, "--notify", hook.url(), "--notify", hook.url("other"))
    assert told.code == 10 and len(hook.posted) == 2
    sent = hook.posted[0]["message"].splitlines()
    rows = json.loads(cli("alerts", "--since", FOUND, "--json").out)
    assert sent[0].startswith("SYNTHETIC prices") and any(line.startswith("HINDSIGHT") for line in sent)
    assert [line for line in sent if line.startswith("20")] == [
        "  ".join((row["day"], row["what"], row["symbol"], row["detail"])) for row in rows
    ]
    assert f"{len(rows)} alerts since {FOUND}" in sent and "source: SYNTHETIC" in sent[-1]
    assert hook.posted[0]["title"] == f"screener: {len(rows)} alerts since {FOUND}"


def test_where_there_is_nothing_nothing_is_sent(cli: Cli, hook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCREENER_NOW", f"{NONE_SINCE} 20:00:00")
    assert cli("alerts", "--since", NONE_SINCE, "--notify", hook.url()).code == 0
    assert hook.posted == []


def test_a_notice_that_does_not_arrive_is_one_sentence_without_secrets_and_keeps_no_other(cli: Cli, hook: Hook) -> None:
    told = cli("alerts", "--since", FOUND, "--notify", hook.url("broken"), "--notify", hook.url())
    assert told.code == 3 and len(hook.posted) == 2
    assert told.err.splitlines() == [
        "screener: the notice was not sent (--notify 1 of 2 (json)); next: look at the address, then again"
    ]
    assert f"alerts since {FOUND}" in told.out and "secretword" not in told.out + told.err


@pytest.mark.parametrize("url", ["nonsense", "foo://secretword", "mailto://"])
def test_an_address_that_is_none_is_refused_before_any_work(cli: Cli, url: str) -> None:
    told = cli("alerts", "--since", FOUND, "--notify", url)
    assert (told.code, told.out) == (2, "") and "--notify 1 cannot be understood" in told.err
    assert "secretword" not in told.err and len(told.err.splitlines()) == 1


@pytest.mark.parametrize(
    ("extra", "words"), [("notify", ("alerts", "--since", FOUND, "--notify", "json://x")), ("mcp", ("mcp",))]
)
def test_a_missing_extra_is_one_sentence_with_what_to_install(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, extra: str, words: tuple[str, ...]
) -> None:
    monkeypatch.setattr("screener.serving.extras.find_spec", lambda name: None)
    told = cli(*words)
    assert told.code == 1 and f'[{extra}]"' in told.err and "-m pip install -e" in told.err
    assert len(told.err.splitlines()) == 1

"""Who is let in, what is read of what they send, and a job that a library's panic ends."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.testclient import TestClient

from screener.serving.desk import jobs
from screener.serving.desk.guard import MOST_SAID, OPEN, Guard, Refusal, asked_of

HOST = "127.0.0.1:8000"


class Panic(BaseException):
    """As a library written in Rust raises it."""


class House:
    path = Path("none.duckdb")

    def refresh(self) -> None:
        """Nothing was read."""


def posted(body: bytes, kind: bytes = b"application/json") -> Request:
    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body}

    return Request({"type": "http", "headers": [(b"content-type", kind)]}, receive)


def finished(asked: Coroutine[Any, Any, Any]) -> Any:
    """Its result, in a thread of its own: a browser that other tests drive from this one has a loop in it."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, asked).result()


def test_who_only_looks_at_the_address_does_not_use_it_up() -> None:
    guard = Guard(Starlette(), host=HOST, policy="")
    browser = TestClient(guard, base_url=f"http://{HOST}", follow_redirects=False)
    address = f"{OPEN}{guard.token}/brief"
    assert [browser.request(method, address).status_code for method in ("HEAD", "POST", "GET", "GET")] == [
        *(405, 405, 303, 403),
    ]


@pytest.mark.parametrize("body", [b"[" * 60_000, b'{"room": "\\ud800"}', b"\xff{}", b"", b"9" * 5000])
def test_what_cannot_be_read_is_one_kind_of_error(body: bytes) -> None:
    with pytest.raises(ValueError):
        finished(asked_of(posted(body)))


def test_a_form_of_another_site_is_no_question() -> None:
    with pytest.raises(ValueError):
        finished(asked_of(posted(b"{}", b"text/plain")))


def test_a_refusal_hides_nothing_and_is_no_longer_than_a_sentence() -> None:
    told = TestClient(Refusal(400, "got \u202e" + "x" * 9000)).get("/").json()["error"]
    assert told.startswith(r"got \u202ex") and len(told) <= MOST_SAID + 5


def test_a_panic_ends_its_job_and_gives_back_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    def panics(*_: object) -> None:
        raise Panic

    async def asked() -> jobs.Job:
        job = jobs.Jobs(House()).start("screen", {}, "en")  # type: ignore[arg-type]
        assert job.task is not None
        await job.task
        return job

    monkeypatch.setattr(jobs, "view", panics)
    monkeypatch.setattr("sys.excepthook", lambda *_: None)
    assert finished(asked()).state == "refused"

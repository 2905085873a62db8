"""The review page in a real Chromium, over its real server: marks, keys, edits, languages, and what it refuses."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date, datetime
from hashlib import sha256
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from screener.core.tables import TABLES
from screener.reading import bounded
from screener.research import Research
from screener.serving.desk.server import DeskServer
from screener.store import proposing
from screener.store.database import Store
from screener.store.ingest import ingest
from tests.reading import made

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

EVENING = datetime(2026, 6, 24, 18, 30)
NOTICES = {
    "cninfo-1": ("关于签订算力服务合同的公告", "公司与Y公司签订《算力服务合同》，合同金额为人民币72,089.60万元（含税），服务期限为60个月。"),
    "cninfo-2": ("关于<script>document.title='x'</script>的公告", "公司与华北云图<b>科技有限公司签订《GPU算力服务合同》，合同金额为人民币9,000万元。"),
}  # fmt: skip


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with the readings of two notices."""
    path = tmp_path_factory.mktemp("web") / "s.duckdb"
    schema = TABLES["announcements"].schema
    link = "http://static.cninfo.com.cn/finalpage/1.PDF"
    common = {
        "symbol": "301396.SZ",
        "event_date": date(2026, 6, 25),
        "kind": "order",
        "known_at": EVENING,
        "review": "unreviewed",
        "url": link,
    }
    rows = [
        dict.fromkeys(schema) | common | {"announcement_id": name, "title": title}
        for name, (title, _) in NOTICES.items()
    ]
    with Store.create_or_open(path, now=datetime(2026, 6, 1)) as store:
        ingest(store, "announcements", pl.DataFrame(rows, schema=schema), "test", datetime(2026, 6, 25))
    for name, (title, text) in NOTICES.items():
        body = made.pdf(["封面"], ["关于签订合同的公告", text])
        digest = sha256(body).hexdigest()
        proposing.place(path, digest, body)
        due = proposing.Due(name, "301396.SZ", title, link)
        outcome = proposing.ReadOutcome(due, digest, bounded.read(body, title=title), "", len(body))
        proposing.keep(path, outcome, datetime(2026, 6, 26))
    return path


@contextmanager
def serving(path: Path) -> Iterator[DeskServer]:
    made_server = DeskServer(Research(path), reviewer="wang", lang="en")
    running = threading.Thread(target=made_server.serve, daemon=True)
    running.start()
    yield made_server
    made_server.stop()
    running.join(10)


@pytest.fixture(scope="module")
def served(
    browser: Browser, filled: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[DeskServer, BrowserContext]]:
    """One server and the one browser it knows, for all tests."""
    path = tmp_path_factory.mktemp("served") / "s.duckdb"
    path.write_bytes(filled.read_bytes())
    proposing.documents_dir(path).symlink_to(proposing.documents_dir(filled))
    with serving(path) as made_server:
        context = browser.new_context(viewport={"width": 1400, "height": 900})
        opened = context.new_page()
        opened.goto(made_server.url("review"))
        assert opened.url == f"{made_server.address}/review"
        opened.close()
        yield made_server, context
        context.close()


@pytest.fixture
def server(served: tuple[DeskServer, BrowserContext], filled: Path) -> DeskServer:
    """The server over a store nobody has decided in."""
    served[0].house.path.write_bytes(filled.read_bytes())
    return served[0]


@pytest.fixture
def page(served: tuple[DeskServer, BrowserContext], server: DeskServer) -> Iterator[Page]:
    opened = served[1].new_page()
    opened.goto(f"{server.address}/review")
    opened.wait_for_selector("#text mark")
    yield opened
    opened.close()


def rows(server: DeskServer, table: str) -> list[dict[str, Any]]:
    with Store.open_read_only(server.house.path) as store:
        names = TABLES[table].names
        return [
            dict(zip(names, row, strict=False))
            for row in store.connection.execute(f"SELECT {', '.join(names)} FROM {table}").fetchall()
        ]


def test_the_sentence_is_marked_beside_the_proposed_values(page: Page) -> None:
    assert any("72,089.60" in text for text in page.locator("#text mark").all_inner_texts())
    assert page.input_value("#field-amount") == "720,896,000"
    assert page.inner_text("#pages button[aria-current=true]") == "page 2"
    assert "suspected: re announces R07-1: the same amount" in page.inner_text("#suspects")


def test_a_key_accepts_and_the_next_proposal_comes(page: Page, server: DeskServer) -> None:
    page.keyboard.press("a")
    page.locator("#told", has_text="accepted").wait_for()
    assert page.inner_text("#count") == "1 of 1"
    (decision,) = rows(server, "decisions")
    assert (decision["decision"], decision["reviewer"], decision["became"]) == ("accepted", "wang", "cninfo-1-1")


def test_an_edit_is_written_and_a_wrong_one_is_told(page: Page, server: DeskServer) -> None:
    page.keyboard.press("e")
    page.keyboard.press("Control+a")
    page.keyboard.type("seven")
    page.keyboard.press("Escape")
    page.keyboard.press("a")
    page.locator("#told", has_text="amount not understood").wait_for()
    page.fill("#field-amount", "7亿")
    page.locator("#field-amount").press("Escape")
    page.keyboard.press("a")
    page.locator("#told", has_text="accepted").wait_for()
    assert [one["decision"] for one in rows(server, "decisions")] == ["edited"]
    assert [one["amount_high"] for one in rows(server, "commitments") if one["commitment_id"] == "cninfo-1-1"] == [7e8]


def test_keys_skip_go_back_and_reject(page: Page, server: DeskServer) -> None:
    page.keyboard.press("s")
    page.locator("#count", has_text="2 of 2").wait_for()
    page.keyboard.press("b")
    page.keyboard.press("r")
    page.locator("#told", has_text="rejected").wait_for()
    assert [one["decision"] for one in rows(server, "decisions")] == ["rejected"]


def test_a_rejection_keeps_its_reason(page: Page, server: DeskServer) -> None:
    page.fill("#why", "already counted")
    page.locator("#why").press("Escape")
    page.keyboard.press("r")
    page.locator("#told", has_text="rejected").wait_for()
    page.locator("#count", has_text="1 of 1").wait_for()
    assert page.input_value("#why") == ""
    (decision,) = rows(server, "decisions")
    assert (decision["decision"], decision["note"]) == ("rejected", "already counted")


def test_two_presses_decide_once_and_about_what_was_shown(page: Page, server: DeskServer) -> None:
    page.evaluate("act('r'), act('r'), act('s')")
    page.locator("#told", has_text="cninfo-1~1: rejected").wait_for()
    page.locator("#count", has_text="1 of 1").wait_for()
    assert [(one["proposal_id"], one["decision"]) for one in rows(server, "decisions")] == [("cninfo-1~1", "rejected")]
    assert "<script>" in page.inner_text("#title")


def test_what_another_window_has_decided_is_told_and_the_next_one_comes(
    page: Page, served: tuple[DeskServer, BrowserContext], server: DeskServer
) -> None:
    other = served[1].new_page()
    other.goto(f"{server.address}/review")
    other.wait_for_selector("#text mark")
    page.keyboard.press("a")
    page.locator("#told", has_text="accepted").wait_for()
    other.keyboard.press("r")
    other.locator("#told", has_text="cninfo-1~1: somebody has decided about it; got accepted by wang").wait_for()
    assert other.inner_text("#count") == "1 of 1" and "next:" not in other.inner_text("#told")
    other.close()


def test_what_was_typed_stays_while_the_language_changes_and_others_are_looked_at(page: Page) -> None:
    page.fill("#field-term", "five")
    page.click("#lang")
    page.locator("#checks", has_text="核对：").wait_for()
    assert page.input_value("#field-term") == "five" and page.title() == "screener 审阅"
    page.click("[data-key=s]")
    page.click("[data-key=b]")
    assert page.input_value("#field-term") == "five"
    page.click("[data-key=a]")
    page.locator("#told", has_text="期限无法理解；得到 five").wait_for()


def test_a_desk_that_has_ended_is_told(page: Page) -> None:
    page.route("**/review/decide*", lambda route: route.abort())
    page.keyboard.press("a")
    page.locator("#told", has_text="the desk has ended").wait_for()
    assert page.inner_text("#count") == "1 of 2"


def test_text_from_outside_is_text(page: Page) -> None:
    page.keyboard.press("s")
    page.locator("#title", has_text="<script>").wait_for()
    assert page.title() == "screener review" and page.locator("#text b").count() == 0


def test_both_languages_are_whole(page: Page) -> None:
    page.click("#lang")
    assert page.inner_text("#heading") == "审阅读取结果" and page.inner_text("#keys button >> nth=0") == "接受 (a)"
    assert page.evaluate("Object.keys(WORDS.en).join() === Object.keys(WORDS.zh).join()")
    assert page.evaluate("Object.keys(WORDS.en.fields).join() === Object.keys(WORDS.zh.fields).join()")


def test_nothing_is_loaded_from_elsewhere_and_contrast_and_labels_hold(page: Page, server: DeskServer) -> None:
    from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]

    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.keyboard.press("m")
    page.click("#lang")
    assert all(url.startswith(server.address) for url in asked)
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa"]})
    assert [one["id"] for one in found.response["violations"]] == []


def test_it_fits_a_narrow_window(page: Page) -> None:
    page.set_viewport_size({"width": 420, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def ask(server: DeskServer, method: str, path: str, body: str = "", **headers: str) -> tuple[int, str]:
    connection = HTTPConnection(server.address.removeprefix("http://"), timeout=10)
    with closing(connection):
        connection.request(method, path, body or None, headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


def test_its_address_opens_once(filled: Path) -> None:
    with serving(filled) as server:
        path = server.url("review").removeprefix(server.address)
        assert [ask(server, "GET", path)[0] for _ in range(2)] == [303, 403]
        assert ask(server, "GET", "/review/queue")[0] == ask(server, "GET", "/review")[0] == 403


REFUSED = [
    ("GET", "/review/queue", "", {"Host": "evil.example"}, 403),
    ("POST", "/review/decide", '{"id": "cninfo-1~1", "decision": "accept"}', {"Content-Type": "text/plain"}, 400),
    ("POST", "/review/decide", "x" * 70_000, {"Content-Type": "application/json"}, 400),
    ("POST", "/review/decide", "[1]", {"Content-Type": "application/json"}, 400),
    ("POST", "/review/decide", '{"id": "cninfo-1~1", "decision": "drop"}', {"Content-Type": "application/json"}, 409),
    ("POST", "/review/decide", '{"id": "nothing", "decision": "reject"}', {"Content-Type": "application/json"}, 409),
    ("POST", "/load", "{}", {"Content-Type": "application/json"}, 404),
    ("GET", "/review/page?id=cninfo-1~1&page=99", "", {}, 404),
    ("GET", "/review/page?id=../../etc/passwd&page=1", "", {}, 404),
]


@pytest.mark.parametrize(("method", "path", "body", "headers", "status"), REFUSED)
def test_nothing_else_can_be_asked_or_written(
    served: tuple[DeskServer, BrowserContext],
    server: DeskServer,
    method: str,
    path: str,
    body: str,
    headers: dict[str, str],
    status: int,
) -> None:
    cookie = "; ".join(f"{one['name']}={one['value']}" for one in served[1].cookies())
    told, answer = ask(server, method, path, body, Cookie=cookie, **headers)
    assert (told, "error" in json.loads(answer)) == (status, True)
    assert rows(server, "decisions") == []

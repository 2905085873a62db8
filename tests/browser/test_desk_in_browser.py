"""The desk in a real Chromium over its real server: one server, one browser, one back-test for all of it."""

from __future__ import annotations

import json
import shlex
from contextlib import closing, redirect_stdout
from http.client import HTTPConnection
from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest

from screener.commands.app import answer
from tests.browser.desks import Desk, children
from tests.browser.desks import desk as desk

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.xdist_group("browser")
ASKED = {"as_of": "2025-06-30", "policy": "strict", "burn": "none", "lag": "3", "universe": "mine"}


def ran(command: str) -> Any:
    """What the copied command line prints as JSON."""
    said = StringIO()
    with redirect_stdout(said):
        assert answer([*shlex.split(command)[1:], "--json"]) == 0
    return json.loads(said.getvalue())


def fill(page: Page, **values: str) -> None:
    """Controls as somebody sets them, shown when the last one is."""
    for name, value in values.items():
        page.eval_on_selector(f"#c-{name}", "(control, value) => { control.value = value; }", value)
    page.click(".go")


def test_every_control_stands_in_the_answer_the_link_and_the_command(desk: Desk) -> None:
    page = desk.go("screen")
    desk.told()
    before = page.inner_text("#screen tbody")
    fill(page, **ASKED)
    page.wait_for_url("**policy=strict**")
    told = desk.told()
    assert page.inner_text("#screen tbody") != before and "2025-06-30" in page.inner_text("#view .stamp")
    for name, value in ASKED.items():
        assert f"--{name.replace('_', '-')} {value}" in told["command"] and f"{name}={value}" in told["link"]
    assert told["json"] == ran(told["command"])
    assert {row["as_of"] for row in told["json"]} == {"2025-06-30"}
    assert {row["symbol"] for row in told["json"]} <= {"301396.SZ", "300872.SZ", "603629.SH"}


def test_a_way_within_the_answer_asks_nothing_and_what_is_finer_counts_too(desk: Desk) -> None:
    page = desk.page
    page.locator("details.group summary").first.click()
    fill(page, vat="0.13", sort="-score", top="1")
    page.wait_for_url("**vat=0.13**")
    told = desk.told()
    assert "--vat 0.13" in told["command"] and told["json"] == ran(told["command"]) and len(told["json"]) == 1
    assert page.locator("#screen table.ranked tbody tr").count() == 1
    assert page.locator(".changed").all_inner_texts() == ["1 changed", "2 changed"]
    asked = len(desk.requests)
    page.locator("#view nav a").last.click()
    page.wait_for_timeout(100)
    page.go_back()
    assert [url for url in desk.requests[asked:] if "/jobs" in url] == [] and page.locator("#view section").count()
    page.click("#reset")
    page.wait_for_url("**vat=0.06**")  # of the settings
    fill(page, **ASKED)
    page.wait_for_url("**policy=strict**")


def test_a_link_says_the_view_again_in_another_tab_and_back_goes_back(desk: Desk) -> None:
    page, link = desk.page, desk.told()["link"]
    other = desk.tab()
    other.goto(link)
    assert desk.told(other)["json"] == desk.told()["json"]
    assert other.inner_text("#screen") == page.inner_text("#screen")
    assert {name: other.input_value(f"#c-{name}") for name in ASKED} == ASKED
    page.select_option("#c-policy", "gross")  # a change asks at once
    page.wait_for_url("**policy=gross**")
    page.go_back()
    page.locator("#command", has_text="--policy strict").wait_for(state="attached")
    assert page.input_value("#c-policy") == "strict"
    other.close()


@pytest.mark.parametrize(
    ("values", "sentence"),
    [({"lag": "99"}, "less than or equal to 24"), ({"lag": "", "as_of": "1990-01-01"}, "no prices by that day")],
)
def test_a_refused_control_is_one_sentence_and_no_answer_to_another_question(
    desk: Desk, values: dict[str, str], sentence: str
) -> None:
    fill(desk.page, **values)
    desk.page.locator("#told", has_text=sentence).wait_for()
    assert desk.page.locator("#view section").count() == 0 and desk.page.locator("#again").is_hidden()


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"lagg": "3"}, "no control of this room: lagg"),
        ({"policy": "loose"}, "policy"),
        ({"lang": "zh", "as_of": "x"}, "日期"),
    ],
)
def test_a_bad_link_is_one_sentence(desk: Desk, query: dict[str, str], sentence: str) -> None:
    desk.go("screen", desk.page, **query)
    desk.page.locator("#told", has_text=sentence).wait_for()
    assert desk.page.locator("#view section").count() == 0


def test_a_slow_store_shows_that_it_works_and_nobody_has_to_wait(desk: Desk) -> None:
    desk.house.open.clear()
    page = desk.go("screen", as_of="2026-03-31")
    page.locator("#stage", has_text="reading the store").wait_for()
    assert page.locator("#view").get_attribute("aria-busy") == "true"
    page.keyboard.press("Escape")
    page.locator("#status", has_text="Cancelled").wait_for()
    assert page.locator("#busy").is_hidden()
    desk.house.open.set()
    page.eval_on_selector("#c-as_of", "control => { control.value = '2026-06-30'; }")
    page.locator("#c-lag").press("Enter")
    assert "--as-of 2026-06-30" in desk.told()["command"]


def test_a_backtest_is_that_of_its_command_line(desk: Desk) -> None:
    page = desk.go("backtest")
    page.select_option("#c-strategy", "order_drift")
    page.fill("#p-order_drift-hold", "40")
    fill(page, start="2026-03-02", end="2026-06-30", cash="5000000")
    page.locator("#stage", has_text="replaying the books").wait_for()
    told = desk.told()
    assert told["json"]["audit"]["max_abs_diff_cny"] < 0.005
    assert page.locator("#backtests .hint", has_text="it proves the arithmetic").count() == 1
    assert page.locator("#backtests .hint", has_text="look-ahead check: ok").count() == 1
    assert told["json"]["params"] == {"hold": 40} and told["json"]["initial_cash"] == 5e6
    assert told["json"]["stands_on"]["slippage"] == 0.001
    assert "--param hold=40" in told["command"] and "p.hold=40" in told["link"]
    again = ran(f"{told['command']} --no-audit")  # once is enough: it takes seconds
    for volatile in ("statistics", "look_ahead", "audit"):  # these count and name the runs before them
        told["json"].pop(volatile), again.pop(volatile)
    assert told["json"] == again
    assert page.locator("#backtests .main-svg").count() > 0


@pytest.mark.parametrize(
    ("room", "asked", "shown"),
    [
        ("brief", {"as_of": "2025-03-31", "strategies": "order_drift"}, "#brief table.places"),
        ("events", {"kind": "purchase", "window": "-1:1", "draws": "99"}, "#events .main-svg"),
        pytest.param(
            "rating",
            {"as_of": "2026-06-30", "industry_index": "801750.SI"},
            "#ratings table.rated",
            marks=pytest.mark.long,
        ),
    ],
)
def test_every_other_room_answers_as_its_command_does(desk: Desk, room: str, asked: dict[str, str], shown: str) -> None:
    page = desk.go(room, desk.page, **asked)
    told = desk.told()
    page.locator(shown).first.wait_for()
    assert told["json"] == ran(told["command"])
    assert all(f"{name}=" in told["link"] for name in asked)


def test_the_ways_of_the_brief_lead_to_the_rooms(desk: Desk) -> None:
    page = desk.go("brief", as_of="2025-03-31", strategies="order_drift")  # kept: nothing is computed again
    desk.told()
    firm = page.locator("#brief table.places tbody a").first
    assert "#firm-" in (firm.get_attribute("href") or "")
    firm.click()
    desk.told()
    assert "/screen?" in page.url and page.input_value("#c-as_of") == "2025-03-31"


@pytest.mark.long
def test_a_sweep_shows_every_variant(desk: Desk) -> None:
    desk.go("sweep", strategy="order_drift", grid="hold=5,10", start="2026-03-02", end="2026-06-30")
    told = desk.told()
    assert told["json"]["variants"] == 2 == desk.page.locator("#sweep table.sortable tbody tr").count()
    assert "--grid hold=5,10" in told["command"] and told["json"]["verdict"] == desk.page.inner_text("#sweep .verdict")


def test_what_is_cancelled_ends_at_once_and_leaves_the_room_usable(desk: Desk) -> None:
    page = desk.go("backtest", strategy="slow", pause="1.5")
    page.locator("#stage", has_text="back-testing").wait_for()
    assert len(children()) == 1
    page.click("#cancel")
    page.locator("#status", has_text="Cancelled").wait_for()
    for _ in range(50):
        if not children():
            break
        page.wait_for_timeout(50)
    assert children() == [] and page.locator("#view section").count() == 0


def test_a_tab_that_is_closed_takes_its_work_along(desk: Desk) -> None:
    other = desk.go("backtest", desk.tab(), strategy="slow", pause="1.6")
    other.locator("#stage", has_text="starting").wait_for()
    other.goto("about:blank")
    for _ in range(100):
        if not children():
            break
        other.wait_for_timeout(50)
    assert children() == []
    other.close()


def test_nothing_was_asked_of_another_host_and_no_policy_was_broken(desk: Desk) -> None:
    assert [url for url in desk.requests if not url.startswith((desk.server.address, "data:", "about:"))] == []
    assert desk.complaints == []


def ask(desk: Desk, method: str, path: str, body: str | None = None, **headers: str) -> tuple[int, str]:
    connection = HTTPConnection("127.0.0.1", int(desk.server.address.rpartition(":")[2]), timeout=10)
    with closing(connection):
        connection.request(method, path, body, {"Host": desk.server.address[7:], **headers})
        told = connection.getresponse()
        return told.status, told.read().decode()


JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("headers", "why"),
    [
        ({}, "not this browser"),
        ({"Cookie": "screener-desk=x"}, "not this browser"),
        ({"Host": "evil.example", "Cookie": "own"}, "another host"),
        ({"Origin": "http://evil.example", "Cookie": "own"}, "another origin"),
        ({"Origin": "null", "Cookie": "own"}, "another origin"),
        ({"Sec-Fetch-Site": "cross-site", "Cookie": "own"}, "another origin"),
    ],
)
@pytest.mark.parametrize(("method", "path"), [("GET", "/screen"), ("POST", "/jobs"), ("POST", "/review/decide")])
def test_whoever_is_not_this_browser_is_refused(
    desk: Desk, method: str, path: str, headers: dict[str, str], why: str
) -> None:
    own = "; ".join(f"{one['name']}={one['value']}" for one in desk.context.cookies())
    sent = {**headers, **({"Cookie": own} if headers.get("Cookie") == "own" else {})}
    status, told = ask(desk, method, path, "{}", **JSON, **sent)
    assert (status, why in told) == (403, True)


def test_a_spent_or_wrong_token_opens_nothing_and_the_cookie_is_for_this_site_alone(desk: Desk) -> None:
    assert desk.server.token is None and ask(desk, "GET", "/open/nothing/screen")[0] == 403
    (cookie,) = desk.context.cookies()
    assert cookie["httpOnly"] and cookie["sameSite"] == "Strict"


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/jobs", '{"room": "screen", "given": {"sql": "1"}}', 422),
        ("POST", "/jobs", '{"room": "query", "given": {}}', 422),
        ("POST", "/jobs", '{"room": "screen", "given": 3}', 400),
        ("POST", "/jobs", "[", 400),
        ("POST", "/jobs", "x" * 70_000, 400),
        ("GET", "/jobs/999", None, 404),
        ("GET", "/assets/../s.duckdb", None, 404),
        ("POST", "/screen", "{}", 405),
        ("GET", "/screen?lang=fr", None, 400),
    ],
)
def test_what_is_no_question_is_told_in_a_sentence(
    desk: Desk, method: str, path: str, body: str | None, status: int
) -> None:
    own = "; ".join(f"{one['name']}={one['value']}" for one in desk.context.cookies())
    told, text = ask(desk, method, path, body, Cookie=own, **JSON)
    assert (told, "error" in json.loads(text)) == (status, True)


def test_who_types_an_address_is_told_in_a_page_in_both_languages(desk: Desk) -> None:
    status, text = ask(desk, "GET", "/open/nothing/screen", Accept="text/html")
    assert status == 403 and "这个地址已用过" in text and "this address was used already" in text


@pytest.mark.parametrize("strategy", ["./strategies/slow.py", "slow.py", "nothing"])
def test_a_strategy_is_run_by_name_only(desk: Desk, strategy: str) -> None:
    own = "; ".join(f"{one['name']}={one['value']}" for one in desk.context.cookies())
    asked = json.dumps({"room": "backtest", "given": {"strategy": strategy}})
    job = json.loads(ask(desk, "POST", "/jobs", asked, Cookie=own, **JSON)[1])
    told = json.loads(ask(desk, "GET", f"/jobs/{job['id']}?seen=0", Cookie=own)[1])
    assert told["state"] == "refused" and "no such strategy" in told["sentence"]

"""The page in a real Chromium: the distribution's own, without its network chatter; skipped where missing."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from screener.report.page import render_brief
from tests.commands.conftest import synthetic_db as synthetic_db
from tests.report.pages import page, source

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

QUIET = (
    "--no-sandbox",
    "--headless",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
)


def chromium() -> str:
    """The browser's path; skips the calling test where there is none."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    pytest.skip("no Chromium on this machine (apt-get install chromium fonts-noto-cjk)")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = chromium()
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with playwright.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=path, args=list(QUIET))
        yield opened
        opened.close()


TEXTS: dict[str, Callable[[], str]] = {
    "en": lambda: page("en"),
    "zh": lambda: page("zh"),
    "hostile": lambda: page("en", hostile=True),
    "brief": lambda: render_brief(source(hostile=True)),
}
Files = Callable[[str], Path]


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """The page in both languages, the hostile one and its brief, on disk, each made when it is first asked for."""
    folder = tmp_path_factory.mktemp("pages")

    @cache
    def written(name: str) -> Path:
        (folder / f"{name}.html").write_text(TEXTS[name](), encoding="utf-8")
        return folder / f"{name}.html"

    return written


@dataclass
class Opened:
    """A page in the browser, and everything it complained about or asked the network for."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def open_all(self) -> None:
        """Every folded part."""
        self.page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")

    def draw_all(self) -> None:
        """Every chart, also those far below."""
        self.page.evaluate("redraw(true)")


@pytest.fixture(scope="session")
def shared(browser: Browser, files: Files) -> Iterator[Any]:
    """One page of each name for all tests that leave it as it was: light, 1280 wide, everything open."""
    kept: dict[str, Opened] = {}
    charts: set[str] = set()

    def look(name: str = "en", width: int = 1280, scheme: str = "light", *, drawn: bool = False) -> Opened:
        if name not in kept:
            kept[name] = open_page(browser, files(name), width, scheme)
            kept[name].open_all()
        if drawn and name not in charts:
            kept[name].draw_all()
            charts.add(name)
        kept[name].page.emulate_media(color_scheme=scheme, media="screen")  # type: ignore[arg-type]
        kept[name].page.set_viewport_size({"width": width, "height": 900})
        return kept[name]

    yield look
    for one in kept.values():
        one.page.context.close()


def open_page(browser: Browser, file: Path, width: int, scheme: str, *, touch: bool = False) -> Opened:
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme=scheme,  # type: ignore[arg-type]
        has_touch=touch,
        is_mobile=touch,
    )
    found = Opened(context.new_page())
    found.page.set_default_timeout(15_000)
    found.page.on("console", lambda message: found.complaints.append(f"{message.type}: {message.text}"))
    found.page.on("pageerror", lambda error: found.complaints.append(str(error)))
    found.page.on("dialog", lambda dialog: found.complaints.append(f"dialog: {dialog.message}"))
    found.page.on("request", lambda request: found.requests.append(request.url))
    found.page.goto(file.as_uri())
    return found


@pytest.fixture
def opened(browser: Browser, files: Files) -> Iterator[Any]:
    """Opens a page: name, width, colour scheme, touch."""
    contexts = []

    def go(name: str = "en", width: int = 1280, scheme: str = "light", *, touch: bool = False) -> Opened:
        found = open_page(browser, files(name), width, scheme, touch=touch)
        contexts.append(found.page.context)
        return found

    yield go
    for context in contexts:
        context.close()

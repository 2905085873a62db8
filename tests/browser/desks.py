"""The desk over its real server, in one browser; its store and one of its firms have names without a place to break."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from screener.research import Research
from screener.screen.ranking import ScreenResult
from screener.serving.desk.server import DeskServer
from tests.report.pages import LONG

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

# Settings hold for the desk as for the command line that it shows.
SETTINGS = """vat = 0.06
[costs]
slippage = 0.001
[watch.mine]
symbols = ["301396", "300872", "603629"]
"""
SLOW = '''"""Takes its time over every decision."""
import time


def weights(panel, *, pause: float = 0.5):
    time.sleep(pause)
    return None
'''


class Slow(Research):
    """A house whose screens wait while `open` is not set."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.open = threading.Event()
        self.open.set()

    def screen(self, *given: Any, **options: Any) -> ScreenResult:
        assert self.open.wait(30)
        return super().screen(*given, **options)


@dataclass
class Desk:
    """The server, and everything a browser asked for or complained of."""

    server: DeskServer
    house: Slow
    context: BrowserContext
    page: Page
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def tab(self) -> Page:
        page = self.context.new_page()
        page.set_default_timeout(30_000)
        page.on("console", lambda message: self.complaints.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self.requests.append(request.url))
        return page

    def go(self, room: str, tab: Page | None = None, pause: str = "", **query: str) -> Page:
        given = {"lang": "en", **query, **({"p.pause": pause} if pause else {})}
        page, said = tab or self.page, "&".join(f"{key}={value}" for key, value in given.items())
        page.goto(f"{self.server.address}/{room}?{said}")
        return page

    def told(self, page: Page | None = None) -> dict[str, Any]:
        """Waits for the answer; what the view says of itself."""
        page = page or self.page
        page.locator("#view[aria-busy=false] section").first.wait_for()
        json_at = page.locator("#json").get_attribute("href")
        return {
            "command": page.locator("#command").text_content(),
            "link": page.locator("#link").text_content(),
            "json": json.loads(self.context.request.get(f"{self.server.address}{json_at}").text()),
        }


@pytest.fixture(scope="module")
def desk(browser: Browser, synthetic_db: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder, before = tmp_path_factory.mktemp("desk"), Path.cwd()
    store = folder / f"{LONG[:120]}.duckdb"
    store.write_bytes(synthetic_db.read_bytes())
    (folder / "firms.csv").write_text(f"symbol,name,board\n603629.SH,{LONG},sse_main\n", encoding="utf-8")
    Research(store).load(folder / "firms.csv")
    (folder / "strategies").mkdir()
    (folder / "strategies" / "slow.py").write_text(SLOW, encoding="utf-8")
    (folder / "screener.toml").write_text(SETTINGS, encoding="utf-8")
    os.chdir(folder)
    house = Slow(store)
    server = DeskServer(house, reviewer="wang", lang="en")
    running = threading.Thread(target=server.serve, daemon=True)
    running.start()
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    found = Desk(server, house, context, None)  # type: ignore[arg-type]
    found.page = found.tab()
    found.page.goto(server.url())
    yield found
    context.close()
    server.stop()
    running.join(20)
    os.chdir(before)
    assert not running.is_alive() and children() == []


def children() -> list[str]:
    """Processes of long work that this process started."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
            words = (folder / "cmdline").read_text()
        except OSError:
            continue
        if parent == str(os.getpid()) and "desk.work" in words:
            found.append(words)
    return found

"""`make picture`: docs/page.png and docs/page_zh.png, the first screen of the page of the SYNTHETIC market.

1. The page is made as `screener report` makes it, on a day that never changes, so that the same code gives the same.
2. The distribution's Chromium opens it from disk in a window of `WIDTH` × `HEIGHT` points and takes what stands there.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import screener

DAY, WIDTH, HEIGHT = "2026-06-30", 1280, 900
FILES = {"en": "page.png", "zh": "page_zh.png"}
HERE = Path(__file__).resolve().parent
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")


def main() -> None:
    """Draws both pictures; stops with a sentence where there is no browser."""
    from playwright.sync_api import sync_playwright

    path = next((found for name in CHROMIUM if (found := shutil.which(name))), None)
    if path is None:
        sys.exit("no Chromium on this machine (apt-get install chromium fonts-noto-cjk)")
    house = screener.demo()
    with TemporaryDirectory() as folder, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=["--no-sandbox", "--headless"])
        for language, name in FILES.items():
            page = Path(folder) / f"{language}.html"
            house.report(page, DAY, lang=language)
            tab = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
            tab.goto(page.as_uri())
            tab.screenshot(path=HERE / name)
        browser.close()


if __name__ == "__main__":
    main()

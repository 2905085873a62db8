"""What comes out of the printer: light colours, letters one can read, no empty page, no heading alone, one sheet."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import Any
from unicodedata import normalize

import pytest

from screener.report.page import render_brief
from tests.browser.conftest import Files, open_page
from tests.report.pages import source

pdfplumber = pytest.importorskip("pdfplumber")
pytestmark = pytest.mark.xdist_group("browser")
LEAST, HEADING = 8.9, 10.6  # points: letters of the page; headings are larger
PLACED_BELOW = 30  # points at the foot, where the number of the page stands


@pytest.fixture(scope="module")
def paper(browser: Any, files: Files) -> Iterator[Any]:
    """The page in Chinese as the browser prints it, opened in the dark."""
    it = open_page(browser, files("zh"), 1280, "dark")
    with pdfplumber.open(BytesIO(it.page.pdf(prefer_css_page_size=True, print_background=True))) as found:
        yield found
    it.page.context.close()


def plain(text: str) -> str:
    """Without blanks; some letters of a PDF come as their radicals."""
    return "".join(normalize("NFKC", text).split()).translate(str.maketrans("⻚⻅", "页见"))


def lines(page: Any) -> list[tuple[float, str]]:
    """(points, words) of each line above the number of the page."""
    inside = page.crop((0, 0, page.width, page.height - PLACED_BELOW))
    return [(line["chars"][0]["size"], line["text"]) for line in inside.extract_text_lines(return_chars=True)]


@pytest.fixture(scope="module")
def told(paper: Any) -> list[list[tuple[float, str]]]:
    """The lines of every page; finding them takes most of a second each."""
    return [lines(page) for page in paper.pages]


def test_no_page_is_empty_and_each_has_its_number(paper: Any, told: list[list[tuple[float, str]]]) -> None:
    for number, (page, above) in enumerate(zip(paper.pages, told, strict=True), start=1):
        foot = page.crop((0, page.height - PLACED_BELOW, page.width, page.height))
        assert f"{number} / {len(paper.pages)}" in foot.extract_text()
        assert len(above) > 3
    assert len(paper.pages) < 22


def test_no_letter_is_smaller_than_nine_points(paper: Any) -> None:
    small = {(round(char["size"], 1), number) for number, page in enumerate(paper.pages, 1) for char in page.chars
             if char["size"] < LEAST and char["text"].strip()}  # fmt: skip
    assert small == set()


def test_no_heading_stands_alone_at_the_foot(told: list[list[tuple[float, str]]]) -> None:
    assert [above[-1] for above in told if above[-1][0] > HEADING] == []


def test_the_first_sheet_lists_the_sections_and_says_what_must_be_known(paper: Any) -> None:
    text = plain(paper.pages[0].extract_text())
    assert "SYNTHETIC" in text and "HINDSIGHT" in text
    assert [title for title in source("zh").words["titles"].values() if plain(title) not in text] == []


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_brief_is_one_sheet(language: str, browser: Any) -> None:
    page = browser.new_page()
    page.set_content(render_brief(source(language)))
    with pdfplumber.open(BytesIO(page.pdf(prefer_css_page_size=True, print_background=True))) as found:
        assert len(found.pages) == 1
        assert {char["size"] for char in found.pages[0].chars if char["size"] < LEAST} == set()
        assert "SYNTHETIC" in found.pages[0].extract_text() and len(found.pages[0].curves) > 5
    page.close()

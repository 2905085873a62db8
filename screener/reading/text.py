"""The text of a document in one spelling for the rules, every character with its place on a page.

1. A document is its pages as they were extracted; a place is a page (from 1) and characters [start, end) of its text.
2. The rules read `Flat.text`: the pages one after the other, letters and digits in half width, without the spaces that
   stand between Chinese characters or inside letter-spaced words, without page numbers.
3. A line break inside a sentence or a number goes; one that ends a heading, an item of a list or a cell stays as a
   newline. A number broken over two lines is joined where both halves make one number and neither is one by itself, or
   where the first line is full.
4. A sentence ends with a full stop or a newline. Every character of `Flat.text` remembers where it came from, so that
   whatever a rule finds can be shown in the document as it stands there.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

_KEPT = "，。；：！？、“”‘’《》〈〉【】—…·～"  # stand as they are: a comma of a sentence is no comma of a number
_BULLET = re.compile(
    r"\s*(?:[●■◆▲★☆•]|[一二三四五六七八九十]{1,3}[、.．]|第[一二三四五六七八九十]{1,3}[条章节]|[（(][一二三四五六七八九十\d]{1,3}[)）]"
    r"|\d{1,2}[、．)）]|\d{1,2}\.(?!\d)|[①-⑳])"
)
_PAGE_NUMBER = re.compile(
    r"\s*(?:第?\s*\d{1,4}\s*页?\s*[/／共]\s*\d{1,4}\s*页?|[-—–]\s*\d{1,4}\s*[-—–]|第\s*\d{1,4}\s*页)\s*"
)
_LABEL = re.compile(r"\s*[\w（）()/ ]{2,16}\s*[:：]\s*\S*")
_CJK = re.compile(r"[⺀-鿿豈-﫿　-〿＀-￯“”‘’—…·]")
_SPACED = re.compile(r"(?<![^\s:：,，。;；（(])(?:\S[ \t\u00a0\u3000]){3,}\S(?![^\s:：,，。;；）)])")
_END = re.compile(r"[。！？；!?;\n]")
_GROUPED = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_NUMBER = re.compile(r"[\d,.]+")


@dataclass(frozen=True, slots=True)
class Place:
    """Characters [start, end) of the text of a page; pages count from 1."""

    page: int
    start: int
    end: int


@dataclass(frozen=True)
class Sentence:
    """Characters [start, end) of the flat text."""

    start: int
    end: int
    text: str


@dataclass(frozen=True)
class Flat:
    """The text of a document as the rules read it; `pages` as extracted, `where` the place of every character."""

    pages: tuple[str, ...]
    text: str
    where: tuple[int, ...]  # character → position in the pages joined

    @classmethod
    def of(cls, pages: Sequence[str]) -> Flat:
        """The pages in one spelling; see the steps above."""
        out: list[str] = []
        where: list[int] = []
        base = 0
        for page in pages:
            for character, position in _page(page):
                out.append(character)
                where.append(base + position)
            base += len(page) + 1
        return cls(tuple(pages), "".join(out), tuple(where))

    @cached_property
    def sentences(self) -> tuple[Sentence, ...]:
        """In order, without empty ones."""
        found, start = [], 0
        for end in [*(one.end() for one in _END.finditer(self.text)), len(self.text)]:
            body = self.text[start:end]
            if body.strip():
                lead = len(body) - len(body.lstrip())
                found.append(Sentence(start + lead, start + len(body.rstrip()), body.strip()))
            start = end
        return tuple(found)

    @cached_property
    def _starts(self) -> list[int]:
        starts, base = [], 0
        for page in self.pages:
            starts.append(base)
            base += len(page) + 1
        return starts

    def place(self, start: int, end: int) -> Place:
        """Where characters of the flat text stand; what runs over a page's end is shown up to it."""
        first, last = self.where[start], self.where[max(start, end - 1)]
        page = bisect_right(self._starts, first) - 1
        base = self._starts[page]
        return Place(page + 1, first - base, min(last - base + 1, len(self.pages[page])))

    def shown(self, place: Place) -> str:
        """The characters of a place, as they stand in the document."""
        return self.pages[place.page - 1][place.start : place.end]

    def number_of(self, position: int) -> int:
        """Number of the sentence, from 1, that holds a character."""
        return bisect_right([one.start for one in self.sentences], position)


def _page(text: str) -> Iterator[tuple[str, int]]:
    """(character, its position) of a page in one spelling, ended by what separates it from the next page."""
    lines = list(_lines(text))
    widest = max((len(body.strip()) for body, _ in lines), default=0)
    last = ""
    for index, (body, start) in enumerate(lines):
        kept = list(_spelled(body, start))
        following = lines[index + 1][0] if index + 1 < len(lines) else None
        yield from kept
        last = kept[-1][0] if kept else last
        if following is None:
            break
        stop = start + len(body)
        if kept and _broken(body, following, widest):
            yield "\n", stop
        elif kept and _apart(body, following):
            yield " ", stop
    # A page ends inside a sentence as often as not.
    if (last and last not in "。！？；!?;" and not _CJK.match(last) and not last.isdigit()) or last in "。！？":
        yield "\n", max(0, len(text) - 1)


def _lines(text: str) -> Iterator[tuple[str, int]]:
    """(line, its position); page numbers and lines without a letter are left out."""
    position = 0
    for line in re.split(r"(\r\n|\n|\r|\f|\v)", text):
        if line.strip() and not _PAGE_NUMBER.fullmatch(line):
            yield line, position
        position += len(line)


def _spelled(line: str, start: int) -> Iterator[tuple[str, int]]:
    """The characters of a line in half width, without the spaces that mean nothing."""
    spaced = [(one.start(), one.end()) for one in _SPACED.finditer(line)]
    for index, character in enumerate(line):
        if character.isspace() or character in "\u200b\ufeff\u00ad":
            inside = any(low <= index < high for low, high in spaced)
            if inside or character in "\u200b\ufeff\u00ad" or not _keeps_space(line, index):
                continue
            yield " ", start + index
        elif character in _KEPT:
            yield character, start + index
        else:
            for letter in unicodedata.normalize("NFKC", character):
                yield letter, start + index


def _keeps_space(line: str, index: int) -> bool:
    """A space between words of Latin letters or between two numbers says something; one beside Chinese does not."""
    before, after = line[:index].rstrip()[-1:], line[index:].lstrip()[:1]
    if not before or not after or line[index - 1 : index].isspace():
        return False
    if "\t" in line[index : index + len(line[index:]) - len(line[index:].lstrip())]:
        return True
    if _CJK.match(before) or _CJK.match(after):
        return len(line[index:]) - len(line[index:].lstrip()) >= 3  # columns of a table
    number = before in "0123456789,." and after in "0123456789,."
    return not (number and (before in ",." or after in ",."))


def _broken(line: str, following: str, widest: int) -> bool:
    """True where the line break ends something."""
    bare = line.rstrip()
    if bare.endswith(("：", ":")):
        return bool(_BULLET.match(following) or _LABEL.match(following))
    if bare.endswith(("。", "！", "？")) or _BULLET.match(following) or "\t" in line or "\t" in following:
        return True
    if _whole_number(line, following, widest):
        return False
    return len(bare.strip()) < 0.6 * widest and _closed(bare, following)


def _closed(line: str, following: str) -> bool:
    """A short line that is no sentence cut short: the next one is a label, or it ends without a comma."""
    open_brackets = line.count("（") + line.count("(") > line.count("）") + line.count(")")
    open_quotes = line.count("《") > line.count("》") or line.count("“") > line.count("”")
    if open_brackets or open_quotes or line.endswith(("，", "、", ",", "的", "与", "和", "为")):
        return False
    tail, head = re.search(r"[\d,.]+$", line), re.match(r"\s*[\d,.]+|\s*[万亿元%]", following)
    return not (tail and head)


def _whole_number(line: str, following: str, widest: int) -> bool:
    """A number runs over the line break: both halves make one, or the line is full."""
    tail, head = re.search(r"[\d,.]+$", line.rstrip()), re.match(r"\s*([\d,.]+)", following)
    if not tail or not head:
        return False
    whole = tail[0] + head[1].rstrip(".,")
    if _GROUPED.fullmatch(whole) and not _GROUPED.fullmatch(tail[0]):
        return True
    return len(line.strip()) >= 0.9 * widest


def _apart(line: str, following: str) -> bool:
    """Words of Latin letters stand apart over a line break; Chinese and numbers do not."""
    before, after = line.rstrip()[-1:], following.lstrip()[:1]
    return before.isascii() and before.isalpha() and after.isascii() and after.isalnum()

"""Bytes of a document → the text of its pages: PDF, HTML, plain text. What cannot be read says why.

1. The kind is told by the first bytes, never by the name.
2. PDF: pypdfium2, page by page. A page without text, or whose letters are not of any script (a broken font map), is
   named: its figures need eyes, or the extra `ocr`.
3. HTML: visible text only; blocks and rows of tables end a line, cells are told apart by a tab. Scripts and styles are
   never looked at, nothing is loaded, nothing is run. A `title` of a block is its heading.
4. Text: UTF-8, UTF-16 with a mark, or GB 18030.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

MAX_BYTES = 64 * 1024 * 1024
MAX_PAGES = 1_500
MAX_CHARACTERS = 4_000_000
_ODD_SHARE = 0.04  # of the letters of a page: private use, replacement, rare scripts
_FEW = 12  # letters: fewer on a page with a picture is no text
_UTF16 = (b"\xff\xfe", b"\xfe\xff")  # how such text begins


class Unreadable(Exception):
    """A document that gives no text; `cause` in a word (encrypted, damaged, too large, too slow …), `detail` a sentence."""

    def __init__(self, cause: str, detail: str) -> None:
        self.cause, self.detail = cause, detail
        super().__init__(f"{cause}: {detail}")


@dataclass
class Document:
    """Text of the pages in order. `scanned`: pages (from 1) without text; `odd`: with a broken font map."""

    kind: str  # pdf | html | text
    pages: list[str]
    scanned: list[int] = field(default_factory=list)
    odd: list[int] = field(default_factory=list)
    tables: dict[int, list[list[list[str]]]] = field(default_factory=dict)  # page → tables → rows → cells
    recognised: list[int] = field(default_factory=list)  # by OCR: their amounts are never taken without review
    notes: list[str] = field(default_factory=list)


def kind_of(body: bytes) -> str:
    """pdf | html | text. Raises Unreadable for anything else."""
    head = body[:1024].lstrip(b"\xef\xbb\xbf\r\n\t \x00")
    if not head:
        raise Unreadable("not a document", "the file is empty")
    if b"%PDF-" in body[:1024]:
        return "pdf"
    if re.match(rb"<(!doctype|html|head|body|div|table|p|meta|\?xml|!--)", head, re.IGNORECASE):
        return "html"
    if head[:4] in (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"\x89PNG", b"\xff\xd8\xff\xe0", b"GIF8", b"\x7fELF"):
        raise Unreadable("not a document", f"begins with {head[:4]!r}; expected a PDF, a web page or plain text")
    if b"\0" in body[:1024] and body[:2] not in _UTF16:  # no letter of any other text
        raise Unreadable("not a document", "neither UTF-8 nor GB 18030 text")
    return "text"


def extracted(body: bytes) -> Document:
    """The text of a document. Raises Unreadable with the cause."""
    if len(body) > MAX_BYTES:
        raise Unreadable("too large", f"{len(body):,} bytes; at most {MAX_BYTES:,}")
    kind = kind_of(body)
    if kind == "pdf":
        return _pdf(body)
    text = _decoded(body)
    pages = [_visible(text)] if kind == "html" else text.split("\f")
    if sum(map(len, pages)) > MAX_CHARACTERS:
        raise Unreadable("too large", f"more than {MAX_CHARACTERS:,} characters of text")
    if not any(page.strip() for page in pages):
        raise Unreadable("no text", "nothing to read in it")
    found = Document(kind, pages)
    found.tables = {number: cut for number, page in enumerate(pages, 1) if (cut := tabbed(page))}
    return found


def _pdf(body: bytes) -> Document:
    import pypdfium2 as pdfium

    try:
        file = pdfium.PdfDocument(body)
    except pdfium.PdfiumError as error:
        said = str(error).lower()
        if "password" in said or "security" in said:
            raise Unreadable("encrypted", "the file asks for a password") from None
        raise Unreadable("damaged", "no page can be opened; it may be cut short") from None
    try:
        count = len(file)
        if count > MAX_PAGES:
            raise Unreadable("too large", f"{count:,} pages; at most {MAX_PAGES:,}")
        found = Document("pdf", [])
        if b"%%EOF" not in body[-2048:]:
            found.notes.append("the file has no end: it may be cut short")
        for number in range(1, count + 1):
            _add_page(found, file, number)
            if sum(map(len, found.pages)) > MAX_CHARACTERS:
                raise Unreadable("too large", f"more than {MAX_CHARACTERS:,} characters by page {number}")
        return found
    finally:
        file.close()


def _add_page(found: Document, file: object, number: int) -> None:
    import pypdfium2 as pdfium

    try:
        page = file[number - 1]  # type: ignore[index]
        reader = page.get_textpage()
        text = reader.get_text_range()
        pictures = next(iter(page.get_objects(filter=(3,), max_depth=2)), None) if len(text.strip()) < _FEW else None
        reader.close()
        page.close()
    except (pdfium.PdfiumError, ValueError, UnicodeError):
        found.notes.append(f"page {number} cannot be opened")
        text, pictures = "", None
    text = text.replace("\ufffe", "").replace("\x02", "").replace("\r\n", "\n")
    if len(text.strip()) < _FEW and pictures is not None:
        found.scanned.append(number)
    elif odd_share(text) > _ODD_SHARE:
        found.odd.append(number)
    found.pages.append(text)


def odd_share(text: str) -> float:
    """Share of the letters that no font of a Chinese or Latin text has: the mark of a broken font map."""
    letters = [one for one in text if not one.isspace()]
    if len(letters) < _FEW:
        return 0.0
    return sum(map(_is_odd, letters)) / len(letters)


# Radicals of their own right, Latin with marks, Yi, Hangul, Arabic and the like do not come by chance in a notice.
def _is_odd(letter: str) -> bool:
    code = ord(letter)
    return (
        0xE000 <= code <= 0xF8FF
        or letter == "\ufffd"
        or code < 0x20
        or 0x80 <= code < 0xA0
        or 0x0100 <= code < 0x0370
        or 0x0590 <= code < 0x1E00
        or 0xA000 <= code < 0xE000
        or code >= 0xF0000
    )


def tabbed(page: str) -> list[list[list[str]]]:
    """Tables of a page whose cells are told apart by tabs: lines in a row with at least two cells."""
    found: list[list[list[str]]] = []
    open_table = False
    for line in page.split("\n"):
        cells = [cell.strip() for cell in line.split("\t")]
        cells = cells[1:] if cells and not cells[0] and len(cells) > 2 else cells
        if len(cells) < 2:
            open_table = open_table and not line.strip()
            continue
        if not open_table:
            found.append([])
        found[-1].append(cells)
        open_table = True
    return [table for table in found if len(table) > 1]


def _decoded(body: bytes) -> str:
    if body[:2] in _UTF16:
        return body.decode("utf-16", "replace")
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    try:
        return body.decode("gb18030")
    except UnicodeDecodeError:
        raise Unreadable("not a document", "neither UTF-8 nor GB 18030 text") from None


def _visible(text: str) -> str:
    reader = _Visible()
    reader.feed(text)
    reader.close()
    joined = re.sub(r"[ \u3000]+", " ", "".join(reader.parts))
    return re.sub(r"[ \r]*\n[ \n\r]*", "\n", joined).strip("\n")


_BLOCKS = frozenset(
    [
        "p",
        "div",
        "br",
        "tr",
        "table",
        "li",
        "ul",
        "ol",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "section",
        "article",
        "header",
        "footer",
        "title",
        "dt",
        "dd",
        "hr",
        "pre",
        "blockquote",
    ]
)
_SILENT = frozenset(("script", "style", "noscript", "template", "svg", "iframe", "object"))


class _Visible(HTMLParser):
    """Collects the text a reader would see."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.silent = 0
        self.cells = 0  # open cells of tables: a block inside one ends no row

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SILENT:
            self.silent += 1
        self._ends(tag)
        if tag in ("td", "th"):
            self.cells += 1
            self.parts.append("\t")
        heading = next((value for name, value in attrs if name == "title" and value), None)
        if tag == "div" and heading:
            self.parts.append(heading + "\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self.silent = max(0, self.silent - 1)
        if tag in ("td", "th"):
            self.cells = max(0, self.cells - 1)
        if tag == "tr":
            self.cells = 0
        self._ends(tag)

    def handle_data(self, data: str) -> None:
        if not self.silent:  # a line break of the source is none on the page
            self.parts.append("".join(_joined(data)))

    def _ends(self, tag: str) -> None:
        if tag in _BLOCKS:
            self.parts.append(" " if self.cells and tag != "tr" else "\n")


def _joined(data: str) -> Iterator[str]:
    """Runs of white space as one space: what a browser does."""
    for part in re.split(r"(\s+)", data):
        yield " " if part.isspace() else part

"""A second PDF reader, pdfplumber, for what the first one could get wrong: tables, and figures that a page lays out oddly.

1. Tables are read on pages whose text speaks of an amount with its unit apart (`金额（万元）`, `单位：万元`), and where
   lines are drawn.
2. The digits of every proposed amount are looked for in the second reader's text of the same page. Where it does not have
   them the check `readers` fails, and a person must look.
"""

from __future__ import annotations

import io
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from screener.reading.documents import Document
from screener.reading.proposals import Check, Proposal

_APART = re.compile(
    r"(?:金额|价款|总价|中标价|合同价|价格|造价|标的额)[^\n]{0,6}[(（](?:人民币)?(?:亿|万)?(?:元|美元)[^\n)）]{0,6}[)）]|单位[:：]\s*(?:人民币)?(?:亿|万)?元|(?:合同|中标|采购)?金额\s"
)
_MOST_PAGES = 12


def with_tables(document: Document, body: bytes) -> None:
    """Adds the tables of a PDF to the document."""
    pages = [number for number, text in enumerate(document.pages, 1) if _APART.search(text)][:_MOST_PAGES]
    if document.kind != "pdf" or not pages:
        return
    for number, page in _opened(document, body, pages):
        if len(page.lines) + len(page.rects) + len(page.curves) < 4:
            continue
        cells = [[[cell or "" for cell in row] for row in table] for table in page.extract_tables()]
        document.tables[number] = cells


def _opened(document: Document, body: bytes, pages: Sequence[int]) -> Iterator[tuple[int, Any]]:
    """Those pages by the second reader; where it cannot read the file, a note and no more."""
    if not pages:
        return
    import pdfplumber

    try:
        with pdfplumber.open(io.BytesIO(body)) as file:
            for number in pages:
                page = file.pages[number - 1]
                yield number, page
                page.close()
    except MemoryError:
        raise
    except Exception as error:  # pdfminer meets a broken file with whatever it stumbles over
        document.notes.append(f"the second reader cannot read the file ({type(error).__name__})")


def compared(document: Document, body: bytes, proposals: Sequence[Proposal]) -> list[Proposal]:
    """The proposals with the check `readers`."""
    if document.kind != "pdf":
        return list(proposals)
    amounts = {one.page for each in proposals for one in each.evidence if one.field == "amount_high"}
    pages = sorted(amounts - set(document.recognised))[:_MOST_PAGES]
    texts: dict[int, str] = {}
    for number, page in _opened(document, body, pages):
        texts[number] = _bare("".join(char["text"] for char in page.chars))
    return [_checked(each, texts) for each in proposals]


def _checked(proposal: Proposal, texts: dict[int, str]) -> Proposal:
    shown = next((one for one in proposal.evidence if one.field == "amount_high"), None)
    if shown is None or shown.page not in texts:
        return replace(proposal, checks=(*proposal.checks, Check("readers", "unknown", "no amount on a page of text")))
    digits = max(re.findall(r"[\d,.]+|[零壹贰叁肆伍陆柒捌玖拾佰仟万亿]{3,}", _bare(shown.text)), key=len, default="")
    agreed = digits.strip(".,") in texts[shown.page]
    check = Check("readers", "passed" if agreed else "failed", f"{digits} on page {shown.page} by a second reader")
    sure = min(0.99, proposal.confidence + 0.06) if agreed else proposal.confidence * 0.5
    why = () if agreed else (f"readers: a second reader does not find {digits} on page {shown.page}",)
    return replace(
        proposal, checks=(*proposal.checks, check), confidence=round(sure, 2), review=(*proposal.review, *why)
    )


def _bare(text: str) -> str:
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", text))

"""Pages without text, recognised: rapidocr with the weights of its own wheel (the extra `ocr`); nothing is downloaded.

What it reads is a machine's guess at a picture: such pages stand in `Document.recognised`, the confidence of what is
found there is halved, and its amounts are never taken without review.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

from screener.reading.documents import Document

MOST_PAGES = 20
_SCALE = 2.0  # 144 dots an inch: small print stays legible


def installed() -> bool:
    """True where the extra is there."""
    return find_spec("rapidocr") is not None and find_spec("onnxruntime") is not None


def recognise(document: Document, body: bytes) -> None:
    """Puts recognised text in place of the pages without text and those with a broken font map."""
    import logging

    import pypdfium2 as pdfium
    from rapidocr import RapidOCR

    logging.disable(logging.WARNING)
    engine = RapidOCR(params={"Global.log_level": "critical"})
    file = pdfium.PdfDocument(body)
    for number in sorted({*document.scanned, *document.odd})[:MOST_PAGES]:
        picture = file[number - 1].render(scale=_SCALE).to_numpy()
        found = engine(picture)
        lines = _lines(found)
        if lines:
            document.pages[number - 1] = "\n".join(lines)
            document.recognised.append(number)
    document.scanned = [number for number in document.scanned if number not in document.recognised]
    document.odd = [number for number in document.odd if number not in document.recognised]
    file.close()


def _lines(found: Any) -> list[str]:
    """Boxes of text in reading order, those of one height as one line."""
    if found is None or found.boxes is None:
        return []
    boxes = sorted(
        zip(found.boxes, found.txts, strict=True), key=lambda one: (float(one[0][0][1]), float(one[0][0][0]))
    )
    lines: list[tuple[float, float, list[tuple[float, str]]]] = []
    for box, words in boxes:
        top, bottom, left = float(box[0][1]), float(box[3][1]), float(box[0][0])
        middle = (top + bottom) / 2
        if lines and lines[-1][0] <= middle <= lines[-1][1]:
            lines[-1][2].append((left, words))
        else:
            lines.append((top, bottom, [(left, words)]))
    return ["".join(words for _, words in sorted(parts)) for _, _, parts in lines]

"""Documents that tests read, written here: PDF by reportlab with a Chinese font every reader knows by name."""

from __future__ import annotations

import io
import zlib
from collections.abc import Sequence

from reportlab.lib.pagesizes import A4
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen import canvas

FONT = "STSong-Light"
pdfmetrics.registerFont(UnicodeCIDFont(FONT))
_TOP, _LEFT, _STEP = 780, 70, 20

# A notice of five pages has this many lines of running text on each page after the first.
FILLER = "合同各方按照约定履行各自的权利义务，公司将根据履行情况及时披露进展，敬请投资者注意风险。"


def pdf(*pages: Sequence[str], password: str = "", step: int = _STEP) -> bytes:
    """A PDF with the lines of each page; with a password it opens for nobody without."""
    out = io.BytesIO()
    encrypt = StandardEncryption(password, strength=128) if password else None
    paper = canvas.Canvas(out, pagesize=A4, encrypt=encrypt)
    for lines in pages:
        paper.setFont(FONT, 11)
        for number, line in enumerate(lines):
            paper.drawString(_LEFT, _TOP - number * step, line)
        paper.showPage()
    paper.save()
    return out.getvalue()


def table_pdf(before: Sequence[str], rows: Sequence[Sequence[str]], widths: Sequence[int]) -> bytes:
    """A page with text and a ruled table below it."""
    out = io.BytesIO()
    paper = canvas.Canvas(out, pagesize=A4)
    paper.setFont(FONT, 10)
    for number, line in enumerate(before):
        paper.drawString(_LEFT, _TOP - number * _STEP, line)
    top = _TOP - len(before) * _STEP
    for row, cells in enumerate(rows):
        left = _LEFT
        for cell, width in zip(cells, widths, strict=True):
            paper.rect(left, top - (row + 1) * 24, width, 24)
            paper.drawString(left + 4, top - (row + 1) * 24 + 8, cell)
            left += width
    paper.showPage()
    paper.save()
    return out.getvalue()


def scanned_pdf() -> bytes:
    """A page that is a picture of grey noise: no letters in it."""
    from reportlab.lib.utils import ImageReader

    out, picture = io.BytesIO(), io.BytesIO()
    picture.write(b"P5 64 64 255\n" + bytes((x * y) % 251 for x in range(64) for y in range(64)))
    picture.seek(0)
    paper = canvas.Canvas(out, pagesize=A4)
    paper.drawImage(ImageReader(picture), 50, 50, 500, 700)
    paper.showPage()
    paper.save()
    return out.getvalue()


def pictured_pdf(lines: Sequence[str]) -> bytes:
    """A page that is a picture of text."""
    import pypdfium2 as pdfium
    from reportlab.lib.utils import ImageReader

    picture = pdfium.PdfDocument(pdf(lines))[0].render(scale=2).to_pil()
    out = io.BytesIO()
    paper = canvas.Canvas(out, pagesize=A4)
    paper.drawImage(ImageReader(picture), 0, 0, *A4)
    paper.showPage()
    paper.save()
    return out.getvalue()


def scripted_pdf(lines: Sequence[str]) -> bytes:
    """A PDF that runs a script when it is opened and links to a program."""
    body = pdf(lines)
    script = b"/OpenAction << /S /JavaScript /JS (app.launchURL\\('http://127.0.0.1:9/x'\\);) >> /Type /Catalog"
    return body.replace(b"/Type /Catalog", script)


def wrong_letters_pdf(lines: Sequence[str]) -> bytes:
    """A PDF whose font map sends letters to places no text has: what a broken /ToUnicode does."""
    return pdf(
        [line.translate({code: 0x0250 + code % 80 for code in map(ord, line) if code > 0x4E00}) for line in lines]
    )


def large_pdf(pages: int) -> bytes:
    """Many pages of running text."""
    return pdf(["关于签订算力服务合同的公告", "合同金额为人民币33,200万元（含税）。"], *([[FILLER] * 30] * (pages - 1)))


def unfolding_pdf(size: int) -> bytes:
    """A small file whose one page unfolds to so many bytes of drawing."""
    line = b"BT /F1 8 Tf 10 10 Td (" + b"a" * 60 + b") Tj ET\n"
    body = zlib.compress(line * (size // len(line)), 9)
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d /Filter /FlateDecode >>\nstream\n%b\nendstream" % (len(body), body),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    )
    out, places = b"%PDF-1.7\n", []
    for number, each in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, each)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    head = b"xref\n0 %d\n0000000000 65535 f \n%b" % (len(places) + 1, table)
    return out + head + b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % (len(places) + 1, len(out))

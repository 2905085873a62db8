"""`make picture`: docs/workbook_en.png and docs/workbook_zh.png, the first sheet of the workbook of a screen.

1. The workbook is written as `screener screen --xlsx` writes it, of the SYNTHETIC market on a day that never changes.
2. LibreOffice prints it to PDF, poppler draws the first page: what an analyst sees who opens it.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image

import screener

DAY, DOTS, COLOURS = "2026-06-30", 105, 128
FILES = {"en": "workbook_en.png", "zh": "workbook_zh.png"}
HERE = Path(__file__).resolve().parent
TOOLS = {"soffice": "libreoffice-calc fonts-noto-cjk", "pdftoppm": "poppler-utils"}


def main() -> None:
    """Draws both pictures; stops with a sentence where LibreOffice or poppler is missing."""
    for tool, packages in TOOLS.items():
        if shutil.which(tool) is None:
            sys.exit(f"no {tool} on this machine (apt-get install {packages}): docs/workbook_*.png stay as they are")
    found = screener.demo().screen(DAY)
    with TemporaryDirectory() as folder:
        for language, name in FILES.items():
            book = Path(folder) / f"{language}.xlsx"
            found.to_excel(book, language)
            _first_page(book, HERE / name)


def _first_page(book: Path, out: Path) -> None:
    """The first printed page of a workbook as a picture."""
    home = f"-env:UserInstallation={(book.parent / 'profile').as_uri()}"  # nothing in the home folder
    run = ["soffice", home, "--headless", "--convert-to", "pdf", "--outdir", str(book.parent), str(book)]
    subprocess.run(run, check=True, capture_output=True, timeout=300)  # noqa: S603 - words of ours
    drawn = book.with_suffix("")
    page = ["pdftoppm", "-r", str(DOTS), "-f", "1", "-singlefile", "-png", str(book.with_suffix(".pdf")), str(drawn)]
    subprocess.run(page, check=True, capture_output=True, timeout=60)  # noqa: S603 - words of ours
    Image.open(drawn.with_suffix(".png")).quantize(COLOURS).save(out, optimize=True)


if __name__ == "__main__":
    main()

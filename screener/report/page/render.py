"""Templates, data and assets → one HTML text that runs nothing it was not built with.

1. Every section gives its values; templates escape everything.
2. Data stands in <script type="application/json">, with <, > and & written as escapes, so no text can end the element.
3. The content-security policy names the hash of each script and style; nothing may be loaded, framed or sent.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from screener.core import writing
from screener.core.errors import DataRefused
from screener.core.text import visible, visible_json
from screener.core.units import number, percent, quantity, signed_percent, yi, yuan
from screener.report.brief import said
from screener.report.page.sections import SECTIONS, brief, stands_on
from screener.report.page.source import Canvas, PageSource
from screener.report.tables import text
from screener.report.words import Words

HERE = Path(__file__).parent
LIMIT = 8_000_000  # bytes of a page that still travels by mail; five of them are the charting library
STYLES = ("page.css", "drawn.css", "print.css")
BRIEF_STYLES = ("page.css", "drawn.css", "brief.css")
SHEET = 8  # sentences of a question that have room on the sheet
NOTHING = "'none'"
SCRIPTS = ("lock.js", "charts.js", "tables.js", "believe.js")
# plotly writes its own few rules into the element of this name, which the policy would not let it create.
PLOTLY_STYLE = "/* rules of the charting library */"


def render(source: PageSource) -> str:
    """The page. Raises DataRefused where it would exceed `LIMIT` bytes."""
    canvas = Canvas()
    standing = stands_on.build(source, canvas)
    sections = [{"id": name, **build(source, canvas)} for name, build in SECTIONS.items()]
    styles = "\n".join(asset(name) for name in STYLES)
    scripts = page_scripts()
    taken = [name for _, code in scripts for name in ids_taken(code)]
    page: str = (
        environment()
        .get_template("page.html.j2")
        .render(
            w=source.words,
            lang=source.language,
            source=source,
            standing=standing,
            sections=sections,
            styles=styles,
            scripts=scripts,
            plotly_style=PLOTLY_STYLE,
            taken=taken,
            policy=policy([code for _, code in scripts], [styles, PLOTLY_STYLE]),
            data=scripted(source, canvas),
        )
    )
    size = len(page.encode())
    if size > LIMIT:
        expected = f"at most {LIMIT:,} bytes"
        raise DataRefused(
            "the page grew too large",
            got=f"{size:,} bytes",
            expected=expected,
            next_step="fewer strategies, or --universe known",
        )
    return page


def scripted(source: PageSource, canvas: Canvas) -> str:
    """What the scripts read, as JSON: charts, shared arrays, their words, and what a copied table stands on."""
    hindsight = source.words["page"]["hindsight"] if stands_on.hindsight(source) else ""
    stamps = {"as_of": source.as_of, "synthetic": source.market.synthetic, "hindsight": hindsight}
    return handed(source.words, stamps, {"charts": canvas.charts, "arrays": canvas.arrays, **canvas.extra})


def handed(words: Words, stamps: Mapping[str, Any], rest: Mapping[str, Any]) -> str:
    """`rest` with the words that scripts write and the stamps they add to a table, as JSON."""
    spoken = {name: words["page"][name] for name in ("filter", "copy", "copied", "csv")}
    spoken["colon"] = words["marks"]["colon"]
    kept = {name: str(stamps[name]) for name in ("as_of", "synthetic", "hindsight")}
    return json_text({**rest, "words": spoken, "stamps": kept})


def render_brief(source: PageSource) -> str:
    """The brief on one sheet of A4, without a script: sentences and three small pictures."""
    styles = "\n".join(asset(name) for name in BRIEF_STYLES)
    page: str = (
        environment()
        .get_template("brief.html.j2")
        .render(
            w=source.words,
            lang=source.language,
            source=source,
            standing=stands_on.build(source, Canvas()),
            said=said(source.brief, source.words),
            most=SHEET,
            pictures=brief.pictures(source),
            styles=styles,
            policy=policy([], [styles]),
        )
    )
    return page


def write(page: str, out: Path) -> int:
    """Writes a page; its size in bytes. Raises ScreenerError where it cannot be written."""
    data = page.encode()
    writing.written(out, lambda draft: draft.write_bytes(data), kind="html")
    return len(data)


def policy(scripts: list[str], styles: list[str]) -> str:
    """The content-security policy of a page with these inline scripts and styles."""
    return "; ".join(
        [
            "default-src 'none'",
            f"script-src {' '.join(map(hash_of, scripts)) or NOTHING}",
            f"style-src {' '.join(map(hash_of, styles))}",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )


def page_scripts() -> list[tuple[str, str]]:
    """(name, code) in the order in which they run; the lock comes before the charting library."""
    from plotly.offline import get_plotlyjs

    library = get_plotlyjs()
    if "</script" in library.lower():
        raise DataRefused("this version of plotly.js cannot be written into a page")
    first, *rest = SCRIPTS
    return [(first, asset(first)), ("plotly", library), *((name, asset(name)) for name in rest)]


def ids_taken(library: str) -> list[str]:
    """Ids under which the library would write style elements of its own (for maps, which the page does not draw).

    It does not where an element of that id exists; the policy would refuse the element and say so in the console.
    """
    return sorted(set(re.findall(r'if\(!document\.getElementById\("([0-9a-f]{64})"\)\)', library)))


def asset(name: str) -> str:
    """The text of a script or style of the page."""
    return (HERE / "assets" / name).read_text(encoding="utf-8")


def hash_of(code: str) -> str:
    """How a content-security policy names an inline script or style."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()}'"


def json_text(value: Any) -> str:
    """JSON that cannot end the element it stands in: <, > and & are escapes, what cannot be seen is told."""
    found = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False, default=str)
    found = visible_json(found)
    return found.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def environment() -> Any:
    """Jinja with the page's templates, everything escaped, and its filters."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalize,
    )
    made.filters.update(
        yi=yi,
        percent=percent,
        signed=signed_percent,
        number=number,
        quantity=quantity,
        yuan=yuan,
        plain=text,
        link=safe_link,
        # Only for the package's own assets and for JSON that `json_text` has made safe.
        verbatim=Markup,
    )
    return made


def _finalize(value: Any) -> Any:
    """Every text that a template writes; what is Markup has been through here or is the package's own."""
    return visible(value) if type(value) is str else value


def safe_link(url: str | None) -> str:
    """A link worth following: http or https; empty for anything else (javascript:, data: …)."""
    cleaned = (url or "").strip()
    return cleaned if cleaned.lower().startswith(("https://", "http://")) else ""

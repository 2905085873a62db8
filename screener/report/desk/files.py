"""Scripts and styles of the desk: those of the page, and the few of its own."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from screener.report.page.render import PLOTLY_STYLE, STYLES, asset, hash_of, ids_taken, page_scripts

HERE = Path(__file__).parent
_ONCE = "lock.js"  # changes the browser's own objects: run once, before all others
# These look for elements of one section: run where the section is.
_WHERE = {"believe.js": "believe-table"}
# What the page's scripts call bare is the window's; wrapped, they get ones that end with the answer they belong to.
_BARE = "addEventListener, matchMedia"


@dataclass(frozen=True)
class Asset:
    """A file: its media type and its text."""

    kind: str
    text: str


@lru_cache(maxsize=1)
def assets() -> dict[str, Asset]:
    """Name with the mark of its text → file: desk-….css, lock-….js, plotly-….js, page-….js, desk-….js."""
    styles = "\n".join([*(asset(name) for name in STYLES), _own("desk.css")])
    scripts = dict(page_scripts())
    files = {
        "desk.css": styles,
        "lock.js": scripts.pop(_ONCE),
        "plotly.js": scripts.pop("plotly"),
        "page.js": _wrapped(scripts),
        "desk.js": _own("desk.js"),
    }
    kinds = {"css": "text/css", "js": "text/javascript"}
    return {_marked(name, text): Asset(kinds[name.rpartition(".")[2]], text) for name, text in files.items()}


def names() -> dict[str, str]:
    """`desk.js` → `/assets/desk-0123456789abcdef.js`."""
    return {f"{name.rpartition('-')[0]}.{name.rpartition('.')[2]}": f"/assets/{name}" for name in assets()}


def policy() -> str:
    """The content-security policy of the desk: what this server sends, nothing inline but plotly's element."""
    return "; ".join(
        [
            "default-src 'none'",
            "script-src 'self'",
            f"style-src 'self' {hash_of(PLOTLY_STYLE)}",
            "img-src 'self' data:",
            "connect-src 'self'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        ]
    )


def taken() -> list[str]:
    """Ids under which plotly would write styles of its own."""
    return [name for _, code in page_scripts() for name in ids_taken(code)]


def _wrapped(scripts: dict[str, str]) -> str:
    """One function that runs the page's scripts over the answer that is shown."""
    parts = [
        f'if (document.getElementById("{_WHERE[name]}")) {{\n{code}\n}}' if name in _WHERE else code
        for name, code in scripts.items()
    ]
    return f'"use strict";\nfunction page({_BARE}) {{\n' + "\n".join(parts) + "\n}\n"


def _marked(name: str, text: str) -> str:
    stem, _, kind = name.rpartition(".")
    return f"{stem}-{sha256(text.encode()).hexdigest()[:16]}.{kind}"


def _own(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")

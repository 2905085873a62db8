"""The page on which a person reviews proposals: the document with its sentences marked, the values beside it.

One HTML file without anything from elsewhere; what is shown comes as JSON from the server that serves it.
"""

from __future__ import annotations

from pathlib import Path

_HERE = Path(__file__).parent


def page(nonce: str, lang: str) -> str:
    """The page; `nonce` names its own script and style to the browser, which runs no other."""
    parts = {name: (_HERE / name).read_text(encoding="utf-8") for name in ("review.html", "review.css", "review.js")}
    html = parts["review.html"].replace("NONCE", nonce).replace("LANG", lang)
    for mark, text in (("/*css*/", parts["review.css"]), ("/*js*/", parts["review.js"])):
        html = html.replace(mark, text)
    return html

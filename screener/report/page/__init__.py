"""The page people look at: one self-contained HTML file, in Chinese or English.

1. `source.PageSource` is a dossier (everything known on a day, computed in evaluation) in the words of a language.
2. Each file of `sections` turns it into plain values for its own template and may add charts to the `Canvas`.
3. `render` fills the templates (autoescaped), writes data as JSON and locks the page with a content-security policy.
"""

from screener.report.page.render import render, render_brief, write
from screener.report.page.source import PageSource
from screener.report.words import LANGUAGES, words_of

__all__ = ["LANGUAGES", "PageSource", "render", "render_brief", "words_of", "write"]

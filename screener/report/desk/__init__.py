"""The desk as HTML: the controls of a room, and answers drawn with the sections of the page.

1. `shell` is the page of a room without an answer: links to rooms, controls, a place for the answer.
2. `drawn` is an answer: its stamps, sections of the page, `further` tables, their data as JSON; the desk's script puts
   it into that place and runs the page's own scripts over it, each time anew.
3. `assets` are the files that the shell names, each with a mark of what is in it in its name; nothing else is loaded.
"""

from screener.report.desk.files import Asset, assets, policy
from screener.report.desk.render import drawn, drawn_sweep, refusal, shell

__all__ = ["Asset", "assets", "drawn", "drawn_sweep", "policy", "refusal", "shell"]

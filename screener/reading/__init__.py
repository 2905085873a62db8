"""Documents of announcements → text with places → proposals with evidence. Pure: no store, no network.

1. `documents` takes the text out of PDF, HTML and plain text; `ocr` and `second` help it with pictures and tables.
2. `text` puts it into one spelling and keeps the place of every character.
3. `amounts`, `roles`, `parties`, `terms`, `kinds` read words; `deals` and `tables` put them together.
4. `propose` makes proposals, each value with its place; `checks` say how far the document agrees with itself.
5. `bounded` runs all of it in a process of its own, within a time and a memory.
"""

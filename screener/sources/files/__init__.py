"""The user's own files, whatever wrote them, as rows of our tables. Nothing of this is stored yet.

1. `opening` what a file is by its first bytes, packed ones unpacked (`archives`): text, pages and sheets become grids.
2. `grids`   a grid of cells with the lines a spreadsheet shows: title lines, heading row, footers, empty rows.
3. `telling` which table it is: every heading is looked up in data/tables/headings.csv, a column map (`maps`) wins.
4. `scales`  what unit a column has: said in the heading, or the habit of the provider whose headings these are.
5. `cells`   text to values: `dates`, `numbers`, `codes`, `terms`, and words of data/tables/words.csv.
6. `rows`    halted days, what is not ours, what is left out and has a default.
7. `reading` one file, or a folder: what was read, what was not and why, what was refused.

A cell that is not understood to its last character refuses its file, with the line it stands in.
"""

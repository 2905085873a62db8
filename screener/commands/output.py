"""How answers leave a command: JSON on stdout, CSV files, a workbook; tables where JSON is not asked for."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from screener.commands.groups import CALLED, SETTLED
from screener.core import writing
from screener.core.answer import Answer
from screener.core.plain import plain
from screener.core.text import inert, visible_json

Row = Mapping[str, Any]
Tables = Mapping[str, Sequence[Row]]
Given = TypeVar("Given", bound=Answer)


@dataclass(frozen=True)
class Out:
    """Where an answer goes: the terminal, JSON on stdout, a CSV per table into a folder, a workbook."""

    as_json: bool = False
    csv: Path | None = None
    xlsx: Path | None = None
    rows: int = 200  # of a table, on the terminal

    @property
    def written(self) -> bool:
        """True where more than the terminal asks: everything is then computed."""
        return self.as_json or self.csv is not None or self.xlsx is not None


def show(
    answer: Given,
    draw: Callable[[Given], None],
    out: Out,
    *,
    workbook: Callable[[Path], None] | None = None,
    quiet: bool = False,
) -> None:
    """Hands an answer out in every form asked for, stamps included: no command can forget one.

    `draw` prints its tables; `workbook` writes one of its own instead of the tables as sheets; `quiet`: files only.
    """
    if out.csv is not None:
        write_csv(out.csv, answer.tables())
    if out.xlsx is not None:
        (workbook or partial(_sheets, answer))(out.xlsx)
    if out.as_json:
        print_json(answer.as_dict())
    if out.as_json or quiet:
        return
    from screener.report.tables import STAMP, limited, say

    for line in answer.stands_on.stamps:
        say(line, style=STAMP)
    with limited(out.rows):
        draw(answer)
    say(answer.stands_on.line)
    if SETTLED.get():
        say(_settled())


def _settled() -> str:
    """`settings: lag 4 (screener.toml)`: what of the options nobody said on the command line."""
    from screener.core.settings import settings

    found = {CALLED.get(one.key, one.key): one for one in settings().values.values()}
    told = (f"{name.replace('_', '-')} {found[name].value} ({found[name].origin})" for name in SETTLED.get())
    return f"settings: {', '.join(told)}"


def _sheets(answer: Answer, path: Path) -> None:
    from screener.report.words import language
    from screener.report.workbook import write_book

    write_book(path, answer, language())


def print_json(value: Any) -> None:
    """Prints a result as JSON."""
    print(visible_json(json.dumps(plain(value), ensure_ascii=False, indent=2)))


def write_csv(folder: Path, tables: Tables) -> None:
    """One CSV per table; nested values as JSON text. Cells that a spreadsheet would run as a formula are quoted."""
    writing.folder(folder)
    for name, rows in tables.items():
        writing.written(folder / f"{name}.csv", partial(_fill_csv, rows), kind="csv")


def _fill_csv(rows: Sequence[Row], path: Path) -> None:
    import csv

    with path.open("w", encoding="utf-8-sig", newline="") as file:
        headings = _headings(rows)
        csv.writer(file).writerow([inert(heading) for heading in headings])
        writer = csv.DictWriter(file, fieldnames=headings)
        writer.writerows({key: _cell(value) for key, value in row.items()} for row in rows)


def _headings(rows: Sequence[Row]) -> list[str]:
    return list(dict.fromkeys(key for row in rows for key in row))


def _cell(value: Any) -> Any:
    value = plain(value)
    if isinstance(value, (list, dict)):
        return visible_json(json.dumps(value, ensure_ascii=False))
    return inert(value) if isinstance(value, str) else value  # a title from the internet must not run in Excel

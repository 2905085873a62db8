"""`screener strategies`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from screener.commands.options import CsvDir, Json, Xlsx

if TYPE_CHECKING:
    from screener.core.answer import Rows


def strategies(as_json: Json = False, csv: CsvDir = None, xlsx: Xlsx = None) -> None:
    """List strategies: ./strategies first, then the packaged ones.

    Example: screener strategies
    """
    from screener.commands.output import Out, show
    from screener.research import strategies

    show(strategies(), _draw, Out(as_json, csv, xlsx))


def _draw(found: Rows) -> None:
    from screener.report.tables import Field, print_table

    wide = (
        Field("parameters", "parameters", wrap=True, drop=1),
        Field("description", "description", wrap=True, said=True),
    )
    print_table([Field("strategy", "strategy"), *wide], found.rows, empty="no strategy: screener new-strategy NAME")

"""What stands behind one firm's score: announcements, contract lines, facts, links and the run-off."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import polars as pl

from screener.core.answer import Answer, Tables
from screener.core.config import ScreenOptions
from screener.core.errors import UnknownSymbol
from screener.core.stands_on import StandsOn
from screener.point_in_time.announcements import Announcement, ContractFact, Link
from screener.point_in_time.columns import are, chosen
from screener.point_in_time.panel import Panel, known_rows
from screener.screen.burn import quarter_of
from screener.screen.contracts import Contract
from screener.screen.factors import UNSCHEDULED, firms, runoff_of
from screener.screen.ranking import ScreenResult, screen_row, stands_on
from screener.screen.row import ScreenRow


@dataclass(frozen=True, repr=False, eq=False)
class Explanation(Answer):
    """Everything known about one firm that bears on its score."""

    row: ScreenRow
    announcements: tuple[Announcement, ...]
    contracts: tuple[Contract, ...]
    facts: tuple[ContractFact, ...]
    links: tuple[Link, ...]
    runoff: Mapping[str, Mapping[str, float]]  # commitment → quarter → yuan
    stands_on: StandsOn
    ratings: tuple[Mapping[str, Any], ...] = ()  # what brokers say of the firm and where it stands, newest first
    delivered: Answer | None = None  # promised against reported (`Delivery`), where that was asked for

    @property
    def as_screen(self) -> ScreenResult:
        """The same firm as a screen of one row, for a workbook."""
        return ScreenResult((self.row,), self.stands_on, self.contracts, self.announcements)

    def frame(self) -> pl.DataFrame:
        """One row per commitment."""
        return self.lines_frame()

    def _plain(self) -> dict[str, Any]:
        return {
            **self.row.as_dict(),
            "announcements": [asdict(row) for row in self.announcements],
            "lines": [row.as_dict() for row in self.contracts],
            "facts": [asdict(row) for row in self.facts],
            "links": [asdict(link) for link in self.links],
            "runoff": {name: dict(cells) for name, cells in self.runoff.items()},
            "ratings": [dict(row) for row in self.ratings],
            **({} if self.delivered is None else {"delivery": self.delivered.as_dict()}),
        }

    def _tables(self) -> Tables:
        lines, runoff = self.lines_frame().to_dicts(), self.runoff_frame().to_dicts()
        return {"lines": lines, "runoff": runoff, **self.further()}

    def further(self) -> Tables:
        """What a workbook of the firm shows beside its screen."""
        links, facts = ([asdict(one) for one in told] for told in (self.links, self.facts))
        told = {} if self.delivered is None else self.delivered.sheets()
        return {
            "links": links,
            "facts": facts,
            **({"ratings": self.ratings} if self.ratings else {}),
            **{f"delivery_{name}": rows for name, rows in told.items()},
        }

    def lines_frame(self) -> pl.DataFrame:
        """One row per commitment."""
        rows = [{**row.as_dict(), "flags": " ".join(row.flags)} for row in self.contracts]
        return pl.DataFrame(rows, infer_schema_length=None)

    def runoff_frame(self) -> pl.DataFrame:
        """Contract × quarter, yuan, every quarter from first to last, 0 where nothing runs; with a total column."""
        quarters = quarters_of(self.runoff)
        rows = [
            {
                "commitment_id": name,
                **{quarter: cells.get(quarter, 0.0) for quarter in quarters},
                "total": round(sum(cells.values()), 2),
            }
            for name, cells in self.runoff.items()
        ]
        schema = {"commitment_id": pl.String(), **dict.fromkeys([*quarters, "total"], pl.Float64())}
        return pl.DataFrame(rows, schema=schema)


def explain(panel: Panel, symbol: str, options: ScreenOptions | None = None) -> Explanation:
    """All that is known about `symbol` at the panel's time. Raises UnknownSymbol for one the market does not hold."""
    options = options or ScreenOptions()
    if symbol not in panel.symbols:
        raise UnknownSymbol("the store holds nothing of this symbol", got=symbol, next_step="screener status")
    firm = firms(panel, options, [symbol])[0]
    ids = {row.commitment.commitment_id for row in firm.contracts}
    rows, facts, links = (known_rows(panel, name) for name in ("announcements", "facts", "links"))
    announced = chosen(rows, are(rows, "symbol", symbol))
    ends = ids | {row.announcement_id for row in announced}
    return Explanation(
        row=screen_row(panel, firm, options),
        announcements=announced,
        contracts=tuple(firm.contracts),
        facts=chosen(facts, are(facts, "symbol", symbol) | are(facts, "commitment_id", *ids)),
        links=chosen(links, are(links, "to_id", *ends) & are(links, "from_id", *ends)),
        runoff={row.commitment.commitment_id: cells for row in firm.running if (cells := runoff_of(row))},
        stands_on=stands_on(panel, options, [symbol]),
    )


def quarters_of(runoff: Mapping[str, Mapping[str, float]]) -> list[str]:
    """All quarters from the first to the last in which something runs off; `unscheduled` at the end."""
    named = {quarter for cells in runoff.values() for quarter in cells}
    known = sorted(named - {UNSCHEDULED})
    span = _span(known[0], known[-1]) if known else []
    return [*span, *([UNSCHEDULED] if UNSCHEDULED in named else [])]


def _span(first: str, last: str) -> list[str]:
    year, quarter = int(first[:4]), int(first[5:])
    found: list[str] = []
    while not found or found[-1] < last:
        found.append(quarter_of(date(year, quarter * 3, 1)))
        year, quarter = (year + 1, 1) if quarter == 4 else (year, quarter + 1)
    return found

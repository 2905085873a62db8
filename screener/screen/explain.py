"""What stands behind one firm's score: announcements, contract lines, facts, links and the run-off."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import polars as pl

from screener.core.config import ScreenOptions
from screener.core.errors import UnknownSymbol
from screener.point_in_time.announcements import Announcement, ContractFact, Link
from screener.point_in_time.market import frame_of
from screener.point_in_time.panel import Panel
from screener.screen.backlog import Contract
from screener.screen.burn import quarter_of
from screener.screen.factors import UNSCHEDULED, Firm, firms, runoff_of
from screener.screen.memo import market_of
from screener.screen.ranking import ScreenRow, _ranges, _row, screen, stands_on


@dataclass(frozen=True, slots=True)
class LinkLine:
    """A link with its evidence and the ids at its ends."""

    link: Link
    evidence: str

    def as_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {**asdict(self.link), "evidence": self.evidence}


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything known about one firm that bears on its score."""

    row: ScreenRow
    announcements: tuple[Announcement, ...]
    contracts: tuple[Contract, ...]
    facts: tuple[ContractFact, ...]
    links: tuple[LinkLine, ...]
    runoff: Mapping[str, Mapping[str, float]]  # commitment → quarter → yuan
    stands_on: Mapping[str, Any]

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            **self.row.as_dict(),
            "announcements": [asdict(row) for row in self.announcements],
            "lines": [row.as_dict() for row in self.contracts],
            "facts": [asdict(row) for row in self.facts],
            "links": [row.as_dict() for row in self.links],
            "runoff": {name: dict(cells) for name, cells in self.runoff.items()},
            "stands_on": dict(self.stands_on),
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
    announced = tuple(row for row in panel.announcements if row.symbol == symbol)
    ends = ids | {row.announcement_id for row in announced}
    return Explanation(
        row=_screen_row(panel, firm, options),
        announcements=announced,
        contracts=firm.contracts,
        facts=tuple(fact for fact in panel.facts if fact.symbol == symbol or fact.commitment_id in ids),
        links=_link_lines(panel, ends),
        runoff={row.commitment.commitment_id: cells for row in firm.running if (cells := runoff_of(row))},
        stands_on=stands_on(panel, options),
    )


def _screen_row(panel: Panel, firm: Firm, options: ScreenOptions) -> ScreenRow:
    """Its row of the screen; outside the universe the same row without a rank."""
    ranked = next((row for row in screen(panel, options).rows if row.symbol == firm.symbol), None)
    return ranked or _row(panel, firm, options, _ranges(panel, options))


def _link_lines(panel: Panel, ends: set[str]) -> tuple[LinkLine, ...]:
    links = [link for link in panel.links if link.to_id in ends and link.from_id in ends]
    rows = frame_of(market_of(panel).frames, "links").iter_rows(named=True)
    evidence = {(row["from_id"], row["to_id"], row["kind"], row["known_at"]): row["evidence"] for row in rows}
    return tuple(
        LinkLine(link, evidence.get((link.from_id, link.to_id, link.kind, link.known_at)) or "") for link in links
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

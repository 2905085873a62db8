"""A market that holds the facts about some firms alone: to ask it about every session costs what those facts are.

With them come the firms that links between contracts tie to them, and so on: what counts of a contract may depend on
one of another firm. It has the sessions of the whole market, and no prices.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

import polars as pl

from screener.point_in_time.cells import WithBars
from screener.point_in_time.frames import frame_of
from screener.point_in_time.market import Market

_OF_FIRMS = ("announcements", "commitments", "contract_facts")
_IDS = ("announcement_id", "commitment_id")


def about(market: Market, symbols: Collection[str]) -> Market:
    """The market as far as it tells of orders of these firms: every version of each fact, no bar."""
    if not isinstance(market.frames, WithBars):
        return market
    others, bars = market.frames.others, market.frames.cells.bars
    tables = {name: frame_of(others, name) for name in (*_OF_FIRMS, "links", "firms")}
    whose = pl.col("symbol").is_in(list(_tied(tables, symbols)))
    few = {name: frame.filter(whose) for name, frame in tables.items() if name != "links"}
    ids = pl.concat([pl.Series(dtype=pl.String), *_ids(few)]).unique()
    links = tables["links"].filter(pl.col("from_id").is_in(ids.implode()) | pl.col("to_id").is_in(ids.implode()))
    none = replace(bars, symbols=(), versions=bars.versions.clear())  # its rows are in the cells of the whole market
    return Market.build({**others, **few, "links": links}, calendar=market.calendar, bars=none)


def _tied(tables: Mapping[str, pl.DataFrame], symbols: Collection[str]) -> set[str]:
    """The firms, and those that links tie to them."""
    named = [tables[table].select("symbol", id=name) for table, name in zip(_OF_FIRMS, _IDS, strict=False)]
    whose = pl.concat(named).unique()
    ends = tables["links"].select("from_id", "to_id").unique()
    pairs = ends.join(whose, left_on="from_id", right_on="id").join(whose, left_on="to_id", right_on="id", suffix="_to")
    ties = pairs.select("symbol", "symbol_to").filter(pl.col("symbol") != pl.col("symbol_to")).unique().rows()
    found, before = {*symbols}, 0
    while len(found) > before:
        before = len(found)
        found |= {name for pair in ties if not found.isdisjoint(pair) for name in pair}
    return found


def _ids(few: Mapping[str, pl.DataFrame]) -> Iterator[pl.Series]:
    for table, name in zip(_OF_FIRMS, _IDS, strict=False):
        yield few[table][name].alias("")

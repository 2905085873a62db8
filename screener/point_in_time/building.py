"""What a market is made of: its sessions, symbols, arrays and tuples, out of tables that stand and bars in cells."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import numpy as np
import polars as pl

from screener.core.arrays import Days, Floats, Ints
from screener.core.bars import Bars
from screener.core.calendar import Calendar, packaged_calendar
from screener.core.config import STALE_SESSIONS
from screener.core.limit_spans import spans_of
from screener.core.rules import Rules
from screener.core.symbols import parse_symbol
from screener.core.tables import TABLES
from screener.point_in_time import announcements as values
from screener.point_in_time import corporate, prices
from screener.point_in_time.cells import Cells
from screener.point_in_time.corporate import Action
from screener.point_in_time.following import following
from screener.point_in_time.frames import Frames, frame_of
from screener.point_in_time.indices import index_series
from screener.point_in_time.share_capital import share_capital
from screener.point_in_time.versions import latest

RECENT = 10  # last sessions that every market has


def calendar_of(sessions: pl.DataFrame) -> Calendar:
    """Packaged sessions and those of the store: a store that is kept current reaches further than the package."""
    return packaged_calendar().with_sessions(sessions["session"].to_list())


def symbols_of(tables: Frames, bars: Bars) -> tuple[str, ...]:
    """Firms with bars, listed ones, and those that announced something; of a part of the firms these alone."""
    named = pl.concat(tables[name]["symbol"] for name in ("firms", "announcements"))
    if bars.whose is not None:  # a column of every other firm would be as tall as that of one with bars
        named = named.filter(named.is_in(list(bars.whose)))
    return tuple(pl.concat([pl.Series(bars.symbols, dtype=pl.String), named]).unique().sort().to_list())


def sessions_of(bars: Bars, calendar: Calendar) -> Days:
    """Those from the first bar to the last; of bars that are handed over for a few days only these."""
    every = calendar.between(bars.first, bars.last) if bars.first and bars.last else []
    if bars.asked is None or not every:
        return np.array(every, dtype="datetime64[D]")
    last = len(every) - 1
    wanted = {0, *range(max(0, last - RECENT), last + 1)}
    wanted |= {min(bisect_left(every, day), last) for day in bars.days}  # the first session not before it
    ends = [max(bisect_right(every, day) - 1, 0) for day in bars.asked]
    # The sessions up to each day asked for: a price may be older than that (`Panel.market_cap`).
    wanted |= {t for end in ends for t in range(max(end - STALE_SESSIONS - 1, 0), end + 1)}
    return np.array([every[t] for t in sorted(wanted)], dtype="datetime64[D]")


def standing(frames: Frames, names: Collection[str]) -> dict[str, pl.DataFrame]:
    """Table → the rows that stand; commitments are known with their announcements, which must be among them."""
    tables = {name: latest(frame_of(frames, name), TABLES[name].key) for name in names}
    if "commitments" in tables:
        versions = frame_of(frames, "announcements")
        tables["commitments"] = following(tables["commitments"], tables["announcements"], versions)
    return tables


def arrays_of(tables: Frames, found: Cells, calendar: Calendar) -> dict[str, Any]:
    """Every array of a market, and its actions, out of tables that stand."""
    sessions, symbols, cells = found.sessions, found.symbols, dict(found.arrays)
    rules = Rules(tables["rules"])
    limits = spans_of(symbols, tables["st_spells"], tables["firms"], rules, calendar)
    prices.leave_out_unruled(cells, sessions, limits)
    first_bar = _first_bars(cells["close"])
    rows = corporate.with_ends(tables["actions"], tables["firms"], tables["st_spells"])
    actions = actions_of(rows, found, calendar)
    reference = corporate.reference_prices(cells["close"], actions)
    factors, factor_column = corporate.share_factors(cells["close"].shape, actions)
    last_day = sessions[-1].astype(object) if len(sessions) else date(2026, 6, 30)
    lot_minimum, lot_step = prices.lots(symbols, last_day, rules)
    return {
        **cells,
        "reference": reference,
        **prices.limit_rates(sessions, limits, corporate.without_limit(cells["close"], actions)),
        "capital": share_capital(tables["shares"], rows, sessions, symbols),
        "factors": factors,
        "factor_column": factor_column,
        **prices.duties(sessions, symbols, rules),
        **prices.holding_periods(sessions, rules),
        **prices.largest_orders(sessions, symbols, rules),
        "lot_minimum": lot_minimum,
        "lot_step": lot_step,
        "first_bar": first_bar,
        "actions": actions,
    }


def actions_of(rows: pl.DataFrame, found: Cells, calendar: Calendar) -> tuple[Action, ...]:
    """Corporate actions inside the span; where a few sessions stand for all, on the first of them not before theirs."""
    bars, few = found.bars, found.sessions
    if bars.asked is None or not len(few):
        return corporate.index_actions(rows, few, found.symbols)
    every = (
        np.array(calendar.between(bars.first, bars.last), dtype="datetime64[D]") if bars.first and bars.last else few
    )
    actions = corporate.index_actions(rows, every, found.symbols)
    return tuple(replace(action, t=int(np.searchsorted(few, every[action.t]))) for action in actions)


def _first_bars(close: Floats) -> Ints:
    """(N,) row of the first bar, T where there is none."""
    sessions, symbols = close.shape
    first, unlisted = np.full(symbols, sessions, np.int64), np.arange(symbols)
    for t in range(sessions):  # most symbols are there early
        begins = ~np.isnan(close[t, unlisted])
        first[unlisted[begins]] = t
        unlisted = unlisted[~begins]
        if not len(unlisted):
            break
    return first


def _commitments(tables: Frames, _: Frames) -> values.Values[values.Commitment]:
    told = tables["announcements"].select("announcement_id", "event_date", "title")
    ceilings = tables["kinds"].filter(pl.col("ceiling"))["kind"].to_list()
    own = tables["commitments"].drop("event_date", "title", strict=False)
    commitments = own.join(told, on="announcement_id", how="left", maintain_order="left").with_columns(
        pl.col("title").fill_null(""), ceiling_kind=pl.col("kind").is_in(ceilings)
    )
    return _values(values.Commitment, commitments)


def _stock_ratings(ratings: pl.DataFrame) -> pl.DataFrame:
    """Ratings of stocks of the A market, under their symbols."""
    own = ratings.filter((pl.col("subject_kind") == "stock") & (pl.col("market") == "A"))
    return own.with_columns(pl.Series("symbol", [parse_symbol(subject) for subject in own["subject"]], dtype=pl.String))


def _values(kind: type[values.V], frame: pl.DataFrame) -> values.Values[values.V]:
    return values.Values.of(kind, frame.sort("known_at", frame.columns[0]))


def _universe_entry(tables: Frames, frames: Frames) -> dict[str, datetime]:
    """Symbol → when it enters `known`: its first compute commitment with an amount, or when somebody called it so.

    Of firms every version counts: a later correction of the name does not move the day on which the theme was stated.
    """
    firms = frame_of(frames, "firms")
    opens = tables["kinds"].filter(pl.col("opens_universe"))["kind"].to_list()
    first = (
        tables["commitments"]
        .filter(
            pl.col("kind").is_in(opens)
            & pl.col("is_compute")
            & (pl.col("amount_low").is_not_null() | pl.col("amount_high").is_not_null())
        )
        .select("symbol", "known_at")
    )
    still = tables["firms"].filter(pl.col("theme").is_not_null())["symbol"]
    called = firms.filter(pl.col("theme").is_not_null(), pl.col("symbol").is_in(still.implode()))
    entry = pl.concat([first, called.select("symbol", "known_at")]).group_by("symbol").agg(pl.col("known_at").min())
    return dict(zip(entry["symbol"], entry["known_at"], strict=True))


def _report_symbols(tables: Frames, _: Frames) -> tuple[str, ...]:
    listed = tables["announcements"].filter(pl.col("report_row").is_not_null())
    return tuple(listed["symbol"].unique().sort().to_list())


# Field of a market → the tables it is made of, and how: out of the rows that stand and of all versions.
FIELDS_OF: Mapping[str, tuple[frozenset[str], Callable[[Frames, Frames], Any]]] = {
    "announcements": (frozenset({"announcements"}), lambda t, _: _values(values.Announcement, t["announcements"])),
    "commitments": (frozenset({"commitments", "announcements", "kinds"}), _commitments),
    "facts": (frozenset({"contract_facts"}), lambda t, _: _values(values.ContractFact, t["contract_facts"])),
    "ratings": (frozenset({"ratings"}), lambda t, _: _values(values.StockRating, _stock_ratings(t["ratings"]))),
    "links": (frozenset({"links"}), lambda t, _: _values(values.Link, t["links"])),
    "indices": (frozenset({"indices"}), lambda t, _: index_series(t["indices"])),
    "names": (frozenset({"firms"}), lambda t, _: dict(zip(t["firms"]["symbol"], t["firms"]["name"], strict=True))),
    "universe_entry": (frozenset({"commitments", "announcements", "firms", "kinds"}), _universe_entry),
    "report_symbols": (frozenset({"announcements"}), _report_symbols),
}
# What else of the tables that stand a market is made of: `calendar_of`, `symbols_of` and `arrays_of`.
MADE_OF = frozenset({"sessions", "rules", "st_spells", "firms", "actions", "shares"}).union(
    *(tables for tables, _ in FIELDS_OF.values())
)

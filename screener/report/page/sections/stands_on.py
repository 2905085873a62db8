"""What the page stands on: span, sources, counting rules, costs, versions, seed."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import Any

from screener.core.config import BENCHMARK, TOTAL_RETURN_BENCHMARK, UNTIL_DECIDED
from screener.core.stands_on import sources
from screener.core.units import number, percent, yuan
from screener.report.page.source import Canvas, PageSource

PACKAGES = ("compute-lease-screener", "polars", "duckdb", "numpy", "numba", "plotly", "jinja2")


def build(source: PageSource, canvas: Canvas) -> dict[str, Any]:
    """Pairs of label and value; nothing here is computed elsewhere."""
    market, w = source.market, source.words["stands_on"]
    return {
        "synthetic": market.synthetic,
        "hindsight": hindsight(source),
        "behind": source.told(source.screen.stands_on.behind),
        "line": _line(source),
        "groups": [
            (w["data"], _data(source)),
            (w["counting"], _counting(source)),
            (w["execution"], _execution(source)),
            (w["versions"], _versions(source)),
        ],
        "reading": w["reading"],
    }


def _line(source: PageSource) -> list[tuple[str, str]]:
    """All of it in one line, for the top of the page."""
    market, w, o = source.market, source.words["stands_on"], source.options
    return [
        (w["prices"], f"{market.sessions[0]} … {market.sessions[-1]}"),
        (w["source"], source.told(sources(market.source))),
        (w["policy"], str(o.policy)),
        (w["universe"], source.word("universes", str(o.universe))),
    ]


def hindsight(source: PageSource) -> bool:
    """True where anything on the page uses what nobody could know then."""
    return any(
        one.stands_on.hindsight for one in (source.screen, *(run.appraisal for run in source.runs), *source.events)
    )


def _data(source: PageSource) -> list[tuple[str, str]]:
    market, w, marks = source.market, source.words["stands_on"], source.words["marks"]
    known = f"{source.moment:%Y-%m-%d %H:%M}"
    basis: dict[str | None, int] = {}
    for row in market.announcements:
        basis[row.known_at_basis] = basis.get(row.known_at_basis, 0) + 1
    bases = " · ".join(
        f"{source.word('basis', name)} {count}" for name, count in sorted(basis.items(), key=_stated_first)
    )
    indices = (BENCHMARK, TOTAL_RETURN_BENCHMARK)
    levels = [f"{name} → {market.indices[name].dates[-1]}" for name in indices if name in market.indices]
    return [
        (w["store"], source.store or "—"),
        (w["source"], market.source.replace(" + ", " · ")),
        (
            w["sessions"],
            f"{market.sessions[0]} … {market.sessions[-1]}{marks['open']}{len(market.sessions)}{marks['close']}",
        ),
        (w["known_by"], known),
        (w["symbols"], f"{len(market.symbols)}"),
        (w["announcements"], f"{len(market.announcements)}{marks['open']}{bases}{marks['close']}"),
        (w["indices"], " · ".join(levels) or "—"),
        *([(w["seed"], str(source.seed))] if source.seed is not None and market.synthetic else []),
    ]


def _stated_first(counted: tuple[str | None, int]) -> tuple[bool, str]:
    return counted[0] is None, counted[0] or ""


def _counting(source: PageSource) -> list[tuple[str, str]]:
    w, o = source.words["stands_on"], source.options
    return [
        (w["policy"], _meaning(source, "policies", o.policy)),
        (w["burn"], _meaning(source, "burns", o.burn)),
        (w["lag"], f"{o.lag_months}"),
        (w["universe"], _meaning(source, "universes", o.universe)),
        (w["range"], w["range_text"]),
    ]


def _meaning(source: PageSource, group: str, code: object) -> str:
    """What is typed, and what it means."""
    return f"{code}{source.words['marks']['colon']}{source.word(group, str(code))}"


def _execution(source: PageSource) -> list[tuple[str, str]]:
    w, e = source.words["stands_on"], source.backtest.execution
    comma = source.words["marks"]["comma"]
    return [
        (w["cash"], yuan(e.initial_cash)),
        (w["commission"], f"{percent(e.commission_rate, 3)}{comma}≥ {number(e.commission_floor)}"),
        (w["slippage"], percent(e.slippage)),
        (w["participation"], f"{percent(e.participation, 0)} × {e.participation_sessions}"),
        (w["fills"], w["fills_text"]),
        (w["retries"], w["until_decided"] if e.retries >= UNTIL_DECIDED else str(e.retries)),
    ]


def _versions(source: PageSource) -> list[tuple[str, str]]:
    return [(name, found) for name in PACKAGES if (found := _version(name))]


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""

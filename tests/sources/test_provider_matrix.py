"""Every akshare function in use × every fault of its provider: what the store got, what the user saw, who stepped in.

The table stands in tests/golden/provider_matrix.txt; GOLDEN_WRITE=1 writes it anew.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from screener.store.fetch.summary import Outcome
from tests.cases import LONG
from tests.loopback.modes import MODES
from tests.loopback.world import World
from tests.sources.scene import HURRIED, PATIENT, SHANGHAI, SYMBOL, exit_code, on, scene, small_world

GOLDEN = Path(__file__).resolve().parent.parent / "golden" / "provider_matrix.txt"
SINA, QUOTES, CNINFO = "finance.sina", "push2his", "www.cninfo"
# What is put under test: name → dataset, subject, address that has the fault, addresses that are dead.
CASES: dict[str, tuple[str, str, str, tuple[str, ...]]] = {
    "stock_zh_a_daily": ("bars", SYMBOL, SINA, ()),
    "stock_zh_a_hist": ("bars", SYMBOL, QUOTES, (SINA,)),
    "stock_zh_a_hist_tx": ("bars", SYMBOL, "proxy.finance.qq", (SINA, QUOTES)),
    "stock_zh_index_daily": ("indices", "000300.SH", SINA, ()),
    "stock_zh_index_hist_csindex": ("indices", "000300.SH", "csindex", (SINA,)),
    "stock_zh_index_daily_em": ("indices", "000300.SH", QUOTES, (SINA, "csindex")),
    "stock_zh_index_hist_csindex (industries)": ("indices", "930651.CSI", "csindex", ()),
    "index_hist_sw": ("indices", "801750.SI", "swsresearch", ()),
    "stock_hk_index_daily_sina": ("indices", "HSI.HI", SINA, ()),
    "index_us_stock_sina": ("indices", "SPX.GI", SINA, ()),
    "stock_zh_a_gbjg_em": ("shares", SYMBOL, "datacenter", ()),
    "stock_share_change_cninfo": ("shares", SYMBOL, "p_stock2215", ("datacenter",)),
    "stock_share_change_cninfo (days of announcing)": ("shares", SYMBOL, "p_stock2215", ()),
    "stock_dividend_cninfo": ("actions", SYMBOL, "p_sysapi1139", ()),
    "stock_allotment_cninfo": ("actions", SYMBOL, "p_stock2232", ()),
    "stock_zh_a_disclosure_report_cninfo": ("announcements", SYMBOL, CNINFO, ()),
    "stock_individual_notice_report": ("announcements", SYMBOL, "np-anotice", (CNINFO,)),
    "stock_individual_notice_report (times)": ("announcements", SYMBOL, "np-anotice", ()),
    "stock_research_report_em": ("ratings", SYMBOL, "/report/list", ()),
    "report/list (industries)": ("ratings", "软件开发", "/report/list", ()),
    "stock_zygc_em": ("segments", SYMBOL, "BusinessAnalysis", ()),
    "stock_balance_sheet_by_report_em": ("segments", SYMBOL, "zcfzb", ()),
    "stock_cash_flow_sheet_by_report_em": ("segments", SYMBOL, "xjllb", ()),
    "tool_trade_date_hist_sina": ("calendar", "", SINA, ()),
    "stock_info_sz_change_name": ("names", "SZ", "szse", ()),
    "stock_info_sh_delist": ("delistings", "SH", "sse.com", ()),
    "stock_info_sz_delist": ("delistings", "SZ", "szse", ()),
    "stock_zh_a_disclosure_report_cninfo (ST)": ("names", SHANGHAI, CNINFO, ()),
}


def line(mode: str, outcome: Outcome) -> str:
    """One line of the table."""
    counts = {"new": outcome.new, "revised": outcome.revised, "unchanged": outcome.unchanged}
    rows = next((f"{count} {word}" for word, count in counts.items() if count), "nothing")
    tries = ", ".join(f"{one.provider} {one.cause}" for one in outcome.tried)
    notes = "; ".join(note.partition(": ")[2].partition(" from ")[0] for note in outcome.notes)
    seen = "; ".join(part for part in (tries, notes) if part) or "no remark"
    return f"  {mode:<10} {rows:<16} {outcome.provider or '-':<18} exit {exit_code(outcome)}  {seen}"


def world() -> World:
    """More announcements than one page holds, and a rights issue."""
    made = small_world(notices_per_quarter=35, reports=130)
    made.rights[SYMBOL] = [{"price": "5.20", "ratio": "3", "ex": "2025-05-20", "code": "300093"}]
    return made


def table(name: str, modes: Sequence[str], folder: Path, seeded: Path) -> str:
    """The lines of one function, each mode on a fresh store."""
    dataset, subject, target, dead = CASES[name]
    lines = [name]
    with scene(folder, seeded, world()) as stage:
        for mode in modes:
            shutil.copy(seeded, stage.path)
            timeout = HURRIED if mode == "slow" else PATIENT
            lines.append(line(mode, stage.attempt(dataset, subject, on(target, mode, dead), timeout)))
    return "\n".join(lines) + "\n"


def _spread() -> list[Any]:
    """One function of each dataset in `make test`, all in `make soak`."""
    first = {dataset: name for name, (dataset, *_) in reversed(CASES.items())}
    return [name if name in first.values() else pytest.param(name, marks=pytest.mark.long) for name in CASES]


def _modes(name: str) -> Sequence[str]:
    """All modes in `make soak`; in `make test` the healthy one and a third of the others, by turns."""
    at = list(CASES).index(name) % 3
    return MODES if LONG else [MODES[0], *MODES[1 + at :: 3]]


@pytest.mark.parametrize("name", _spread())
def test_what_a_fault_of_a_provider_comes_to(name: str, tmp_path: Path, seeded: Path) -> None:
    if os.environ.get("GOLDEN_WRITE"):
        blocks = dict(_blocks()) | {name: table(name, MODES, tmp_path, seeded)}
        GOLDEN.write_text("\n".join(blocks[key] for key in CASES if key in blocks), encoding="utf-8")
    modes, block = _modes(name), dict(_blocks()).get(name, "").splitlines(keepends=True)
    expected = [line for line in block if not line.startswith("  ") or line.split()[0] in modes]
    assert table(name, modes, tmp_path, seeded) == "".join(expected)


def test_a_fault_never_stores_fewer_rows_in_silence() -> None:
    """Every line either has the rows of `ok`, or says why not; a provider's own `none` is the truth it tells."""
    for name, block in _blocks():
        healthy, _, *others = block.splitlines()[1:]
        rows = healthy[13:29].strip()
        for other in others:
            assert other[13:29].strip() == rows or "no remark" not in other, f"{name}: {other}"


def _blocks() -> list[tuple[str, str]]:
    if not GOLDEN.is_file():
        return []
    return [(block.splitlines()[0], block.rstrip("\n") + "\n") for block in GOLDEN.read_text("utf-8").split("\n\n")]

"""Distributions as plans print them: `10派3元转4股`, `每10股送1股转增3股派2.5元(含税)`, `不分配`.

1. Per ten shares, or per one where the plan says so; read to its last character or refused with its line.
2. Where columns of shares and cash stand beside the plan, both say the same.
"""

from __future__ import annotations

import re
import unicodedata

import polars as pl

from screener.core.table import row_name
from screener.sources.files.grids import Sheet
from screener.sources.files.headings import entries, heading_of
from screener.sources.files.outcome import refused
from screener.sources.files.telling import Told

_BASE = re.compile(r"(?:向?全体股东)?(?:每)?(?P<base>10|1|十)?股?(?:股份)?")
_PART = re.compile(
    r"(?P<what>送红股|送|转增股本|转增|转|派发现金红利|派现金|派发现金|派现|派息|派发|派|分红)(?P<figure>[0-9]+(?:\.[0-9]+)?)(?:股|元)?"
)
_ASIDE = re.compile(r"[((](?:含税|税前|实施方案?|人民币)[))]|人民币|[\s,、;+和及]")
_GIVES = re.compile(r"送|转增|转股|派|红利|股利|分红|每股|每10股")
_BESIDE = re.compile(r"日|期|年|时间|登记|率|基准|总额|总数|上市|对象|币种|未分配|公积|净资产|收益|现金流")
_NOTHING = ("不分配不转增", "不分配", "不分红", "不转增", "利润不分配", "-", "--", "")
_CLOSE = 1e-6
GIVEN = ("shares_to_holder", "cash_to_holder")


def plan(text: str) -> tuple[float, float] | None:
    """(shares, yuan) for one share held; None where the plan is not understood to its end."""
    plain = _ASIDE.sub("", unicodedata.normalize("NFKC", text))
    if plain in _NOTHING:
        return 0.0, 0.0
    begun = _BASE.match(plain)
    rest = plain[begun.end() :] if begun else plain
    held = 1.0 if begun and begun["base"] == "1" else 10.0
    if begun is None or not begun["base"]:
        return None
    said = {"cash": 0.0, "shares": 0.0}
    seen: set[str] = set()
    while rest:
        part = _PART.match(rest)
        if part is None or part["what"][0] in seen:
            return None
        seen.add(part["what"][0])
        said["cash" if part["what"][0] in "派分" else "shares"] += float(part["figure"])
        rest = rest[part.end() :]
    return (round(said["shares"] / held, 9), round(said["cash"] / held, 9)) if seen else None


def planned(frame: pl.DataFrame, where: str) -> pl.DataFrame:
    """Actions with the shares and the cash of their plans. Raises DataRefused naming the first that is not read."""
    if "plan" not in frame.columns:
        return frame
    read = {text: plan(text) for text in frame["plan"].unique().drop_nulls()}
    given = [name for name in GIVEN if name in frame.columns]
    shares: list[float | None] = []
    cash: list[float | None] = []
    for row, text in enumerate(frame["plan"]):
        told = read[text] if text is not None else None
        place = f"{where} {row_name(frame, row)}"
        if text is not None and told is None:
            expected = "10派3元转4股, or columns such as 每10股派息(元) and 每10股转增"
            raise refused(place, "actions: plan not understood", got=repr(text), expected=expected)
        for name, value in zip(GIVEN, told or (), strict=False):
            beside = frame[name][row] if name in given else None
            if beside is not None and abs(beside - value) > _CLOSE:
                got = f"{name} {beside:g}, {text}"
                raise refused(place, "actions: the plan is not what stands beside it", got=got, expected=f"{value:g}")
        shares.append(told[0] if told else None)
        cash.append(told[1] if told else None)
    for name, values in zip(GIVEN, (shares, cash), strict=True):
        series = pl.Series(name, values, dtype=pl.Float64)
        frame = frame.with_columns(pl.coalesce(name, series).alias(name) if name in given else series)
    return frame


def refuse_unread(told: Told, sheet: Sheet) -> None:
    """Raises DataRefused where an action has a column that may say what is distributed, and is not understood."""
    if told.table.name != "actions":
        return
    for at, name in enumerate(sheet.headings):
        word = heading_of(name).word
        if name not in told.dropped or entries(word) or not _GIVES.search(word) or _BESIDE.search(word):
            continue
        if sheet.frame[f"c{at}"].cast(pl.String, strict=False).str.contains(r"[1-9]").any():
            raise refused(
                sheet.where,
                "actions: a column that may say what is distributed is not understood",
                got=name,
                expected="每10股送股, 每10股转增, 每10股派息(元), 每股派息 …",
                next_step="name it so, or name it in a column map (--map); leave it out where it says nothing",
            )

"""Codes as files write them: `000977`, `977`, `="000977"`, `SZ#000977`, `1.600000`; and what is none of ours.

1. Quotes of spreadsheets, a name behind the code and the market digit of some terminals are taken off.
2. A code of fewer than six digits has lost its zeros where they are those of Shenzhen (977 → 000977); this is said.
3. Funds, bonds, B shares, block indices and codes of other markets are skipped and named; anything else is refused.
4. Where a table has no code, its sheet, title line, file or folder may say whose rows these are.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from screener.core.errors import UnknownSymbol
from screener.core.symbols import parse_index, parse_symbol


class Sort(StrEnum):
    """What a code is."""

    STOCK = "stock"
    INDEX = "index"
    OTHER = "none of ours"
    WRONG = "not understood"


@dataclass(frozen=True)
class Code:
    """A code in our spelling; `why` where it is none of ours or not understood."""

    sort: Sort
    symbol: str = ""
    why: str = ""
    restored: bool = False  # lost zeros were put back


_EXCHANGE = r"SSE|SZSE|BSE|XSHG|XSHE|XBEI|SH|SZ|BJ|SS"
_WRAPPED = re.compile(r"^=?[\"'`‘’“”]+(?P<inside>[^\"'`‘’“”]*)[\"'`‘’“”]*$")
_SINA = re.compile(r"^S_(?=(?:SH|SZ|BJ)[0-9]{6}$)")
_SECID = re.compile(r"^(?P<market>[01])\.(?P<code>[0-9]{6})$")
_NAMED = re.compile(rf"^(?P<code>(?:{_EXCHANGE})?[.#:]?[0-9]{{6}}(?:\.(?:{_EXCHANGE}))?)[ \t]+[^0-9.]\S*$")
_FLOAT = re.compile(r"^(?P<code>[0-9]{1,6})\.0+$")
_SHORT = re.compile(r"^[1-9][0-9]{0,4}$")
_FOREIGN = re.compile(
    r"(?:HK[.#:]?)?[0-9]{4,5}(?:\.HK)?|[A-Z]{1,5}"
    r"|[0-9A-Z.]{1,8}\.(?:HK|US|N|O|OQ|A|T|L|OF|HI|GI|DF|CFE|SHF|DCE|CZC|INE|IB)"
)
_BLOCK = re.compile(r"(?:SH|SZ)?[.#:]?88[0-9]{4}(?:\.(?:SH|SZ|TI|SI|WI|EI))?")
_BEIJING_INDEX = re.compile(r"(?:BJ)?[.#:]?899[0-9]{3}(?:\.(?:BJ|GSI|CSI))?")
_DIGITS = re.compile(r"(?<![0-9])(?P<code>[0-9]{6})(?![0-9])")
# First digits of what trades at the exchanges and is no A share.
_OTHERS = (
    (("50", "51", "52", "53", "56", "58", "55"), "SH", "a fund"), (("15", "16", "18"), "SZ", "a fund"),
    (("900",), "SH", "a B share"), (("200", "201"), "SZ", "a B share"),
    (("11", "10", "12", "13", "132", "019", "204"), "", "a bond, a convertible or a repo"),
)  # fmt: skip
# On Shanghai 000xxx is an index, and in other files a stock of Shenzhen on the wrong exchange: these are meant.
_KNOWN_INDICES = frozenset(
    [
        "000001",
        "000002",
        "000003",
        "000009",
        "000010",
        "000016",
        "000043",
        "000300",
        "000510",
        "000688",
        "000698",
        "000852",
        "000903",
        "000904",
        "000905",
        "000906",
        "000907",
        "000922",
        "000932",
        "000985",
    ]
)
_INDEX_NAMES = ("指数", "沪深300", "中证", "上证50", "上证180", "深证成指", "创业板指", "科创50", "科创100", "北证50")

_NAMED_INDICES = {
    "沪深300": "000300.SH",
    "CSI300": "000300.SH",
    "中证500": "000905.SH",
    "CSI500": "000905.SH",
    "中证1000": "000852.SH",
    "上证50": "000016.SH",
    "上证指数": "000001.SH",
    "上证综指": "000001.SH",
    "科创50": "000688.SH",
    "创业板指": "399006.SZ",
    "深证成指": "399001.SZ",
}
# A file of nothing but that index; a folder of this name holds its members.
_INDEX_FILE = re.compile(rf"(?P<name>{'|'.join(_NAMED_INDICES)})(?:指数|日线|日K|行情|历史|数据|[ _-])*\.[A-Z]+")


@lru_cache(maxsize=65536)
def code_of(text: str) -> Code:
    """What a cell of a code column says."""
    plain = bare(text)
    if not plain:
        return Code(Sort.WRONG, why="an empty code")
    secid = _SECID.match(plain)
    if secid:
        return _on_market(secid["market"], secid["code"])
    short = _SHORT.match(plain)
    if short:
        return _restored(plain, text)
    if _BLOCK.fullmatch(plain):
        return Code(Sort.OTHER, plain, "a block index")
    if _BEIJING_INDEX.fullmatch(plain):
        return Code(Sort.INDEX, parse_index(plain), "an index")
    try:
        return Code(Sort.STOCK, parse_symbol(plain))
    except UnknownSymbol as error:
        return _no_stock(plain, f"{error.what}; got {text!r}; expected {error.expected}")


def bare(text: str) -> str:
    """A code without quotes, name and float ending, in capitals."""
    plain = unicodedata.normalize("NFKC", text).strip().upper()
    wrapped = _WRAPPED.match(plain)
    plain = (wrapped["inside"] if wrapped else plain).strip()
    plain = _SINA.sub("", plain)
    for shape in (_NAMED, _FLOAT):
        found = shape.match(plain)
        if found:
            return found["code"]
    return plain


def index_of(text: str) -> Code:
    """What a cell of an index column says: `300` and `000300` are the index here."""
    plain = bare(text)
    if not plain:
        return Code(Sort.WRONG, why="an empty code")
    try:
        if _SHORT.match(plain):
            return Code(Sort.INDEX, parse_index(plain.zfill(6)), restored=True)
        return Code(Sort.INDEX, parse_index(plain))
    except UnknownSymbol as error:
        return Code(Sort.WRONG, why=f"{error.what}; got {text!r}")


def looks_like_index(name: str | None) -> bool:
    """True for the name of an index."""
    return bool(name) and any(word in str(name) for word in _INDEX_NAMES)


def code_in_names(names: Iterable[str]) -> Code | None:
    """The code that a sheet, a title line, a file or a folder names; None where none does, or two of one name."""
    for name in names:
        found = _codes_in(name)
        if len(found) == 1:
            return next(iter(found))
        if found:
            return None
    return None


def _codes_in(name: str) -> set[Code]:
    plain = unicodedata.normalize("NFKC", name).upper()
    found = set()
    for match in _DIGITS.finditer(plain):
        before = re.search(rf"(?<![A-Z])({_EXCHANGE})[.#:_-]?$", plain[: match.start()])
        after = re.match(rf"\.({_EXCHANGE}|HK|CSI|GI|OF)(?![A-Z])", plain[match.end() :])
        spelled = f"{before[1] if before else ''}{match['code']}{after[0] if after else ''}"
        code = code_of(spelled)
        if code.sort is not Sort.WRONG:
            found.add(code)
    index = _INDEX_FILE.fullmatch(plain.strip())
    return found or ({Code(Sort.INDEX, parse_index(_NAMED_INDICES[index["name"]]), "an index")} if index else found)


def _restored(digits: str, text: str) -> Code:
    """977 → 000977: only Shenzhen's codes begin with zeros."""
    full = digits.zfill(6)
    try:
        if full.startswith("00"):
            return Code(Sort.STOCK, parse_symbol(full), restored=True)
    except UnknownSymbol:
        if parse_index(full) == "000300.SH":
            return Code(Sort.INDEX, "000300.SH", "an index", restored=True)
    return Code(Sort.WRONG, why=f"symbol not understood; got {text!r}; expected six digits like 301396 or 301396.SZ")


def _on_market(market: str, code: str) -> Code:
    """`1.600000`: 1 is Shanghai, 0 Shenzhen and Beijing."""
    try:
        symbol = parse_symbol(code)
    except UnknownSymbol:
        return _no_stock(f"{code}.{'SH' if market == '1' else 'SZ'}", f"symbol not understood; got {market}.{code}")
    if symbol.endswith("SH") != (market == "1"):
        return _no_stock(
            f"{code}.{'SH' if market == '1' else 'SZ'}", f"symbol on the wrong exchange; got {market}.{code}"
        )
    return Code(Sort.STOCK, symbol)


def _no_stock(plain: str, why: str) -> Code:
    digits = _DIGITS.search(plain)
    index = _as_index(plain)
    if index:
        return Code(Sort.INDEX, index, "an index")
    if _FOREIGN.fullmatch(plain):
        return Code(Sort.OTHER, plain, "of another market")
    if digits and re.fullmatch(rf"(?:{_EXCHANGE})?[.#:]?[0-9]{{6}}(?:\.(?:{_EXCHANGE}))?", plain):
        for firsts, _, what in _OTHERS:
            if digits["code"].startswith(firsts):
                return Code(Sort.OTHER, plain, what)
    return Code(Sort.WRONG, why=why)


def _as_index(plain: str) -> str:
    """An index by its code: known ones of Shanghai, 399xxx of Shenzhen, those of CSI, and those known by name."""
    try:
        found = parse_index(plain)
    except UnknownSymbol:
        return ""
    code, _, house = found.partition(".")
    if house == "SH":
        return found if code in _KNOWN_INDICES and (plain != code or code == "000300") else ""
    if house == "SZ":
        return found if code.startswith("399") else ""
    return found if house in ("CSI", "GSI", "HI", "GI") else ""

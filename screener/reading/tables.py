"""Tables of contracts: the unit stands in the heading (`金额（万元）`), a row is a contract.

1. The first row with a heading of an amount names the columns: amount and its unit, party, contract or project.
2. Each further row with a number there is a mention of a deal; a row of totals (合计) is none where others are.
3. Every cell is looked up in the text of its page, so that a value has its place there; what is not found is dropped.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from screener.reading.amounts import Amount, amounts
from screener.reading.deals import Mention
from screener.reading.parties import Party, is_mask, is_plain_name
from screener.reading.roles import Figure, Role
from screener.reading.text import Flat, Sentence

_AMOUNT = re.compile(r"(?:金额|价款|总价|中标价|合同价|价格|造价|标的额)")
_UNIT = re.compile(r"(亿|万)?(元|美元|港元|欧元|日元)")
_UNITS = {"亿": 1e8, "万": 1e4}
_CURRENCY = {"元": "CNY", "美元": "USD", "港元": "HKD", "欧元": "EUR", "日元": "JPY"}
_PARTY = re.compile(r"对方|客户|招标人|采购人|采购单位|业主|甲方|买方|发包|招标单位|供应商|交易方")
_NAME = re.compile(r"(?:合同|协议|项目|工程|标段|订单)(?:名称|内容)?$|标的")
_BARE = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?")
_TOTAL = re.compile(r"合计|总计|小计|共计")


def rows(flat: Flat, tables: dict[int, list[list[list[str]]]]) -> list[Mention]:
    """Mentions of deals that stand in tables; page → tables → rows → cells."""
    return [one for page, several in tables.items() for table in several for one in _table(flat, page, table)]


def _table(flat: Flat, page: int, table: Sequence[Sequence[str]]) -> Iterator[Mention]:
    head = next((at for at, row in enumerate(table) if any(_AMOUNT.search(_bare(cell)) for cell in row)), None)
    if head is None:
        return
    names = [_bare(cell) for cell in table[head]]
    column = next(at for at, name in enumerate(names) if _AMOUNT.search(name))
    unit = _UNIT.search(names[column]) or _stated_unit(flat, page)
    plain = [row for row in table[head + 1 :] if len(row) > column]
    lines = [row for row in plain if not any(_TOTAL.search(_bare(cell)) for cell in row)]
    if unit is None and not any("元" in row[column] for row in lines):
        return
    for row in lines:
        mention = _row(flat, page, row, names, column, unit)
        if mention is not None:
            yield mention


def _stated_unit(flat: Flat, page: int) -> re.Match[str] | None:
    said = re.search(r"单位[:：]\s*(?:人民币)?(?P<unit>(?:亿|万)?(?:元|美元|港元|欧元|日元))", flat.pages[page - 1])
    return _UNIT.search(said["unit"]) if said else None


def _row(
    flat: Flat, page: int, row: Sequence[str], names: Sequence[str], column: int, unit: re.Match[str] | None
) -> Mention | None:
    cell = _bare(row[column])
    digits = _BARE.search(cell)
    at = _found(flat, page, cell) if digits else None
    if digits is None or at is None:
        return None
    own = amounts(cell)
    size = _UNITS.get(unit[1] or "", 1.0) if unit else 1.0
    value = own[0].high if own else float(digits[0].replace(",", "")) * size
    currency = own[0].currency if own else _CURRENCY[unit[2]] if unit else "CNY"
    tax = "excluded" if "不含税" in names[column] else "included" if "含税" in names[column] else None
    amount = Amount(at[0], at[1], value, value, currency, "exact", tax, at if tax else None, None, 0.5 * size / 100)
    people, contract = [], None
    for name, told in zip(names, row, strict=False):
        words = _bare(told)
        place = _found(flat, page, words) if len(words) > 1 else None
        if place is None:
            continue
        if _PARTY.search(name) and (is_mask(words) or is_plain_name(words)):
            people.append(Party(words, *place, is_mask(words), "label", 1.0))
        elif _NAME.search(name) and contract is None:
            contract = re.compile(rf"(?P<name>{re.escape(words)})").search(flat.text, place[0])
    start = min([at[0], *(one.start for one in people)])
    sentence = Sentence(start, at[1], flat.text[start : at[1]])
    return Mention(sentence, [Figure(amount, Role.TOTAL, None, 1.9)], people, contract, None, True)


def _bare(cell: str | None) -> str:
    """A cell on one line, as the flat text writes it."""
    return Flat.of([re.sub(r"\s+", "", cell or "")]).text.strip("\n")


def _found(flat: Flat, page: int, words: str) -> tuple[int, int] | None:
    """Where words of a cell stand in the flat text, on that page; they may be broken over lines there."""
    pattern = re.compile(r"\s*".join(map(re.escape, words)))
    for one in pattern.finditer(flat.text):
        if flat.place(one.start(), one.end()).page == page:
            return one.start(), one.end()
    return None

"""Amounts of money in a text: in digits and in 大写, with currency, unit, tax wording, and whether exact or a limit.

1. A mention is a number with 元, a currency or 万/亿 beside it; a number alone is none. A range has two ends, the unit of
   the second holds for the first where that has none.
2. An amount in 大写 (人民币肆亿…元整) is read by cn2an; beside digits it is their check, alone it is the amount.
3. The words around it say how it is meant: 不超过, 上限 → ceiling; 约, 预计, 暂定 → estimate; 每年, /年 → per year;
   含税, 不含税 before, after or inside brackets → tax.
4. An amount in brackets behind one of another currency (折合人民币…) is its equivalent, no amount of its own.
What it is an amount of is told in roles.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

_CURRENCIES = {
    "人民币": "CNY", "RMB": "CNY", "CNY": "CNY", "¥": "CNY", "￥": "CNY", "元": "CNY",
    "美元": "USD", "美金": "USD", "USD": "USD", "US$": "USD", "$": "USD",
    "港元": "HKD", "港币": "HKD", "HKD": "HKD", "HK$": "HKD",
    "欧元": "EUR", "EUR": "EUR", "€": "EUR",
    "日元": "JPY", "日圆": "JPY", "JPY": "JPY",
    "英镑": "GBP", "GBP": "GBP", "£": "GBP",
    "新加坡元": "SGD", "新加坡币": "SGD", "新币": "SGD", "SGD": "SGD",
    "澳元": "AUD", "澳大利亚元": "AUD", "AUD": "AUD", "加元": "CAD", "加拿大元": "CAD", "CAD": "CAD",
    "韩元": "KRW", "KRW": "KRW", "卢布": "RUB", "卢比": "INR", "泰铢": "THB", "林吉特": "MYR", "马币": "MYR",
    "瑞士法郎": "CHF", "CHF": "CHF", "中非法郎": "XAF", "西非法郎": "XOF", "法郎": "XAF", "迪拉姆": "AED", "兰特": "ZAR",
    "里亚尔": "SAR", "沙特里亚尔": "SAR", "比尔": "ETB", "坚戈": "KZT", "宽扎": "AOA", "先令": "KES", "瑞典克朗": "SEK",
}  # fmt: skip
_UNITS = {"亿": 1e8, "千万": 1e7, "百万": 1e6, "十万": 1e5, "万": 1e4, "仟": 1e3, "千": 1e3, "百": 1e2, "": 1.0}
_WORDS = "|".join(re.escape(word) for word in sorted(_CURRENCIES, key=len, reverse=True))
_DIGITS = r"\d{1,3}(?:[,，]\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_UNIT = r"万亿|亿|千万|百万|十万|万|仟|千"
# 人民币(大写/小写)/含税… may stand between the currency and the number.
_LEAD = rf"(?P<before>{_WORDS})\s*(?:\((?:大写|小写|含税|RMB|CNY)[:：]?\)\s*|[:：]\s*)?"
_AMOUNT = re.compile(
    rf"(?:{_LEAD})?(?P<low>{_DIGITS})(?P<over>[余多])?\s*(?P<lowunit>{_UNIT})?\s*(?P<lowafter>{_WORDS})?"
    rf"(?:\s*(?:-|–|—|~|～|至|到)\s*(?:{_WORDS})?(?P<high>{_DIGITS})\s*(?P<highunit>{_UNIT})?\s*(?P<highafter>{_WORDS})?)?"
    rf"(?P<tail>人民币)?"
)
_CAPITAL = re.compile(
    r"[零〇壹贰叁肆伍陆柒捌玖拾佰仟萬万亿億两俩廿一二三四五六七八九十百千]{2,}[元圆][整正]?(?:[零〇壹贰叁肆伍陆柒捌玖]角)?(?:[零〇]?[壹贰叁肆伍陆柒捌玖]分)?[整正]?"
)
_CAPITAL_MARK = re.compile(r"[壹贰叁肆伍陆柒捌玖拾佰仟]")
# What a number counts where no currency stands beside it: never money.
_COUNTED = re.compile(
    r"\s*[余多]?\s*(?:台|套|张|块|卡|颗|片|千瓦|KW|MW|GW|P|p|吨|米|公里|平方|㎡|m2|股|人|户|只|个|年|月|日|天|%|％|项|次|辆|KV|kV|千伏|t/|倍|家|亩|立方|辆|度|小时|标段|标|包|号|件|节|桶|头|羽|米|标准|机柜)"
)
_CEILING = re.compile(
    r"不(?:高于|超过|得超过|多于|大于)|(?:最高|上限|至多|最多)(?:额|限额|金额)?(?:为|不超过|:|：)?|限额(?:为|:)?|封顶|额度"
)
_ESTIMATE = re.compile(
    r"约(?:为|合)?|预计|预估|暂定|暂估|估算|估计|拟定为|大约|近(?=人民币|\d)|左右|上下|初步|测算|概算|暂按|折算|逾|超过|超(?=\d)|余元|不低于|不少于"
)
_APPROX_AFTER = re.compile(r"^\s*(?:余|多|左右|上下)")
_SUBJECT_TO = re.compile(r"以.{0,14}(?:实际|最终|最后|正式).{0,12}为准|按实(?:际)?结算|据实结算")
_PER_YEAR = re.compile(
    r"(?:每年|(?<!\d)年度|年均|每个?年度|年租金|年服务费|年化|年费|每一年|每合同年|年交易)[^,，。;；\d]{0,18}$"
)
_PER_YEAR_AFTER = re.compile(r"^\s*(?:[(（](?:不?含税)[)）])?\s*[/每]\s*年")
_PER_UNIT_AFTER = re.compile(
    r"^\s*(?:[(（](?:不?含税)[)）])?\s*(?:/|每)\s*(?:台|套|张|块|卡|吨|个|月|P|p|平方米|m2|千瓦|度|片|颗|只|股|小时|人|天|日|米|瓦|W|Wh|kwh|机柜|立方米|节点)"
)
_EX = re.compile(r"不含(?:增值)?税|未含(?:增值)?税|不含税|税前|除税")
_IN = re.compile(r"含(?:增值)?税|含(?:\d+(?:\.\d+)?%)(?:增值)?税|价税合计|税后|含\d+%")
_OF_ANOTHER = re.compile(r"[，,].*(?:税)(?:中标|合同|总)?(?:金额|价).*$")  # the wording of the amount that follows
_EQUIVALENT = re.compile(r"(?:折合|约合|折算|等值|约等于|相当于|折为|折人民币|按.{0,40}汇率)[^\d]{0,24}$")


@dataclass(frozen=True)
class Amount:
    """A mention of money at characters [start, end) of the flat text; `low` and `high` in the currency's own unit."""

    start: int
    end: int
    low: float | None
    high: float
    currency: str
    basis: str  # exact | ceiling | estimate | per_year
    tax: str | None  # included | excluded
    tax_at: tuple[int, int] | None
    basis_at: tuple[int, int] | None
    slack: float  # half a unit of the last printed digit
    written: float | None = None  # the same amount in 大写 beside it
    equivalent: float | None = None  # yuan, as stated in brackets
    per_unit: bool = False
    capital: bool = False  # stands in 大写 alone

    @property
    def exact(self) -> bool:
        """No limit and no estimate."""
        return self.basis == "exact"


def amounts(text: str, start: int = 0, end: int | None = None) -> list[Amount]:
    """Mentions of money in `text[start:end]`, in order."""
    end = len(text) if end is None else end
    found = sorted((*_in_digits(text, start, end), *_in_capitals(text, start, end)), key=lambda one: one.start)
    return _paired(text, found)


def _in_digits(text: str, start: int, end: int) -> Iterator[Amount]:
    for one in _AMOUNT.finditer(text, start, end):
        before, after = one["before"], one["highafter"] or one["lowafter"]
        unit = one["highunit"] or one["lowunit"] or ""
        if not _is_money(text, one, unit):
            continue
        high = _number(one["high"] or one["low"]) * _unit(one["highunit"] if one["high"] else one["lowunit"])
        low = _number(one["low"]) * _unit(one["lowunit"] or (unit if one["high"] else ""))
        if one["high"] and not one["lowunit"] and _number(one["low"]) >= _number(one["high"]):
            low = _number(one["low"])
        if low > high or high <= 0:
            low = high
        currency = _currency(before, after)
        if one["tail"] and before is None and after in (None, "元"):
            currency = "CNY"
        printed = one["high"] or one["low"]
        slack = _slack(printed) * _unit(unit)
        told = _meant(text, one.start(), one.end(), (low, high), currency, slack)
        over = one["over"] and told.basis == "exact"
        yield replace(told, basis="estimate", basis_at=one.span("over")) if over else told


def _is_money(text: str, one: re.Match[str], unit: str) -> bool:
    if text[one.start() - 1 : one.start()] == "第":
        return False
    if one["lowafter"] or one["highafter"]:
        return True
    if one["before"]:  # 人民币4、: the number of the next heading
        return bool(unit) or len(one["low"]) > 3
    if unit not in ("万", "亿", "千万", "百万", "万亿"):
        return False
    # 万 or 亿 without 元: money unless something is counted.
    return not _COUNTED.match(text, one.end()) and not re.match(r"\s*[A-Za-z㎡]", text[one.end() : one.end() + 2])


def _in_capitals(text: str, start: int, end: int) -> Iterator[Amount]:
    for one in _CAPITAL.finditer(text, start, end):
        value = in_capitals(one[0]) if _CAPITAL_MARK.search(one[0]) else None
        if value:
            yield replace(_meant(text, one.start(), one.end(), (value, value), "CNY", 0.005), capital=True)


@lru_cache(maxsize=1024)
def in_capitals(words: str) -> float | None:
    """Yuan of an amount in 大写, as 肆亿伍仟肆佰叁拾万捌仟肆佰柒拾柒元整; None where it is none."""
    import cn2an  # four in a hundred documents need it

    whole, _, rest = (
        words.replace("圆", "元").replace("萬", "万").replace("億", "亿").replace("〇", "零").partition("元")
    )
    try:
        value = float(cn2an.cn2an(whole.strip("零"), "smart"))
    except (ValueError, KeyError, IndexError):
        return None
    for digit, size in re.findall(r"([壹贰叁肆伍陆柒捌玖])([角分])", rest):
        value += ("壹贰叁肆伍陆柒捌玖".index(digit) + 1) * (0.1 if size == "角" else 0.01)
    return round(value, 2)


def _number(digits: str) -> float:
    return float(digits.replace(",", "").replace("，", ""))


def _unit(word: str | None) -> float:
    return 1e12 if word == "万亿" else _UNITS[word or ""]


def _slack(digits: str) -> float:
    _, _, decimals = digits.partition(".")
    if decimals:
        return 0.5 * 10.0 ** -len(decimals)
    zeros = len(digits.replace(",", "")) - len(digits.replace(",", "").rstrip("0"))
    return 0.5 * 10.0 ** min(zeros, 0)


def _currency(before: str | None, after: str | None) -> str:
    named = [_CURRENCIES[word.upper() if word.isascii() else word] for word in (after, before) if word]
    return next((one for one in named if one != "CNY"), "CNY")


def _meant(text: str, start: int, end: int, ends: tuple[float, float], currency: str, slack: float) -> Amount:
    """With what the words around it say."""
    lead_from = max(0, start - 26)
    lead = re.split(r"[。;；\n，,]", text[lead_from:start])[-1]
    lead_from = start - len(lead)
    after = re.match(r"[^。;；\n，,]{0,12}", text[end : end + 12])
    tail = after[0] if after else ""
    low: float | None = ends[0]
    basis, basis_at = "exact", None
    per_year = _PER_YEAR.search(text[max(0, start - 30) : start])
    if per_year or _PER_YEAR_AFTER.match(tail):
        basis, at = "per_year", max(0, start - 30) + per_year.start() if per_year else end
        basis_at = (at, start) if per_year else (end, end + len(tail.split("年")[0]) + 1)
    elif ceiling := _last(_CEILING, lead):
        basis, basis_at, low = "ceiling", (lead_from + ceiling.start(), lead_from + ceiling.end()), None
    elif about := _last(_ESTIMATE, lead) or _APPROX_AFTER.match(tail):
        base = lead_from if about.re is _ESTIMATE else end
        basis, basis_at = "estimate", (base + about.start(), base + about.end())
    tax, tax_at = _tax(text, start, end)
    unit_price = bool(_PER_UNIT_AFTER.match(tail))
    return Amount(start, end, low, ends[1], currency, basis, tax, tax_at, basis_at, slack, per_unit=unit_price)


def _last(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    found = None
    for found in pattern.finditer(text):  # noqa: B007 - the last one
        pass
    return found


def _tax(text: str, start: int, end: int) -> tuple[str | None, tuple[int, int] | None]:
    """The wording nearest to the amount: right behind it, then before it in the same clause."""
    behind = re.match(r"[)）]?\s*[(（【]?[^。;；\n()（）【】]{0,16}", text[end : end + 22])
    span = behind[0] if behind else ""
    # Another amount behind begins its own wording.
    cut = re.search(r"\d[\d,.]*\s*(?:万|亿|元)", span)
    span = span[: cut.start()] if cut else span
    if "其中" in span:
        span = span[: span.index("其中")]
    lead = _lead(text, start)
    for where, base in ((text[start:end], start), (span, end), (lead, start - len(lead))):
        without, with_tax = (_last(rule, where if base != end else _OF_ANOTHER.sub("", where)) for rule in (_EX, _IN))
        if without and (not with_tax or without.start() <= with_tax.start()):
            return "excluded", (base + without.start(), base + without.end())
        if with_tax:
            return "included", (base + with_tax.start(), base + with_tax.end())
    return None, None


def _lead(text: str, start: int) -> str:
    return re.split(r"[。;；\n]|\d[\d,.]*\s*(?:万|亿)?元", text[max(0, start - 24) : start])[-1]


def _paired(text: str, found: list[Amount]) -> list[Amount]:
    """大写 beside digits becomes their check; the equivalent in yuan belongs to the foreign amount before it."""
    out: list[Amount] = []
    for one in found:
        last = out[-1] if out else None
        if last and _side_by_side(text, last, one):
            if one.capital != last.capital:
                digits, words = (last, one) if one.capital else (one, last)
                out[-1] = _joined(digits, words, last, one)
                continue
            if last.currency != "CNY" and one.currency == "CNY":
                out[-1] = _equivalent(last, one)
                continue
        if (
            last
            and last.currency != one.currency
            and _EQUIVALENT.search(text[max(last.end, one.start - 70) : one.start])
        ):
            if one.currency == "CNY":
                out[-1] = _equivalent(last, one)
            continue
        out.append(one)
    return out


def _equivalent(foreign: Amount, yuan: Amount) -> Amount:
    """The foreign amount with its equivalent; tax wording often stands behind both."""
    return replace(foreign, equivalent=yuan.high, tax=foreign.tax or yuan.tax, tax_at=foreign.tax_at or yuan.tax_at)


def _side_by_side(text: str, first: Amount, second: Amount) -> bool:
    between = text[first.end : second.start]
    if not first.capital and not second.capital:
        return bool(re.fullmatch(r"\s*[(（【][^。;；,，\d]{0,24}", between))
    return bool(
        re.fullmatch(
            r"[\s()（）【】\[\]:：,，=即]*(?:(?:人民币|大写|小写|RMB|CNY|¥|￥|含税|为|整)[\s()（）【】:：,，]*)*",
            between,
        )
    )


def _joined(digits: Amount, words: Amount, first: Amount, second: Amount) -> Amount:
    tax = digits.tax or words.tax
    basis = first.basis if first.basis != "exact" else second.basis
    low = None if basis == "ceiling" else digits.high if digits.low is None else digits.low
    return replace(
        digits,
        written=words.high,
        tax=tax,
        tax_at=digits.tax_at or words.tax_at,
        basis=basis,
        basis_at=first.basis_at or second.basis_at,
        low=low,
    )

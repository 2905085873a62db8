"""Dates and durations: when something was signed, from when to when a contract runs, how many months.

1. A date needs its year: `4月8日` alone is none, nothing is guessed. Chinese digits (二○一四年) count.
2. A duration in years or months is the term where the words before it speak of a term; a span of two dates is one too.
   Days are rounded to months. A warranty, a payment term or a validity is no term.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

_DIGITS = str.maketrans("〇○零Ｏ一二三四五六七八九", "0000123456789")
_DATE = re.compile(
    r"(?P<y>(?:19|20)\d{2}|二[〇○零0Ｏ][〇○零一二三四五六七八九0]{2})\s*[年./-]\s*(?P<m>\d{1,2}|十[一二]?|[一二三四五六七八九])\s*[月./-]\s*"
    r"(?:(?P<d>\d{1,2}|三十一?|二十[一二三四五六七八九]?|十[一二三四五六七八九]?|[一二三四五六七八九])\s*日?)?(?P<part>[上中下]旬|底|初|末)?"
)
_SIGNED_AFTER = re.compile(r"^[^。；;\n]{0,90}?(?:签订|签署|签定|订立|签约|签立)")
_SIGNED_LABEL = re.compile(
    r"(?:签订|签署|签约|合同签订|合同签署|协议签署)(?:时间|日期|日)(?:为)?[:：]?\s*$|(?:签订|签署|签约|订立)(?:于|时间为)\s*$"
)
_OTHER_DATE = re.compile(r"披露|公告(?!编号)|召开|发布|成立|审议|公示|刊登|中标通知|收到|注册")
_NUMERAL = r"\d+(?:\.\d+)?|[一二两三四五六七八九十]{1,3}"
_DURATION = re.compile(
    rf"(?P<n>{_NUMERAL})\s*(?:\((?:\d+|[一二三四五六七八九十壹贰叁肆伍陆柒捌玖拾]+)\))?\s*(?P<unit>个?\s*(?:自然|日历|公历|服务)?(?:年度|年(?!度|产|\d|月)|个月|日历天|日历日|工作日|天|日(?!历)))"
)
_TERM_CUE = re.compile(
    r"(?:期限|工期|租期|服务期|合同期|租赁期|有效期|履行期|合作期|运营期|供货期|周期|特许经营期|建设期|执行期|期间|服务时间|服务年限|合同年限|租用期|使用期|期)(?:限)?(?:共计|总共|总计|共|合计|长达|拟定|暂定|计划|预计|约定|至少|不少于|原则上)?(?:均)?(?:为|是|:|：|约|长|达|自|从|共|内)?[^。；;\n\d]{0,22}$"
)
_NO_TERM = re.compile(
    r"质保|保修|缺陷责任|付款|支付|账期|投标有效|公示期|提前|续|延|以上|经验|成立|质量|宽限|保密|过去|近|最近|异议|内向|试运行|贷款|还款|还本|宽限|审计|通知期|逾期|信用期|回购|禁售|限售|锁定|使用寿命|折旧"
)
_FROM_TO = re.compile(r"(?:至|到|-|–|—|~|～)\s*$")


@dataclass(frozen=True)
class Day:
    """A date of the text at characters [start, end); `day` is None where only the month is stated."""

    start: int
    end: int
    year: int
    month: int
    day: int | None

    @property
    def date(self) -> date | None:
        """The day itself."""
        try:
            return date(self.year, self.month, self.day) if self.day else None
        except ValueError:
            return None


@dataclass(frozen=True)
class Term:
    """Months at characters [start, end); `first` and `last` where the text gives the days."""

    months: int
    start: int
    end: int
    first: date | None = None
    last: date | None = None


def days(text: str, start: int, end: int) -> Iterator[Day]:
    """Dates with a year, in order."""
    for one in _DATE.finditer(text, start, end):
        year, month = _digits(one["y"]), _digits(one["m"])
        if 1 <= month <= 12:
            yield Day(one.start(), one.end(), year, month, _digits(one["d"]) if one["d"] else None)


def _digits(word: str) -> int:
    if word.isascii():
        return int(word)
    if len(word) == 4:
        return int(word.translate(_DIGITS))
    tens, mark, ones = word.partition("十")
    one = {"": 0, **{letter: n for n, letter in enumerate("零一二三四五六七八九")}, "两": 2}
    return one[tens] if not mark else (one[tens] or 1) * 10 + one[ones]


def signed(text: str, start: int, end: int) -> Day | None:
    """The day of signing a sentence states: before the verb in the same clause chain, or behind a label."""
    for one in days(text, start, end):
        if one.date is None:
            continue
        if _SIGNED_LABEL.search(text[max(start, one.start - 14) : one.start]):
            return one
        following = text[one.end : min(end, one.end + 110)]
        later = next(days(text, one.end, end), None)
        if later is not None and later.date:
            following = following[: later.start - one.end]
        verb = _SIGNED_AFTER.match(following)
        if (
            verb
            and not _OTHER_DATE.search(verb[0])
            and not _FROM_TO.search(text[max(start, one.start - 3) : one.start])
        ):
            return one
    return None


def terms(text: str, start: int, end: int) -> Iterator[Term]:
    """Durations that are the term of a contract, in order."""
    found = list(days(text, start, end))
    for first, last in pairwise(found):
        between = text[first.end : last.start]
        if re.fullmatch(
            r"\s*(?:\(?(?:起|开始|始|00:00)?\)?(?:至|到|-|–|—|~|～|,?止于|起?至)\s*)(?:不超过)?\s*", between
        ):
            lead = text[max(start, first.start - 34) : first.start]
            if _TERM_CUE.search(lead) or re.search(r"期限|租期|服务期|工期|合同期|有效期", lead):
                months = _months(first, last)
                if 1 <= months <= 600:
                    yield Term(months, first.start, last.end, first.date, last.date)
    for one in _DURATION.finditer(text, start, end):
        lead = re.split(r"[。；;\n]", text[max(start, one.start() - 40) : one.start()])[-1]
        clause = re.split(r"[，,]", lead)[-1]
        if _TERM_CUE.search(lead) and not _NO_TERM.search(clause if len(clause) > 3 else lead[-16:]):
            months = _of(one["n"], one["unit"])
            if 1 <= months <= 600:
                yield Term(months, one.start(), one.end())


def _of(number: str, unit: str) -> int:
    value = float(number) if number[0].isdigit() else float(_digits(number))
    if "年" in unit:
        return round(value * 12)
    return round(value) if "月" in unit else round(value / 30.4375)


def _months(first: Day, last: Day) -> int:
    months = (last.year - first.year) * 12 + last.month - first.month
    if first.day and last.day:  # the last day belongs to the term
        months += round((last.day + 1 - first.day) / 30.4375)
    return months


def clear_years(text: str, start: int, end: int) -> Term | None:
    """`为期五年`, `5年期`, `服务期5年`: a duration beside the price where no label says term."""
    pattern = rf"(?:为期|长达|期限长达|一签|签约)(?P<n>{_NUMERAL})(?P<unit>年|个月)|(?P<n2>{_NUMERAL})(?P<unit2>年|个月)(?:期|的?(?:服务|租赁|算力|合同)(?:期|服务|合同|租赁))"
    one = re.search(pattern, text[start:end])
    if one is None:
        return None
    months = _of(one["n"] or one["n2"], one["unit"] or one["unit2"])
    return Term(months, start + one.start(), start + one.end()) if 1 <= months <= 600 else None

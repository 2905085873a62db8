"""What an amount is an amount of: the price of the contract, a share of it, a unit price, revenue, capital, a payment …

1. The nearest cue before the amount in its clause decides; a longer cue beats a shorter one that ends at the same place.
2. Where none stands there, words behind it (`5.54亿元的销售合同`) do.
3. `TOTAL` and `OWN` may be the amount of a commitment, `PROJECT` may where nothing better is said, the rest never.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from screener.reading.amounts import Amount, amounts


class Role(StrEnum):
    """What an amount is of."""

    TOTAL = "total"
    OWN = "own share"
    PROJECT = "whole project"
    PART = "part"
    UNIT = "unit price"
    YEARLY = "per year"
    BASE = "base of comparison"
    CAPITAL = "capital"
    PAYMENT = "payment"
    REVENUE = "revenue"
    CUT = "taken off"
    TERMINATED = "ended"
    QUOTA = "quota"
    RAISE = "raise"
    TAX = "tax"
    UNKNOWN = "unknown"


_CUES: tuple[tuple[Role, str, float], ...] = (
    (Role.OWN, r"(?:公司|本公司|子公司|我公司|乙方|其)(?:所?(?:承担|负责|占|享有|实施|承建|承做))(?:的?(?:工程|项目|部分|份额|合同))*(?:金额|价款|价|额|份额)?(?:为|约|:)?", 3.0),
    (Role.OWN, r"(?:需|由)[^，,。;；]{1,14}(?:完成|承担|实施|负责)的?[^，,。;；]{0,8}(?:金额|价款|份额)", 3.0),
    (Role.OWN, r"(?:公司|本公司|我司)(?:在(?:联合体|该项目)中)?(?:的?份额|所占份额|占比部分)[^，,。;；]{0,8}", 2.6),
    (Role.TERMINATED, r"(?:终止|解除)(?:的)?(?:合同|协议)?(?:总)?(?:金额|价款|额)", 2.2),
    (Role.CUT, r"(?:调减|核减|减少|缩减|扣减|调整减少)(?:了|合同|金额|:|为)*", 1.6),
    (Role.TOTAL, r"合同(?:含税|不含税|暂定|暂估|预估|预计|约定|的?)?(?:总)?(?:金额|价款|价格|总价|总额|造价|额|标的额|标的|价)(?:合计|总计|总额|共计)?", 2.0),
    (Role.TOTAL, r"(?:中标|拟中标|预中标|签约|成交|投标)(?:合同)?(?:总)?(?:金额|价格|价款|总价|报价|价|额)(?:合计|总计|共计)?", 2.0),
    (Role.TOTAL, r"(?:合同|协议|订单|交易|采购|购买|销售|服务|租赁|转让|出售|承包|工程)(?:合同)?(?:总)?(?:金额|价款|价格|总价|总额|对价|费用|费总额|造价|额)(?:合计|总计|共计)?", 1.8),
    (Role.TOTAL, r"(?:费用|服务费|租金|租赁费|货款|价税)(?:总额|合计|总计|总价)", 1.8),
    (Role.TOTAL, r"总(?:金额|价款|价|额|费用|造价|租金|标的|承包价|包价)(?:合计|为|约|:)?", 1.7),
    (Role.TOTAL, r"(?:交易|项目|标的|订单|协议|设备)(?:的)?(?:金额|总额|价款|总价|造价)", 1.5),
    (Role.TOTAL, r"(?:报价|中标|标价|价值|金额|造价|总计|合计|共计|总额|总值|价格|斥资|价款)(?:人民币)?(?:为|约|达|:)?", 1.0),
    (Role.PROJECT, r"(?:项目|工程|计划|建设|一期|本期)?总投资(?:金额|规模|额|概算|估算)?|(?:项目|工程)(?:估算|概算|计划)?投资(?:金额|总额|额|估算|概算)?|投资(?:总额|规模|估算|概算|金额|额)|建安(?:工程)?(?:费|投资)|总体(?:合同)?(?:金额|投资)|项目(?:总)?规模", 2.1),
    (Role.UNIT, r"单价|均价|每[台套张块卡吨片个]", 2.2),
    (Role.BASE, r"(?:营业|主营业务|销售|主营|业务)(?:总)?收入|净利润|净资产|总资产|资产总[额计]|利润总额|负债|所有者权益|货币资金|年销售额|总收入|资产|产值|负债总额|市值", 2.0),
    (Role.BASE, r"(?:地区|国内)?生产总值|财政(?:总)?收入|发生(?:的)?(?:业务|交易)(?:往来)?的?(?:交易)?(?:总)?金额", 2.4),
    (Role.REVENUE, r"确认(?:的)?(?:营业|销售|主营业务)?收入|实现(?:营业|销售|主营业务)?收入|(?:产生|贡献|增加)(?:的)?(?:营业|销售)?收入|已?确认(?:金额|产值)", 2.2),
    (Role.CAPITAL, r"注册资[本金]|实收资本|实缴(?:资本)?|认缴|出资(?:额)?|开办资金|注册资|股本|授权资本|资本金", 2.2),
    (Role.PAYMENT, r"预付(?:款)?|首付(?:款)?|保证金|定金|订金|已(?:累计)?(?:支付|收到|付|收)|支付(?:了)?|付款|违约金|质保金|进度款|保函|贷款|借款|担保|赔偿|首期款|尾款|补助|奖励|回款|收到[^，,。]{0,6}款|罚款|备用金|暂列金|融资金额|保理", 2.0),
    (Role.PART, r"其中|包括|包含|设备费|安装费|设计费|运营费|勘察费|建安费|暂列金额|服务单价|监理费|部分(?:金额)?(?:为|约)|分别为", 1.4),
    (Role.TOTAL, r"关联交易(?:的)?总?金额", 1.9),
    (Role.QUOTA, r"授信(?:额度)?|关联交易(?:额度|预计)|额度|融资(?:总)?额", 2.0),
    (Role.RAISE, r"募集(?:资金)?(?:总额|净额|金额)?|发行(?:总额|规模)", 2.1),
    (Role.TAX, r"(?:增值)?税(?:额|金|款)(?:为|约|:)?", 2.0),
    (Role.BASE, r"累计(?:中标|签订|新签|采购|交易|发生)?(?:合同)?(?:金额|额)?|十二个月内?|同期", 1.6),
)  # fmt: skip
_COMPILED = tuple((role, re.compile(pattern), weight) for role, pattern, weight in _CUES)
_BEHIND = re.compile(r"^(?:人民币)?的?(?:[^，,。;；\d]{0,14})(?:合同|订单|协议|大单|采购|项目|服务器|设备|资产)")
_PRICE_OF_WORK = re.compile(r"(?:签订|签署|签下|斩获|获得|中标|承接|采购|购买|购置|拟购|收购|出售)[^，,。;；]{0,40}$")
_INSTALMENT = re.compile(
    r"\d%[)）]?\s*(?:的?(?:款项|金额|部分|合同款))?[，,]?\s*(?:[(（]|即|计|为|共计)?(?:人民币|￥|¥|:)*\s*$"
)
_DEPOSIT = re.compile(r"^(?:人民币)?的?(?:履约|投标|信用|风险|诚信)?(?:保证金|定金|订金|预付款|违约金)")
_CONDITION = re.compile(r"^(?:以上|以下)?时(?![间期])")  # `达到2,000万元时`: when, not how much
_NAMES = re.compile(r"《[^》]*》|“[^”]*”")  # a long name between a cue and its amount puts no distance between them
_REACH = 100


@dataclass(frozen=True)
class Figure:
    """An amount with what it is of; `cue`: characters [start, end) of the words that say so; `weight`: how clearly."""

    amount: Amount
    role: Role
    cue: tuple[int, int] | None
    weight: float


def figures(text: str, start: int, end: int) -> list[Figure]:
    """Every amount of a sentence with its role."""
    found = amounts(text, start, end)
    return [_figure(text, one, start, found[index - 1].end if index else start) for index, one in enumerate(found)]


def _figure(text: str, amount: Amount, start: int, last: int) -> Figure:
    if amount.per_unit:
        return Figure(amount, Role.UNIT, (amount.end, min(len(text), amount.end + 4)), 2.2)
    role, cue, weight = _nearest(text, amount, max(start, last))
    if _INSTALMENT.search(text[max(start, amount.start - 16) : amount.start]):
        return Figure(amount, Role.PAYMENT, cue, 2.0)
    if _DEPOSIT.match(text[amount.end : amount.end + 12]):
        return Figure(amount, Role.PAYMENT, cue, 2.0)
    if _CONDITION.match(text[amount.end : amount.end + 5]):
        return Figure(amount, Role.BASE, cue, 2.0)
    if amount.basis == "per_year" and role in (Role.TOTAL, Role.UNKNOWN, Role.BASE):
        return Figure(amount, Role.YEARLY, cue or amount.basis_at, 1.5)
    if role is Role.BASE and _share_follows(text, amount):
        return Figure(amount, Role.BASE, cue, weight)
    if role in (Role.UNKNOWN, Role.PART) and _BEHIND.match(text[amount.end : amount.end + 24]):
        deal = _PRICE_OF_WORK.search(text[max(start, amount.start - 60) : amount.start])
        if deal or role is Role.UNKNOWN:
            return Figure(amount, Role.TOTAL, (amount.end, amount.end + 1), 1.2 if deal else 0.6)
    if role is Role.UNKNOWN and _PRICE_OF_WORK.search(text[max(start, amount.start - 60) : amount.start]):
        return Figure(amount, Role.TOTAL, cue, 0.5)
    return Figure(amount, role, cue, weight)


def _share_follows(text: str, amount: Amount) -> bool:
    return bool(re.match(r"[^，,。;；]{0,10}的?\d+(?:\.\d+)?%", text[amount.end : amount.end + 20]))


def _nearest(text: str, amount: Amount, start: int) -> tuple[Role, tuple[int, int] | None, float]:
    """The cue that ends nearest before the amount; one further away must be clearer to win."""
    base = max(start, amount.start - _REACH)
    lead = text[base : amount.start]
    cut = max(lead.rfind(mark) for mark in "。;；\n")
    base, lead = base + cut + 1, lead[cut + 1 :]
    best: tuple[float, Role, tuple[int, int] | None, float] = (0.0, Role.UNKNOWN, None, 0.0)
    for role, pattern, weight in _COMPILED:
        for one in pattern.finditer(lead):
            gap = _NAMES.sub("", lead[one.end() :])
            commas = len(re.findall(r"[，,、]", gap))
            score = weight * (1 + len(one[0]) / 40) - len(gap) / 14 - commas * 0.8
            if role is Role.PART and one[0] == "其中" and len(gap) > 12:
                score -= 1
            if score > best[0]:
                best = (score, role, (base + one.start(), base + one.end()), weight)
    return best[1], best[2], best[3]

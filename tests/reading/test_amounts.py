"""Amounts of money in running text."""

from __future__ import annotations

import pytest

from screener.reading.amounts import amounts, in_capitals
from screener.reading.roles import Role, figures

PLAIN = [
    ("合同金额为33,200万元", 332e6, 332e6, "CNY", "exact", None),
    ("总金额预计不超过人民币110亿元", None, 110e8, "CNY", "ceiling", None),
    ("合同总金额约为36.9亿元(含税)", 36.9e8, 36.9e8, "CNY", "estimate", "included"),
    ("总价约35-40亿元", 35e8, 40e8, "CNY", "estimate", None),
    ("人民币(含税)156,000,000.00元", 156e6, 156e6, "CNY", "exact", "included"),
    ("不含税金额为16,000万元", 160e6, 160e6, "CNY", "exact", "excluded"),
    ("合同金额61,718,266美元", 61718266.0, 61718266.0, "USD", "exact", None),
    ("合同价款港币3,010,570,786.00元", 3010570786.0, 3010570786.0, "HKD", "exact", None),
    ("每年服务费3,000万元", 30e6, 30e6, "CNY", "per_year", None),
    ("中标总金额为8000余万元", 80e6, 80e6, "CNY", "estimate", None),
    ("上限含税金额311,520,391.21元", None, 311520391.21, "CNY", "ceiling", "included"),
    ("总价叁亿零叁佰万元整", 303e6, 303e6, "CNY", "exact", None),
]


@pytest.mark.parametrize(("text", "low", "high", "currency", "basis", "tax"), PLAIN)
def test_an_amount_is_read_with_what_is_said_of_it(
    text: str, low: float | None, high: float, currency: str, basis: str, tax: str | None
) -> None:
    (one,) = amounts(text)
    assert (one.low, one.high, one.currency, one.basis, one.tax) == (low, high, currency, basis, tax)


@pytest.mark.parametrize(
    "text", ["具有10000P算力", "总装机容量49.5万千瓦", "建筑面积约109,000平方米", "员工2万余人", "第3亿"]
)
def test_what_counts_things_is_no_money(text: str) -> None:
    assert amounts(text) == []


def test_capitals_beside_digits_are_their_check_and_no_second_amount() -> None:
    (one,) = amounts("中标价为人民币肆亿伍仟肆佰叁拾万捌仟肆佰柒拾柒元整(￥45430.8477 万元)")
    assert (one.high, one.written) == (454308477.0, 454308477.0)


def test_an_equivalent_in_yuan_belongs_to_the_foreign_amount() -> None:
    (one,) = amounts("合同金额61,718,266美元(约398,508,671.00元人民币)(未含税)")
    assert (one.high, one.currency, one.equivalent, one.tax) == (61718266.0, "USD", 398508671.0, "excluded")


@pytest.mark.parametrize(
    ("words", "yuan"),
    [("壹仟贰佰万元零伍角陆分", 12000000.56), ("陆亿柒仟捌佰陆拾捌万圆整", 678680000.0), ("元整", None)],
)
def test_capitals_are_read_to_the_fen(words: str, yuan: float | None) -> None:
    assert in_capitals(words) == yuan


ROLES = [
    ("本次合同总金额为33,200万元", Role.TOTAL),
    ("采购单价283万元", Role.UNIT),
    ("人民币260,000.00元/台", Role.UNIT),
    ("注册资本:人民币20亿元", Role.CAPITAL),
    ("公司2013年度经审计的主营业务收入为10548.59万元", Role.BASE),
    ("已支付全部货款10754万元", Role.PAYMENT),
    ("支付合同总金额的20%，即￥18,134,000.00元", Role.PAYMENT),
    ("其中需艾特公司完成的项目金额暂定为9640万元", Role.OWN),
    ("项目总投资约15.7亿元", Role.PROJECT),
    ("签订了总额高达5.54亿元的销售合同", Role.TOTAL),
    ("增值税税额9,442,957.94元", Role.TAX),
    ("已确认收入662.09万元", Role.REVENUE),
]


@pytest.mark.parametrize(("text", "role"), ROLES)
def test_the_words_before_an_amount_say_what_it_is_of(text: str, role: Role) -> None:
    (one,) = figures(text, 0, len(text))
    assert one.role is role

"""What a text proposes: whose money, whose share, which of several amounts, and what became of a contract."""

from __future__ import annotations

import pytest

from screener.core.tables import packaged
from screener.reading.documents import Document
from screener.reading.proposals import Proposal
from screener.reading.propose import propose


def read(text: str, title: str = "") -> list[Proposal]:
    return propose(Document("text", [text]), title=title)


DIRECTIONS = [
    ("公司与华北云图科技有限公司签订《算力服务合同》，合同金额3.32亿元。", "order", "inflow"),
    ("公司拟向多家供应商采购服务器，采购合同总金额预计不超过人民币110亿元。", "purchase", "outflow"),
    ("甲方向乙方（即公司）采购智能计算中心的算力服务，合同金额为72960万元。", "order", "inflow"),
    ("近日，公司收到东海铁路有限公司发来的《中标通知书》，中标价为人民币1.5亿元。", "order", "inflow"),
    (
        "公司及子公司拟与东海租赁有限公司开展融资租赁业务，融资金额不超过5亿元，租赁合同总金额6亿元。",
        "lease",
        "outflow",
    ),
    ("公司签订38台GPU服务器采购合同，合同金额10754万元，东海信息已向公司交付12台。", "purchase", "outflow"),
    ("公司与西岭控股有限公司签署战略合作协议，双方将在算力领域合作。", "strategic", "unclear"),
]


@pytest.mark.parametrize(("text", "kind", "direction"), DIRECTIONS)
def test_buying_is_not_selling(text: str, kind: str, direction: str) -> None:
    assert [(one.kind, one.direction) for one in read(text)][:1] == [(kind, direction)]


def test_the_firms_own_share_stands_before_the_whole_project() -> None:
    (one,) = read("该项目总体合同金额约为12690万元，其中涉及需艾特公司完成的项目金额暂定为9640万元。公司中标该项目。")
    assert (one.amount_high, one.whole_amount, one.basis) == (96.4e6, 126.9e6, "estimate")


def test_several_contracts_of_one_notice_are_several_proposals() -> None:
    text = (
        "2024年1月10日，公司与H公司签订100块GPU显卡采购合同，采购单价15万元，合同金额1500万元。"
        "2024年1月20日，公司与I公司签订38台GPU服务器采购合同，采购单价283万元，合同金额10754万元。"
    )
    assert [(one.amount_high, one.counterparty_masked, one.signed_on) for one in read(text)] == [
        (107.54e6, "I公司", "2024-01-20"),
        (15e6, "H公司", "2024-01-10"),
    ]


def test_the_exact_amount_of_the_body_stands_before_the_rounded_one_of_the_title() -> None:
    text = (
        "关于签订约3.3亿元算力合同的公告\n公司与东海数据有限公司签订《算力服务合同》，合同金额为人民币33,200.00万元。"
    )
    assert [one.amount_high for one in read(text)] == [332e6]


@pytest.mark.parametrize(("name", "mask"), [("X公司", "X公司"), ("某客户", "某客户"), ("客户A", "客户A")])
def test_a_masked_customer_is_undisclosed_and_its_mask_is_kept(name: str, mask: str) -> None:
    (one,) = read(f"公司与{name}签订《算力服务协议》，合同金额为36.9亿元（含税），服务期为5年。")
    assert (one.counterparty, one.counterparty_masked, one.term_months) == ("undisclosed", mask, 60)


BESIDE = [
    "公司中标该算力项目，中标金额2,000万元。公司与项目招标人苍山县城乡建设投资有限公司不存在关联关系。",
    "公司签订合同，合同金额2,000万元，不会因此而对苍山县城乡建设投资有限公司形成业务依赖。",
    "公司签订合同，合同金额2,000万元。交易对方苍山县城乡建设投资有限公司具备较强的履约能力。",
    "苍山县城乡建设投资有限公司（发包方）、公司（总承包方）签订合同，合同金额2,000万元。",
    "公司中标，中标金额2,000万元，须在30天内到苍山县城乡建设投资有限公司签订合同。",
]


@pytest.mark.parametrize("text", BESIDE)
def test_a_party_that_is_named_beside_the_deal_is_found(text: str) -> None:
    (one,) = read(text)
    assert (one.counterparty, one.amount_high) == ("苍山县城乡建设投资有限公司", 20e6)


def test_a_name_behind_a_subsidiary_is_no_name_of_the_subsidiary() -> None:
    (one,) = read("公司控股子公司与上海云图智能科技有限公司签订《算力服务合同》，合同金额为5亿元。")
    assert one.counterparty == "上海云图智能科技有限公司"


NO_PRICE = [
    "项目的实施需要公司缴纳1亿元的保证金，并签订合同。",
    "2012年，东海新钢与本公司发生业务的交易金额为469万元，占本公司2012年度营业收入的0.08%。",
    "乙方已完成工程价款达到2,000万元时，双方应及时办理抵押手续。",
    "2016年，全县地区生产总值实现109亿元，同比增长7.3%。",
]


@pytest.mark.parametrize("text", NO_PRICE)
def test_a_deposit_a_condition_and_past_business_are_no_price(text: str) -> None:
    assert [one.amount_high for one in read(text) if one.amount_high] == []


def test_what_the_text_does_not_say_is_none() -> None:
    (one,) = read("公司与东海数据有限公司签订《算力服务合同》。")
    said = (one.amount_high, one.currency, one.basis, one.tax, one.term_months, one.signed_on, one.share_of_revenue)
    assert said == (None,) * 7


@pytest.mark.parametrize(
    "text",
    [
        "公司2023年度实现营业收入16.8亿元，同比增长12%。",
        "注册资本：人民币20亿元",
        "本次会议审议通过了相关议案。",
        "4月8日，天气晴。",
    ],
)
def test_a_text_without_a_deal_proposes_nothing(text: str) -> None:
    assert read(text) == []


def test_a_date_without_its_year_is_no_date() -> None:
    (one,) = read("4月8日，公司与东海数据有限公司签订《算力服务合同》，合同金额为72960万元。")
    assert one.signed_on is None


LIVES = [
    (
        "公司与X公司协商一致，同意终止双方签订的《算力服务合同》，终止合同金额约57,469.05万元。",
        "termination",
        574_690_500.0,
    ),
    ("经双方协商，合同金额由33.04亿元调减至19.8亿元，公司与客户签订了补充协议。", "reduction", None),
    ("截至目前，该批服务器已全部到货并验收完毕。", "acceptance", None),
    ("报告期内，该合同已确认收入662.09万元。", "revenue_recognised", 6_620_900.0),
    ("因项目场地原因，合同交付时间延期至2026年12月。", "delay", None),
    ("公司就与客户的《算力服务合同》纠纷向法院提起诉讼。", "dispute", None),
]


@pytest.mark.parametrize(("text", "kind", "amount"), LIVES)
def test_what_became_of_a_contract_is_read(text: str, kind: str, amount: float | None) -> None:
    found = {one.kind: one.amount_high for one in read(text, title="关于重大合同进展的公告")}
    assert kind in found and (amount is None or found[kind] == amount)


@pytest.mark.parametrize(
    "text",
    [
        "如任何一方违约，另一方有权终止本合同。",
        "合同期限届满后自动终止。",
        "因本合同引起的争议，双方应协商解决，协商不成的提交仲裁委员会仲裁。",
        "该批服务器尚未交付验收。",
    ],
)
def test_what_a_contract_says_of_the_case_that_is_no_event(text: str) -> None:
    assert [one.kind for one in read(text) if one.of_life] == []


CHECKED = [
    ("合同金额为人民币108,971元（大写：壹拾亿零捌仟玖佰柒拾壹万元整）", "capitals"),
    ("合同金额为人民币108,971元，占公司2022年度经审计营业收入的19.73%，营业收入为552,311万元", "share"),
]


@pytest.mark.parametrize(("text", "check"), CHECKED)
def test_a_wrong_unit_of_the_source_fails_a_check_and_asks_for_a_person(text: str, check: str) -> None:
    (one,) = read(f"公司与东海数据有限公司签订《算力服务合同》，{text}。")
    assert {each.name: each.outcome for each in one.checks}[check] == "failed"
    assert one.confidence < 0.5 and any(why.startswith(check) for why in one.review)


ROWS = packaged("commitments").filter(
    (packaged("commitments")["amount_high"].is_not_null()) & (packaged("commitments")["currency"] == "CNY")
)


@pytest.mark.parametrize("row", ROWS.to_dicts(), ids=ROWS["commitment_id"].to_list())
def test_every_row_of_the_report_with_an_amount_is_read_out_of_a_sentence_made_of_it(row: dict[str, object]) -> None:
    (one, *_) = read(_sentence(row))
    assert one.amount_high == pytest.approx(row["amount_high"])
    assert one.direction == ("outflow" if row["direction"] == "outflow" else one.direction)
    assert one.term_months == row["term_months"] and one.is_compute


def _sentence(row: dict[str, object]) -> str:
    """A sentence as notices write them, with the figures of a row."""
    amount = f"{float(str(row['amount_high'])) / 1e4:,.6f}".rstrip("0").rstrip(".")
    limit = {"ceiling": "不超过", "estimate": "约"}.get(str(row["amount_basis"]), "")
    term = f"，服务期限为{row['term_months']}个月" if row["term_months"] else ""
    if row["direction"] == "inflow":
        return f"公司与东海数据有限公司签订《算力服务合同》，合同总金额{limit}人民币{amount}万元{term}。"
    return f"公司拟向供应商采购算力服务器，采购合同总金额{limit}人民币{amount}万元{term}。"

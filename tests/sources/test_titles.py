"""Titles: one spelling for comparison, and kinds by pattern."""

from __future__ import annotations

import csv

import polars as pl
import pytest

from screener.core.resources import tables_dir
from screener.core.tables import packaged
from screener.sources.titles import comparable, kind_of, plain_title

KINDS = packaged("kinds")


@pytest.mark.parametrize(
    ("title", "kind"),
    [
        ("关于签订算力服务合同的公告", "order"),
        ("关于签署日常经营重大合同的公告", "order"),
        ("关于项目中标的公告", "order"),
        ("关于签署战略合作框架协议的公告", "strategic"),
        ("关于签署算力服务框架协议的公告", "framework"),
        ("关于购买服务器资产的公告", "purchase"),
        ("关于终止重大合同的公告", "termination"),
        ("关于解除算力服务合同的公告", "termination"),
        ("关于部分限售股份解除限售的提示性公告", "other"),
        ("关于控股股东部分股份解除质押的公告", "share_transfer"),
        ("关于取消算力采购项目的公告", "cancellation"),
        ("关于取消2025年第一次临时股东大会的公告", "other"),
        ("关于合同变更的公告", "change"),
        ("关于变更会计师事务所的公告", "other"),
        ("关于募投项目延期的公告", "delay"),
        ("关于延期回复问询函的公告", "inquiry"),
        ("关于重大合同进展的公告", "progress"),
        ("关于回购公司股份的进展公告", "other"),
        ("关于收到监管工作函的公告", "regulatory_letter"),
        ("关于收到中国证监会立案告知书的公告", "investigation"),
        ("股票交易异常波动公告", "abnormal_move"),
        ("关于公司股票可能被实施退市风险警示的提示性公告", "risk_warning"),
        ("2025年半年度报告", "report"),
        ("2025年5月12日投资者关系活动记录表", "investor_relations"),
        ("2025年度向特定对象发行A股股票预案", "raise"),
        ("关于开展融资租赁业务的公告", "lease"),
        ("第三届董事会第十次会议决议公告", "other"),
    ],
)
def test_a_title_has_the_kind_of_the_first_pattern_that_fits(title: str, kind: str) -> None:
    assert kind_of(title) == kind


def test_every_pattern_gives_a_declared_kind() -> None:
    with (tables_dir() / "title_patterns.csv").open(encoding="utf-8") as file:
        given = {row["kind"] for row in csv.DictReader(file)}
    assert given <= set(KINDS["kind"])


def test_no_order_of_the_report_is_overlooked() -> None:
    """A title of a signed order, framework or cooperation is order-like, or a stated progress that a person reads."""
    told = packaged("announcements").filter(pl.col("kind").is_in(["order", "framework", "cooperation"]))
    like = set(KINDS.filter(pl.col("order_like") | pl.col("warning"))["kind"])
    assert {kind_of(title) for title in told["title"]} <= like


def test_nine_in_ten_titles_of_the_report_get_its_kind() -> None:
    rows = packaged("announcements").select("title", "kind").rows()
    assert sum(kind_of(title) == kind for title, kind in rows) >= 0.9 * len(rows)


@pytest.mark.parametrize(
    "other",
    ["宏景科技：关于签订<em>算力</em>合同的公告", "*ST宏景:关于签订算力合同的公告 ", "关于签订「算力合同」的公告"],
)
def test_the_same_announcement_compares_equal(other: str) -> None:
    assert comparable(other) == comparable("关于签订算力合同的公告")


def test_numbers_keep_titles_apart() -> None:
    assert comparable("第三届董事会第十次会议决议公告") != comparable("第三届董事会第九次会议决议公告")


def test_marks_of_a_search_engine_are_taken_out() -> None:
    assert plain_title("关于<em>算力</em>的\n公告") == "关于算力的 公告"

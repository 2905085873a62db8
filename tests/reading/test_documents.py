"""Documents from outside: what they hold, and what they can do to whoever opens them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest

from screener.reading.bounded import read
from screener.reading.documents import MAX_BYTES, MAX_PAGES, Unreadable, extracted, odd_share
from screener.reading.ocr import installed
from screener.reading.proposals import BY_OCR
from screener.reading.text import Flat
from tests.reading import made

NOTICE = (
    "证券代码：300000    证券简称：测试股份    公告编号：2026-001",
    "关于签订算力服务合同的公告",
    "测试股份有限公司（以下简称“公司”）于2026年3月2日与华北云图科技有限公司（以下简",
    "称“华北云图”）签订了《算力服务合同》，合同金额为人民币33,2",
    "00.00万元（含税），服务期限为60个月。",
)


def test_a_pdf_is_read_with_a_number_and_a_name_broken_over_lines() -> None:
    (one,) = read(made.pdf(NOTICE)).proposals
    assert (one.amount_high, one.counterparty, one.signed_on) == (332e6, "华北云图科技有限公司", "2026-03-02")
    assert {check.name: check.outcome for check in one.checks}["readers"] == "passed"


def test_every_value_stands_where_its_evidence_says() -> None:
    reading = read(made.pdf(["封面"], NOTICE))
    for one in reading.proposals[0].evidence:
        assert one.page == 2 and reading.pages[1][one.start : one.end] == one.text != ""


def test_the_unit_of_a_table_stands_in_its_heading_and_totals_are_no_contract() -> None:
    rows = [
        ["项目名称", "招标人", "中标金额（万元）"],
        ["智算中心一期算力服务", "东海数据集团有限公司", "12,345.60"],
        ["智算中心二期算力服务", "西岭能源有限公司", "8,000"],
        ["合计", "", "20,345.60"],
    ]
    found = read(made.table_pdf(["关于中标项目的公告", "公司近日中标下列项目："], rows, [160, 160, 120])).proposals
    assert [(one.amount_high, one.counterparty) for one in found] == [
        (123_456_000.0, "东海数据集团有限公司"),
        (80e6, "西岭能源有限公司"),
    ]
    assert all(one.is_compute for one in found)


REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "encrypted": (lambda: made.pdf(NOTICE, password="secret"), "encrypted"),
    "cut short": (lambda: made.pdf(NOTICE)[:700], "damaged"),
    "nested": (lambda: b"%PDF-1.7\n" + b"((((((" * 100_000, "damaged"),
    "a picture": (made.scanned_pdf, "no text"),
    "an archive": (lambda: b"PK\x03\x04" + bytes(99), "not a document"),
    "nothing": (bytes, "not a document"),
    "bytes": (lambda: b"\0\1\2", "not a document"),
    "too many pages": (lambda: made.pdf(*[["."]] * (MAX_PAGES + 1)), "too large"),
    "too many bytes": (lambda: b"%PDF-" + bytes(MAX_BYTES), "too large"),
    "endless": (lambda: ("合同金额为人民币1万元，" * 500_000).encode(), "too large"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_read_says_why(name: str) -> None:
    body, cause = REFUSED[name]
    with pytest.raises(Unreadable) as told:
        read(body())
    assert told.value.cause == cause


def test_a_reader_that_takes_too_long_is_ended() -> None:
    with pytest.raises(Unreadable, match="too slow"):
        read(made.large_pdf(200), seconds=1)


@pytest.mark.skipif(sys.platform != "linux", reason="memory of a process is bounded by the system on Linux")
def test_a_reader_that_takes_too_much_memory_is_ended() -> None:
    with pytest.raises(Unreadable, match="memory"):
        read(made.pdf(NOTICE), memory=60_000_000)


@pytest.mark.skipif(sys.platform != "linux", reason="memory of a process is bounded by the system on Linux")
def test_a_small_file_that_unfolds_to_a_huge_page_ends_its_reader_alone() -> None:
    with pytest.raises(Unreadable, match=r"memory|stopped"):
        read(made.unfolding_pdf(100_000_000), memory=250_000_000)


def test_a_file_cut_behind_its_pages_is_read_with_a_note() -> None:
    body = made.pdf(NOTICE)
    reading = read(body[: body.rindex(b"xref") - 1])
    assert [one.amount_high for one in reading.proposals] == [332e6]
    assert any("may be cut short" in note for note in reading.notes)


def test_scripts_of_a_document_are_not_run_and_not_read() -> None:
    page = "<html><script>var x='合同金额100万元';</script><p>公司与华北云图科技有限公司签订合同，合同金额200万元。</p></html>"
    assert [one.amount_high for one in read(page.encode()).proposals] == [2e6]
    assert [one.amount_high for one in read(made.scripted_pdf(NOTICE)).proposals] == [332e6]


def test_a_broken_font_map_is_named_and_nothing_is_read_from_it() -> None:
    reading = read(made.wrong_letters_pdf(NOTICE))
    assert (reading.odd, reading.proposals) == ((1,), ())
    assert odd_share("公司与客户签订了算力服务合同") == 0.0


def test_a_page_without_text_is_named_beside_pages_with_text() -> None:
    merged = _with_scan()
    reading = read(merged)
    assert reading.scanned == (2,) and "pages without text: 2" in reading.proposals[0].review


def test_a_scanned_page_is_read_by_ocr_and_its_amount_asks_for_a_person() -> None:
    if not installed():
        pytest.skip("the extra `ocr` is not installed")
    body = made.pictured_pdf(NOTICE)
    with pytest.raises(Unreadable, match="no text"):
        read(body)
    reading = read(body, ocr=True)
    if "算力" not in reading.pages[0]:
        pytest.skip("no Chinese font on this machine to draw the page with")
    (one,) = reading.proposals
    assert (reading.recognised, one.amount_high) == ((1,), 332e6)
    assert one.confidence <= 0.5 and any(why.startswith(BY_OCR) for why in one.review)


def _with_scan() -> bytes:
    """The notice, then a picture."""
    import io

    import pypdfium2 as pdfium

    file = pdfium.PdfDocument(made.pdf(NOTICE))
    file.import_pages(pdfium.PdfDocument(made.scanned_pdf()))
    out = io.BytesIO()
    file.save(out)
    return out.getvalue()


def test_tables_of_a_web_page_have_cells() -> None:
    page = "<table><tr><th>采购人</th><th>合同金额（万元）</th></tr><tr><td><p>东海数据集团有限公司</p></td><td>1,200</td></tr></table>"
    assert [one.amount_high for one in read(page.encode()).proposals] == [12e6]


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16"])
def test_text_is_read_in_every_encoding_it_comes_in(encoding: str) -> None:
    assert "合同" in extracted("公司签订合同，金额为100万元。".encode(encoding)).pages[0]


SPELLED = [
    ("证 券 代 码 ： 300001", "证券代码:300001"),
    ("合同金额为人民币 33, 200 万元", "合同金额为人民币33,200万元"),
    ("合同金额３３，２００万元", "合同金额33，200万元"),
    ("R&S Production Services, Inc. 签订", "R&S Production Services, Inc.签订"),
    ("金额为108,\n971万元", "金额为108,971万元"),
    ("正文\n第 3 页 共 9 页\n继续", "正文继续"),
]


@pytest.mark.parametrize(("page", "flat"), SPELLED)
def test_the_rules_read_one_spelling(page: str, flat: str) -> None:
    assert Flat.of([page]).text.replace("：", ":").strip("\n") == flat


def test_reading_loads_neither_the_store_nor_the_network() -> None:
    code = "import sys, screener.reading.worker, screener.reading.propose as p; print([m for m in ('duckdb','polars','requests','pandas') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

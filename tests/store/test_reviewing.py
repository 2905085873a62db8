"""From a document behind a link to an accepted commitment: the real wire, a process that reads, a person who decides."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from functools import cache
from pathlib import Path

import polars as pl
import pytest

from screener.core.errors import UsageError
from screener.core.tables import TABLES
from screener.reading.documents import Document
from screener.reading.propose import propose
from screener.research import Research
from screener.store.database import Store
from screener.store.ingest import ingest
from screener.store.proposing import documents_dir
from screener.store.suspecting import suspects
from screener.store.waiting import waiting_since
from tests import kept
from tests.loopback.server import Loopback
from tests.loopback.world import World
from tests.reading import made

EVENING, NOON = datetime(2026, 6, 24, 18, 30), "2026-06-26T12:00:00"
After = Callable[..., Research]
NOTICES = {
    1: ("order", "关于签订算力服务合同的公告", "公司与Y公司签订《算力服务合同》，合同金额为人民币72,089.60万元（含税），服务期限为60个月。"),
    2: ("termination", "关于终止重大合同的公告", "公司与X公司协商一致，同意终止双方签订的《算力服务合同》，终止合同金额40,908万元。"),
    3: ("order", "关于签订重大合同的公告", "公司与华北云图科技有限公司签订《算力服务合同》，合同金额为8,000万美元，服务期限为60个月。"),
    4: ("purchase", "关于购买设备的公告", "公司拟向多家供应商采购服务器，采购合同总金额预计不超过人民币2亿元，用于提供算力服务。"),
    5: ("order", "关于中标道路工程的公告", "公司收到东海建设局发来的《中标通知书》，中标价为人民币90亿元。"),
}  # fmt: skip


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with five unread announcements whose links the loopback serves."""
    path = tmp_path_factory.mktemp("filled") / "s.duckdb"
    schema = TABLES["announcements"].schema
    rows = [
        dict.fromkeys(schema)
        | {
            "announcement_id": f"cninfo-{number}",
            "symbol": "301396.SZ",
            "event_date": date(2026, 6, 25),
            "title": title,
            "kind": kind,
            "known_at": EVENING,
            "known_at_basis": "exchange_time",
            "review": "unreviewed",
            "url": f"http://static.cninfo.com.cn/finalpage/2026-06-25/{number}.PDF",
            "source": "test",
        }
        for number, (kind, title, _) in NOTICES.items()
    ]
    with Store.create_or_open(path, now=datetime(2026, 6, 1)) as store:
        ingest(store, "announcements", pl.DataFrame(rows, schema=schema), "test", datetime(2026, 6, 25))
    return path


@contextmanager
def asking(path: Path) -> Iterator[Research]:
    """The house of a store with the loopback as proxy; figures of SCREENER_NOW."""
    world = World(("301396.SZ",), date(2026, 1, 5), date(2026, 6, 30))
    world.documents = {number: made.pdf([title, text]) for number, (_, title, text) in NOTICES.items()}
    server = Loopback(world)
    proxy = f"http://127.0.0.1:{server.server_address[1]}"
    named = {"HTTP_PROXY": proxy, "http_proxy": proxy, "NO_PROXY": "", "no_proxy": "", "SCREENER_PACE": "0"}
    try:
        with pytest.MonkeyPatch.context() as patch:
            for name, value in {**named, "SCREENER_NOW": NOON}.items():
                patch.setenv(name, value)
            found = Research(path)
            found.server = server  # type: ignore[attr-defined]
            yield found
    finally:
        server.stop()


@pytest.fixture
def house(filled: Path, tmp_path: Path) -> Iterator[Research]:
    """A copy of the store where nothing was read yet."""
    with asking(kept.copied(filled, tmp_path / "s.duckdb")) as found:
        yield found


@pytest.fixture(scope="module")
def once(filled: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """A store where the named announcements were read (none: all); never to be written to."""

    @cache
    def stored(*names: str) -> Path:
        with asking(kept.copied(filled, tmp_path_factory.mktemp("read") / "s.duckdb")) as found:
            found.read(*names)
            return found.path

    return stored


@pytest.fixture
def after(once: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> After:
    """The house of a copy of such a store, documents and all; nobody can be asked."""
    monkeypatch.setenv("SCREENER_NOW", NOON)

    def read(*names: str) -> Research:
        stored, path = once(*names), tmp_path / "s.duckdb"
        shutil.copytree(documents_dir(stored), documents_dir(path))
        return Research(kept.copied(stored, path))

    return read


def latest(house: Research, table: str, name: str, value: str) -> list[dict[str, object]]:
    with Store.open_read_only(house.path) as store:
        return store.latest_where(table, name, [value]).to_dicts()


def test_documents_are_fetched_once_kept_by_hash_and_proposed_from(house: Research) -> None:
    assert len(house.read().rows) == 5
    files = [file for file in documents_dir(house.path).rglob("*") if file.is_file()]
    asked = len(house.server.seen)  # type: ignore[attr-defined]
    assert (len(files), asked) == (5, 5)
    assert house.read().rows == [] and len(house.read("cninfo-1").rows) == 1
    assert len(house.server.seen) == asked  # type: ignore[attr-defined]


def test_a_link_that_brings_no_document_is_told_and_asked_again_next_time(house: Research) -> None:
    house.server.world.documents.pop(1)  # type: ignore[attr-defined]
    told = house.read("cninfo-1")
    assert told.rows == [] and any("empty answer" in note for note in told.stands_on.notes)
    house.server.world.documents[1] = made.pdf([NOTICES[1][2]])  # type: ignore[attr-defined]
    assert len(house.read("cninfo-1").rows) == 1


def test_no_address_but_that_of_a_publisher_is_asked(house: Research) -> None:
    with Store.create_or_open(house.path) as store:
        store.connection.execute(
            "UPDATE announcements SET url = 'http://127.0.0.1:1/x.pdf' WHERE announcement_id = 'cninfo-1'"
        )
    told = house.read("cninfo-1")
    assert any("not an address of a publisher" in note for note in told.stands_on.notes)


def test_the_queue_is_compute_work_and_the_rest_where_asked_for(after: After) -> None:
    house = after()
    assert [row["proposal_id"] for row in house.waiting().rows] == [
        "cninfo-1~1",
        "cninfo-2~1",
        "cninfo-4~1",
        "cninfo-3~1",
    ]
    assert len(house.waiting(everything=True).rows) == 5


def test_what_a_person_accepts_becomes_a_dated_commitment_with_evidence(after: After) -> None:
    house = after("cninfo-1")
    assert house.accept("cninfo-1~1", "wang") == "cninfo-1-1"
    (row,) = latest(house, "commitments", "commitment_id", "cninfo-1-1")
    assert (row["amount_high"], row["term_months"], row["tax"], row["known_at"]) == (720.896e6, 60, "included", EVENING)
    assert (row["counterparty"], row["counterparty_named"], row["source"]) == ("Y公司", False, "reviewed reading")
    assert "reviewed by wang" in str(row["note"])
    (announcement,) = latest(house, "announcements", "announcement_id", "cninfo-1")
    assert announcement["review"] == "reviewed"
    assert house.waiting().rows == []


def test_a_second_announcement_of_the_same_figures_is_linked_as_suspected(after: After) -> None:
    house = after("cninfo-1")
    house.accept("cninfo-1~1", "wang")
    (link,) = latest(house, "links", "from_id", "cninfo-1-1")
    assert (link["to_id"], link["kind"], link["state"]) == ("R07-1", "re_announces", "suspected")
    assert "the same amount" in str(link["evidence"]) and "the same counterparty" in str(link["evidence"])


def test_a_termination_needs_its_commitment_where_two_could_be_meant(after: After) -> None:
    house = after("cninfo-2")
    (waiting,) = house.waiting().rows
    assert [one["commitment_id"] for one in waiting["suspects"]] == ["R05-1", "R03-1"]
    assert house.accept("cninfo-2~1", "wang", {"of": "R03-1"}) == "R03-1:cninfo-2:termination"
    (fact,) = latest(house, "contract_facts", "announcement_id", "cninfo-2")
    assert (fact["kind"], fact["amount"], fact["known_at"]) == ("termination", 409.08e6, EVENING)
    assert "of R03-1: the same amount, 409,080,000" in str(fact["note"])


SPOKEN_OF = [
    ("公司与Y公司签订《算力服务合同》，合同金额为人民币72,089.60万元，服务期限为60个月。", "order", "R07-1", "re_announces"),
    ("关于签订补充协议的公告\n公司与Y公司签订《算力服务合同》之补充协议，合同金额72,089.60万元。", "supplement", "R07-1", "amends"),
    ("公司与Y公司协商一致，终止《算力服务合同》，终止合同金额72,089.60万元。", "termination", "R07-1", ""),
    ("公司与Y公司已确认算力服务合同调减，调减合同金额72,089.60万元。", "reduction", "R07-1", ""),
]  # fmt: skip


@pytest.mark.parametrize(("text", "kind", "of", "link"), SPOKEN_OF)
def test_what_speaks_of_a_stored_commitment_is_suspected_with_reasons(
    filled: Path, text: str, kind: str, of: str, link: str
) -> None:
    (proposal,) = [one for one in propose(Document("text", [text])) if one.kind == kind][:1]
    with Store.open_read_only(filled) as store:
        first, *_ = suspects(store, proposal, "301396.SZ", EVENING)
        earlier = suspects(store, proposal, "301396.SZ", datetime(2025, 3, 1))
    assert (first.commitment_id, first.link) == (of, link)
    assert any("the same amount" in why for why in first.reasons)
    assert of not in {one.commitment_id for one in earlier}  # it was not known then


NOT_YET = [
    ("cninfo-3", {}, "without its equivalent"),
    ("cninfo-1", {"amout": "3亿"}, "nothing to edit by that name"),
    ("cninfo-1", {"term": "five"}, "term not understood"),
    ("cninfo-1", {"signed": "yesterday"}, "day not understood"),
    ("cninfo-1", {"kind": "gift"}, "kind unknown"),
    ("cninfo-1", {"direction": "sideways"}, "direction is none of its words; got sideways; expected inflow"),
    ("cninfo-1", {"of": "R99-9"}, "no such commitment; got R99-9"),
    ("cninfo-1", {"stake": "1.5"}, "stake not understood"),
    ("cninfo-1", {"amount": "-5"}, "amount not understood; got -5"),
]


@pytest.mark.parametrize(("name", "edits", "why"), NOT_YET)
def test_what_cannot_be_written_is_told_and_waits_on(after: After, name: str, edits: dict[str, str], why: str) -> None:
    house = after(name)
    with pytest.raises(UsageError, match=why):
        house.accept(f"{name}~1", "wang", edits)
    assert len(house.waiting().rows) == 1 and latest(house, "commitments", "announcement_id", name) == []


def test_an_edit_stands_in_the_row_and_the_machines_reading_beside(after: After) -> None:
    house = after("cninfo-3")
    house.accept("cninfo-3~1", "wang", {"amount": "5.7亿", "basis": "estimate"})
    (row,) = latest(house, "commitments", "announcement_id", "cninfo-3")
    assert (row["amount_high"], row["amount_basis"], row["currency"]) == (570e6, "estimate", "CNY")
    with Store.open_read_only(house.path) as store:
        decision, reading = store.connection.execute(
            "SELECT decision, reading FROM decisions JOIN proposals USING (proposal_id)"
        ).fetchall()[0]
    assert decision == "edited" and "8,000万美元" in reading


def test_a_rejected_proposal_is_kept_and_its_announcement_is_reviewed(after: After) -> None:
    house = after("cninfo-5")
    house.reject("cninfo-5~1", "wang", "a road")
    (announcement,) = latest(house, "announcements", "announcement_id", "cninfo-5")
    assert announcement["review"] == "reviewed"
    with pytest.raises(UsageError, match="rejected by wang"):
        house.accept("cninfo-5~1", "li")


def test_what_waits_is_told_with_the_moment_it_was_known(after: After) -> None:
    house = after()
    with Store.open_read_only(house.path) as store:
        assert waiting_since(store) == [("301396.SZ", EVENING)] * 2


def test_reading_again_replaces_what_nobody_has_decided(house: Research) -> None:
    house.read("cninfo-1")
    house.accept("cninfo-1~1", "wang")
    house.read("cninfo-1")
    assert [row["proposal_id"] for row in house.waiting().rows] == ["cninfo-1~2"]

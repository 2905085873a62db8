"""The queue in the terminal, what a screen says of it, and what it would change."""

from __future__ import annotations

import io
import json
from datetime import datetime
from hashlib import sha256
from pathlib import Path

import polars as pl
import pytest

from screener.core.tables import TABLES
from screener.reading import bounded
from screener.store import proposing
from screener.store.database import Store
from screener.store.ingest import ingest
from tests.commands.conftest import Cli

KNOWN = datetime(2026, 6, 24, 18, 30)
TEXT = "公司与华北云图科技有限公司签订《算力服务合同》，合同金额为人民币50,000万元（含税），服务期限为60个月。"


@pytest.fixture
def db(synthetic_db: Path, tmp_path: Path) -> Path:
    """The SYNTHETIC store with one reading that waits."""
    path = tmp_path / "s.duckdb"
    path.write_bytes(synthetic_db.read_bytes())
    waits(path, "cninfo-1", ("order", "关于签订重大合同的公告", TEXT), KNOWN)
    return path


def waits(path: Path, name: str, said: tuple[str, str, str], known_at: datetime) -> None:
    """Puts the reading of a notice (kind, title, text) of one firm into the queue."""
    schema, (kind, title, text) = TABLES["announcements"].schema, said
    row = {
        "announcement_id": name,
        "symbol": "301396.SZ",
        "event_date": known_at.date(),
        "title": title,
        "kind": kind,
        "known_at": known_at,
        "review": "unreviewed",
        "url": "http://static.cninfo.com.cn/1.PDF",
    }
    with Store.create_or_open(path) as store:
        frame = pl.DataFrame([dict.fromkeys(schema) | row], schema=schema)
        ingest(store, "announcements", frame, "test", known_at)
    body, digest = text.encode(), sha256(text.encode()).hexdigest()
    proposing.place(path, digest, body)
    due = proposing.Due(name, "301396.SZ", title, str(row["url"]))
    outcome = proposing.ReadOutcome(due, digest, bounded.read(body, title=title), "", len(body))
    proposing.keep(path, outcome, known_at)


def test_a_screen_says_how_many_readings_wait_once_they_were_known(cli: Cli, db: Path) -> None:
    assert "1 order-like proposals wait: 301396.SZ 1" in cli("screen", "--as-of", "2026-06-24", "--db", db).out
    assert "proposals wait" not in cli("screen", "--as-of", "2026-06-23", "--db", db).out


def test_what_waiting_readings_would_change_stands_beside_and_counts_nowhere(cli: Cli, db: Path) -> None:
    plain = json.loads(cli("screen", "--json", "--as-of", "2026-06-30", "--db", db).out)
    with_them = json.loads(cli("screen", "--json", "--as-of", "2026-06-30", "--with-proposals", "--db", db).out)
    before, after = (next(row for row in rows if row["symbol"] == "301396.SZ") for rows in (plain, with_them))
    assert before["backlog_cny"] == after["backlog_cny"] and before["backlog_with_proposals_cny"] is None
    assert after["backlog_with_proposals_cny"] == pytest.approx(after["backlog_cny"] + 500e6)
    assert "PROPOSALS, not reviewed" in cli("screen", "--as-of", "2026-06-30", "--with-proposals", "--db", db).out


def test_an_end_that_waits_ends_what_waits_beside_it(cli: Cli, db: Path) -> None:
    ended = "公司与华北云图科技有限公司协商一致，终止双方签订的《算力服务合同》，终止合同金额50,000万元。"
    waits(db, "cninfo-2", ("termination", "关于终止重大合同的公告", ended), datetime(2026, 6, 26, 18))
    for day, more in (("2026-06-25", 500e6), ("2026-06-30", 0.0)):
        asked = cli("screen", "--json", "--as-of", day, "--with-proposals", "--db", db).out
        row = next(row for row in json.loads(asked) if row["symbol"] == "301396.SZ")
        assert row["backlog_with_proposals_cny"] == pytest.approx(row["backlog_cny"] + more)


def test_a_firm_that_its_readings_would_bring_in_stands_below_without_a_rank(cli: Cli, db: Path) -> None:
    with Store.create_or_open(db) as store:
        for table in ("announcements", "proposals"):
            store.connection.execute(f"UPDATE {table} SET symbol = '000048.SZ' WHERE announcement_id = 'cninfo-1'")
    asked = ("screen", "--as-of", "2026-06-29", "--json", "--db", db)  # the day before the report names its firms
    assert "000048.SZ" not in {row["symbol"] for row in json.loads(cli(*asked).out)}
    *_, last = json.loads(cli(*asked, "--with-proposals").out)
    assert (last["symbol"], last["rank"], last["score"], last["backlog_cny"]) == ("000048.SZ", None, None, None)
    assert last["backlog_with_proposals_cny"] == 500e6 and last["score_with_proposals"] > 0
    assert "enters it if its proposals are accepted" in last["reason"]


def test_one_key_decides_and_a_wrong_one_asks_again(cli: Cli, db: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("x\ne\nterm=48\n"))
    told = cli("review", "--reviewer", "wang", "--db", db)
    assert told.code == 0 and "cninfo-1~1: accepted by wang as cninfo-1-1" in told.out
    row = json.loads(cli("query", "SELECT term_months, note FROM commitments WHERE commitment_id = 'cninfo-1-1'", "--json", "--db", db).out)[0]  # fmt: skip
    assert row["term_months"] == 48 and "reviewed by wang" in row["note"]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--accept", "nothing"), "no such proposal waits"),
        (("--accept", "a", "--reject", "b"), "one decision at a time"),
        (("--accept", "cninfo-1~1", "--set", "amount"), "edit not understood"),
        (("--web", "--lang", "fr"), "no such language"),
    ],
)
def test_what_cannot_be_decided_is_told_in_one_line(cli: Cli, db: Path, words: tuple[str, ...], why: str) -> None:
    told = cli("review", *words, "--db", db)
    assert told.code == 2 and why in told.err and len(told.err.splitlines()) == 1


def test_read_prints_each_value_with_its_place(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "notice.txt"
    file.write_text(TEXT, encoding="utf-8")
    (row,) = json.loads(cli("read", "--file", file, "--json").out)
    keys = {"announcement_id", "kind", "direction", "is_compute", "counterparty", "amount_low", "amount_high", "currency", "basis", "tax", "term_months", "signed_on", "confidence", "checks", "evidence"}  # fmt: skip
    assert keys <= set(row) and row["signed_on"] is None
    assert all(TEXT[one["start"] : one["end"]] == one["text"] for one in row["evidence"])
    printed = cli("read", "--file", file).out
    assert "500,000,000.00 CNY, tax included" in printed and "60个月" in printed


@pytest.mark.parametrize(
    ("name", "body", "why"),
    [("x.pdf", b"%PDF-1.4 nothing", "cannot be read: damaged"), ("x.zip", b"PK\x03\x04", "not a document"), ("x.txt", b"", "empty")],
)  # fmt: skip
def test_a_file_that_cannot_be_read_is_told_in_one_line(cli: Cli, tmp_path: Path, name: str, body: bytes, why: str) -> None:  # fmt: skip
    (tmp_path / name).write_bytes(body)
    told = cli("read", "--file", tmp_path / name)
    assert told.code == 1 and why in told.err and len(told.err.splitlines()) == 1
    assert cli("read").code == 2

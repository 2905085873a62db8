"""Listing announcements, recording what one contains, and alerts."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest
import typer
from typer.testing import CliRunner, Result

from screener.commands import alerts, announcements
from screener.core.errors import ScreenerError, UsageError
from screener.core.money import amounts
from screener.core.tables import TABLES
from screener.store import recording
from screener.store.database import Store
from screener.store.ingest import ingest
from screener.store.reading_file import told_of
from screener.store.recording import Entry, Fact
from tests import kept

ID, EVENING = "cninfo-1", datetime(2026, 6, 25, 18, 30)


@pytest.fixture
def path(unread: Path, tmp_path: Path) -> Path:
    return kept.copied(unread, tmp_path / "s.duckdb")


@pytest.fixture(scope="module")
def unread(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with one unread announcement of an order and one of a termination."""
    rows = [
        {
            "announcement_id": name,
            "symbol": "301396.SZ",
            "event_date": date(2026, 6, 26),
            "title": title,
            "kind": kind,
            "known_at": EVENING,
            "known_at_basis": "exchange_time",
            "url": url,
            "review": "unreviewed",
            "source": "test",
        }
        for name, title, kind, url in (
            (ID, "关于签订算力合同的公告", "order", "http://static.cninfo.com.cn/1.PDF"),
            ("cninfo-2", "关于终止合同的公告", "termination", None),
        )
    ]
    made = kept.copied(kept.seeded(datetime(2026, 6, 1)), tmp_path_factory.mktemp("unread") / "s.duckdb")
    with Store.create_or_open(made) as store:
        frame = pl.DataFrame(
            [dict.fromkeys(TABLES["announcements"].names) | row for row in rows], schema=TABLES["announcements"].schema
        )
        ingest(store, "announcements", frame, "test", datetime(2026, 6, 26))
    return made


def run(*arguments: str) -> Result:
    return CliRunner().invoke(announcements.app, list(arguments))


def row(path: Path, table: str, name: str, value: str) -> dict[str, object]:
    with Store.open_read_only(path) as store:
        return store.latest(table).filter(pl.col(name) == value).row(0, named=True)


def test_unread_ones_are_listed(path: Path) -> None:
    done = run("--unreviewed", "--json", "--db", str(path))
    assert {one["announcement_id"] for one in json.loads(done.stdout)} == {ID, "cninfo-2"}


def test_what_to_do_with_unread_ones_is_told(path: Path) -> None:
    said = run("--unreviewed", "--db", str(path)).stdout
    assert all(step in said for step in ("screener read", "screener review", "review --web", "announcements record"))
    assert "record" not in run("--symbol", "300093", "--unreviewed", "--db", str(path)).stdout  # nothing is listed


def test_one_without_a_link_is_not_sent_to_be_read(path: Path) -> None:
    said = run("--unreviewed", "--kind", "termination", "--db", str(path)).stdout
    assert "announcements record" in said and "screener read" not in said
    with Store.open_read_only(path) as store:
        (note,) = told_of(store, [], every=True).stands_on.notes
        assert not told_of(store, [], every=False).stands_on.notes
    assert note == "1 unreviewed announcements without a link: screener announcements record ID, by hand"


def test_one_of_which_nobody_says_whether_it_was_read_is_listed_all_the_same(path: Path) -> None:
    with Store.create_or_open(path) as store:
        unsaid = store.latest("announcements").filter(announcement_id=ID).with_columns(review=pl.lit(None, pl.String))
        frame = unsaid.select(TABLES["announcements"].names).with_columns(announcement_id=pl.lit("mine-1"))
        ingest(store, "announcements", frame, "test", datetime(2026, 6, 26))
    done = run("--all", "--db", str(path))
    assert done.exit_code == 0 and "mine-1" in done.stdout


def test_the_list_is_cut_by_symbol_kind_and_day(path: Path) -> None:
    assert json.loads(run("--symbol", "300093", "--unreviewed", "--json", "--db", str(path)).stdout) == []
    done = run("--kind", "termination", "--since", "2026-06-01", "--json", "--db", str(path))
    assert [one["announcement_id"] for one in json.loads(done.stdout)] == ["cninfo-2"]


def test_recording_makes_a_commitment_known_when_its_announcement_was(path: Path) -> None:
    done = run("record", ID, "--kind", "order", "--amount", "3.03亿", "--term", "48", "--db", str(path))
    assert done.exit_code == 0, done.output
    made = row(path, "commitments", "commitment_id", f"{ID}-1")
    assert (made["amount_low"], made["amount_high"], made["amount_basis"]) == (303e6, 303e6, "exact")
    assert (made["direction"], made["term_months"], made["known_at"]) == ("inflow", 48, EVENING)
    assert row(path, "announcements", "announcement_id", ID)["review"] == "reviewed"


def test_a_correction_is_a_new_version_of_the_same_commitment(path: Path) -> None:
    with Store.create_or_open(path) as store:
        recording.record(store, ID, Entry("order", "3.03亿"))
        recording.record(store, ID, Entry("order", "3.3亿", number=1))
        found = store.frame("commitments").filter(pl.col("commitment_id") == f"{ID}-1")
    assert found["amount_high"].to_list() == [303e6, 330e6]


def test_a_second_entry_is_a_second_commitment_with_a_link(path: Path) -> None:
    with Store.create_or_open(path) as store:
        recording.record(store, ID, Entry("order", "3亿"))
        recording.record(store, ID, Entry("order", "1亿", links=(("part_of", f"{ID}-1"),)))
    link = row(path, "links", "from_id", f"{ID}-2")
    assert (link["to_id"], link["kind"], link["known_at"]) == (f"{ID}-1", "part_of", EVENING)


def test_a_fact_ends_a_commitment_on_the_printed_date(path: Path) -> None:
    with Store.create_or_open(path) as store:
        recording.record(store, ID, Entry("order", "3亿"))
        recording.record_fact(store, "cninfo-2", Fact("termination", f"{ID}-1"))
    made = row(path, "contract_facts", "commitment_id", f"{ID}-1")
    assert (made["kind"], made["effective_date"], made["known_at"]) == ("termination", date(2026, 6, 26), EVENING)


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (Entry("nonsense", "1亿"), "kind unknown"),
        (Entry("order", "1亿", links=(("part_of", "nobody"),)), "to_id unknown"),
        (Entry("order", "1亿", stake=2.0), "stake"),
    ],
)
def test_what_the_store_refuses_changes_nothing(path: Path, entry: Entry, said: str) -> None:
    with Store.create_or_open(path) as store, pytest.raises(ScreenerError, match=said):
        recording.record(store, ID, entry)
    assert row(path, "announcements", "announcement_id", ID)["review"] == "unreviewed"


def test_an_announcement_with_nothing_in_it_is_read(path: Path) -> None:
    assert run("record", ID, "--nothing", "--db", str(path)).exit_code == 0
    assert row(path, "announcements", "announcement_id", ID)["review"] == "reviewed"


@pytest.mark.parametrize(
    ("text", "basis", "expected"),
    [
        ("3.03亿", None, (303e6, 303e6, "exact")),
        ("30,300万元", None, (303e6, 303e6, "exact")),
        ("303000000", "estimate", (303e6, 303e6, "estimate")),
        ("2亿-3亿", None, (2e8, 3e8, "range")),
        ("5亿", "ceiling", (None, 5e8, "ceiling")),
        (None, None, (None, None, "undisclosed")),
    ],
)
def test_amounts_as_people_write_them(
    text: str | None, basis: str | None, expected: tuple[float | None, float | None, str]
) -> None:
    assert amounts(text, basis) == expected


@pytest.mark.parametrize("text", ["很多", "3亿-2亿", "0", "-3亿", "3亿美元"])
def test_amounts_that_cannot_be_read_are_refused(text: str) -> None:
    with pytest.raises(UsageError):
        amounts(text, None)


@pytest.mark.parametrize(
    "arguments", [("record", ID), ("record", ID, "--nothing", "--fact", "delay"), ("record", ID, "--fact", "delay")]
)
def test_half_an_entry_is_refused(path: Path, arguments: tuple[str, ...]) -> None:
    assert isinstance(run(*arguments, "--db", str(path)).exception, UsageError)


def test_alerts_name_new_orders_and_terminations_and_end_with_ten(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(typer.Exit) as ended:
        alerts.alerts("2026-06-20", path, as_json=True)
    assert ended.value.exit_code == 10
    told = json.loads(capsys.readouterr().out)
    assert {(one["what"], one["detail"].partition(":")[0]) for one in told} >= {
        ("order-like announcement", "order"),
        ("warning announcement", "termination"),
    }


def test_no_alert_is_exit_0(path: Path) -> None:
    alerts.alerts("2026-07-20", path)

"""One home per fact, seen from the command line: kinds, sessions and themes of the store reach every command."""

from __future__ import annotations

import json
import shutil
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from screener.core.calendar import packaged_calendar
from screener.store.database import Store
from screener.store.loading import load_folder
from tests.commands.conftest import Cli

KIND = "renewal,续签合同,renewal of a contract,true,true,false,inflow,inflow,false,a user"


@pytest.fixture
def db(synthetic_db: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(synthetic_db, tmp_path / "own.duckdb"))


def write(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def load(cli: Cli, db: Path, path: Path) -> None:
    answer = cli("load", path, "--db", db)
    assert answer.code == 0, answer.err


def test_a_kind_is_one_row_and_works_everywhere(cli: Cli, db: Path, tmp_path: Path) -> None:
    header = "kind,label_zh,label_en,order_like,opens_universe,warning,direction,group,ceiling,source"
    load(cli, db, write(tmp_path / "kinds.csv", header, KIND))
    row = "X-9,301396.SZ,2026-06-01,关于续签算力服务合同的公告,renewal,unreviewed"
    load(cli, db, write(tmp_path / "new.csv", "announcement_id,symbol,event_date,title,kind,review", row))
    assert "X-9" in cli("announcements", "--unreviewed", "--db", db).out
    assert "order-like announcement" in cli("alerts", "--since", "2026-06-01", "--db", db).out

    def backlog() -> float:
        rows = json.loads(cli("screen", "--as-of", "2026-06-30", "--db", db, "--json").out)
        return float(next(row["backlog_cny"] for row in rows if row["symbol"] == "301396.SZ"))

    before = backlog()
    words = ("announcements", "record", "X-9", "--kind", "renewal", "--amount", "5亿", "--term", "36", "--db", db)
    assert cli(*words).code == 0
    assert backlog() == pytest.approx(before + 5e8)
    explained = json.loads(cli("explain", "301396", "--as-of", "2026-06-30", "--db", db, "--json").out)
    line = next(row for row in explained["lines"] if row["announcement_id"] == "X-9")
    assert (line["direction"], line["counted"]) == ("inflow", True)
    events = json.loads(cli("events", "--kind", "renewal", "--draws", "99", "--db", db, "--json").out)
    assert events["kind"] == "renewal"


def test_the_page_groups_a_kind_by_its_row(cli: Cli, db: Path, tmp_path: Path) -> None:
    header = "kind,label_zh,label_en,order_like,opens_universe,warning,direction,group,ceiling,source"
    load(cli, db, write(tmp_path / "kinds.csv", header, KIND))
    row = "X-9,301396.SZ,2026-06-01,关于续签算力服务合同的公告,renewal,reviewed"
    load(cli, db, write(tmp_path / "new.csv", "announcement_id,symbol,event_date,title,kind,review", row))
    out = tmp_path / "page.html"
    assert cli("report", "--strategies", "equal_weight", "--lang", "en", "--out", out, "--db", db).code == 0
    assert "renewal of a contract" in out.read_text(encoding="utf-8")


def test_a_theme_is_known_when_somebody_said_so(cli: Cli, db: Path, tmp_path: Path) -> None:
    """A firm called part of the theme today was not part of it in 2024."""
    load(
        cli, db, write(tmp_path / "firms.csv", "symbol,name,board,theme", "300339.SZ,润和软件,chinext,compute_leasing")
    )
    then = json.loads(cli("screen", "--as-of", "2025-06-30", "--db", db, "--json").out)
    assert "300339.SZ" not in {row["symbol"] for row in then}


@pytest.mark.long
def test_a_store_kept_beyond_the_packaged_sessions_answers(cli: Cli, db: Path, tmp_path: Path) -> None:
    """Sessions and bars of January 2027 are loaded (by a clock of then): every command goes on."""
    days = [date(2027, 1, 4) + timedelta(days=n) for n in range(26)]
    sessions = [day for day in days if day.weekday() < 5]
    write(tmp_path / "sessions.csv", "session", *map(str, sessions))
    every = [*packaged_calendar().between(date(2026, 10, 10), date(2026, 12, 31)), *sessions]
    bars = [f"301396.SZ,{day},50,50,50,50,1000000,50000000,SYNTHETIC" for day in every]
    write(tmp_path / "bars.csv", "symbol,session,open,high,low,close,volume,amount,source", *bars)
    folder = tmp_path / "kept"
    folder.mkdir()
    for name in ("sessions.csv", "bars.csv"):
        (tmp_path / name).rename(folder / name)
    with Store.create_or_open(db) as store:
        load_folder(store, folder, now=datetime(2027, 1, 30, 18))
    for words in (
        ("screen",),
        ("explain", "301396"),
        ("diff", "2026-06-30", "2027-01-29"),
        ("alerts", "--since", "2027-01-01"),
        ("backtest", "buy_and_hold", "--no-audit"),
        ("events", "--draws", "99"),
        ("rating",),
        ("status",),
        ("report", "--strategies", "equal_weight", "--out", tmp_path / "p.html"),
    ):
        answer = cli(*words, "--db", db)
        assert answer.code in (0, 10), (words, answer.err)
    assert "2027-01-29" in cli("screen", "--db", db).out

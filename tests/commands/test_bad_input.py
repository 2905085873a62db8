"""Bad input: the exit code, one line on stderr that says what is wrong and what to do, nothing changed."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import duckdb
import polars as pl
import pytest

from screener.sources.synthetic import SEED, synthetic_market
from screener.store.database import Store
from screener.store.ingest import ingest_all
from screener.store.parts import Part
from tests.cases import each_once
from tests.commands.conftest import Answer, Cli

WRONG, MISUSED = 1, 2


def one_line(answer: Answer, code: int, *words: str) -> None:
    assert answer.err.endswith("\n") and answer.err.count("\n") == 1, answer.err
    assert answer.err.startswith("screener: ") and "Traceback" not in answer.err
    assert answer.code == code and answer.out == ""
    for word in words:
        assert word in answer.err


def digest(folder: Path) -> dict[str, str]:
    """Every file below a folder → a hash of its bytes; the trial ledger is written by every back-test."""
    return {
        str(path.relative_to(folder)): sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.endswith(".trials.jsonl")
    }


BAD = [
    ("query \udcff", MISUSED, ("a word of the command line is no text", "not UTF-8")),
    ("withdraw firms 301396.SZ --why \udcff", MISUSED, ("a word of the command line is no text", "not UTF-8")),
    ("explain 999999", WRONG, ("code of no A-share board", "'999999'", "expected 600/")),
    ("explain abc", WRONG, ("no firm of that name", "'abc'", "six digits", "next: screener query")),
    ("explain 科技", WRONG, ("several firms", "宏景科技 301396.SZ", "天阳科技 300872.SZ")),
    ("delivery --symbol 宏晶科技", WRONG, ("no firm of that name", "expected 宏景科技 301396.SZ")),
    ("fetch --symbols 宏晶科技", WRONG, ("no firm of that name", "expected 宏景科技 301396.SZ")),
    ("history commitments 科技", WRONG, ("several firms", "宏景科技 301396.SZ")),
    ("explain 301396.SH", WRONG, ("wrong exchange", "expected 301396.SZ")),
    ("explain 600519", WRONG, ("holds nothing", "600519.SH", "next: screener status")),
    ("diff 2025-06-30 2026-06-30 600519", WRONG, ("holds nothing", "600519.SH", "next: screener status")),
    ("diff 2026-06-30 2025-06-30", MISUSED, ("wrong way round", "expected the earlier day first")),
    ("diff 2026-06-30 20260630", MISUSED, ("one day twice", "got 2026-06-30", "expected two days")),
    ("diff 2025-06-30", MISUSED, ("missing argument 'D2'", "next: screener diff --help")),
    ("screen --as-of soon", MISUSED, ("date not understood", "'soon'", "expected a day like 2026-06-30", "-30d")),
    ("screen --as-of 2026-02-30", MISUSED, ("date not understood", "'2026-02-30'")),
    ("screen --as-of 2020-01-01", MISUSED, ("nothing is known by that day", "expected 2023-06-02 or later")),
    ("explain 301396 --as-of 2020-01-01", MISUSED, ("nothing is known by that day", "next: screener status")),
    ("diff 2019-06-30 2026-06-30", MISUSED, ("nothing is known by that day", "got 2019-06-30")),
    (
        "screen --universe knwon",
        MISUSED,
        ("no such universe; got knwon; expected known | theme | report | market | a file", "screener config"),
    ),
    ("screen --policy firmest", MISUSED, ("'firmest' is not one of 'gross', 'dedup', 'firm', 'strict'",)),
    ("screen --sort foo", MISUSED, ("no such column", "got foo", "score_low")),
    ("screen --columns ,", MISUSED, ("an empty list", "got ','")),
    ("rating --industry-index ,", MISUSED, ("an empty list",)),
    ("report --strategies ,", MISUSED, ("an empty list",)),
    ("fetch --dry-run --symbols ,", MISUSED, ("an empty list",)),
    ("fetch --dry-run --only ,", MISUSED, ("an empty list",)),
    ("screen --lag 99", MISUSED, ("--lag", "less than or equal to 24")),
    ("screen --vat 2", MISUSED, ("--vat", "less than or equal to 1")),
    ("screen --nonsense", MISUSED, ("no such option: --nonsense", "next: screener screen --help")),
    ("nonsense", MISUSED, ("no such command 'nonsense'", "next: screener --help")),
    ("screen --xlsx out.xls", MISUSED, ("not the name of a workbook", "ends in .xlsx")),
    ("backtest nope", WRONG, ("no such strategy", "order_drift", "next: screener new-strategy nope")),
    ("backtest", MISUSED, ("missing argument 'STRATEGY'",)),
    ("backtest order_drift --param hold", MISUSED, ("parameter not understood", "'hold'", "expected hold=20")),
    ("backtest order_drift --param hold=soon", MISUSED, ("wrong type", "'soon'", "expected int")),
    ("backtest order_drift --param hold=0", MISUSED, ("out of range", "expected 1 or more")),
    (
        "backtest order_drift --start 2026-01-05 --end 2025-01-06",
        MISUSED,
        ("the days are the wrong way round", "expected the earlier day first"),
    ),
    ("sweep order_drift --grid hold=5 --start 2026-01-05 --end 2025-01-06", MISUSED, ("the wrong way round",)),
    ("discover --since 2090-01-01", MISUSED, ("that day has not come yet", "got 2090-01-01")),
    ("fetch --since 2090-01-01", MISUSED, ("that day has not come yet", "got 2090-01-01")),
    ("announcements --since 2090-01-01", MISUSED, ("that day has not come yet", "got 2090-01-01")),
    ("backtest order_drift --start 2030-01-01", MISUSED, ("no session in the span", "got 2030-01-01")),
    ("backtest order_drift --cash -5", MISUSED, ("--cash", "greater than or equal to 1")),
    ("backtest order_drift --cash inf", MISUSED, ("--cash", "less than or equal to")),
    ("backtest order_drift --floor inf", MISUSED, ("--floor", "less than or equal to")),
    ("backtest order_drift --floor 1e300", MISUSED, ("--floor", "less than or equal to")),
    ("backtest order_drift --floor nan", MISUSED, ("--floor", "next: screener backtest --help")),
    ("sweep order_drift --grid commission_floor=inf", MISUSED, ("--grid commission_floor", "'inf'", "finite number")),
    ("sweep order_drift --grid retries=99999999999999999999", MISUSED, ("--grid retries", "less than or equal to")),
    ("sweep order_drift --grid initial_cash=0.001", MISUSED, ("--grid initial_cash", "greater than or equal to 1")),
    ("backtest order_drift --participation 3", MISUSED, ("--participation", "less than or equal to 1")),
    ("backtest order_drift --participation 0", MISUSED, ("--participation", "greater than or equal to")),
    ("backtest order_drift --slippage 0.5", MISUSED, ("--slippage", "less than or equal to 0.1")),
    ("backtest order_drift --fill-at close", MISUSED, ("'close' is not one of 'open', 'day_average'",)),
    ("rating --as-of 2019-01-01", MISUSED, ("no rating known by that day", "expected 2024-10-08 or later")),
    ("rating --industry-index FOO", MISUSED, ("no such index", "000300.SH", "next: screener load")),
    ("rating --ratings nowhere.csv", WRONG, ("no such file", "nowhere.csv")),
    ("load", MISUSED, ("no folder given", "next: screener load DIR")),
    ("load nowhere", WRONG, ("no such folder", "nowhere")),
    ("load --template foo", MISUSED, ("no such table to load", "got foo", "bars | indices")),
    ("new-strategy 1st", MISUSED, ("not a Python name", "'1st'", "my_momentum")),
    ("new-strategy class", MISUSED, ("not a Python name",)),
    ("check-strategy nope", WRONG, ("no such strategy", "next: screener new-strategy nope")),
    ("screen --db nowhere.duckdb", WRONG, ("no store yet", "nowhere.duckdb", "next: screener demo")),
]


@pytest.mark.parametrize(("line", "code", "words"), BAD, ids=[row[0] for row in BAD])
def test_bad_input_gets_one_line_and_changes_nothing(
    cli: Cli, synthetic_db: Path, line: str, code: int, words: tuple[str, ...]
) -> None:
    before = digest(synthetic_db.parent), digest(Path.cwd())
    one_line(cli(*line.split()), code, *words)
    assert (digest(synthetic_db.parent), digest(Path.cwd())) == before


SQL = [
    ("DELETE FROM bars", "one SELECT"),
    ("INSERT INTO bars SELECT * FROM bars", "one SELECT"),
    ("DROP TABLE bars", "one SELECT"),
    ("COPY bars TO 'bars.csv'", "one SELECT"),
    ("ATTACH 'other.duckdb'", "one SELECT"),
    ("SET enable_external_access = true", "one SELECT"),
    ("SELECT 1; DROP TABLE bars", "one SELECT"),
    ("SELECT * FROM read_text('/etc/hostname')", "cannot be answered"),
    ("SELECT * FROM 'secret.csv'", "cannot be answered"),
    ("SELEC 1", "not understood"),
    ("SELECT nothing FROM bars", "cannot be answered"),
    ("", "one SELECT"),
]


@pytest.mark.parametrize(("sql", "what"), SQL)
def test_sql_can_neither_write_nor_read_files(cli: Cli, synthetic_db: Path, sql: str, what: str) -> None:
    before = digest(synthetic_db.parent), digest(Path.cwd())
    one_line(cli("query", sql), MISUSED, what)
    assert (digest(synthetic_db.parent), digest(Path.cwd())) == before


def _text(path: Path) -> None:
    path.write_text("no database\n" * 200, encoding="utf-8")


def _foreign(path: Path) -> None:
    duckdb.connect(str(path)).execute("CREATE TABLE t (a INTEGER)").close()


def _later(path: Path) -> None:
    Store.create_or_open(path).close()
    duckdb.connect(str(path)).execute("UPDATE screener_meta SET schema_version = 99").close()


@pytest.mark.parametrize(
    ("command", "make"),
    each_once(["screen", "status", "query SELECT", "backtest order_drift", "rating"], [_text, _foreign, _later]),
)
def test_a_file_that_is_no_store_is_left_alone(
    cli: Cli, tmp_path: Path, command: str, make: Callable[[Path], None]
) -> None:
    what = "another version" if make is _later else "not a store"
    path = tmp_path / "x.duckdb"
    make(path)
    before = digest(tmp_path)
    one_line(cli(*command.split(), "--db", path), WRONG, what, str(path), "next: ")
    assert digest(tmp_path) == before


def test_a_store_without_prices_says_what_to_do(cli: Cli, tmp_path: Path) -> None:
    Store.create_or_open(tmp_path / "x.duckdb").close()
    for command in ("screen", "backtest order_drift", "rating"):
        one_line(cli(*command.split(), "--db", tmp_path / "x.duckdb"), WRONG, "next: screener")
    early = cli("screen", "--as-of", "2020-01-01", "--db", tmp_path / "x.duckdb")
    one_line(early, MISUSED, "nothing is known by that day", "expected 2023-06-02 or later")


HEAD = "symbol,session,open,high,low,close,volume,amount\n"
GOOD = "301396.SZ,2026-10-08,10,11,9,10.5,1000,10200\n"
FILES = [
    (
        "half a table",
        "symbol,session,close,high,low\n301396,2026-10-08,1,1,1\n",
        ("fit no table", "next: screener load --template"),
    ),
    ("no close", "symbol,session,open,high,low,volume\n301396,2026-10-08,1,1,1,1\n", ("close",)),
    ("a letter", HEAD + GOOD + "301396.SZ,2026-10-09,x,11,9,10.5,1000,10200\n", ("open", "'x'")),
    ("a high below the close", HEAD + "301396.SZ,2026-10-08,10,10,9,10.5,1000,10200\n", ("prices out of order",)),
    ("a price of nothing", HEAD + "301396.SZ,2026-10-08,0,11,0,10.5,1000,10200\n", ("zero or negative",)),
    ("negative volume", HEAD + "301396.SZ,2026-10-08,10,11,9,10.5,-1,10200\n", ("volume is negative",)),
    ("a Sunday", HEAD + "301396.SZ,2026-10-11,10,11,9,10.5,1000,10200\n", ("2026-10-11",)),
    ("the future", HEAD + "301396.SZ,2099-10-08,10,11,9,10.5,1000,10200\n", ("2099-10-08",)),
    ("two prices of one day", HEAD + GOOD + GOOD.replace("10.5", "10.6"), ("301396.SZ", "2026-10-08")),
    ("no such code", HEAD + GOOD.replace("301396.SZ", "999999"), ("999999",)),
    ("thousands for units", HEAD + GOOD.replace("10200", "10.2"), ("amount",)),
    ("half a row", HEAD + GOOD + "301396.SZ,2026-10-09,10,11", ("cut short", "line 3")),
    (
        "an unknown kind",
        "announcement_id,symbol,event_date,title,kind\nX1,301396,2026-10-08,t,nonsense\n",
        ("nonsense",),
    ),
    (
        "a stranger's commitment",
        "commitment_id,announcement_id,symbol,kind,is_compute,direction,amount_basis\nX-1,NO,301396,order,true,inflow,exact\n",
        (),
    ),
]


@pytest.fixture(scope="session")
def own_db(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same prices under another name: into a store of SYNTHETIC ones goes no bar of a user's."""
    path = tmp_path_factory.mktemp("own") / "store.duckdb"
    frames = {name: frame.with_columns(source=pl.lit("own")) for name, frame in synthetic_market(SEED).items()}
    with Store.create_or_open(path) as store:
        ingest_all(store, [Part(name, frame, "own") for name, frame in frames.items()])
    return path


@pytest.fixture(scope="session")
def stored(own_db: Path) -> dict[str, pl.DataFrame]:
    with Store.open_read_only(own_db) as store:
        return store.frames()


@pytest.mark.parametrize(("name", "text", "words"), FILES, ids=[row[0] for row in FILES])
def test_a_refused_file_changes_nothing(
    cli: Cli,
    own_db: Path,
    tmp_path: Path,
    stored: dict[str, pl.DataFrame],
    name: str,
    text: str,
    words: tuple[str, ...],
) -> None:
    folder, db = tmp_path / "in", Path(shutil.copy(own_db, tmp_path / "copy.duckdb"))
    folder.mkdir()
    (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    (folder / "zz_good.csv").write_text(HEAD + GOOD.replace("301396.SZ", "600519.SH"), encoding="utf-8")
    one_line(cli("load", folder, "--db", db), WRONG, f"{name}.csv", *words)
    with Store.open_read_only(db) as store:
        after = store.frames()
    assert all(after[table].equals(frame) for table, frame in stored.items())


def test_the_good_file_beside_the_refused_ones_would_have_loaded(cli: Cli, own_db: Path, tmp_path: Path) -> None:
    db = shutil.copy(own_db, tmp_path / "copy.duckdb")
    (tmp_path / "good.csv").write_text(HEAD + GOOD.replace("301396.SZ", "600519.SH"), encoding="utf-8")
    answer = cli("load", tmp_path / "good.csv", "--db", db, "--json")
    assert (answer.code, answer.err) == (0, "") and '"new": 1' in answer.out


MAPS = [
    ("columns = 3", ("map.toml",)),
    ("[[file]]\nunits = { volume = '斗' }", ("斗", "手")),
    ("[[file]]\ndataset = 'nonsense'", ("nonsense",)),
    ("not toml at all [", ("no TOML",)),
]


@pytest.mark.parametrize(("text", "words"), MAPS)
def test_a_column_map_that_is_not_understood(cli: Cli, tmp_path: Path, text: str, words: tuple[str, ...]) -> None:
    (tmp_path / "map.toml").write_text(text, encoding="utf-8")
    db = tmp_path / "new.duckdb"
    one_line(cli("load", tmp_path, "--map", tmp_path / "map.toml", "--db", db), MISUSED, *words)
    assert not db.exists()


BROKEN = [
    ("no docstring", "def weights(panel): return {}\n", "no docstring"),
    ("no function", '"""One."""\n', "no function weights"),
    ("syntax", '"""One."""\ndef weights(panel:\n', "does not parse"),
    ("import", '"""One."""\nimport nowhere_at_all\n', "nowhere_at_all"),
    ("raises", '"""One."""\ndef weights(panel, *, k: int = 3):\n    return {}[k]\n', "KeyError: 3"),
    ("too much", '"""One."""\ndef weights(panel):\n    return {"301396.SZ": 1.5}\n', "1.5"),
    ("stranger", '"""One."""\ndef weights(panel):\n    return {"XXX": 0.5}\n', "XXX"),
]


@pytest.mark.parametrize(("name", "text", "what"), BROKEN, ids=[row[0] for row in BROKEN])
def test_a_broken_strategy_is_told_with_its_file(cli: Cli, tmp_path: Path, name: str, text: str, what: str) -> None:
    path = tmp_path / "broken.py"
    path.write_text(text, encoding="utf-8")
    one_line(cli("backtest", path, "--no-audit"), WRONG, what)


@pytest.mark.parametrize("option", ["--csv", "--xlsx", "--export"])
def test_a_place_that_cannot_be_written_is_named(cli: Cli, tmp_path: Path, option: str) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    place = tmp_path / "file" / ("x.xlsx" if option == "--xlsx" else "x")
    answer = cli("backtest", "equal_weight", "--no-audit", "--json", option, place)
    assert (answer.code, answer.err.count("\n")) == (WRONG, 1) and "cannot write there" in answer.err


def test_a_demo_or_load_into_a_place_that_cannot_be_written(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    one_line(cli("demo", "--out", tmp_path / "file" / "x"), WRONG, "cannot write there")
    one_line(cli("load", tmp_path, "--db", tmp_path / "file" / "x.duckdb"), WRONG, "x.duckdb")


def test_a_strategy_file_is_not_overwritten(cli: Cli) -> None:
    assert cli("new-strategy", "mine").code == 0
    before = digest(Path.cwd())
    one_line(cli("new-strategy", "mine"), WRONG, "already there", "next: screener check-strategy mine")
    assert digest(Path.cwd()) == before


_HOLD = "import duckdb, sys; held = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.read()"


@pytest.mark.parametrize("command", ["screen", "status", "load --template bars"])
def test_a_store_in_use_is_named_as_such(cli: Cli, tmp_path: Path, synthetic_db: Path, command: str) -> None:
    path = Path(shutil.copy(synthetic_db, tmp_path / "x.duckdb"))
    other = subprocess.Popen([sys.executable, "-c", _HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert other.stdout is not None and other.stdout.readline() == b"held\n"
        answer = cli(*command.split(), "--db", path)
    finally:
        other.communicate()
    if command.startswith("load"):  # a template needs no store
        assert answer.code == 0
    else:
        one_line(answer, WRONG, "in use by another process", "next: wait")

"""What commands print and write, over the SYNTHETIC market: the keys others script against, files, help."""

from __future__ import annotations

import csv
import json
import math
import os
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from openpyxl import load_workbook
from typer.main import get_command

from screener.commands.answering import command_line
from screener.commands.groups import COMMANDS
from tests.cases import later
from tests.commands.conftest import Cli

SCREEN_KEYS = {
    "symbol",
    "firm",
    "as_of",
    "rank",
    "score",
    "score_low",
    "score_high",
    "backlog_cny",
    "backlog_low_cny",
    "backlog_high_cny",
    "market_cap_cny",
    "coverage",
    "policy",
    "contracts",
}
BACKTEST_KEYS = {
    "strategy",
    "params",
    "universe",
    "start",
    "end",
    "sessions",
    "initial_cash",
    "final_value",
    "total_return",
    "benchmark",
    "benchmark_return",
    "benchmark_return_from_open",
    "excess_return",
    "annualized_return",
    "volatility",
    "sharpe",
    "information_ratio",
    "alpha",
    "beta",
    "max_drawdown",
    "turnover",
    "without_best_firm",
    "effective_firms",
    "days_to_trade",
    "costs",
    "orders",
    "fills",
    "refusals",
    "audit",
    "hindsight",
    "data",
}
RATING_KEYS = {
    "subject",
    "broker",
    "rating",
    "report_date",
    "benchmark",
    "status",
    "horizon_end",
    "relative_return",
    "band",
    "reading",
}
ALL = ("backlog_yield", "buy_and_hold", "equal_weight", "order_drift", "purchase_drift", "rating_follow")
RUN = ("backtest", "order_drift", "--no-audit")


def rows(cli: Cli, *words: object) -> Any:
    answer = cli(*words, "--json")
    assert answer.code == 0, answer.err
    return json.loads(answer.out)


@pytest.mark.parametrize("command", [name.replace("_", "-") for name in COMMANDS])
def test_every_command_has_help_that_ends_with_an_example(cli: Cli, command: str) -> None:
    answer = cli(command, "--help")
    written = get_command(command_line()).commands[command].help.strip().splitlines()[-1]  # type: ignore[attr-defined]
    assert answer.code == 0 and written.startswith(f"Example: screener {command}")
    assert "Example: screener" in answer.out


@pytest.mark.parametrize("command", ["screen", "explain", "diff", "backtest", "rating", "query"])
def test_where_a_result_is_printed_it_can_be_written_too(command: str) -> None:
    names = {word for parameter in get_command(command_line()).commands[command].params for word in parameter.opts}  # type: ignore[attr-defined]
    assert {"--json", "--csv", "--xlsx", "--db"} <= names


def test_the_screen_has_every_firm_of_the_universe_and_nulls_where_nothing_is_known(cli: Cli) -> None:
    found = rows(cli, "screen", "--as-of", "2026-06-30")
    assert len(found) == 12 and all(set(row) >= SCREEN_KEYS for row in found)
    unknown = [row for row in found if row["coverage"] == "none"]
    assert unknown and all(row["rank"] is None and row["score"] is None for row in unknown)
    ranks = [row["rank"] for row in found if row["rank"]]
    assert ranks == list(range(1, len(ranks) + 1))


def test_a_score_is_backlog_over_market_cap(cli: Cli) -> None:
    for row in rows(cli, "screen", "--as-of", "2026-06-30"):
        if row["score"] is not None:
            assert row["score"] == pytest.approx(row["backlog_cny"] / row["market_cap_cny"])
            assert row["score_low"] <= row["score"] <= row["score_high"] and isinstance(row["contracts"], int)


@pytest.mark.parametrize("universe", ["known", "report"])
def test_hindsight_and_synthetic_prices_are_told_first(cli: Cli, universe: str) -> None:
    printed = cli("screen", "--as-of", "2025-06-30", "--universe", universe).out
    assert printed.splitlines()[0].startswith("SYNTHETIC") and "HINDSIGHT" in printed


@pytest.mark.parametrize("words", [("rating",), ("alerts", "--since", "2026-06-01")], ids=["rating", "alerts"])
def test_made_up_prices_are_said_before_and_after_every_figure_and_in_every_row(
    cli: Cli, words: tuple[str, ...]
) -> None:
    printed = cli(*words).out.splitlines()
    assert printed[0].startswith("SYNTHETIC") and printed[1].startswith("HINDSIGHT") and "SYNTHETIC" in printed[-1]
    found = json.loads(cli(*words, "--json").out)
    assert found and all(row["synthetic"] is True and row["source"] == "SYNTHETIC" for row in found)
    assert all(row["hindsight"].startswith("HINDSIGHT") and row["as_of"] for row in found)


@pytest.mark.parametrize("rated", [date(2025, 3, 3), 20250303, "2025/3/3"])
def test_ratings_of_a_file_are_read_as_load_reads_them(cli: Cli, tmp_path: Path, rated: object) -> None:
    (tmp_path / "mine.csv").write_text(
        "rating_id,subject,subject_kind,broker,rating,report_date,market\n"
        f"X1,sz301396,stock,某证券,优于大市,{rated},A\n",
        encoding="gb18030",
    )
    found = rows(cli, "rating", "--ratings", tmp_path / "mine.csv", "--as-of", "2026-06-30")
    assert {(row["subject"], row["report_date"], row["hindsight"]) for row in found} == {
        ("301396.SZ", "2025-03-03", "")
    }


@pytest.mark.parametrize("strategy", [*later(*ALL[:3]), *ALL[3:]])
def test_a_back_test_has_the_keys(cli: Cli, strategy: str) -> None:
    found = rows(cli, "backtest", strategy, "--no-audit")
    assert set(found) >= BACKTEST_KEYS and found["strategy"] == strategy
    assert set(found["costs"]) == {"commission", "stamp_duty", "transfer_fee", "slippage"}
    assert found["data"]["synthetic"] is True and "SYNTHETIC" in found["data"]["source"]
    assert found["total_return"] == pytest.approx(found["final_value"] / found["initial_cash"] - 1)
    assert all(isinstance(count, int) for count in (found["orders"], found["fills"], *found["refusals"].values()))


def test_the_audit_agrees_to_a_fen_and_says_with_what(cli: Cli) -> None:
    audit = rows(cli, "backtest", "order_drift", "--start", "2025-06-02", "--end", "2025-09-30")["audit"]
    assert audit["engine"] in ("rust", "numba") and audit["max_abs_diff_cny"] < 0.005


def test_a_rating_has_the_keys_and_its_series_stand_side_by_side(cli: Cli) -> None:
    found = [row for row in rows(cli, "rating") if row["broker"] == "国信证券"]
    assert all(set(row) >= RATING_KEYS for row in found)
    assert {(row["reading"], row["series"]) for row in found} == {
        (reading, series)
        for reading in ("E6", "E12", "W", "A")
        for series in ("801750.SI", "930651.CSI", "930713.CSI", "931071.CSI", "930851.CSI")
    }
    stored = [row for row in found if row["series"] in ("801750.SI", "930651.CSI")]
    assert {row["status"] for row in stored} == {"pending"} and all(row["so_far_low"] for row in stored)
    assert {(row["status"], row["band"]) for row in found if row not in stored} == {("not_evaluable", None)}


def test_the_made_up_industry_is_pending_inside_its_window_and_final_in_turn(cli: Cli) -> None:
    main = [row for row in rows(cli, "rating") if row["series_rank"] == 1 and row["reading"] in ("E6", "E12")]
    assert [row["status"] for row in main] == ["final", "final", "final", "partial", "pending", "pending"]


def test_parameters_reach_the_strategy(cli: Cli) -> None:
    found = rows(cli, *RUN, "--param", "hold=5", "--start", "2025-01-02", "--end", "2025-12-31", "--cash", 1_000_000)
    assert (found["params"], found["start"], found["initial_cash"]) == ({"hold": 5}, "2025-01-02", 1_000_000)


def test_the_headline_stands_beside_the_run_without_its_best_firm(cli: Cli) -> None:
    printed = cli(*RUN).out
    for words in (
        "without its best firm",
        "filled at the day's average",
        "from the first open",
        "refusals",
        "HINDSIGHT",
    ):
        assert words in printed


def test_full_adds_months_drawdowns_contributions_and_the_own_band(cli: Cli) -> None:
    printed = cli(*RUN, "--full").out
    for words in ("tracking error", "Months", "Drawdowns", "Contribution by firm", "band it would have earned"):
        assert words in printed


def test_explain_adds_the_run_off_by_quarter(cli: Cli) -> None:
    found = rows(cli, "explain", "301396", "--as-of", "2026-06-30")
    assert sum(sum(cells.values()) for cells in found["runoff"].values()) == pytest.approx(found["backlog_cny"])
    assert "Run-off by quarter" in cli("explain", "sz301396", "--as-of", "20260630", "--runoff").out


def test_parts_of_a_difference_add_up(cli: Cli) -> None:
    (row,) = rows(cli, "diff", "2025-06-30", "2026-06-30", "301396")
    assert sum(row["log_shares"].values()) == pytest.approx(row["log_change"])
    assert row["log_change"] == pytest.approx(math.log(row["score_after"] / row["score_before"]))


WRITING = [
    ("screen", ("--as-of", "2026-06-30"), {"screen", "stands_on"}),
    ("explain", ("301396",), {"lines", "runoff", "links", "facts", "ratings", "stands_on"}),
    ("diff", ("2025-06-30", "2026-06-30"), {"diff", "changes", "announcements", "stands_on"}),
    ("backtest", ("order_drift", "--no-audit"), {"summary", "orders", "equity", "contributions", "stands_on"}),
    ("rating", (), {"lines", "ratings", "context", "hits", "stands_on"}),
    ("query", ("SELECT symbol, session, close FROM bars ORDER BY ALL LIMIT 5",), {"query", "stands_on"}),
]


@pytest.mark.parametrize(("command", "words", "files"), WRITING, ids=[row[0] for row in WRITING])
def test_tables_and_workbooks_are_written(
    cli: Cli, tmp_path: Path, command: str, words: tuple[str, ...], files: set[str]
) -> None:
    answer = cli(command, *words, "--csv", tmp_path / "out", "--xlsx", tmp_path / "out.xlsx")
    assert answer.code == 0, answer.err
    assert {path.stem for path in (tmp_path / "out").iterdir()} == files
    assert "stands on" in load_workbook(tmp_path / "out.xlsx", read_only=True).sheetnames


def test_csv_and_json_of_a_screen_say_the_same(cli: Cli, tmp_path: Path) -> None:
    found = rows(cli, "screen", "--csv", tmp_path)
    with (tmp_path / "screen.csv").open(encoding="utf-8-sig") as file:
        written = list(csv.DictReader(file))
    assert [row["symbol"] for row in written] == [row["symbol"] for row in found]
    assert [row["score"] for row in written] == ["" if row["score"] is None else str(row["score"]) for row in found]


def test_export_writes_parquet_that_agrees_with_the_summary(cli: Cli, tmp_path: Path) -> None:
    found = rows(cli, *RUN, "--export", tmp_path)
    assert {path.name for path in tmp_path.glob("*.parquet")} == {
        f"{name}.parquet" for name in ("orders", "fills", "refusals", "actions", "equity")
    }
    assert pl.read_parquet(tmp_path / "orders.parquet").height == found["orders"]
    assert pl.read_parquet(tmp_path / "equity.parquet")["equity"][-1] == pytest.approx(found["final_value"])


def test_status_and_strategies_are_scriptable(cli: Cli) -> None:
    assert {entry["dataset"] for entry in rows(cli, "status")["tables"]} >= {"bars", "announcements", "commitments"}
    assert [row["strategy"] for row in rows(cli, "strategies")] == list(ALL)


def test_a_template_loads_into_an_empty_store(cli: Cli, tmp_path: Path) -> None:
    text = cli("load", "--template", "announcements").out
    (tmp_path / "mine.csv").write_text(text, encoding="utf-8")
    answer = cli("load", tmp_path / "mine.csv", "--db", tmp_path / "new.duckdb", "--json")
    assert answer.code == 0, answer.err
    assert [(row["dataset"], row["new"]) for row in json.loads(answer.out)] == [("announcements", 1)]


def test_a_new_strategy_keeps_the_contract(cli: Cli) -> None:
    assert cli("new-strategy", "mine").code == 0
    checked = cli("check-strategy", "mine")
    assert (checked.code, checked.err) == (0, "") and "ok" in checked.out
    assert "mine" in cli("strategies").out


def test_warnings_do_not_reach_stdout(cli: Cli) -> None:
    assert json.loads(cli("screen", "--json").out) and cli("screen", "--json").err == ""


LIGHT = {
    "--help": (),
    "screen": ("--as-of", "2026-06-30"),
    "explain": ("301396", "--runoff"),
    "status": (),
}
HEAVY = (
    "vectorbt",
    "pyarrow",
    "akshare",
    "plotly",
    "pandas",
    "numba",
    "statsmodels",
    "scipy",
    "requests",
    "xlsxwriter",
)


@pytest.mark.parametrize("command", list(LIGHT))
def test_everyday_commands_import_nothing_heavy_and_end_quietly(synthetic_db: Path, command: str) -> None:
    code = (
        "import sys\nfrom screener.commands.app import answer\nassert not answer(sys.argv[1:])\n"
        f"print('HEAVY', *(name for name in {HEAVY!r} if name in sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, command, *LIGHT[command]],
        env={**os.environ, "SCREENER_DB": str(synthetic_db)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "HEAVY"
    assert not done.stderr  # nor does DuckDB find anything of its own still in use at the end


def test_explain_shows_what_brokers_say_of_the_firm_newest_first(cli: Cli) -> None:
    found = json.loads(cli("explain", "301396", "--json").out)["ratings"]
    assert found and [row["report_date"] for row in found] == sorted(
        (row["report_date"] for row in found), reverse=True
    )
    assert {row["subject"] for row in found} == {"301396.SZ"} and {"standing", "month_6_due"} <= set(found[0])
    printed = cli("explain", "301396").out
    assert "Ratings" in printed and all(str(row["report_date"]) in printed for row in found)
    early = json.loads(cli("explain", "301396", "--as-of", "2024-10-08", "--json").out)["ratings"]
    assert all(row["report_date"] <= "2024-10-08" for row in early)


@pytest.mark.parametrize("by", ["broker", "year", *later("analyst", "rating")])
def test_a_scorecard_is_put_together_by_what_is_asked(cli: Cli, by: str, tmp_path: Path) -> None:
    answer = cli("rating", "--scorecard", "--by", by, "--csv", tmp_path)
    assert answer.code == 0 and f"Who was right after 6 months, by {by}" in answer.out
    assert "not told from luck" in answer.out or by in ("analyst", "year", "rating")
    with (tmp_path / "records.csv").open(encoding="utf-8-sig") as file:
        assert {row["by"] for row in csv.DictReader(file)} == {by}


def test_a_scorecard_by_something_else_is_refused(cli: Cli) -> None:
    answer = cli("rating", "--scorecard", "--by", "month")
    assert answer.code == 2 and "broker | analyst | rating | year" in answer.err

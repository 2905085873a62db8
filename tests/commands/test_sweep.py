"""`screener sweep`: what a script reads, what a person reads, what goes to the ledger."""

from __future__ import annotations

import csv
import json
import re
import shutil
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from screener.backtest import trials
from screener.backtest.sweep.run import EngineName
from screener.commands import app
from tests.commands.conftest import Cli

GRID = ["--grid", "hold=5:40:5", "--grid", "retries=0,5"]


@pytest.fixture
def db(synthetic_db: Path, tmp_path: Path) -> Path:
    """A store of its own: a sweep writes to the ledger beside it."""
    return Path(shutil.copy(synthetic_db, tmp_path / "store.duckdb"))


@pytest.fixture(scope="module")
def folder(synthetic_db: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of which the grid was swept, and what that printed as JSON; whoever writes takes a copy."""
    made, said = tmp_path_factory.mktemp("swept"), StringIO()
    shutil.copy(synthetic_db, made / "store.duckdb")
    with pytest.MonkeyPatch.context() as patched, redirect_stdout(said):
        patched.setenv("XDG_CONFIG_HOME", str(made))  # whatever settings this user has
        assert app.answer(["sweep", "order_drift", *GRID, "--db", str(made / "store.duckdb"), "--json"]) == 0
    (made / "said.json").write_text(said.getvalue(), encoding="utf-8")
    return made


@pytest.fixture
def found(folder: Path) -> dict[str, Any]:
    result: dict[str, Any] = json.loads((folder / "said.json").read_text(encoding="utf-8"))
    return result


@pytest.fixture
def swept(folder: Path, tmp_path: Path) -> Path:
    """A store of its own, of which the grid was swept: `--resume` has nothing left to run."""
    return Path(shutil.copytree(folder, tmp_path / "swept")) / "store.duckdb"


def test_json_has_the_keys_others_script_against(found: dict[str, Any]) -> None:
    wanted = {"strategy", "grid", "variants", "best", "deflated_sharpe", "pbo", "share_beating_benchmark", "verdict"}
    assert wanted <= set(found)
    assert found["grid"] == {"hold": [5, 10, 15, 20, 25, 30, 35, 40], "retries": [0, 5]}
    assert found["variants"] == 16 and 0 <= found["deflated_sharpe"] <= 1


def test_the_best_are_the_best_of_the_file_and_the_share_counts_all(found: dict[str, Any]) -> None:
    frame = pl.read_parquet(found["file"])
    assert found["best"][0]["sharpe"] == frame["sharpe"].max()
    assert [row["sharpe"] for row in found["best"]] == frame["sharpe"].sort(descending=True)[:10].to_list()
    beating = frame["total_return"] > found["benchmark_return"]
    assert found["share_beating_benchmark"] == beating.mean()


def test_the_number_of_trials_comes_from_the_ledger(found: dict[str, Any], cli: Cli, swept: Path) -> None:
    db, ledger = swept, trials.read(swept)
    assert found["trials"]["count"] == ledger.height == 16
    assert found["trials"]["variance_per_session"] == pytest.approx(ledger["sharpe"].var())
    cli("backtest", "equal_weight", "--db", str(db), "--no-audit", "--json")
    again = json.loads(cli("sweep", "order_drift", *GRID, "--db", str(db), "--resume", "--json").out)
    assert again["trials"]["count"] == 17 and again["trials"]["effective"] > found["trials"]["effective"] + 0.99


def test_every_try_beside_it_lowers_what_is_left_of_the_best(found: dict[str, Any], cli: Cli, swept: Path) -> None:
    cli("sweep", "order_drift", "--grid", "hold=1:24", "--db", str(swept), "--json")
    again = json.loads(cli("sweep", "order_drift", *GRID, "--db", str(swept), "--resume", "--json").out)
    assert again["trials"]["count"] > 16
    assert again["deflated_sharpe_if_independent"] < found["deflated_sharpe_if_independent"]


def test_a_person_reads_verdict_best_heat_map_and_what_the_prices_are(cli: Cli, swept: Path) -> None:
    text = cli("sweep", "order_drift", *GRID, "--db", str(swept), "--resume").out
    assert text.startswith("SYNTHETIC prices")
    for words in (
        "The best of 16 variants",
        "deflated Sharpe of the best",
        "Best variants",
        "hold down, retries across",
    ):
        assert words in text.replace("\n", " ")


def test_walk_forward_prints_the_curve_nothing_was_chosen_on(cli: Cli, db: Path) -> None:
    words = ["sweep", "order_drift", "--grid", "hold=5,10,20", "--walk-forward", "train=120,test=60", "--db", str(db)]
    walk = json.loads(cli(*words, "--json").out)["walk_forward"]
    assert (
        walk["purge"] == walk["longest_holding"] > 20
        and walk["note"] == ""
        and walk["curve"][-1]["session"] == walk["folds"][-1]["test_end"] == walk["end"]
    )
    assert walk["curve"][0]["session"] == walk["folds"][0]["test_start"] == walk["start"]
    wealth = np.array([10_000_000, *(row["equity"] for row in walk["curve"])])
    assert walk["total_return"] == pytest.approx(wealth[-1] / wealth[0] - 1)
    assert f"Walk-forward (train 120, test 60, purged {walk['purge']} sessions)" in cli(*words, "--resume").out.replace(
        "\n", " "
    )
    assert any("walk_forward" in params for params in trials.read(db)["params"])


def test_a_walk_that_cannot_be_leaves_the_sweep_to_read_and_to_resume(cli: Cli, db: Path) -> None:
    words = ["sweep", "order_drift", "--grid", "hold=50,60", "--db", str(db), "--json", "--walk-forward"]
    answer = cli(*words, "train=63,test=60")
    found = json.loads(answer.out)
    assert answer.code == 1 and "no walk-forward: purging leaves nothing of the training window" in answer.err
    assert found["walk_forward"] is None and "longest holding" in found["walk_forward_refused"] and found["best"]
    written = Path(found["file"]).stat().st_mtime_ns
    again = json.loads(cli(*words, "train=63,test=60,purge=20", "--resume").out)["walk_forward"]
    assert again["purge"] == 20 and again["note"].startswith("purged 20 sessions, but")
    assert Path(found["file"]).stat().st_mtime_ns == written


def test_the_picture_shows_the_ratio_of_every_variant(cli: Cli, swept: Path, tmp_path: Path) -> None:
    drawn, small = tmp_path / "grid.html", tmp_path / "one.png"
    done = cli("sweep", "order_drift", *GRID, "--db", str(swept), "--resume", "--json", "--plot", str(drawn))
    frame = pl.read_parquet(json.loads(done.out)["file"]).sort("hold", "retries")
    text = drawn.read_text(encoding="utf-8")
    trace = json.loads(re.findall(r"const f = (.*);Plotly", text)[-1])["data"][0]
    assert (trace["y"], trace["x"]) == (["5", "10", "15", "20", "25", "30", "35", "40"], ["0", "5"])
    assert [value for row in trace["z"] for value in row] == pytest.approx(frame["sharpe"].to_list(), abs=1e-4)
    assert "SYNTHETIC prices" in text and "The best of 16 variants" in text
    one = ("sweep", "order_drift", "--grid", "hold=5,10", "--db", str(swept), "--plot")
    assert cli(*one, str(small)).code == 0 and small.read_bytes().startswith(b"\x89PNG")
    assert cli(*one, str(tmp_path / "a.pdf")).code == 2


def test_csv_has_every_variant(cli: Cli, swept: Path, tmp_path: Path) -> None:
    cli("sweep", "order_drift", *GRID, "--db", str(swept), "--resume", "--csv", str(tmp_path / "csv"))
    with (tmp_path / "csv" / "variants.csv").open(encoding="utf-8-sig") as file:
        assert len(list(csv.DictReader(file))) == 16


def test_a_grid_in_which_nothing_trades_says_so(cli: Cli, db: Path, tmp_path: Path) -> None:
    path = tmp_path / "cash.py"
    path.write_text('"""Hold nothing."""\ndef weights(panel, *, k: int = 1):\n    return {}\n', encoding="utf-8")
    answer = cli("sweep", str(path), "--grid", "k=1,2", "--db", str(db), "--json")
    found = json.loads(answer.out)
    assert found["best"] == [] and found["deflated_sharpe"] is None
    assert "None of the 2 variants ever held anything" in found["verdict"]


def test_a_grid_of_one_has_no_probability_of_overfitting(cli: Cli, db: Path) -> None:
    found = json.loads(cli("sweep", "order_drift", "--grid", "hold=20", "--db", str(db), "--json").out)
    assert found["pbo"] is None and "2 variants" in found["pbo_detail"]["reason"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--grid", "x=1"], "axis not understood"),
        (["--grid", "hold=5", "--address", "auto"], "an address is for Ray"),
        (["--grid", "slippage=0,0.01", "--walk-forward", "train=100,test=50"], "not its costs"),
        (["--grid", "hold=5", "--walk-forward", "train=5"], "not understood"),
        (["--grid", "hold=5", "--walk-forward", ""], "not understood"),
        ([], "--grid"),
    ],
)
def test_what_is_wrong_with_the_words_is_a_usage_error(cli: Cli, db: Path, words: list[str], message: str) -> None:
    answer = cli("sweep", "order_drift", *words, "--db", str(db))
    assert answer.code == 2 and message in answer.err
    assert not (db.parent / "sweeps").exists()


def test_without_ray_the_extra_is_named(cli: Cli, db: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    answer = cli("sweep", "order_drift", *GRID, "--engine", EngineName.RAY, "--db", str(db))
    assert answer.code == 2 and "Ray is not installed" in answer.err and "pip install" in answer.err


def test_ctrl_c_says_what_to_run_next(cli: Cli, db: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("screener.backtest.sweep.run.trials.append", stopped)
        answer = cli("sweep", "order_drift", *GRID, "--db", str(db))
    assert answer.code == 130 and "stopped after 0 of 16 variants" in answer.err and "--resume" in answer.err
    assert cli("sweep", "order_drift", *GRID, "--db", str(db), "--resume").code == 0


@pytest.mark.long
@pytest.mark.parametrize("phase", ["screener.evaluation.sweep.answer.overfitting", "screener.backtest.trials.read"])
def test_ctrl_c_while_the_report_is_made_says_it_too(
    cli: Cli, db: Path, monkeypatch: pytest.MonkeyPatch, phase: str
) -> None:
    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(phase, stopped)
    answer = cli("sweep", "order_drift", *GRID, "--db", str(db))
    assert answer.code == 130 and "stopped" in answer.err and "--resume" in answer.err


def test_the_store_itself_is_no_file_to_write_to(cli: Cli, db: Path) -> None:
    before = db.read_bytes()
    answer = cli("sweep", "order_drift", *GRID, "--db", str(db), "--out", str(db))
    assert answer.code == 2 and "not the file of a sweep" in answer.err
    assert db.read_bytes() == before

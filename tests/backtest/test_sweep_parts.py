"""What a sweep writes where: nothing of others is touched, nothing of its own is lost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from screener.backtest import trials
from screener.backtest.sweep import SweepStopped, run_sweep
from screener.backtest.sweep.parts import Parts
from screener.core.errors import ScreenerError, UsageError
from tests.backtest.sweeps import job, moving_market, rows, swept, write_strategy
from tests.backtest.test_sweep import stop_after

WORDS = ["look=2:16"]  # 15 variants, 2 blocks


def part(folder: Path, number: int = 0) -> Path:
    return folder / "out.parquet.parts" / f"{number:08d}.parquet"


def stopped(folder: Path) -> None:
    """A sweep that was left unfinished after its first block."""
    with pytest.raises(SweepStopped):
        swept(folder, WORDS, progress=stop_after(1))


def from_progress(error: BaseException) -> Callable[[int, int], None]:
    def progress(done: int, count: int) -> None:
        raise error

    return progress


# What is not the sweep's


@pytest.mark.parametrize("content", [b"a store", b""])
def test_a_file_of_something_else_is_left_as_it_is(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "out.parquet"
    path.write_bytes(content)
    with pytest.raises(UsageError, match="not the file of a sweep"):
        swept(tmp_path, WORDS)
    assert path.read_bytes() == content and not part(tmp_path).parent.exists()


def test_a_parquet_that_is_no_sweep_is_left_as_it_is(tmp_path: Path) -> None:
    pl.DataFrame({"a": [1]}).write_parquet(tmp_path / "out.parquet")
    with pytest.raises(UsageError, match="not the file of a sweep"):
        swept(tmp_path, WORDS, resume=True)
    assert pl.read_parquet(tmp_path / "out.parquet").columns == ["a"]


def test_a_folder_is_refused_before_the_first_variant(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not the file of a sweep"):
        swept(tmp_path, WORDS, out=".", progress=from_progress(AssertionError()))


def test_a_file_that_appears_meanwhile_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "out.parquet"
    with pytest.raises(UsageError, match="not the file of a sweep"):
        swept(tmp_path, WORDS, progress=lambda done, count: path.write_text("mine"))
    assert path.read_text() == "mine"


def test_parts_of_nobody_knows_which_sweep_are_refused(tmp_path: Path) -> None:
    stopped(tmp_path)
    (tmp_path / "out.parquet.parts" / "parts.json").unlink()
    with pytest.raises(UsageError, match="does not say which sweep"):
        swept(tmp_path, WORDS, resume=True)


def test_somebody_elses_file_among_the_parts_outlives_them(tmp_path: Path) -> None:
    stopped(tmp_path)
    other = tmp_path / "out.parquet.parts" / "notes.txt"
    other.write_text("mine")
    swept(tmp_path, WORDS, resume=True)
    assert list(other.parent.iterdir()) == [other]


# Two at once


def test_a_second_sweep_on_the_same_file_is_refused_and_the_first_goes_on(tmp_path: Path) -> None:
    seen: list[str] = []

    def second(done: int, count: int) -> None:
        with pytest.raises(UsageError, match="another sweep is writing there") as refused:
            swept(tmp_path, WORDS, resume=True)
        seen.append(refused.value.what)

    assert len(rows(swept(tmp_path, WORDS, progress=second))) == 15
    assert len(seen) == 3


# Interruption, full disks


@pytest.mark.parametrize("left", [b"PAR1 half", b""])
def test_a_part_that_was_cut_short_is_done_again(tmp_path: Path, left: bytes) -> None:
    stopped(tmp_path)
    whole = part(tmp_path).read_bytes()
    part(tmp_path).write_bytes(left or whole[: len(whole) // 2])
    assert len(rows(swept(tmp_path, WORDS, resume=True))) == 15


def test_a_part_half_written_by_a_crash_is_done_again(tmp_path: Path) -> None:
    stopped(tmp_path)
    part(tmp_path).rename(part(tmp_path).with_suffix(".tmp"))
    part(tmp_path, 10).write_bytes(b"")
    assert len(rows(swept(tmp_path, WORDS, resume=True))) == 15
    assert not part(tmp_path).parent.exists()


def test_a_second_ctrl_c_keeps_the_parts_and_says_how_to_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def again(_: Parts) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Parts, "stitch", again)
        with pytest.raises(SweepStopped, match=r"stopped after 10 of 15 variants; next: .*--resume"):
            swept(tmp_path, WORDS, progress=stop_after(1))
    assert len(rows(swept(tmp_path, WORDS, resume=True))) == 15


@pytest.mark.parametrize("phase", ["stitch", "finish"])
def test_ctrl_c_after_the_last_variant_says_how_to_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, phase: str
) -> None:
    def stop(_: Parts) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Parts, phase, stop)
        with pytest.raises(SweepStopped, match=r"stopped after all 15 variants.*--resume"):
            swept(tmp_path, WORDS)
    assert len(rows(swept(tmp_path, WORDS, resume=True))) == 15
    assert not part(tmp_path).parent.exists()


def test_where_no_block_was_finished_nothing_is_left(tmp_path: Path) -> None:
    for error in (KeyboardInterrupt(), ScreenerError("x")):
        with pytest.raises(ScreenerError):
            swept(tmp_path, WORDS, progress=from_progress(error))
    assert [path.name for path in tmp_path.iterdir() if "out" in path.name] == []


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), pl.exceptions.ComputeError("No space left")])
def test_a_full_disk_is_one_sentence_and_the_parts_before_it_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def full(*_: object, **__: object) -> None:
        raise error

    stopped(tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(pl.DataFrame, "write_parquet", full)
        with pytest.raises(ScreenerError, match=r"cannot write there.*No space left.*--resume"):
            swept(tmp_path, WORDS, resume=True)
    assert part(tmp_path).is_file() and len(rows(swept(tmp_path, WORDS, resume=True))) == 15


def test_a_ledger_that_cannot_be_written_is_found_before_the_first_variant(tmp_path: Path) -> None:
    store = tmp_path / "s.duckdb"
    trials.trials_file(store).mkdir()
    with pytest.raises(ScreenerError, match="trial ledger"):
        swept(tmp_path, WORDS, ledger=store, progress=from_progress(AssertionError()))
    assert not part(tmp_path).parent.exists()


def test_the_strategy_that_changed_meanwhile_is_named_and_nothing_is_left(tmp_path: Path) -> None:
    market, path = moving_market(), write_strategy(tmp_path)
    todo = job(market, path, WORDS)
    path.write_text(path.read_text().replace("0.9", "0.8"))
    with pytest.raises(ScreenerError, match="changed while it was swept"):
        run_sweep(market, todo, tmp_path / "out.parquet")
    assert not part(tmp_path).parent.exists()

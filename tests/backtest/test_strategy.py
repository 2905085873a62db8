import os
import sys
from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest

from screener.backtest import lookahead, strategy
from screener.commands.new_strategy import TEMPLATE
from screener.core.errors import StrategyError, UsageError
from screener.point_in_time.market import Market
from tests.synthetic import synthetic_frames

GOOD = (
    '"""One line.\n\nMore."""\n'
    'def weights(panel, *, k: int = 3, fast: bool = False, w: float = 0.5, p: str = "firm"):\n    return None\n'
)


@pytest.fixture(scope="module")
def market() -> Market:
    return Market.build(synthetic_frames())


def write(folder: Path, text: str, name: str = "mine") -> str:
    path = folder / f"{name}.py"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_a_strategy_is_described_by_the_first_line_of_its_docstring_and_its_annotations(tmp_path: Path) -> None:
    found = strategy.load(write(tmp_path, GOOD))
    assert (found.name, found.description) == ("mine", "One line.")
    assert dict(found.defaults) == {"k": 3, "fast": False, "w": 0.5, "p": "firm"}


def test_parameters_are_read_by_their_annotations(tmp_path: Path) -> None:
    found = strategy.load(write(tmp_path, GOOD))
    assert found.parse(["k=7", "fast=yes", "w=1e-3", "p=strict"]) == {"k": 7, "fast": True, "w": 0.001, "p": "strict"}


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        (["k"], "not understood .mine.; got 'k'; expected k=3$"),
        (["k=x"], "wrong type .mine k.; got 'x'; expected int, like k=3"),
        (["k=2.5"], "expected int"),
        (["k=0"], "expected 1 or more"),
        (["k=-1"], "expected 1 or more"),
        (["fast=perhaps"], "expected true or false"),
        (["w="], "expected float"),
        (["w=nan"], "expected float"),
        (["z=1"], "no such parameter .mine.; got 'z=1'; expected k=3 fast=False w=0.5 p=firm"),
        (["k=3", "k=4"], "given twice .mine k.; got 3 and 4"),
    ],
)
def test_a_parameter_that_cannot_be_read_is_a_usage_error(pairs: list[str], message: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=message):
        strategy.load(write(tmp_path, GOOD)).parse(pairs)


def test_a_parameter_the_strategy_does_not_have_is_refused_before_it_is_called(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no such parameter .*'z'"):
        strategy.load(write(tmp_path, GOOD)).bind({"z": 1})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("def weights(panel: return", r"does not parse.*mine.py:1:20: def weights\(panel: \^return"),
        ('"""x"""\nif 1:\n\t x = (1\n', r"does not parse: '\(' was never closed .*mine.py:3:7: x = \^\(1"),
        ('"""x"""\nx = 1\0\n', r"does not (parse|import): .*null byte"),
        ('"""x"""\nimport nothing_of_that_name\n', r"nothing_of_that_name.*mine.py:2:1: \^import nothing"),
        ('"""x"""\nn = "算力"; m = nn\n', r"NameError.*did you mean n\?.*mine.py:2:15: n = \"算力\"; m = \^nn"),
        ('"""x"""\nimport sys\nsys.exit(3)\n', r"does not import: SystemExit: 3 .*mine.py:3:1: \^sys"),
        ('"""x"""\n', "no function weights.*got no function"),
        ('"""x"""\ndef weight(panel): ...\n', "no function weights.*got weight$"),
        ('"""x"""\ndef weights(panel, k=3): ...\n', "parameter k is not keyword-only .*mine.py:2"),
        ('"""x"""\ndef weights(panel, *, k=3): ...\n', "parameter k has no annotation"),
        ('"""x"""\ndef weights(panel, *, k: int): ...\n', "parameter k has no default"),
        ('"""x"""\ndef weights(panel, *, k: list = ()): ...\n', "parameter k has no plain annotation but list"),
        ('"""x"""\ndef weights(panel, *, k: int = 2.5): ...\n', "default that is no int: 2.5"),
        ('"""x"""\ndef weights(panel, *, k: int = None): ...\n', "default that is no int: None"),
        ('"""x"""\ndef weights(panel, *, k: bool = 1): ...\n', "default that is no bool: 1"),
        ('"""x"""\ndef weights(*, k: int = 1): ...\n', "weights takes the panel first .*mine.py:2"),
        ("def weights(panel): ...\n", "no docstring"),
    ],
)
def test_a_broken_strategy_is_named_with_its_line(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(StrategyError, match=message) as error:
        strategy.load(write(tmp_path, text))
    assert "\n" not in str(error.value)


def test_a_long_line_is_cut_to_what_stands_near_the_mark(tmp_path: Path) -> None:
    text = '"""x"""\nx = [' + "1, " * 60 + "2 3, " + "4, " * 60 + "]\n"
    with pytest.raises(StrategyError, match=r": ….{38,40}\^2 3, .*…\)") as error:
        strategy.load(write(tmp_path, text))
    assert len(str(error.value)) < 300


def test_an_error_of_a_decision_is_told_with_line_column_session_and_the_nearest_name(
    tmp_path: Path, market: Market
) -> None:
    text = '"""x"""\ndef weights(panel):\n    return {"x": panel.sesion}\n'
    decide, _ = strategy.load(write(tmp_path, text)).bind()
    panel = market.panel(5)
    what = r"strategy fails: AttributeError.*did you mean session\? .*mine.py:3:18: return {\"x\": \^panel.sesion}, 20"
    with pytest.raises(StrategyError, match=what):
        decide(panel)


def test_a_path_below_the_working_directory_is_shown_as_one_would_type_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "strategies").mkdir()
    write(tmp_path / "strategies", "def weights(:\n")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StrategyError, match=r"\(strategies/mine.py:1:13: def weights\(\^:\)"):
        strategy.load("mine")


def test_an_edit_of_the_same_second_and_length_is_run_as_it_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    path = write(tmp_path, GOOD)
    stamp = Path(path).stat()
    strategy.load(path)
    write(tmp_path, GOOD.replace("k: int = 3", "k: int = 4"))
    os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    assert strategy.load(path).defaults["k"] == 4
    assert not (tmp_path / "__pycache__").exists()


def test_a_strategy_just_written_is_not_accused_of_opening_its_own_bytecode(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, market: Market
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    path = write(tmp_path, GOOD)
    assert lookahead.check(path, market).sessions


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(StrategyError, match=r"order_drift.*new-strategy no_such"):
        strategy.find("no_such")


@pytest.mark.parametrize("name", ["order_drfit", "strategies/order_drfit.py"])
def test_a_slip_of_the_pen_is_told_the_nearest_name(name: str) -> None:
    with pytest.raises(StrategyError, match="nearest: order_drift"):
        strategy.find(name)


def test_the_folder_one_stands_in_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "strategies").mkdir()
    write(tmp_path / "strategies", GOOD, "order_drift")
    monkeypatch.chdir(tmp_path)
    assert strategy.load("order_drift").description == "One line."
    assert [path.stem for path in strategy.available()].count("order_drift") == 1


def test_another_text_is_another_fingerprint(tmp_path: Path) -> None:
    first = strategy.load(write(tmp_path, GOOD)).fingerprint
    assert strategy.load(write(tmp_path, GOOD + "# changed\n")).fingerprint != first


def test_the_scaffold_keeps_the_contract(tmp_path: Path) -> None:
    assert dict(strategy.load(write(tmp_path, TEMPLATE)).defaults) == {"k": 3, "days": 20}


def test_a_strategy_is_not_blamed_for_a_hole_of_all_prices(tmp_path: Path) -> None:
    frames = synthetic_frames()
    old = frames["bars"].head(1).with_columns(session=date(2006, 12, 28), known_at=datetime(2006, 12, 28, 15))
    holed = Market.build({**frames, "bars": pl.concat([old, frames["bars"]])})
    assert lookahead.check("order_drift", holed).sessions > 3

import pytest

from screener.backtest import strategy
from screener.commands.new_strategy import TEMPLATE
from screener.core.errors import StrategyError, UsageError

GOOD = '"""One line.\n\nMore."""\ndef weights(panel, *, k: int = 3, fast: bool = False, w: float = 0.5, p: str = "firm"):\n    return None\n'


def write(folder, text, name="mine"):
    path = folder / f"{name}.py"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_a_strategy_is_described_by_the_first_line_of_its_docstring_and_its_annotations(tmp_path):
    found = strategy.load(write(tmp_path, GOOD))
    assert (found.name, found.description) == ("mine", "One line.")
    assert dict(found.defaults) == {"k": 3, "fast": False, "w": 0.5, "p": "firm"}


def test_parameters_are_read_by_their_annotations(tmp_path):
    found = strategy.load(write(tmp_path, GOOD))
    assert found.parse(["k=7", "fast=yes", "w=1e-3", "p=strict"]) == {"k": 7, "fast": True, "w": 0.001, "p": "strict"}


@pytest.mark.parametrize("pair", ["k", "k=x", "k=0", "k=-1", "z=1", "fast=perhaps", "w="])
def test_a_parameter_that_cannot_be_read_is_a_usage_error(pair, tmp_path):
    with pytest.raises(UsageError, match="mine"):
        strategy.load(write(tmp_path, GOOD)).parse([pair])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("def weights(panel: return", r"does not parse.*mine.py:1"),
        ('"""x"""\nimport nothing_of_that_name\n', r"does not import.*nothing_of_that_name.*mine.py:2: import"),
        ('"""x"""\n', "no function weights"),
        ('"""x"""\ndef weights(panel, k=3): ...\n', "parameter k is not keyword-only"),
        ('"""x"""\ndef weights(panel, *, k): ...\n', "parameter k is not keyword-only"),
        ('"""x"""\ndef weights(panel, *, k: list = ()): ...\n', "parameter k is not keyword-only"),
        ('"""x"""\ndef weights(*, k: int = 1): ...\n', "weights takes the panel first"),
        ("def weights(panel): ...\n", "no docstring"),
    ],
)
def test_a_broken_strategy_is_named_with_its_line(text, message, tmp_path):
    with pytest.raises(StrategyError, match=message) as error:
        strategy.load(write(tmp_path, text))
    assert "\n" not in str(error.value)


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(StrategyError, match="order_drift"):
        strategy.find("no_such")


def test_the_folder_one_stands_in_comes_first(tmp_path, monkeypatch):
    (tmp_path / "strategies").mkdir()
    write(tmp_path / "strategies", GOOD, "order_drift")
    monkeypatch.chdir(tmp_path)
    assert strategy.load("order_drift").description == "One line."
    assert [path.stem for path in strategy.available()].count("order_drift") == 1


def test_another_text_is_another_fingerprint(tmp_path):
    first = strategy.load(write(tmp_path, GOOD)).fingerprint
    assert strategy.load(write(tmp_path, GOOD + "# changed\n")).fingerprint != first


def test_the_scaffold_keeps_the_contract(tmp_path):
    assert dict(strategy.load(write(tmp_path, TEMPLATE)).defaults) == {"k": 3, "days": 20}

"""Settings: where they come from, which one wins, and what is refused."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import platformdirs
import pytest

from screener.core.config import Policy
from screener.core.errors import UsageError
from screener.core.settings import FILE, default_db, settings, user_file


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder with a configuration folder of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    for name in ("SCREENER_DB", "SCREENER_CONFIG", "SCREENER_LANG"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "home" / "screener").mkdir(parents=True)
    return tmp_path


def test_without_files_nothing_is_set() -> None:
    found = settings()
    assert (found.values, found.watch, found.files) == ({}, {}, ())
    assert user_file() == Path(platformdirs.user_config_dir("screener")) / FILE


def test_the_nearer_place_wins(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    user_file().write_text('policy = "gross"\nlag = 3\nburn = "none"\n[watch.a]\nsymbols = ["1"]\n', encoding="utf-8")
    (place / FILE).write_text('policy = "strict"\nlag = 4\n[watch.b]\nsymbols = ["2"]\n', encoding="utf-8")
    monkeypatch.setenv("SCREENER_LAG", "6")
    found = settings()
    told = {key: (one.value, one.origin) for key, one in found.values.items()}
    assert told == {
        "policy": (Policy.STRICT, FILE),
        "lag": (6, "$SCREENER_LAG"),
        "burn": ("none", str(user_file())),
    }
    assert [*found.watch] == ["a", "b"] and found.files == (Path(FILE), user_file())


def test_a_named_file_stands_alone(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (place / FILE).write_text("lag = 4\n", encoding="utf-8")
    (place / "other.toml").write_text("vat = 0.06\n[costs]\ncommission = 0.0002\nslippage = 0\n", encoding="utf-8")
    monkeypatch.setenv("SCREENER_CONFIG", "other.toml")
    values = {key: one.value for key, one in settings().values.items()}
    assert values == {"vat": 0.06, "commission": 0.0002, "slippage": 0}
    assert settings().costs() == {"commission_rate": 0.0002, "slippage": 0}
    monkeypatch.setenv("SCREENER_CONFIG", "none.toml")
    with pytest.raises(UsageError, match=r"no such settings file .*got none\.toml"):
        settings()


def test_the_store_of_a_file_lies_beside_it(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    user_file().write_text('store = "mine.duckdb"\n', encoding="utf-8")
    assert default_db() == user_file().parent / "mine.duckdb"
    monkeypatch.setenv("SCREENER_DB", "elsewhere.duckdb")
    assert default_db() == Path("elsewhere.duckdb")


def test_a_watch_list_has_firms_and_perhaps_a_day(place: Path) -> None:
    text = '[watch.mine]\nsymbols = ["宏景科技", "301396"]\n[watch."two words"]\nsymbols = ["1"]\nsince = 2026-01-05\n'
    (place / FILE).write_text(text, encoding="utf-8")
    found = settings().watch
    assert found["mine"].symbols == ("宏景科技", "301396") and found["mine"].since is None
    assert found["two words"].since == date(2026, 1, 5)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('lag = 5\npolcy = "firm"\n', r"no such setting \(screener\.toml line 2\); got polcy; expected .*policy"),
        (
            "[costs]\ncommision = 1\n",
            r"no such setting \(screener\.toml line 2\); got commision; expected .*slippage",
        ),
        ("lag = 99\n", r"option out of range \(lag, screener\.toml line 1\); got 99"),
        ('# remark\n\npolicy = "loose"\n', r"policy, screener\.toml line 3\); got 'loose'"),
        ("[costs]\nslippage = 2.5\n", r"slippage, screener\.toml line 2\); got 2\.5"),
        ('language = "fr"\n', r"no such language \(language, screener\.toml line 1\); got fr; expected zh \| en"),
        ("store = 5\n", r"a setting of another type \(store, screener\.toml line 1\)"),
        ("costs = 5\n", r"expected a table \[costs\]"),
        ("watch = 5\n", r"expected a table \[watch\]"),
        ("[watch.a]\n", r"a watch list without firms \(screener\.toml line 1\)"),
        ("[watch.a]\nsymbols = []\n", "a watch list without firms"),
        ("[watch.a]\nsymbols = [301396]\n", "a watch list without firms"),
        ('[watch.a]\nsymbols = ["1"]\nsinse = "x"\n', r"no such setting \(screener\.toml line 3\); got sinse"),
        ('[watch.market]\nsymbols = ["1"]\n', "a watch list with the name of a rule"),
        ("lag = = 5\n", r"settings not understood \(screener\.toml\); got .*line 1"),
        ("lag = 5\nlag = 6\n", r"settings not understood .*line 2"),
    ],
)
def test_what_is_no_setting_is_refused_with_its_line(place: Path, text: str, said: str) -> None:
    (place / FILE).write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=said) as caught:
        settings()
    assert "\n" not in str(caught.value)


def test_a_variable_is_checked_as_a_file_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCREENER_LAG", "soon")
    with pytest.raises(UsageError, match=r"lag, \$SCREENER_LAG\); got 'soon'"):
        settings()


def test_what_is_no_text_is_refused(place: Path) -> None:
    (place / FILE).write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match="settings not understood"):
        settings()

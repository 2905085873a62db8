"""How findings are told: counted, the worst first, explained, and only what is new."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import polars as pl

from screener.core.stands_on import StandsOn
from screener.store.database import Store
from screener.store.fetch import agree
from screener.store.findings import derive
from screener.store.findings.meaning import MEANINGS
from screener.store.findings.told import counted, findings, fresh, lines, stored
from screener.store.ingest import ingest
from screener.store.loading import load
from tests.store.rows import LATER, NOW, bars


def test_every_check_that_is_made_is_explained() -> None:
    made = set(
        re.findall(
            r'"([a-z]+_[a-z_]+)",\s*(?:None|above|below|unit_odd|pl|off_fen|odd|small|~same)', inspect.getsource(derive)
        )
    )
    assert {*made, agree.CHECK} == set(MEANINGS)
    assert all(how.meaning and how.todo and not how.meaning.endswith(".") for how in MEANINGS.values())


def log(*rows: tuple[str, str, str, str]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=["dataset", "row_key", "check", "detail"], orient="row")


def test_the_worst_example_comes_first() -> None:
    said = "low {} under limit {} (previous close 20.0)"
    rows = [
        ("bars", f"300001.SZ 2026-06-0{n}", "price_limit", said.format(low, 16.0)) for n, low in ((1, 15.9), (2, 8.0))
    ]
    (told,) = counted(log(*rows))
    assert told.rows == 2 and told.examples[0].startswith("300001.SZ 2026-06-02")
    assert lines([told])[0] == f"finding: price_limit 2 on bars (worst: {told.examples[0]})"


def test_what_could_not_be_checked_is_told_apart() -> None:
    rows = log(("bars", "300001.SZ 2026-06-01", "unit_unknown", "8 bars"), ("bars", "x", "zero_volume", "volume 0"))
    assert [line.split(":")[0] for line in lines(counted(rows))] == ["finding", "not checked", "what they mean"]


def test_only_new_findings_are_told(store: Store) -> None:
    ingest(store, "bars", bars(8, volume=0), "f", NOW)
    before = stored(store)
    assert fresh(store, before) == []
    ingest(store, "bars", bars(9, volume=0), "f", LATER)
    assert [(told.check, told.rows) for told in fresh(store, before)] == [("zero_volume", 1)]


def test_the_answer_of_a_load_names_files_findings_and_notes(store: Store, tmp_path: Path) -> None:
    bars(8, volume=0).write_csv(tmp_path / "b.csv")
    done = load(store, tmp_path)
    assert done.warnings[0].startswith("finding: zero_volume 1 on bars (301396.SZ")
    (row,) = done.as_dict()
    assert (row["file"], row["new"], row["findings"]) == ("b.csv", 8, {"zero_volume": 1})
    assert done.frame().height == 1 and done.tables()["findings"][0]["rows"] == 1


def test_many_breaks_of_the_limit_are_a_suspicion(store: Store, tmp_path: Path) -> None:
    steps = pl.Series([10.0, 13.0] * 10)
    frame = bars(20).with_columns(
        *(steps.alias(n) for n in ("open", "high", "low", "close")), (steps * 10_000).alias("amount")
    )
    frame.write_csv(tmp_path / "b.csv")
    assert "adjusted prices, or ex-dates not loaded?" in load(store, tmp_path).warnings[0]


def test_the_answer_of_findings_explains_each_check(store: Store) -> None:
    ingest(store, "bars", bars(8, volume=0), "f", NOW)
    found = findings(store)
    assert found.frame().height == 1 and found.as_dict()["checks"][0]["meaning"] == MEANINGS["zero_volume"].meaning
    assert found.tables()["checks"][0]["check"] == "zero_volume" and "zero_volume" in repr(found)


def test_an_answer_says_on_which_odd_rows_it_stands() -> None:
    many = {f"60000{n}.SH": 1 for n in range(5)}
    odd = {"bars": {"603629.SH": 3}, "actions": many}
    stands_on = StandsOn("s", synthetic=False, first_session=None, price_session=None, as_of=None, findings=odd)
    assert stands_on.stamps == (
        "3 findings on bars of 603629.SH: screener status --findings",
        "5 findings on actions of 600000.SH, 600001.SH, 600002.SH and 2 more: screener status --findings",
    )
    assert stands_on.as_dict()["findings"] == odd

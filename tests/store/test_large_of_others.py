"""Large files of others (headings, types, spellings, packed) are read in pieces, and nobody can tell."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from screener.sources.files.maps import FolderMap
from tests.cases import drawn, each_once
from tests.store.large_files import (
    CHANGES,
    MADE,
    PACKED,
    REFUSED,
    Loads,
    code,
    day,
    made_elsewhere,
    market,
    of,
    told_both_ways,
    with_changes,
)
from tests.store.rows import SESSIONS, row


@pytest.mark.parametrize(
    ("maker", "packed"), each_once([name for name in MADE if name not in ("other types", "moments")], PACKED)
)
def test_text_of_others_is_read_in_pieces_and_says_the_same(
    tmp_path: Path, loads: Loads, maker: str, packed: str
) -> None:
    told, read = told_both_ways(loads, made_elsewhere(tmp_path, market(), maker, packed))
    assert "new=47" in str(told) and read == [True]


@pytest.mark.parametrize("maker", MADE)
def test_parquet_of_others_is_read_in_pieces_and_says_the_same(tmp_path: Path, loads: Loads, maker: str) -> None:
    told, read = told_both_ways(loads, made_elsewhere(tmp_path, market(), maker))
    assert "new=47" in str(told) and read == [True]


@pytest.mark.parametrize(
    ("said", "maker"), each_once({name: REFUSED[name] for name in REFUSED if name != "close"}, MADE)
)
def test_what_is_refused_of_others_is_refused_in_the_same_words(
    tmp_path: Path, loads: Loads, said: str, maker: str
) -> None:
    row("shares", symbol="000977.SZ", effective_date=SESSIONS[0]).write_csv(tmp_path / "shares.csv")
    told, read = told_both_ways(loads, made_elsewhere(tmp_path, market(*REFUSED[said]), maker))
    assert isinstance(told, str) and said in told and read == [True]


@settings(max_examples=drawn(40), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    odd=st.lists(st.tuples(st.integers(0, 46), CHANGES), max_size=5),
    maker=st.sampled_from(list(MADE)),
    packed=st.sampled_from(["parquet", *PACKED]),
    piece=st.integers(1, 50),
    batch=st.integers(1, 50),
)
def test_any_split_of_a_file_of_others_gives_the_same_store_and_the_same_words(
    tmp_path_factory: pytest.TempPathFactory,
    loads: Loads,
    odd: list[tuple[int, tuple[str, object]]],
    maker: str,
    packed: str,
    piece: int,
    batch: int,
) -> None:
    folder = made_elsewhere(tmp_path_factory.mktemp("bars"), with_changes(odd), maker, packed)
    told_both_ways(loads, folder, piece=piece, batch=batch)


MAPPED = {
    "columns": {"wer": "symbol", "wann": "session", "menge": "volume", "geld": "amount"},
    "units": {"volume": "手", "amount": "万元"},
    "constants": {"source": "mine"},
    "date_format": "%d.%m.%y",
}


@pytest.mark.parametrize("odd", [[], [of("301396.SZ", "high", 9.0)], [of("688256.SH", "amount", 9e9)]])
@pytest.mark.parametrize(("form", "more"), each_once(["parquet", ".csv"], [{}, {"separator": ";", "encoding": "gbk"}]))
def test_a_file_with_a_column_map_is_read_in_pieces_and_says_the_same(
    tmp_path: Path, loads: Loads, odd: list[pl.Expr], form: str, more: dict[str, str]
) -> None:
    theirs = market(*odd).select(
        code.alias("wer"), day.dt.strftime("%d.%m.%y").alias("wann"), "open", "high", "low", "close",
        (pl.col("volume") / 100).alias("menge"), (pl.col("amount") / 10_000).alias("geld"), pl.lit("某").alias("wo"),
    )  # fmt: skip
    if form == "parquet":
        theirs.write_parquet(tmp_path / "bars.parquet")
    else:
        text = theirs.write_csv(separator=more.get("separator", ","))
        (tmp_path / "bars.csv").write_bytes(text.encode(more.get("encoding", "utf-8")))
    mapped = FolderMap.model_validate({"file": [{"match": "bars*", **MAPPED, **more}]})
    told, read = told_both_ways(loads, tmp_path, mapped=mapped)
    assert isinstance(told, str) == bool(odd) and read == [True]

"""Large files of others (headings, types, spellings, packed) are read in pieces, and nobody can tell."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.cases import drawn, each_once
from tests.store.large_files import (
    CHANGES,
    MADE,
    PACKED,
    REFUSED,
    Loads,
    made_elsewhere,
    market,
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

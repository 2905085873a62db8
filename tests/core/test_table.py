import polars as pl
import pytest

from screener.core.errors import DataRefused
from screener.core.table import Table
from screener.core.tables import TABLES
from screener.core.tables.prices import BARS

BAR = {
    "symbol": "301396.SZ", "session": "2026-06-30", "open": "45", "high": "46.2", "low": "44.8", "close": "45.9",
    "volume": "1,234,500", "amount": "", "source": " Wind ",
}  # fmt: skip


def test_text_becomes_the_declared_types_and_an_empty_cell_is_null() -> None:
    row = BARS.check(pl.DataFrame([BAR])).row(0, named=True)
    assert (row["volume"], row["amount"], row["source"], row["open"]) == (1234500, None, "Wind", 45.0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"close": None}, "close is empty"),
        ({"session": "30.06.2026"}, "session not understood"),
        ({"volume": "many"}, "volume not understood"),
    ],
)
def test_what_does_not_fit_is_refused_with_column_and_row(change: dict[str, str | None], message: str) -> None:
    with pytest.raises(DataRefused, match=message) as error:
        BARS.check(pl.DataFrame([BAR, BAR | change]))
    assert "row 2" in str(error.value)


def test_missing_columns_are_named() -> None:
    with pytest.raises(DataRefused, match=r"columns missing.*close"):
        BARS.check(pl.DataFrame([BAR]).drop("close"))


@pytest.mark.parametrize("table", TABLES.values(), ids=list(TABLES))
def test_every_table_has_its_key_and_explains_every_column(table: Table) -> None:
    assert set(table.key) <= set(table.names)
    assert all(column.meaning for column in table.columns)
    assert len(set(table.names)) == len(table.names)

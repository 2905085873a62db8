import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.core.errors import UnknownSymbol
from screener.core.symbols import Board, board_of, parse_symbol


@pytest.mark.parametrize("text", ["301396", "sz301396", "301396.SZ", "301396.XSHE", " SZ.301396 ", "301396.sz"])
def test_every_spelling_is_one_symbol(text: str) -> None:
    assert parse_symbol(text) == "301396.SZ"


@pytest.mark.parametrize(
    ("code", "symbol", "board"),
    [
        ("603629", "603629.SH", Board.SSE_MAIN),
        ("001339", "001339.SZ", Board.SZSE_MAIN),
        ("300093", "300093.SZ", Board.CHINEXT),
        ("688981", "688981.SH", Board.STAR),
        ("920000", "920000.BJ", Board.BSE),
        ("830799", "830799.BJ", Board.BSE),
    ],
)
def test_the_code_tells_exchange_and_board(code: str, symbol: str, board: Board) -> None:
    assert (parse_symbol(code), board_of(symbol)) == (symbol, board)


@pytest.mark.parametrize(
    "text", ["", "30139", "3013960", "999999", "301396.SH", "sh301396", "900901", "AAPL", "301396.XX"]
)
def test_what_is_no_a_share_is_refused_in_one_sentence(text: str) -> None:
    with pytest.raises(UnknownSymbol) as error:
        parse_symbol(text)
    assert "expected" in str(error.value) and "\n" not in str(error.value)


@given(st.sampled_from(["600", "603", "688", "000", "002", "300", "301", "920"]), st.integers(0, 999))
def test_parsing_is_idempotent(prefix: str, rest: int) -> None:
    symbol = parse_symbol(f"{prefix}{rest:03d}")
    assert parse_symbol(symbol) == symbol

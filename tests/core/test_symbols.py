import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from screener.core.errors import UnknownSymbol
from screener.core.symbols import Board, board_of, parse_index, parse_symbol


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
    code = f"{prefix}{rest:03d}"
    assume(code != "000300")  # of the index alone
    symbol = parse_symbol(code)
    assert parse_symbol(symbol) == symbol


@pytest.mark.parametrize(
    "text", ["３０１３９６", "301３９６", "SZ#301396", "SZSE:301396", "301396.szse", "sz301396.XSHE"]
)
def test_spellings_of_terminals_and_full_width_digits_are_the_same_symbol(text: str) -> None:
    assert parse_symbol(text) == "301396.SZ"


@pytest.mark.parametrize("text", ["٣٠١٣٩٦", "301३९६", "000300", "sh000300", "000300.SH"])
def test_other_digits_and_the_code_of_an_index_are_no_symbol(text: str) -> None:
    with pytest.raises(UnknownSymbol):
        parse_symbol(text)


@pytest.mark.parametrize(
    ("text", "index"),
    [("sh000300", "000300.SH"), ("000300", "000300.SH"), ("000300.XSHG", "000300.SH"), ("000300.sh", "000300.SH"),
     ("399300.SZ", "000300.SH"), ("沪深300", "000300.SH"), ("csi931151", "931151.CSI"), ("csiH00300", "H00300.CSI"),
     ("399006", "399006.SZ"), ("bj899001", "899001.GSI"), ("HSI", "HSI.HI"), ("^GSPC", "SPX.GI"),
     ("885001.wi", "885001.WI"),
     ("我的指数", "我的指数")],
)  # fmt: skip
def test_every_spelling_is_one_index(text: str, index: str) -> None:
    assert parse_index(text) == index and parse_index(index) == index


@pytest.mark.parametrize("text", ["", " ", "sh000300.SZ"])
def test_an_index_on_two_exchanges_or_without_a_name_is_refused(text: str) -> None:
    with pytest.raises(UnknownSymbol):
        parse_index(text)

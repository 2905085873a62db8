"""A firm by whatever people call it."""

from __future__ import annotations

import pytest

from screener.core.errors import UnknownSymbol
from screener.core.firm_names import symbol_of

NAMES = {
    "301396.SZ": ["宏景科技"],
    "300872.SZ": ["天阳科技"],
    "603629.SH": ["利通电子"],
    "000100.SZ": ["TCL科技", "TCL集团"],
    "600100.SH": ["*ST同方", "同方股份"],
    "300300.SZ": ["同方"],
}


@pytest.mark.parametrize(
    ("text", "symbol"),
    [
        ("３０１３９６", "301396.SZ"),
        ("sz301396", "301396.SZ"),
        ("999", None),
        ("宏景科技", "301396.SZ"),
        ("宏景", "301396.SZ"),
        ("利 通", "603629.SH"),
        ("ｔｃｌ", "000100.SZ"),
        ("TCL集团", "000100.SZ"),  # what it was called before
        ("ST同方股份", "600100.SH"),
    ],
)
def test_a_code_a_name_or_a_part_of_one_is_the_firm(text: str, symbol: str | None) -> None:
    if symbol is None:
        with pytest.raises(UnknownSymbol):
            symbol_of(text, lambda: NAMES)
    else:
        assert symbol_of(text, lambda: NAMES) == symbol


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("科技", "several firms .*宏景科技 301396.SZ, 天阳科技 300872.SZ, TCL科技 000100.SZ"),
        ("同方", "several firms .*600100.SH, 同方 300300.SZ"),
        ("宏晶科技", "no firm of that name.*expected 宏景科技 301396.SZ.*or a code; next"),
        ("zzz", "no firm of that name.*six digits"),
        ("999999", "code of no A-share board"),
        ("", "symbol not understood"),
        ("ST", "symbol not understood"),
    ],
)
def test_what_is_no_one_firm_is_told_in_one_sentence(text: str, said: str) -> None:
    with pytest.raises(UnknownSymbol, match=said) as caught:
        symbol_of(text, lambda: NAMES)
    assert caught.value.exit_code == 1


def test_the_store_is_not_asked_about_a_code() -> None:
    def never() -> dict[str, list[str]]:
        raise AssertionError("asked")

    assert symbol_of("301396.XSHE", never) == "301396.SZ"

"""Columns and tables against each other: what is refused, what is kept as a finding, what is said."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import polars as pl
import pytest

from screener.core.tables import TABLES
from screener.store.checks.cross import CROSS
from screener.store.database import Store
from screener.store.findings.derive import DERIVED
from screener.store.ingest import ingest, ingest_all
from screener.store.parts import LoadRefused, LoadReport, Part
from tests.store.rows import LATER, NOW, SESSIONS, bars, row

EX = SESSIONS[5]
SPLIT = {"ex_date": EX, "kind": "bonus_and_cash", "shares_to_holder": 0.2, "cash_to_holder": 0.35}
STATED = {**SPLIT, "prev_close": 29.94, "reference_price": 24.66, "factor_ratio": 1.2141}


def found(store: Store, dataset: str = "") -> list[tuple[str, str]]:
    rows = store.frame("findings").filter(pl.col("dataset") == dataset if dataset else pl.lit(True))
    return rows.select("row_key", "check").rows()


def refused(store: Store, said: str, *parts: Part) -> str:
    """Nothing of the parts may be stored."""
    with pytest.raises(LoadRefused, match=said) as error:
        ingest_all(store, parts, now=NOW)
    assert "row 1" in str(error.value) and store.frame("bars").is_empty()
    return str(error.value)


def stepped(before: float = 29.94, after: float = 24.8, symbol: str = "301396.SZ") -> pl.DataFrame:
    """Ten bars at one price, from the ex-date on at another one."""
    price = pl.when(pl.col("session") < EX).then(before).otherwise(after)
    amount = (price * pl.col("volume")).alias("amount")
    return bars(10, symbol).with_columns(*(price.alias(name) for name in ("open", "high", "low", "close")), amount)


def action(**changed: Any) -> Part:
    return Part("actions", row("actions", **changed), "a.csv")


def test_every_table_with_checks_across_is_a_table_and_every_dependence_too() -> None:
    follows = {name for how in DERIVED.values() for name in (*how.follows, *how.market)}
    assert {*CROSS, *DERIVED, *follows} <= set(TABLES)


# Bars and rules


@pytest.mark.parametrize("amounts", [{"cash_to_holder": 400.0}, {"shares_to_holder": 9999.0}])
def test_an_action_that_leaves_nothing_of_the_price_is_refused(empty: Store, amounts: dict[str, float]) -> None:
    shown = {"shares_to_holder": 0.0, "cash_to_holder": 0.0, "ex_date": EX, **amounts}
    with pytest.raises(LoadRefused, match="nothing is left of the price"):
        ingest_all(empty, [Part("bars", stepped(), "b.csv"), action(**shown)], now=NOW)


def test_an_action_that_fits_itself_and_the_bars_is_stored(store: Store) -> None:
    ingest_all(store, [Part("bars", stepped(), "b.csv"), action(**STATED)], now=NOW)
    assert found(store) == []


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"shares_to_holder": 2.0, "cash_to_holder": 3.5}, "those per 10 shares"),
        ({"shares_to_holder": 2.0}, "those per 10 shares"),
        ({"kind": "cash", "shares_to_holder": 0.0, "cash_to_holder": 5.0, "reference_price": 29.44}, "those per 10"),
        ({"reference_price": 24.68}, r"not \(prev_close − cash\)"),
        ({"prev_close": 30.94}, r"not \(prev_close − cash\)"),
        ({"factor_ratio": 1.4}, "factor_ratio is not"),
        ({"cash_to_holder": 40.0, "reference_price": None, "factor_ratio": None}, "nothing is left of the price"),
        ({"kind": "restructuring_conversion"}, "gives the holder nothing"),
    ],
)
def test_an_action_that_contradicts_itself_is_refused(empty: Store, changed: dict[str, Any], said: str) -> None:
    refused(empty, said, action(**{**STATED, **changed}))


@pytest.mark.parametrize(
    "changed",
    [
        {"reference_price": 24.65},  # within a fen
        {"kind": "rights", "reference_price": 20.0, "factor_ratio": None},  # a price of its own
        {"kind": "restructuring_conversion", "shares_to_holder": 0.0, "cash_to_holder": 0.0},
        {"reference_price": None, "factor_ratio": None},
        {"prev_close": None, "factor_ratio": None},
    ],
)
def test_what_the_formula_does_not_rule_out_is_stored(store: Store, changed: dict[str, Any]) -> None:
    assert ingest_all(store, [action(**{**STATED, **changed})], now=NOW)[0].new == 1


@pytest.mark.parametrize("bars_first", [True, False])
def test_a_stated_previous_close_is_the_stored_one_in_any_order(store: Store, *, bars_first: bool) -> None:
    parts = [Part("bars", stepped(24.66), "b.csv"), action(**STATED)]
    first, second = parts if bars_first else parts[::-1]
    ingest_all(store, [first], now=NOW)
    with pytest.raises(LoadRefused, match=r"prev_close 29\.94, close of .* 24\.66"):
        ingest_all(store, [second], now=LATER)


def test_a_stated_reference_is_that_of_the_stored_close(empty: Store) -> None:
    alone = action(**{**STATED, "prev_close": None, "factor_ratio": None})
    refused(empty, "the stated reference price is not", Part("bars", stepped(24.66), "b.csv"), alone)


def test_where_bars_are_missing_a_difference_is_a_finding(store: Store) -> None:
    holed = stepped(28.0).filter(pl.col("session") != SESSIONS[4])
    ingest_all(store, [Part("bars", holed, "b.csv"), action(**STATED)], now=NOW)
    assert (f"301396.SZ {EX}", "action_prev_close") in found(store, "actions")


def test_where_nothing_is_stated_the_open_shows_amounts_per_ten(empty: Store) -> None:
    ten = action(**{**SPLIT, "shares_to_holder": 2.0, "cash_to_holder": 3.5})
    refused(empty, "look like those per 10 shares", Part("bars", stepped(), "b.csv"), ten)


@pytest.mark.parametrize(("after", "odd"), [(24.8, False), (22.3, False), (29.9, True)])
def test_an_open_as_if_nothing_had_happened_is_a_finding(store: Store, after: float, *, odd: bool) -> None:
    ingest_all(store, [Part("bars", stepped(after=after), "b.csv"), action(**SPLIT)], now=NOW)
    assert ((f"301396.SZ {EX}", "action_jump") in found(store, "actions")) is odd


def test_an_action_without_bars_around_it_is_said(store: Store) -> None:
    (report,) = ingest_all(store, [action(**SPLIT)], now=NOW)
    said = "actions: 1 without bars around the ex-date: amounts not compared with prices"
    assert [note.what for note in report.notes] == [said]


# Contracts


def contract(**changed: Any) -> list[Part]:
    return [
        Part("announcements", row("announcements"), "a.csv"),
        Part("commitments", row("commitments", **changed), "c.csv"),
    ]


TWELVE = {"amount_low": 1.2e9, "amount_high": 1.2e9}


@pytest.mark.parametrize(
    "cell", ["12亿", "120000万元", "1,200,000,000元", "约12亿元（含税）", "不超过12亿", "12.04亿", None, "另行约定"]
)
def test_an_amount_as_it_is_printed_is_stored(store: Store, cell: str | None) -> None:
    high = 12.04e8 if cell == "12.04亿" else 1.2e9
    assert ingest_all(store, contract(amount_low=high, amount_high=high, printed_amount=cell), now=NOW)[1].new == 1
    assert found(store, "commitments") == []


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"amount_low": 1.2e5, "amount_high": 1.2e5}, "which is 万元"),
        ({"amount_low": 12.0, "amount_high": 12.0}, "which is 亿元"),
        ({"amount_low": 2.1e9, "amount_high": 2.1e9}, "not the printed one"),
        ({"amount_low": 1e9, "amount_high": 2e9, "printed_amount": "10亿-12亿"}, "not the printed one"),
        ({**TWELVE, "currency": "USD", "foreign_amount": 1.2e9}, "any rate of exchange"),
        ({**TWELVE, "foreign_amount": 1.7e8}, "foreign_amount of a contract in yuan"),
        ({**TWELVE, "currency": "USD", "foreign_amount": 1.7e8, "printed_amount": "3亿美元"}, "not the printed one"),
    ],
)
def test_an_amount_that_contradicts_the_printed_one_is_refused(
    empty: Store, changed: dict[str, Any], said: str
) -> None:
    refused(empty, said, *contract(**{"printed_amount": "12亿", **changed}))


@pytest.mark.parametrize(
    ("changed", "odd"),
    [
        ({"amount_low": 1.2e9, "amount_high": 1.2e9, "printed_amount": "13.56亿"}, ["printed_amount"]),  # tax
        ({"amount_low": 1.2e9, "amount_high": 1.2e9, "stake": 0.51, "printed_amount": "6.12亿"}, []),  # the parent's
        ({"amount_low": 120_000.0, "amount_high": 120_000.0}, ["small_amount"]),
        ({**TWELVE, "currency": "USD", "foreign_amount": 1.7e8, "printed_amount": "1.7亿美元"}, []),
    ],
)
def test_what_may_be_right_is_a_finding(store: Store, changed: dict[str, Any], odd: list[str]) -> None:
    ingest_all(store, contract(**changed), now=NOW)
    assert [check for _, check in found(store, "commitments")] == odd


def fact(number: int, amount: float, kind: str = "revenue_recognised") -> Part:
    return Part("contract_facts", row("contract_facts", fact_id=f"F{number}", kind=kind, amount=amount), "f.csv")


@pytest.mark.parametrize("kind", ["revenue_recognised", "reduction"])
def test_more_than_the_contract_is_refused(store: Store, kind: str) -> None:
    refused(store, "more than the contract", *contract(**TWELVE), fact(1, 1.27e9, kind))
    assert ingest_all(store, [*contract(**TWELVE), fact(1, 1.25e9, kind)], now=NOW)[2].new == 1


def test_facts_that_are_only_together_more_than_the_contract_are_a_finding(store: Store) -> None:
    ingest_all(store, contract(**TWELVE), now=NOW)
    for number in (1, 2):
        ingest_all(store, [fact(number, 7e8)], now=NOW)
    assert found(store, "contract_facts") == [("F2", "over_contract")]


def test_an_estimate_is_no_contract(store: Store) -> None:
    reports = ingest_all(store, [*contract(**TWELVE, amount_basis="estimate"), fact(1, 2e9)], now=NOW)
    assert [report.new for report in reports] == [1, 1, 1]


def test_the_board_is_that_of_the_code(empty: Store) -> None:
    refused(empty, "the board is not that of the code", Part("firms", row("firms", board="chinext"), "f.csv"))


# Bars: units


def symbols(count: int, **changed: Any) -> pl.DataFrame:
    """Ten bars of each of so many symbols; `changed` replaces values of the last row of the last one."""
    frames = [bars(10, f"60{number:04d}.SH") for number in range(count - 1)]
    return pl.concat([*frames, bars(10, "688111.SH", **changed)], how="vertical_relaxed")


@pytest.mark.parametrize("factor", [100, 10.1, 8, 0.12, 0.0995, 0.01])
def test_one_row_off_by_ten_refuses_a_market(empty: Store, factor: float) -> None:
    said = refused_at(empty, symbols(60, amount=100_500.0 * factor))
    assert "688111.SH" in said and "1 of 600 rows" in said


def test_one_row_off_by_less_is_a_finding(store: Store) -> None:
    ingest(store, "bars", symbols(60, amount=100_500.0 * 4), "b.csv", NOW)
    assert [check for _, check in found(store)] == ["unit_band"]


def test_a_symbol_of_another_unit_refuses_a_market(empty: Store) -> None:
    odd = pl.when(pl.col("symbol") == "688111.SH").then(pl.col("amount") * 2).otherwise(pl.col("amount"))
    assert "of 688111.SH" in refused_at(empty, symbols(120).with_columns(amount=odd))


def refused_at(store: Store, frame: pl.DataFrame, said: str | None = None) -> str:
    with pytest.raises(LoadRefused, match=said) as error:
        ingest(store, "bars", frame, "b.csv", NOW)
    return str(error.value)


def bare(count: int, start: int = 0, *, volume: int = 10_000) -> pl.DataFrame:
    frame = bars(start + count)[start:]
    return frame.with_columns(pl.lit(None, dtype=pl.Float64).alias("amount"), pl.lit(volume).alias("volume"))


def test_bars_without_an_amount_are_said_until_others_prove_their_unit(store: Store) -> None:
    ingest(store, "bars", bare(8), "b.csv", NOW)
    assert found(store) == [(f"301396.SZ {SESSIONS[0]}", "unit_unknown")]
    ingest(store, "bars", bars(40)[8:], "c.csv", NOW)
    assert found(store) == []


@pytest.mark.parametrize(("volume", "ok"), [(100, False), (5_000, True), (1_000_000, False)])
def test_volumes_of_another_unit_than_the_stored_ones_are_refused(store: Store, volume: int, *, ok: bool) -> None:
    ingest(store, "bars", bars(30), "b.csv", NOW)
    if ok:
        assert ingest(store, "bars", bare(8, 30, volume=volume), "c.csv", NOW).new == 8
    else:
        refused_at(store, bare(8, 30, volume=volume), "no amount that proves the unit")


# Bars: raw prices

SCALED = [pl.col(name) * 0.997 for name in ("open", "high", "low", "close")]


@pytest.mark.parametrize("count", [1, 60])
def test_prices_off_the_fen_are_adjusted(empty: Store, count: int) -> None:
    frame = symbols(count).with_columns(
        *(
            pl.when(pl.col("symbol") == "688111.SH").then(e).otherwise(e / 0.997).round(6).alias(e.meta.output_name())
            for e in SCALED
        )
    )
    assert "prices off the fen: adjusted" in refused_at(empty, frame.with_columns(amount=None))


def test_one_price_off_the_fen_is_a_finding_and_noise_is_none(store: Store) -> None:
    ingest(store, "bars", bars(8, close=10.125).with_columns(pl.col("open") + 2e-6), "b.csv", NOW)
    assert [check for _, check in found(store)] == ["off_fen"]


@pytest.mark.parametrize(
    ("aside", "titles", "said"),
    [
        ({"adjustflag": pl.Series(["3"] * 7 + ["2"])}, (), "adjustflag 2"),
        ({"factor": pl.Series([0.28] * 8)}, (), r"factor 0\.28"),
        ({"复权": pl.Series(["前复权"] * 8)}, (), "got 复权|got 前复权"),
        ({"price": pl.Series(["前复权"] * 8)}, (), "column price"),
        ({}, ("贵州茅台 日线 前复权",), "前复权"),
        ({}, ("000977_qfq",), "000977_qfq"),
        ({}, ("hfq",), "hfq"),
    ],
)
def test_a_file_that_says_so_is_adjusted(
    empty: Store, aside: dict[str, pl.Series], titles: tuple[str, ...], said: str
) -> None:
    part = Part("bars", bars(), "b.csv", aside=aside, titles=titles)
    with pytest.raises(LoadRefused, match=said):
        ingest_all(empty, [part], now=NOW)


@pytest.mark.parametrize("titles", [("不复权",), ("日线（不复权）",), ("bars_12",)])
def test_a_file_that_says_raw_is_raw(store: Store, titles: tuple[str, ...]) -> None:
    aside = {"adjustflag": pl.Series(["3"] * 8), "factor": pl.Series([1.0] * 8), "复权因子": pl.Series([1.4] * 8)}
    assert ingest_all(store, [Part("bars", bars(), "b.csv", aside=aside, titles=titles)], now=NOW)[0].new == 8


def moved(count: int) -> pl.DataFrame:
    """Forty bars of which the first `count` are 2 % lower."""
    lower = pl.int_range(pl.len()) < count
    prices = (
        pl.when(lower).then((pl.col(n) * 0.98).round(2)).otherwise(pl.col(n)).alias(n)
        for n in ("open", "high", "low", "close")
    )
    amount = pl.when(lower).then(pl.col("amount") * 0.98).otherwise(pl.col("amount")).alias("amount")
    return bars(40).with_columns(*prices, amount)


def loaded_again(store: Store, count: int, *, replacing: bool = False) -> LoadReport:
    ingest(store, "bars", bars(40), "b.csv", NOW)
    return ingest_all(store, [Part("bars", moved(count), "c.csv")], now=LATER, replacing=replacing)[0]


def test_a_few_corrections_are_stored(store: Store) -> None:
    assert loaded_again(store, 9).revised == 9


def test_many_changed_closes_at_once_are_adjusted_prices(store: Store) -> None:
    with pytest.raises(LoadRefused, match=r"stored closes would change by more than 0\.5%: adjusted .* load --replace"):
        loaded_again(store, 30)
    assert store.latest("bars")["close"].unique().to_list() == [10.1]


def test_who_says_that_the_stored_ones_are_wrong_may_replace_them(store: Store) -> None:
    assert loaded_again(store, 30, replacing=True).revised == 30


def test_a_link_to_an_id_that_two_tables_carry_is_known_with_the_later_of_both(store: Store) -> None:
    told = [row("announcements", announcement_id=name) for name in ("T-1", "T-2")]
    same = row("commitments", commitment_id="T-1", known_at=datetime(2026, 7, 9, 18))
    parts = [Part("announcements", pl.concat(told), "a.csv"), Part("commitments", same, "c.csv")]
    ingest_all(store, [*parts, Part("links", row("links"), "l.csv")], now=NOW)
    assert store.frame("links").filter(pl.col("from_id") == "T-2")["known_at"].to_list() == [datetime(2026, 7, 9, 18)]


def test_lots_from_some_day_on_are_named_in_what_is_not_checked(store: Store) -> None:
    frame = bare(24)
    late = pl.int_range(pl.len()) >= 12
    mixed = frame.with_columns(volume=pl.when(late).then(pl.col("volume") // 100).otherwise(pl.col("volume")))
    ingest(store, "bars", mixed, "b.csv", NOW)
    [told] = store.frame("findings").filter(pl.col("check") == "unit_unknown")["detail"].to_list()
    assert f"typical volumes × 0.01 from {frame['session'][12]} on: another unit?" in told

"""The synthetic market: the same everywhere, stamped, lawful prices, every trap of the real one."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

import polars as pl
import pytest

from screener.core.calendar import packaged_calendar
from screener.core.errors import UsageError
from screener.core.tables import TABLES
from screener.sources import synthetic
from screener.sources.synthetic import SYNTHETIC, synthetic_market
from screener.sources.synthetic_rated import BROKERS, INDUSTRIES

FIRMS = [
    *("000048.SZ", "001339.SZ", "002990.SZ", "300093.SZ", "300166.SZ", "300687.SZ"),
    *("300857.SZ", "300872.SZ", "301189.SZ", "301248.SZ", "301396.SZ", "603629.SH"),
]
FRAMES = ("actions", "bars", "indices", "shares", "st_spells")
SEEDS = (20260630, 0, 7)
# Of the default seed. Another value means other demo results everywhere: change it only on purpose.
FINGERPRINT = "8a8dfcf7509eea94"


IDS = ("action_id", "share_id", "spell_id")  # the store's, empty here
LATER = ("rights_ratio", "rights_price", "into_symbol", "into_ratio")  # columns of `actions` that are empty here


def _fingerprint(market: dict[str, pl.DataFrame]) -> str:
    stated = {name: [key for key in market[name].columns if key not in IDS + LATER] for name in FRAMES}
    told = {**market, "indices": market["indices"].filter(~pl.col("index").is_in(INDUSTRIES))}
    text = "".join(told[name].select(stated[name]).write_csv() for name in FRAMES)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _half_up(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.01"), ROUND_HALF_UP)


def _rate(symbol: str, day: date) -> Decimal:
    """The limit of a name, told without the package: boards by code, one ST spell, 5 % until 2026-07-06."""
    if symbol.startswith("30"):
        return Decimal("0.2")
    in_spell = symbol == "000048.SZ" and date(2026, 4, 28) <= day <= date(2026, 8, 28)
    return Decimal("0.05") if in_spell and day < date(2026, 7, 6) else Decimal("0.1")


def _with_limits(market: dict[str, pl.DataFrame]) -> pl.DataFrame:
    """Bars with previous close, reference, limits (all yuan) and the return against the reference."""
    actions = market["actions"].select("symbol", "kind", session="ex_date", stated="reference_price")
    bars = market["bars"].join(actions, on=["symbol", "session"], how="left", maintain_order="left")
    bars = bars.with_columns(previous=pl.col("close").shift().over("symbol")).drop_nulls("previous")
    bars = bars.with_columns(reference=pl.coalesce("stated", "previous"))
    limits = [
        [float(_half_up(Decimal(str(reference)) * (1 + sign * _rate(symbol, day)))) for sign in (1, -1)]
        for symbol, day, reference in bars.select("symbol", "session", "reference").iter_rows()
    ]
    columns = {name: pl.Series([pair[k] for pair in limits]) for k, name in enumerate(("limit_up", "limit_down"))}
    return bars.with_columns(**columns, change=pl.col("close") / pl.col("reference") - 1)


@pytest.fixture(scope="module")
def markets() -> dict[int, dict[str, pl.DataFrame]]:
    return {seed: synthetic_market(seed) for seed in SEEDS}


@pytest.fixture(scope="module", params=SEEDS)
def market(request: pytest.FixtureRequest, markets: dict[int, dict[str, pl.DataFrame]]) -> dict[str, pl.DataFrame]:
    return markets[request.param]


@pytest.fixture(scope="module")
def bars(market: dict[str, pl.DataFrame]) -> pl.DataFrame:
    return _with_limits(market)


def _missing(market: dict[str, pl.DataFrame], symbol: str) -> list[date]:
    held = set(market["bars"].filter(pl.col("symbol") == symbol)["session"])
    return [day for day in packaged_calendar().between(date(2024, 7, 19), date(2026, 10, 9)) if day not in held]


def test_the_default_market_is_the_one_it_always_was() -> None:
    assert _fingerprint(synthetic_market()) == FINGERPRINT


def test_ratings_and_industries_move_no_price_and_are_the_same_every_time(
    markets: dict[int, dict[str, pl.DataFrame]],
) -> None:
    """Prices keep their fingerprint above; what is said about them has streams of its own."""
    one, other = (synthetic_market(7) for _ in range(2))
    assert one["ratings"].equals(other["ratings"]) and one["indices"].equals(other["indices"])
    assert not one["ratings"].equals(markets[0]["ratings"])
    assert (
        set(one["ratings"]["broker"]) == set(BROKERS) and one["ratings"].filter(pl.col("rating").is_null()).is_empty()
    )


def test_a_seed_gives_the_same_market_again(markets: dict[int, dict[str, pl.DataFrame]]) -> None:
    assert _fingerprint(synthetic_market(7)) == _fingerprint(markets[7])


def test_another_seed_gives_another_market(markets: dict[int, dict[str, pl.DataFrame]]) -> None:
    assert len({_fingerprint(market) for market in markets.values()}) == len(SEEDS)


def test_a_negative_seed_is_refused_in_one_sentence() -> None:
    with pytest.raises(UsageError, match="got -1; expected 0 or more"):
        synthetic_market(-1)


def test_no_announcement_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def recording(name: str) -> pl.DataFrame:
        asked.append(name)
        return TABLES[name].empty()

    monkeypatch.setattr(synthetic, "packaged", recording)
    assert _fingerprint(synthetic_market()) == FINGERPRINT
    assert asked == ["st_spells"]


@pytest.mark.parametrize("name", FRAMES)
def test_every_row_is_stamped(market: dict[str, pl.DataFrame], name: str) -> None:
    assert market[name]["source"].unique().to_list() == [SYNTHETIC]


@pytest.mark.parametrize("name", FRAMES)
def test_frames_have_the_declared_shape(market: dict[str, pl.DataFrame], name: str) -> None:
    assert TABLES[name].check(market[name]).equals(market[name])
    assert not market[name].select(TABLES[name].told_by).is_duplicated().any()


def test_the_12_firms_trade_on_sessions_of_the_calendar(market: dict[str, pl.DataFrame]) -> None:
    sessions = set(packaged_calendar().between(date(2024, 7, 19), date(2026, 10, 9)))
    assert market["bars"]["symbol"].unique().sort().to_list() == FIRMS
    assert set(market["bars"]["session"]) == sessions
    assert set(market["indices"]["session"]) < sessions


def test_every_bar_is_whole_fen_and_in_order(market: dict[str, pl.DataFrame]) -> None:
    bars = market["bars"]
    low, high = pl.min_horizontal("open", "close"), pl.max_horizontal("open", "close")
    assert bars.filter((pl.col("low") > low) | (pl.col("high") < high) | (pl.col("low") <= 0)).is_empty()
    prices = bars.select("open", "high", "low", "close").unpivot()["value"].to_list()
    assert prices == [float(f"{price:.2f}") for price in prices]


def test_amount_over_volume_lies_between_low_and_high(market: dict[str, pl.DataFrame]) -> None:
    bars = market["bars"].with_columns(average=pl.col("amount") / pl.col("volume"))
    assert bars["volume"].min() >= 100  # type: ignore[operator]
    outside = (pl.col("average") < pl.col("low") - 1e-9) | (pl.col("average") > pl.col("high") + 1e-9)
    assert bars.filter(outside).is_empty()


def test_every_bar_stays_inside_the_limits_of_its_day(bars: pl.DataFrame) -> None:
    broken = (pl.col("high") > pl.col("limit_up") + 1e-9) | (pl.col("low") < pl.col("limit_down") - 1e-9)
    assert bars.filter(broken).is_empty()


def test_reference_prices_follow_the_ex_right_formula(market: dict[str, pl.DataFrame], bars: pl.DataFrame) -> None:
    actions = market["actions"].join(bars, left_on=["symbol", "ex_date"], right_on=["symbol", "session"])
    assert actions.height == market["actions"].height
    assert actions["prev_close"].equals(actions["previous"].alias("prev_close"))
    for row in actions.filter(pl.col("kind") != "restructuring_conversion").iter_rows(named=True):
        close, cash, shares = (Decimal(str(row[k])) for k in ("prev_close", "cash_to_holder", "shares_to_holder"))
        assert float(_half_up((close - cash) / (1 + shares))) == row["reference_price"]


@pytest.mark.parametrize(("side", "at_least"), [("up", 10), ("down", 10)])
def test_opens_at_the_limit_occur_sealed_and_opened(bars: pl.DataFrame, side: str, at_least: int) -> None:
    at_limit = bars.filter(pl.col("open") == pl.col(f"limit_{side}"))
    sealed = at_limit.filter(pl.col("high") == pl.col("low"))
    assert at_limit.height >= at_least
    assert sealed.height >= 5
    assert at_limit.height - sealed.height >= 4


@pytest.mark.parametrize(("symbol", "side"), [("603629.SH", "up"), ("002990.SZ", "down")])
def test_a_run_of_three_sealed_limit_days(bars: pl.DataFrame, symbol: str, side: str) -> None:
    own = bars.filter(pl.col("symbol") == symbol)
    sealed = (own["open"] == own[f"limit_{side}"]) & (own["high"] == own["low"])
    assert sealed.cast(pl.Int8).rolling_sum(3).max() == 3


@pytest.mark.parametrize(
    ("symbol", "days"),
    [
        ("300687.SZ", [date(2025, 3, 12)]),
        ("301248.SZ", [date(2025, 8, 11) + timedelta(days=n) for n in (0, 1, 2, 3, 4, 7)]),
        ("300093.SZ", [date(2025, 11, 19)]),
        ("000048.SZ", [date(2026, 4, 27)]),
        ("300166.SZ", [date(2026, 10, 9)]),
        ("301396.SZ", []),
    ],
)
def test_halts_are_missing_bars(market: dict[str, pl.DataFrame], symbol: str, days: list[date]) -> None:
    assert _missing(market, symbol) == days


def test_kinds_of_actions(market: dict[str, pl.DataFrame]) -> None:
    counts = dict(market["actions"]["kind"].value_counts().iter_rows())
    assert counts == {"cash": 5, "bonus": 2, "bonus_and_cash": 2, "restructuring_conversion": 1}


def test_a_split_hides_inside_the_limit(bars: pl.DataFrame) -> None:
    row = bars.filter(symbol="301396.SZ", session=date(2026, 5, 27)).row(0, named=True)
    assert row["kind"] == "bonus"
    assert -0.2 < row["close"] / row["previous"] - 1 < -0.1
    assert row["change"] > 0.1


def test_the_other_split_shows_in_the_raw_price(bars: pl.DataFrame) -> None:
    row = bars.filter(symbol="301189.SZ", session=date(2026, 6, 16)).row(0, named=True)
    assert row["close"] / row["previous"] < 1 / 1.4 * 1.2


def test_a_conversion_gives_the_holder_nothing(market: dict[str, pl.DataFrame], bars: pl.DataFrame) -> None:
    action = market["actions"].row(by_predicate=pl.col("kind") == "restructuring_conversion", named=True)
    shares = market["shares"].filter(symbol="300093.SZ")["total_shares"].to_list()
    row = bars.filter(symbol="300093.SZ", session=action["ex_date"]).row(0, named=True)
    assert (action["shares_to_holder"], action["cash_to_holder"], shares) == (0, 0, [220_000_000, 550_000_000])
    assert action["reference_price"] == pytest.approx(0.88 * action["prev_close"], abs=0.0051)
    assert row["close"] / row["previous"] > 0.8  # the price goes on from the close, not from the reference


def test_share_capital_follows_the_actions(market: dict[str, pl.DataFrame]) -> None:
    shares = market["shares"].with_columns(before=pl.col("total_shares").shift().over("symbol"))
    actions = market["actions"].filter(pl.col("shares_to_holder") > 0)
    grown = actions.join(shares, left_on=["symbol", "ex_date"], right_on=["symbol", "effective_date"])
    assert grown.height == actions.height == 4
    assert ((grown["total_shares"] / grown["before"] - 1 - grown["shares_to_holder"]).abs() < 1e-12).all()
    assert (shares["float_shares"] <= shares["total_shares"]).all()


def test_the_st_spell_crosses_the_change_of_its_limit(market: dict[str, pl.DataFrame], bars: pl.DataFrame) -> None:
    spell = market["st_spells"].row(0, named=True)
    own = bars.filter(pl.col("symbol") == spell["symbol"], pl.col("session").is_between(spell["start"], spell["end"]))
    before, after = own.filter(pl.col("session") < date(2026, 7, 6)), own.filter(pl.col("session") >= date(2026, 7, 6))
    assert min(before.height, after.height) > 30
    assert (before["close"] == before["limit_up"]).any() or (before["close"] == before["limit_down"]).any()


@pytest.mark.parametrize(("index", "last"), [("000300.SH", date(2026, 8, 21)), ("H00300.CSI", date(2026, 7, 31))])
def test_an_index_ends_before_the_stocks(market: dict[str, pl.DataFrame], index: str, last: date) -> None:
    levels = market["indices"].filter(pl.col("index") == index)
    assert (levels["session"].min(), levels["session"].max()) == (date(2024, 7, 19), last)


def test_the_total_return_index_gains_the_dividends(market: dict[str, pl.DataFrame]) -> None:
    wide = market["indices"].pivot("index", index="session", values="close").sort("session").drop_nulls()
    years = (wide.height - 1) / 242
    price, total = (wide[name][-1] / wide[name][0] for name in ("000300.SH", "H00300.CSI"))
    assert (total / price) ** (1 / years) - 1 == pytest.approx(0.026, abs=0.002)


def test_stocks_move_like_stocks(bars: pl.DataFrame) -> None:
    own = bars.group_by("symbol").agg(pl.col("change").std().alias("sd"), pl.col("change").kurtosis().alias("excess"))
    assert own["sd"].is_between(0.027, 0.043).all()
    assert 0.030 < own["sd"].mean() < 0.040  # type: ignore[operator]
    assert 0.5 < own["excess"].mean() < 8  # type: ignore[operator]


def test_the_index_moves_like_an_index(market: dict[str, pl.DataFrame]) -> None:
    change = market["indices"].filter(pl.col("index") == "000300.SH")["close"].pct_change().drop_nulls()
    assert 0.009 < change.std() < 0.016  # type: ignore[operator]
    assert 0.3 < change.kurtosis() < 15  # type: ignore[operator]


def test_stocks_follow_the_index_with_a_beta_above_one(market: dict[str, pl.DataFrame], bars: pl.DataFrame) -> None:
    index = market["indices"].filter(pl.col("index") == "000300.SH")
    index = index.select("session", market=pl.col("close").pct_change())
    basket = bars.group_by("session").agg(pl.col("change").mean()).join(index, on="session").drop_nulls()
    beta = basket.select(pl.cov("change", "market") / pl.col("market").var()).item()
    assert 0.9 < beta < 1.5


def test_volume_rises_with_the_size_of_the_move(bars: pl.DataFrame) -> None:
    own = bars.filter(pl.col("high") > pl.col("low")).with_columns(size=pl.col("change").abs())
    by_firm = own.group_by("symbol").agg(pl.corr("size", "volume", method="spearman").alias("link"))
    assert (by_firm["link"] > 0.1).all()

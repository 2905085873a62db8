"""The report's rows, and the recorded market of the 12 firms where it lies beside the checkout."""

from datetime import date
from typing import Any

import pytest

from screener.core.config import Burn, Policy, ScreenOptions, Universe
from screener.point_in_time.market import Market
from screener.point_in_time.panel import Panel
from screener.screen.backlog import backlogs
from screener.screen.contracts import contracts
from screener.screen.diff import diff
from screener.screen.factors import factor_values, scores
from screener.screen.ranking import screen
from screener.screen.row import ScreenRow
from tests.recorded import recorded_market
from tests.screen.world import ONE, evening

HONGJING, JINGANG, JIECHUANG, TIANYANG, XIECHUANG = ONE, "300093.SZ", "301248.SZ", "300872.SZ", "300857.SZ"
REPORT_DAY = date(2026, 6, 30)


@pytest.fixture(scope="module")
def report() -> Market:
    """The packaged rows without a single price."""
    return Market.build({})


@pytest.fixture(scope="module")
def recorded() -> Market:
    return recorded_market()


def on(market: Market, day: date, universe: Universe = Universe.KNOWN) -> Panel:
    return market.panel_at(evening(day), universe)


def sums(market: Market, day: date, **options: Any) -> dict[str, float]:
    return dict(backlogs(on(market, day), ScreenOptions(**options)))


def rows(market: Market, day: date, **options: Any) -> dict[str, ScreenRow]:
    return {row.symbol: row for row in screen(on(market, day), ScreenOptions(**options)).rows}


def test_all_order_amounts_of_the_report_sum_to_the_yuan(report: Market) -> None:
    assert sum(sums(report, REPORT_DAY, policy="gross", burn="none").values()) == pytest.approx(
        4_572_401_591.21, abs=0.01
    )


@pytest.mark.parametrize(
    ("policy", "yuan"),
    [("gross", 3_490_401_591.21), ("dedup", 2_920_041_591.21), ("firm", 2_608_521_200.0), ("strict", 2_212_661_200.0)],
)
def test_the_counting_policies_give_their_four_sums_for_the_largest_backlog(
    report: Market, policy: str, yuan: float
) -> None:
    assert sums(report, REPORT_DAY, policy=policy, burn="none")[HONGJING] == pytest.approx(yuan, abs=0.005)


def test_what_is_left_out_says_why(report: Market) -> None:
    lines = {row.commitment.commitment_id: row.reason for row in contracts(on(report, REPORT_DAY), ScreenOptions())}
    left_out = {name: lines[name] for name in ("R05-1", "R08-1", "R09-1", "R40-1", "R39-1", "R16-1", "R12-1")}
    assert list(left_out.values()) == [
        "duplicate",
        "duplicate",
        "framework_ceiling",
        "not_compute",
        "not_inflow",
        "not_inflow",
        "amended",
    ]


def test_a_purchase_of_billions_is_no_backlog(report: Market) -> None:
    found = rows(report, REPORT_DAY)[XIECHUANG]
    assert (found.coverage, found.backlog_cny, found.score) == ("none", None, None)
    assert found.reason == "framework without an amount (2024-08-23)"


def test_without_prices_there_are_backlogs_and_no_scores(report: Market) -> None:
    found = rows(report, REPORT_DAY)[HONGJING]
    assert found.backlog_cny and found.score is None and found.reason == "market cap unknown"
    assert not scores(on(report, REPORT_DAY))


def test_only_what_the_report_adds_later_is_known_later(report: Market) -> None:
    plan = {row.commitment.commitment_id: row for row in contracts(on(report, date(2025, 8, 28)), ScreenOptions())}
    assert plan["R12-1"].commitment.amount == 1.354e9 and "R12-3" not in plan


ENTRIES = [
    (HONGJING, date(2024, 7, 8)), (XIECHUANG, date(2024, 10, 24)), ("603629.SH", date(2023, 6, 2)),
    (JIECHUANG, date(2025, 6, 6)), (JINGANG, date(2025, 6, 24)), ("300166.SZ", date(2025, 8, 11)),
    ("002990.SZ", date(2026, 4, 15)), (TIANYANG, date(2026, 5, 8)), ("300687.SZ", date(2026, 5, 15)),
    ("001339.SZ", date(2026, 6, 22)), ("301189.SZ", REPORT_DAY), ("000048.SZ", REPORT_DAY),
]  # fmt: skip


@pytest.mark.parametrize(("symbol", "day"), ENTRIES)
def test_each_firm_enters_the_universe_on_its_day(report: Market, symbol: str, day: date) -> None:
    eve = date.fromordinal(day.toordinal() - 1)
    assert symbol not in on(report, eve).universe and symbol in on(report, day).universe


SEEN = [
    (date(2025, 6, 30), {HONGJING: 0.24358, JINGANG: 0.13973}),
    (date(2025, 12, 31), {HONGJING: 0.18730, JIECHUANG: 0.06712, JINGANG: 0.04348}),
    (REPORT_DAY, {TIANYANG: 0.03929, JINGANG: 0.02489, JIECHUANG: 0.02371, HONGJING: 0.02282}),
    (date(2026, 10, 9), {HONGJING: 0.04748, TIANYANG: 0.03841, JIECHUANG: 0.03768, JINGANG: 0.03137}),
]


@pytest.mark.parametrize(("day", "expected"), SEEN)
def test_the_default_screen_of_four_days(recorded: Market, day: date, expected: dict[str, float]) -> None:
    ranked = {symbol: row.score for symbol, row in rows(recorded, day).items() if row.rank}
    assert list(ranked) == list(expected) and ranked == pytest.approx(expected, abs=5e-6)


def test_the_order_of_firms_depends_on_the_counting_rule(recorded: Market) -> None:
    gross = screen(on(recorded, REPORT_DAY), ScreenOptions(policy=Policy.GROSS, burn=Burn.NONE)).rows
    dedup = screen(on(recorded, REPORT_DAY), ScreenOptions(policy=Policy.DEDUP, lag_months=0)).rows
    assert gross[0].symbol == HONGJING and gross[0].score == pytest.approx(0.0490, abs=5e-5)
    assert [row.symbol for row in dedup[:4]] == [TIANYANG, JINGANG, JIECHUANG, HONGJING]
    assert dedup[3].score == pytest.approx(0.0213, abs=5e-5) and dedup[4].rank is None


@pytest.mark.parametrize("day", [date(2024, 12, 31), date(2025, 6, 30), date(2025, 12, 31), date(2026, 6, 30)])
@pytest.mark.parametrize("policy", list(Policy))
def test_scores_lie_inside_their_range(recorded: Market, day: date, policy: Policy) -> None:
    for row in rows(recorded, day, policy=policy).values():
        if row.score is not None:
            assert row.score_low is not None and row.score_high is not None
            assert row.score_low <= row.score <= row.score_high


def test_most_of_the_fall_of_the_score_was_the_market_cap_and_no_order_came(recorded: Market) -> None:
    found = diff(on(recorded, date(2025, 6, 30)), on(recorded, REPORT_DAY), ScreenOptions(), HONGJING).rows[0]
    assert found.log_shares is not None and found.log_change is not None
    assert sum(found.log_shares.values()) == pytest.approx(found.log_change, abs=1e-12)
    assert found.effects_cny["new"] == 0 and found.log_change == pytest.approx(-2.3677, abs=1e-4)
    assert found.log_shares["price"] / found.log_change == pytest.approx(0.85, abs=0.005)


def test_counted_from_the_announcement_the_market_cap_is_four_fifths_of_that_fall(recorded: Market) -> None:
    options = ScreenOptions(policy=Policy.DEDUP, lag_months=0)
    found = diff(on(recorded, date(2025, 6, 30)), on(recorded, REPORT_DAY), options, HONGJING).rows[0]
    assert found.log_shares is not None and found.log_change is not None
    assert (found.log_shares["price"] + found.log_shares["shares"]) / found.log_change == pytest.approx(0.8, abs=0.03)


def test_a_split_of_ten_to_fourteen_moves_no_score(recorded: Market) -> None:
    found = diff(on(recorded, date(2026, 5, 28)), on(recorded, date(2026, 5, 29)), ScreenOptions(), HONGJING).rows[0]
    assert found.log_shares is not None and abs(found.log_shares["shares"]) < 1e-6


def test_a_restructuring_is_shares_not_price(recorded: Market) -> None:
    found = diff(on(recorded, date(2025, 11, 18)), on(recorded, date(2025, 11, 20)), ScreenOptions(), JINGANG).rows[0]
    assert found.log_shares is not None and found.log_shares["shares"] == pytest.approx(-0.916291, abs=1e-6)


def test_hindsight_is_told_before_the_report_and_not_after(recorded: Market) -> None:
    before = screen(on(recorded, date(2025, 6, 30), Universe.REPORT)).stands_on
    assert "HINDSIGHT" in before.hindsight and not screen(on(recorded, REPORT_DAY)).stands_on.hindsight


def test_fast_scores_agree_with_the_screen_in_every_month(recorded: Market) -> None:
    for t in range(0, len(recorded.sessions), 41):
        panel = recorded.panel(t)
        assert scores(panel) == {row.symbol: row.score for row in screen(panel).rows if row.score is not None}


def test_annualised_value_of_the_running_contracts(recorded: Market) -> None:
    yuan = factor_values(on(recorded, date(2025, 6, 30)), "annualised_to_cap", ScreenOptions())[HONGJING]
    cap = rows(recorded, date(2025, 6, 30))[HONGJING].market_cap_cny
    assert yuan is not None and cap is not None and yuan * cap == pytest.approx(5.61e8, rel=2e-3)

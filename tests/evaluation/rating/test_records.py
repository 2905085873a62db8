"""Who was right: records by broker, analyst, rating and year, and that skill is seen where it is and nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import cache

import numpy as np
import pytest

from screener.core.errors import UsageError
from screener.evaluation import rating as rt
from screener.evaluation.inference import benjamini_hochberg
from screener.evaluation.rating.peers import Chance, Peers, chance
from screener.evaluation.rating.records import BELIEVED, _ranked, _record
from screener.point_in_time.market import Market
from tests.evaluation.rating.world import LATE, SIX, START, WEEKDAYS, WINNER, bars, market, ratings, series

BROKERS, STOCKS, HALF = 10, 30, 130  # sessions of half a year
LAST = 620
DAYS = np.array(WEEKDAYS[:LAST], dtype="datetime64[D]")
NAMES = tuple(f"{300001 + n}.SZ" for n in range(STOCKS))


@cache
def made(seed: int) -> Peers:
    """Stocks of one theme that moves together, far more than they move apart; the benchmark stands still."""
    rng = np.random.default_rng(seed)
    theme = rng.normal(0, 0.02, LAST)
    own = rng.normal(0, 0.02, (LAST, STOCKS))
    return Peers(NAMES, DAYS, np.exp(np.cumsum(theme[:, None] + own, axis=0)), np.ones(LAST))


def judged(peers: Peers, broker: str, stock: int, start: int, call: str | None) -> rt.Judged:
    """A final rating six months on; no call: the one that comes true."""
    gain = float(peers.prices[start + HALF, stock] / peers.prices[start, stock] - 1)
    band = rt.UP if gain >= 0.1 else rt.DOWN if gain <= -0.1 else rt.NEUTRAL
    day, end = WEEKDAYS[start], WEEKDAYS[start + HALF]
    rated, over = rt.Rating(NAMES[stock], broker, call or band, day), rt.Status.FINAL
    told = rt.Verdict(rt.Reading.E6, day, day, end, False, "000300.SH", over)
    hit = band == rated.rating
    return rt.Judged(rated, (replace(told, relative_return=gain, band=band, hit=hit),))


Pick = Callable[[np.random.Generator, int], tuple[int, bool]]
WORDS, SHARES = (rt.UP, rt.NEUTRAL, rt.DOWN), (0.7, 0.2, 0.1)


def rated_by(rng: np.random.Generator, broker: int, pick: Pick, each: int, peers: Peers) -> list[rt.Judged]:
    """The ratings of one broker; `pick` tells the stock of each, and whether its call comes true."""
    told = []
    for _ in range(each):
        (stock, true), start = pick(rng, broker), int(rng.integers(0, LAST - HALF - 1))
        call = None if true else str(rng.choice(WORDS, p=SHARES))
        told.append(judged(peers, f"B{broker}", stock, start, call))
    return told


def table(seed: int, pick: Pick, each: int) -> list[rt.Record]:
    """Ten brokers, ranked."""
    peers, rng = made(seed % 5), np.random.default_rng(1000 + seed)
    groups = [rated_by(rng, broker, pick, each, peers) for broker in range(BROKERS)]
    return _ranked([_record(rt.By.BROKER, own[0].rated.broker, rt.Reading.E6, own, peers, 0.5) for own in groups])


@cache
def blind_p(tables: int, each: int = 25) -> np.ndarray:
    """(tables, brokers) p of brokers without skill, each of whom covers six stocks for ever."""
    found = []
    for seed in range(tables):
        peers, rng = made(seed % 5), np.random.default_rng(seed)
        for broker in range(BROKERS):
            own = rated_by(rng, broker, blind, each, peers)
            null = chance(own, sum(bool(row.hit) for row in own), peers)
            assert null is not None
            found.append(null.p)
    return np.array(found).reshape(tables, BROKERS)


def blind(rng: np.random.Generator, broker: int) -> tuple[int, bool]:
    """Covers six stocks of its own, for ever."""
    return (broker * 3 + int(rng.integers(0, 6))) % STOCKS, False


def test_brokers_without_skill_do_not_look_skilled() -> None:
    """Of 60 tables of ten, at most 5 % should name somebody; 8 or more would be a chance of one in a hundred."""
    named = sum(min(benjamini_hochberg(list(row))) <= BELIEVED for row in blind_p(60))
    assert named <= 7


def test_p_values_of_blind_picks_are_not_small_too_often() -> None:
    p = blind_p(60)
    assert np.mean(p <= 0.05) <= 0.075 and np.mean(p <= 0.2) <= 0.24


def test_of_500_made_ratings_the_one_broker_with_skill_is_named() -> None:
    """It calls what comes true in six of ten."""
    found = table(3, lambda rng, broker: (int(rng.integers(0, STOCKS)), broker == 4 and rng.random() < 0.6), 50)
    assert [one.name for one in found if one.verdict == "skill"] == ["B4"] and found[0].rank == 1
    best = found[0]
    assert best.q is not None and best.q <= BELIEVED and best.n == 50
    assert best.skill is not None and best.skill > 0.2
    assert all(one.verdict == "not told from luck" for one in found[1:])


def test_few_ratings_are_shown_and_not_ranked() -> None:
    found = table(0, lambda rng, broker: (broker, True), rt.LEAST - 1)
    assert {(one.rank, one.q, one.verdict) for one in found} == {(None, None, "too few")}


def test_a_blind_pick_hits_as_often_as_the_peers_do() -> None:
    """Three of four peers reach the band: two ratings of two stocks hit 1.5 times, both with 9 in 16."""
    prices = np.vstack([np.ones((1, 4)), np.array([[1.2, 1.2, 1.2, 1.0]])])
    peers = Peers(NAMES[:4], np.array(["2025-01-15", "2025-07-15"], dtype="datetime64[D]"), prices, np.ones(2))
    told = [rt.Verdict(rt.Reading.E6, START, START, SIX, False, "000300.SH", rt.Status.FINAL)]
    pair = [rt.Judged(rt.Rating(name, "b", rt.UP, START), tuple(told)) for name in NAMES[:2]]
    assert chance(pair, 2, peers) == Chance(1.5, 9 / 16)
    same = [rt.Judged(rt.Rating(NAMES[0], "b", rt.UP, START), tuple(told))] * 2
    assert chance(same, 2, peers) == Chance(1.5, 3 / 4), "he chose the stock once"


def shares() -> Market:
    """Two firms: one gains a fifth in half a year, one loses as much."""
    loser = series({START: 10.0, SIX: 8.0})
    world = market(WINNER)
    told = {"bars": bars(s301396_SZ=WINNER, s300442_SZ=loser)}
    empty = {name: frame for name, frame in world.frames.items() if name not in told}
    return Market.build({**empty, **told}, calendar=world.calendar)


NAMELESS = "not named (other)"
TOLD = ratings(
    {"rating_id": "1", "analysts": "张三,李四"},
    {"rating_id": "2", "subject": "300442", "rating": rt.DOWN, "analysts": "张三", "broker": "other"},
    {"rating_id": "3", "subject": "300442", "rating": None, "printed": "强推", "broker": "other"},
)


@pytest.mark.parametrize(
    ("by", "names"),
    [
        ("broker", {"broker": (1, 1), "other": (1, 1)}),
        (
            "analyst",
            {"张三 (broker)": (1, 1), "李四 (broker)": (1, 1), "张三 (other)": (1, 1), "not named (other)": (0, 0)},
        ),
        ("rating", {rt.UP: (1, 1), rt.DOWN: (1, 1), "?": (0, 0)}),
        ("year", {"2025": (2, 2)}),
    ],
)
def test_ratings_are_put_together_by_what_is_asked(by: str, names: dict[str, tuple[int, int]]) -> None:
    found = rt.review(shares(), LATE, ratings=TOLD, scorecard=True, by=by).records
    assert {one.name: (one.n, one.hits) for one in found if one.reading == "E6"} == names
    assert {one.verdict for one in found} <= {"too few", "nothing final"}


def test_a_fall_that_was_called_is_a_gain() -> None:
    (both,) = [
        one for one in rt.records(rt.judge(TOLD, shares(), LATE), shares(), LATE, rt.By.YEAR) if one.reading == "E6"
    ]
    assert both.mean == pytest.approx(0.2) and both.median == pytest.approx(0.2)
    assert (both.below_neutral, both.not_understood, both.ratings) == (1, 1, 3)


def test_a_rating_dropped_in_time_counts_with_its_whole_horizon() -> None:
    """Else nobody who changes his mind is ever wrong."""
    told = ratings({}, {"rating": rt.DOWN, "report_date": date(2025, 3, 3), "rating_id": "2"})
    (six, _) = rt.records(rt.judge(told, market(WINNER), LATE), market(WINNER), LATE, portfolios=False)
    assert (six.n, six.hits, six.pending) == (2, 1, 0)


def test_before_anything_is_over_there_is_no_rate() -> None:
    found = rt.records(rt.judge(TOLD, shares(), date(2025, 5, 5)), shares(), date(2025, 5, 5))
    assert {(one.n, one.hit_rate, one.verdict) for one in found} == {(0, None, "nothing final")}


def test_another_word_is_refused() -> None:
    with pytest.raises(UsageError, match="got month; expected broker"):
        rt.review(shares(), LATE, ratings=TOLD, scorecard=True, by="month")


def test_no_stock_no_record() -> None:
    industry = ratings({"subject": "x", "subject_kind": "industry"})
    assert rt.records(rt.judge(industry, market(WINNER), LATE), market(WINNER), LATE) == ()


def test_ratings_of_a_file_have_no_portfolio_for_the_panel_does_not_hold_them() -> None:
    many = ratings(*({"rating_id": str(n), "report_date": day} for n, day in enumerate(WEEKDAYS[20:300:9])))
    found = rt.review(market(WINNER), LATE, ratings=many, scorecard=True).records
    assert {one.portfolio_return for one in found} == {None}

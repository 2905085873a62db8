"""Kinds of events: composed here, and out of the market's table."""

from __future__ import annotations

from datetime import datetime, time

import polars as pl
import pytest

from screener.core.errors import UsageError
from screener.core.tables import packaged
from screener.evaluation import event_study as es
from screener.evaluation.event_study.kinds import firm_work
from screener.evaluation.event_study.sample import Reading, events_of
from screener.point_in_time.market import Market
from tests.evaluation.event_study.cases import FIRST, A
from tests.point_in_time.markets import market, rows, sessions


def renewed() -> Market:
    """A market whose table of kinds has a row more: `renewal`, with an announcement of it."""
    day = sessions(5, FIRST)[3]
    known = {"known_at": datetime.combine(day, time(18)), "announcement_id": "X", "symbol": A, "kind": "renewal"}
    told = known | {"event_date": day, "title": "", "known_at_basis": "exchange_time", "review": "reviewed"}
    fact = known | {
        "commitment_id": "X-1",
        "direction": "inflow",
        "is_compute": True,
        "amount_low": 5e8,
        "amount_high": 5e8,
        "amount_basis": "exact",
        "tax": "unknown",
    }
    kinds = packaged("kinds").with_columns(known_at=pl.lit(datetime(1990, 1, 1)))
    row = {**kinds.row(0, named=True), "kind": "renewal", "label_en": "renewal of an order"}
    return market(
        {A: [10.0] * 8},
        announcements=rows("announcements", told),
        commitments=rows("commitments", fact),
        kinds=pl.concat([kinds, pl.DataFrame([row], schema=kinds.schema)]),
    )


def events(made: Market, kind: str) -> list[str]:
    return [
        name for event in events_of(made, es.kind_of(kind, made), Reading.PRINTED)[0] for name in event.announcements
    ]


@pytest.mark.parametrize("kind", ["renewal", "order"])
def test_a_kind_that_the_user_added_is_one_and_is_signed_work(kind: str) -> None:
    assert events(renewed(), kind) == ["X"]


def test_a_kind_of_the_table_has_its_label() -> None:
    found = es.kind_of("renewal", renewed())
    assert (found.label, found.plural) == ("renewal of an order", "renewal announcements")


def test_signed_work_is_what_the_table_says() -> None:
    assert firm_work(renewed()) == {"order", "framework", "renewal"}


def test_every_kind_of_the_table_can_be_studied() -> None:
    assert set(packaged("kinds")["kind"]) | set(es.KINDS) == set(es.kinds_of(market({A: [10.0]})))


def test_every_kind_at_once_looks_at_no_part_twice() -> None:
    found = es.separate_kinds(renewed())
    assert found[:2] == ["order", "order_a"] and {"purchase", "raise", "report", "termination"} <= set(found)
    assert not {"renewal", "framework", "project", "stake", "lease", "strategic", "cooperation"} & set(found)


def test_an_unknown_kind_names_the_known_ones() -> None:
    with pytest.raises(UsageError, match="order_a"):
        es.kind_of("orders", market({A: [10.0]}))

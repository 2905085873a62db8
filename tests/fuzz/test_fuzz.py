"""Whatever a file holds, it is refused in one sentence or can be read afterwards; SCREENER_FUZZ=5000 makes it long."""

from __future__ import annotations

import os
from pathlib import Path

from screener import research
from screener.sources.files.maps import LOADABLE
from tests.fuzz import campaign

COUNT = int(os.environ.get("SCREENER_FUZZ", "50"))
SEED = int(os.environ.get("SCREENER_FUZZ_SEED", "1"))


def test_every_input_is_refused_in_one_sentence_or_can_be_read(tmp_path: Path) -> None:
    db = tmp_path / "demo.duckdb"
    research.Research.made_up(db)
    outcome = campaign.run(COUNT, SEED, db, tmp_path)
    for (done, came), count in sorted(outcome.counts.items()):
        print(f"{done:32} {came:10} {count:6}")
    print(f"{len(outcome.faults)} faults")
    assert sum(outcome.counts.values()) == COUNT
    assert not outcome.faults, "\n".join(outcome.faults[:40])


def test_a_campaign_is_the_same_again() -> None:
    first, second = ([one for *_, one in campaign.inputs(40, 3)] for _ in range(2))
    assert [(one.name, one.done, one.toml) for one in first] == [(one.name, one.done, one.toml) for one in second]
    assert {one.name.partition(".")[0] for one in first} == set(LOADABLE)

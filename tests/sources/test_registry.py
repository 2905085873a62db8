"""A source is one file and one line of the registry: its hosts, politeness and form of answers come with it."""

from __future__ import annotations

import importlib.util
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

from screener.core.errors import ScreenerError
from screener.sources import akshare_sina, registry
from screener.sources.answers import Source
from screener.sources.classify import Cause, Provider, SourceFailure, call, judge
from screener.sources.http import Exchange, Host, Wire

FILE = '''
"""A provider nobody has heard of."""

from screener.sources.answers import Answer, Ask, Source
from screener.sources.classify import Cause, Family, Provider, no_rows
from screener.sources.http import Exchange, Host, Wire


def rows(exchange: Exchange):
    return None if exchange.body.endswith(b"end") else (Cause.TRUNCATED, "no end")


MADE_UP = Provider("Made up", (Host("made-up.example", 7.0, per_run=3),), (Family(r"^api[.]made-up", rows),))
BARS = Source(MADE_UP, "api.made-up.example", "stock_made_up", lambda ask, wire: Answer("Made up", {}, ""))
'''


@pytest.fixture
def made_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The one file, and the one line."""
    path = tmp_path / "akshare_made_up.py"
    path.write_text(FILE, encoding="utf-8")
    spec = importlib.util.spec_from_file_location("akshare_made_up", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "akshare_made_up", module)
    spec.loader.exec_module(module)
    monkeypatch.setitem(registry.CHAINS, "bars", (*registry.CHAINS["bars"], module.BARS))
    return module


def test_a_new_source_is_asked_last_and_with_the_politeness_it_declares(made_up: ModuleType) -> None:
    group = registry.wire().group_of("api.made-up.example")
    assert registry.chain("bars", "300093.SZ")[-1] is made_up.BARS
    assert (group.suffix, group.pause, group.per_run) == ("made-up.example", 7.0, 3)


def test_a_new_source_is_judged_by_the_form_it_declares(made_up: ModuleType) -> None:
    cut, whole = (Exchange("https://api.made-up.example/x", status=200, body=body) for body in (b"[1", b"[1 end"))
    assert judge(made_up.MADE_UP, [cut]) == (Cause.TRUNCATED, "no end")
    assert judge(made_up.MADE_UP, [whole]) is None


def test_without_its_line_a_host_gets_the_pause_of_strangers() -> None:
    assert registry.wire().group_of("api.made-up.example").suffix == ""


def test_every_source_asks_a_host_its_provider_declares() -> None:
    wire = registry.wire()
    assert all(wire.group_of(source.host) in source.declared.hosts for source in registry.sources())


BARS, SINA = akshare_sina.BARS, akshare_sina.SINA


@pytest.mark.parametrize(
    ("second", "why"),
    [
        (replace(BARS, host="elsewhere.example"), "does not declare"),
        (replace(BARS, declared=replace(SINA)), "two providers of one name"),
        (replace(BARS, declared=Provider("Other", (Host("sina.com.cn", 1.0),), ())), "two politenesses"),
    ],
)
def test_a_declaration_that_does_not_hold_together_is_refused(second: Source, why: str) -> None:
    with pytest.raises(ScreenerError, match=why):
        registry.hosts((BARS, second))


def test_an_akshare_function_that_fails_on_a_good_answer_has_changed_its_shape() -> None:
    with Wire() as wire, pytest.raises(SourceFailure) as raised:
        call(wire, SINA, "no_such_function")
    assert (raised.value.cause, raised.value.provider) == (Cause.SHAPE_CHANGED, "Sina")

"""Sina's quotes of many stocks in one request: the bar of a finished session and the close before it.

akshare asks this address for futures and options alone, so it is asked directly, under the same policy.

1. A quote tells its day and time. Only quotes of the session asked for, from its close on, are taken.
2. A stock that did not trade on that day has no bar. Prices and units that do not hold together have none either: the
   firm is then asked for by itself.
3. `before` is the close that the exchange compares the day with: on an ex-date its reference price.
"""

from __future__ import annotations

import re
from datetime import date, time

import polars as pl

from screener.core.symbols import parse_symbol
from screener.sources.akshare_sina import NAME, SINA
from screener.sources.answers import Answer, Ask, Source, source_name
from screener.sources.classify import Cause, SourceFailure, asked
from screener.sources.http import Wire

HOST, FUNCTION = "hq.sinajs.cn", "hq list"
MOST = 300  # stocks of one request: the address stays below 3 000 letters
_LINE = re.compile(r'var hq_str_(\w{8})="([^"]*)";')
_CLOSED = time(15)
_OPEN, _BEFORE, _CLOSE, _HIGH, _LOW, _VOLUME, _AMOUNT, _DAY, _TIME = 1, 2, 3, 4, 5, 8, 9, 30, 31
_TRADED = {"open": _OPEN, "high": _HIGH, "low": _LOW, "close": _CLOSE, "amount": _AMOUNT, "before": _BEFORE}
_ROUNDED = 0.005  # of the price: amount ÷ volume is a mean
_FIGURES = dict.fromkeys(("open", "high", "low", "close", "amount", "before"), pl.Float64)
_SCHEMA = pl.Schema({"symbol": pl.String, "session": pl.Date, **_FIGURES, "volume": pl.Int64, "source": pl.String})


def quotes(ask: Ask, wire: Wire) -> Answer:
    """Bars of the session `ask.last` of `ask.firms` with `before`; `halted` names what did not trade.

    Raises SourceFailure where the answer cannot be understood; a firm without a usable quote is left out.
    """
    reply = asked(wire, SINA, FUNCTION, lambda: _ask(ask))
    wanted = set(ask.firms)
    bars: list[dict[str, object]] = []
    halted: list[dict[str, object]] = []
    for prefixed, text in _LINE.findall(reply.exchanges[-1].body.decode("gb18030", "replace")):
        symbol = parse_symbol(prefixed)
        quote = _quote(symbol, text.split(","), ask.last) if text and symbol in wanted else None
        if quote is None:
            continue
        (bars if quote["volume"] else halted).append({**quote, "source": source_name(NAME, FUNCTION)})
    frames = {"bars": _frame([row for row in bars if _holds(row)]), "halted": _frame(halted)}
    return Answer(NAME, frames, reply.digest)


def _ask(ask: Ask) -> object:
    import requests

    names = ",".join(firm[-2:].lower() + firm[:6] for firm in ask.firms)
    headers = {"Referer": "https://finance.sina.com.cn"}  # without it the host answers 403
    return requests.get(f"https://{HOST}/list={names}", headers=headers)  # noqa: S113 - the wire sets one


def _quote(symbol: str, fields: list[str], session: date) -> dict[str, object] | None:
    """One quote; None where it is not of that session or not after its close."""
    try:
        if date.fromisoformat(fields[_DAY]) != session or time.fromisoformat(fields[_TIME]) < _CLOSED:
            return None
        prices = {name: float(fields[place]) for name, place in _TRADED.items()}
        volume = round(float(fields[_VOLUME]))
    except (IndexError, ValueError) as error:
        detail = f"quote of {symbol}: {type(error).__name__} {error}"
        raise SourceFailure(Cause.SHAPE_CHANGED, NAME, detail) from None
    return {"symbol": symbol, "session": session, **prices, "volume": volume}


def _holds(row: dict[str, object]) -> bool:
    """Prices in order, and a mean price of the day between them, which tells shares from lots."""
    opened, high, low, close, amount, volume = (
        float(str(row[name])) for name in ("open", "high", "low", "close", "amount", "volume")
    )
    mean = amount / volume
    return 0 < low <= min(opened, close) <= max(opened, close) <= high and (
        low * (1 - _ROUNDED) <= mean <= high * (1 + _ROUNDED)
    )


def _frame(rows: list[dict[str, object]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=_SCHEMA, orient="row")


ROUND = Source(SINA, HOST, FUNCTION, quotes)

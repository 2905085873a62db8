"""Why a provider's answer cannot be used, judged by the captured answers; an akshare exception never decides alone.

1. Faults of the connection and of the status (`http.Fault`).
2. A page of a guard where data was asked for is `blocked`.
3. The body by its format: JSON, `name={json}`, Sina's `var x="packed";`, a workbook. Cut short is `truncated`,
   the provider's own words for "no rows" are `empty`, a total that is not met is `truncated`.
4. Everything is well and akshare failed all the same: the shape has changed.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from screener.core.errors import ScreenerError
from screener.sources.http import Exchange, Fault, Wire

if TYPE_CHECKING:
    import pandas as pd


class Cause(StrEnum):
    """Why there are no rows."""

    UNREACHABLE = "unreachable"
    BLOCKED = "blocked"
    PROVIDER_ERROR = "provider_error"
    EMPTY = "empty"
    TRUNCATED = "truncated"
    SHAPE_CHANGED = "shape_changed"
    UNKNOWN_SYMBOL = "unknown_symbol"
    REFUSED = "refused"  # well-formed, but the store's checks do not accept it


# Worth one more try at the end of the run.
PASSING = (Cause.PROVIDER_ERROR, Cause.TRUNCATED)


class SourceFailure(ScreenerError):
    """One provider brought nothing that can be used."""

    def __init__(self, cause: Cause, provider: str, detail: str = "") -> None:
        self.cause, self.provider, self.detail = cause, provider, detail
        super().__init__(f"{provider}: {cause.replace('_', ' ')}", got=detail or None)


@dataclass(frozen=True)
class Reply:
    """What an akshare function returned and the raw answers behind it."""

    frame: pd.DataFrame
    exchanges: tuple[Exchange, ...]

    @property
    def digest(self) -> str:
        """Eight letters that name the raw answers."""
        return digest(self.exchanges)

    def json_of(self, path: str) -> list[Any]:
        """The JSON bodies of the answers whose path ends with `path`."""
        return [json.loads(one.text) for one in self.exchanges if one.path.endswith(path)]


Verdict = tuple[Cause, str] | None


def call(wire: Wire, provider: str, function: str, /, **arguments: object) -> Reply:
    """Calls an akshare function under the policy of `wire`. Raises SourceFailure with the cause."""
    os.environ.setdefault("TQDM_DISABLE", "1")
    import akshare  # takes two seconds

    error: Exception | None = None
    frame: Any = None
    with wire.capture() as exchanges:
        try:
            frame = getattr(akshare, function)(**arguments)
        except Exception as raised:  # whatever akshare raises, the answers decide
            error = raised
    verdict = judge(exchanges)
    if verdict and verdict[0] is Cause.BLOCKED and exchanges[-1].fault is None:
        wire.blocked(exchanges[-1].host)
    if verdict:
        raise SourceFailure(verdict[0], provider, verdict[1])
    if error is not None:
        raise SourceFailure(Cause.SHAPE_CHANGED, provider, f"{function}: {type(error).__name__} {str(error)[:80]}")
    return Reply(frame, tuple(exchanges))


def judge(exchanges: Sequence[Exchange]) -> Verdict:
    """The first reason why these answers cannot be used; None where they can."""
    for exchange in exchanges:
        found = _by_fault(exchange) or _by_body(exchange)
        if found:
            return found
    return _tencent_empty(exchanges)


def _by_fault(exchange: Exchange) -> Verdict:
    if exchange.fault is Fault.STATUS:
        status = exchange.status or 0
        if status in (401, 403, 405, 418, 429, 451):
            return Cause.BLOCKED, f"status {status} from {exchange.host}"
        if status == 404 and exchange.path.endswith("kl.js"):
            return Cause.UNKNOWN_SYMBOL, f"status 404 from {exchange.host}"
        return Cause.PROVIDER_ERROR, f"status {status} from {exchange.host}"
    causes = {
        Fault.UNREACHABLE: (Cause.UNREACHABLE, f"no connection to {exchange.host}"),
        Fault.RESET: (Cause.BLOCKED, f"{exchange.host} closed the connection"),
        Fault.TIMEOUT: (Cause.PROVIDER_ERROR, f"no answer in time from {exchange.host}"),
        Fault.STOPPED: (Cause.BLOCKED, f"{exchange.host} not asked again in this run: {exchange.detail}"),
    }
    if exchange.fault is Fault.STOPPED and exchange.detail == Fault.UNREACHABLE:
        return Cause.UNREACHABLE, f"no connection to {exchange.host}"
    if exchange.fault is None:
        return None
    return causes.get(exchange.fault, (Cause.PROVIDER_ERROR, f"{exchange.detail} from {exchange.host}"))


def _by_body(exchange: Exchange) -> Verdict:
    if not exchange.body.strip():
        return Cause.PROVIDER_ERROR, f"empty answer from {exchange.host}"
    text = exchange.text.lstrip("\ufeff \r\n\t") if not exchange.body.startswith(b"PK") else "PK"
    if text[:1] == "<":
        return Cause.BLOCKED, f"a page instead of data from {exchange.host}"
    if text.strip() == "null":
        return Cause.PROVIDER_ERROR, f"null from {exchange.host}"
    family = next((rule for rule in _FAMILIES if re.search(rule[0], exchange.host + exchange.path)), None)
    return family[1](exchange) if family else None


def _parsed(exchange: Exchange, text: str | None = None) -> tuple[Any, Verdict]:
    text = (exchange.text if text is None else text).strip()
    try:
        return json.loads(text), None
    except ValueError:
        cut = text[:1] in "{[" and text[-1:] not in "}]"
        detail = f"from {exchange.host}: {text[:30]!r} … {text[-10:]!r}"
        return None, (Cause.TRUNCATED, f"JSON cut short {detail}") if cut else (
            Cause.PROVIDER_ERROR,
            f"no JSON {detail}",
        )


def _json(check: Callable[[Exchange, Mapping[str, Any]], Verdict]) -> Callable[[Exchange], Verdict]:
    def judged(exchange: Exchange) -> Verdict:
        body, verdict = _parsed(exchange)
        if verdict:
            return verdict
        if not isinstance(body, dict):
            return Cause.SHAPE_CHANGED, f"JSON of another form from {exchange.host}"
        return check(exchange, body)

    return judged


def _changed(exchange: Exchange, missing: str) -> Verdict:
    return Cause.SHAPE_CHANGED, f"no {missing} in the answer of {exchange.host}{exchange.path}"


def _kline(exchange: Exchange, body: Mapping[str, Any]) -> Verdict:
    if "data" not in body:
        return _changed(exchange, "data")
    if body["data"] is None:
        unknown = body.get("rc") == 100
        return (Cause.UNKNOWN_SYMBOL if unknown else Cause.EMPTY), f"no rows from {exchange.host}"
    if "klines" not in body["data"]:
        return _changed(exchange, "klines")
    return None if body["data"]["klines"] else (Cause.EMPTY, f"no rows from {exchange.host}")


def _datacenter(exchange: Exchange, body: Mapping[str, Any]) -> Verdict:
    if "result" not in body:
        return _changed(exchange, "result")
    result = body["result"]
    if result is None:
        none = body.get("code") == 9201
        return (Cause.EMPTY if none else Cause.PROVIDER_ERROR), f"{body.get('message')} ({exchange.host})"
    if not isinstance(result.get("data"), list) or "count" not in result:
        return _changed(exchange, "data or count")
    return None


def _cninfo_query(exchange: Exchange, body: Mapping[str, Any]) -> Verdict:
    missing = [name for name in ("totalAnnouncement", "announcements") if name not in body]
    if missing:
        return _changed(exchange, missing[0])
    page = int((parse_qs(exchange.form).get("pageNum") or ["1"])[0])
    if not body["announcements"] and int(body["totalAnnouncement"] or 0) > 30 * (page - 1):
        return Cause.TRUNCATED, f"page {page} is empty although {body['totalAnnouncement']} rows are announced"
    return None


def _cninfo_list(exchange: Exchange, body: Mapping[str, Any]) -> Verdict:
    return None if body.get("stockList") else _changed(exchange, "stockList")


def _webapi(exchange: Exchange, body: Mapping[str, Any]) -> Verdict:
    if body.get("resultcode", 200) != 200:
        return Cause.PROVIDER_ERROR, f"result code {body['resultcode']} from {exchange.host}"
    if not isinstance(body.get("records"), list):
        return _changed(exchange, "records")
    rows, total = len(body["records"]), body.get("total", 0)
    if not rows:
        return (Cause.TRUNCATED if total else Cause.EMPTY), f"no rows from {exchange.host}"
    if isinstance(total, int) and rows < total:
        return Cause.TRUNCATED, f"{rows} of {total} rows from {exchange.host}"
    return None


def _notices(exchange: Exchange, body: Mapping[str, Any]) -> Verdict:
    data = body.get("data")
    if not isinstance(data, dict) or not isinstance(data.get("list"), list) or "total_hits" not in data:
        return _changed(exchange, "data.list or data.total_hits")
    if not data["list"]:
        return (Cause.TRUNCATED if data["total_hits"] else Cause.EMPTY), f"no rows from {exchange.host}"
    return None


def _csindex(exchange: Exchange, body: Mapping[str, Any]) -> Verdict:
    if body.get("success") is False:
        return Cause.PROVIDER_ERROR, f"{body.get('msg')} ({exchange.host})"
    if not isinstance(body.get("data"), list):
        return _changed(exchange, "data")
    return None if body["data"] else (Cause.EMPTY, f"no rows from {exchange.host}")


def _packed(exchange: Exchange) -> Verdict:
    """`var name="packed";` of Sina."""
    found = re.search(r'=\s*"([^"]*)("?)', exchange.text)
    if not found:
        return Cause.SHAPE_CHANGED, f'not `var x="…"` from {exchange.host}'
    if not found[2]:
        return Cause.TRUNCATED, f"packed text cut short from {exchange.host}"
    return None if found[1] else (Cause.EMPTY, f"no rows from {exchange.host}")


def _share_amount(exchange: Exchange) -> Verdict:
    text = exchange.text.strip().rstrip(";")
    if text.endswith("(null)"):
        return Cause.EMPTY, f"no rows from {exchange.host}"
    return None if text.endswith(")") else (Cause.TRUNCATED, f"list cut short from {exchange.host}")


def _tencent(exchange: Exchange) -> Verdict:
    body, verdict = _parsed(exchange, exchange.text.partition("=")[2])
    if verdict:
        return verdict
    if body is None:
        return Cause.PROVIDER_ERROR, f"null from {exchange.host}"
    if body.get("code", 0) != 0:
        return Cause.UNKNOWN_SYMBOL, f"code {body['code']} {body.get('msg', '')} from {exchange.host}"
    return None if "data" in body else _changed(exchange, "data")


def _tencent_empty(exchanges: Sequence[Exchange]) -> Verdict:
    """Tencent answers year by year: no rows only where every year has none."""
    years = [one for one in exchanges if one.path.endswith("/newfqkline/get")]
    if not years:
        return None
    symbols: list[dict[str, Any]] = [
        next(iter(json.loads(one.text.partition("=")[2])["data"].values()), {}) for one in years
    ]
    if any("day" not in symbol for symbol in symbols):
        return Cause.SHAPE_CHANGED, "no `day` in the answer of Tencent"
    return None if any(symbol["day"] for symbol in symbols) else (Cause.EMPTY, "no rows from Tencent")


def _workbook(exchange: Exchange) -> Verdict:
    if not exchange.body.startswith(b"PK"):
        return Cause.PROVIDER_ERROR, f"no workbook from {exchange.host}"
    whole = b"PK\x05\x06" in exchange.body[-66_000:]
    return None if whole else (Cause.TRUNCATED, f"workbook cut short from {exchange.host}")


_FAMILIES: tuple[tuple[str, Callable[[Exchange], Verdict]], ...] = (
    (r"/api/qt/stock/kline/get$", _json(_kline)),
    (r"^datacenter[^/]*\.eastmoney\.com/", _json(_datacenter)),
    (r"/new/hisAnnouncement/query$", _json(_cninfo_query)),
    (r"/new/data/\w+\.json$", _json(_cninfo_list)),
    (r"^webapi\.cninfo\.com\.cn/", _json(_webapi)),
    (r"/api/security/ann$", _json(_notices)),
    (r"/csindex-home/", _json(_csindex)),
    (r"StockService\.getAmountBySymbol", _share_amount),
    (r"sina\.com\.cn/", _packed),
    (r"(qq\.com|gtimg\.cn)/", _tencent),
    (r"szse\.cn/", _workbook),
)


def digest(exchanges: Sequence[Exchange]) -> str:
    """Eight letters of the SHA-256 of the raw answers; without lists that akshare asks once a process."""
    bodies = (exchange.body for exchange in exchanges if "/new/data/" not in exchange.path)
    return sha256(b"".join(bodies)).hexdigest()[:8]

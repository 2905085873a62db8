"""The faults a provider can have. Each turns a healthy answer into (status, content type, body); None: no answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Any
from zipfile import ZipFile

from tests.loopback.formats import JSON, LEFT, SCRIPT, Answer, workbook

MODES = (
    "ok",
    "nodata",
    "403",
    "json500",
    "empty",
    "malformed",
    "null",
    "truncated",
    "page2null",
    "reset",
    "slow",
    "extra",
    "renamed",
)
Sent = tuple[int, str, bytes]


def sent(mode: str, address: str, healthy: Answer, form: Mapping[str, str]) -> Sent | None:
    """The answer of `address` in a mode; None where the connection is cut."""
    kind, body = healthy
    simple: dict[str, Sent | None] = {
        "ok": (200, kind, body),
        "slow": (200, kind, body),
        "reset": None,
        "403": (403, "text/html", "<html><title>访问被拦截！</title></html>".encode()),
        "json500": (500, kind, body),
        "empty": (200, kind, b""),
        "malformed": (200, kind, b'var x={"data":[1,,2]oops}' if kind == SCRIPT else b'{"data":[1,,2]oops}'),
        "null": (200, kind, b"null"),
        "truncated": (200, kind, body[: len(body) // 2]),
    }
    if mode in simple:
        return simple[mode]
    changed: dict[str, Callable[[], bytes]] = {
        "nodata": lambda: nodata(address, body),
        "page2null": lambda: page2null(address, body, form),
        "extra": lambda: extra(address, body),
        "renamed": lambda: renamed(address, body),
    }
    return 200, kind, changed[mode]()


def nodata(address: str, body: bytes) -> bytes:
    """The provider's own words for `no rows`."""
    words: tuple[tuple[str, object], ...] = (
        ("/kline/get", {"rc": 0, "data": None}),
        ("datacenter", {"version": None, "result": None, "success": False, "message": "返回数据为空", "code": 9201}),
        ("/hisAnnouncement/query", {"totalAnnouncement": 0, "announcements": None, "hasMore": False}),
        ("webapi.cninfo", {"resultmsg": "success", "resultcode": 200, "total": 0, "count": 0, "records": []}),
        ("/security/ann", {"data": {"list": [], "page_index": 1, "total_hits": 0}, "error": "", "success": 1}),
        ("sse.com.cn", {"pageHelp": {"total": 0}, "result": []}),
        ("csindex", {"code": "200", "msg": "Success", "data": [], "success": True}),
        ("/report/list", {"hits": 0, "size": 0, "data": [], "TotalPage": 0, "pageNo": 1, "currentYear": 2025}),
        ("swsresearch", {"code": "200", "message": "成功", "data": []}),
        ("/BusinessAnalysis/", {"zyfw": [], "zygcfx": []}),
        ("/NewFinanceAnalysis/", {"data": []}),
    )
    for part, said in words:
        if part in address:
            return json.dumps(said, ensure_ascii=False).encode()
    if "/newfqkline/" in address:
        name, _, text = body.partition(b"=")
        empty: dict[str, Any] = {code: {"day": []} for code in json.loads(text)["data"]}
        return name + b"=" + json.dumps({"code": 0, "data": empty}).encode()
    if "getAmountBySymbol" in address:
        return b"var KKE_ShareAmount_x=(null)"
    if "szse.cn" in address:
        heads = LEFT if is_left(body) else ("变更日期", "证券代码", "证券简称", "变更前简称", "变更后简称")
        return workbook(heads, [])[1]
    return b'var KLC_KL_x="";' if "sina" in address else body


def is_left(body: bytes) -> bool:
    """Whether a workbook is the list of delisted stocks."""
    with ZipFile(BytesIO(body)) as book:
        return LEFT[-1].encode() in book.read("xl/sharedStrings.xml")


def page2null(address: str, body: bytes, form: Mapping[str, str]) -> bytes:
    """A throttled page: the total says there is more, the rows are not there."""
    if "sse.com.cn" in address:
        found = json.loads(body)
        return json.dumps({**found, "result": found["result"][:1]}).encode()
    if "/report/list" in address and json.loads(body)["pageNo"] > 1:
        return json.dumps({**json.loads(body), "data": []}).encode()
    if address.endswith("bAjaxNew"):
        return json.dumps({"data": json.loads(body)["data"][1:] or None}).encode()
    if "/hisAnnouncement/query" in address and int(form["pageNum"]) > 1:
        return json.dumps({**json.loads(body), "announcements": None}).encode()
    return body


def extra(address: str, body: bytes) -> bytes:
    """One column more than yesterday."""
    if "/kline/get" in address:
        found = json.loads(body)
        found["data"]["klines"] = [f"{row},9.99" for row in found["data"]["klines"]]
        return json.dumps(found).encode()
    if "szse.cn" in address and is_left(body):
        return workbook(("新列", *LEFT), [("1", "300093", "测试", "2010-08-26", "2025-06-23")])[1]
    if "szse.cn" in address:
        return workbook(("新列", "变更日期", "证券代码", "变更后简称"), [("1", "2025-01-02", "300093", "*ST测试")])[1]
    rows = {
        "datacenter": '"SECUCODE"',
        "/hisAnnouncement/": '"announcementId"',
        "p_sysapi1139": '"F006D"',
        "p_stock2232": '"K00"',
        "p_stock2215": '"SECCODE"',
        "/security/ann": '"art_code"',
        "csindex": '"peg"',
        "sse.com.cn": '"COMPANY_CODE"',
        "swsresearch": '"hike"',
        "/BusinessAnalysis/": '"ITEM_NAME"',
        "bAjaxNew": '"CURRENCY"',
        "/report/list": '"orgCode"',
        "szse_stock": '"orgId"',
        "getAmountBySymbol": 'amount:"',
    }
    for part, key in rows.items():
        if part in address:
            added = 'x:"1",' if part == "getAmountBySymbol" else '"NEW": 1, '
            return body.decode().replace(key, added + key).encode()
    return body


def renamed(address: str, body: bytes) -> bytes:
    """A key under another name."""
    if "szse.cn" in address and is_left(body):
        return workbook((*LEFT[:3], "日期"), [("300093", "测试", "2010-08-26", "2025-06-23")])[1]
    if "szse.cn" in address:
        return workbook(("日期", "证券代码", "变更后简称"), [("2025-01-02", "300093", "*ST测试")])[1]
    names = {
        "/kline/get": ('"klines"', '"lines"'),
        "datacenter": ('"TOTAL_SHARES"', '"TOTAL"'),
        "/hisAnnouncement/": ('"announcementTime"', '"time"'),
        "p_sysapi1139": ('"F020D"', '"F920D"'),
        "p_sysapi1029": ('"records"', '"rows"'),
        "p_stock2232": ('"records"', '"rows"'),
        "p_stock2215": ('"F003N"', '"F903N"'),
        "/security/ann": ('"display_time"', '"shown"'),
        "csindex": ('"data"', '"rows"'),
        "sse.com.cn": ('"DELIST_DATE"', '"DATE"'),
        "swsresearch": ('"openindex"', '"open"'),
        "/BusinessAnalysis/": ('"MAIN_BUSINESS_INCOME"', '"INCOME"'),
        "bAjaxNew": ('"NOTICE_DATE"', '"DATE"'),
        "/report/list": ('"sRatingName"', '"ownRating"'),
        "szse_stock": ('"code"', '"secCode"'),
        "/newfqkline/": ('"day"', '"daily"'),
        "sina": ("var ", "let "),
    }
    for part, (old, new) in names.items():
        if part in address:
            return body.decode().replace(old, new).encode()
    return body


__all__ = ["JSON", "MODES", "sent"]

"""Healthy answers: (content type, body) for a method, host, path, query and form; None for an unknown address."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta, timezone
from typing import Any

import xlsxwriter

from screener.core.symbols import parse_symbol
from tests.loopback import packed, quotes
from tests.loopback.world import Notice, World

JSON, SCRIPT = "application/json; charset=UTF-8", "application/x-javascript; charset=utf-8"
Answer = tuple[str, bytes]
INDEX_OF = {
    "1.000300": "000300.SH",
    "2.H00300": "H00300.CSI",
    "0.899001": "899001.GSI",
    "sh000300": "000300.SH",
    "HSI": "HSI.HI",
    ".INX": "SPX.GI",
    ".IXIC": "IXIC.GI",
    "000300": "000300.SH",
    "H00300": "H00300.CSI",
    "899001": "899001.GSI",
    "930651": "930651.CSI",
    "930713": "930713.CSI",
    "931071": "931071.CSI",
    "930851": "930851.CSI",
    "000985": "000985.CSI",
    "801750": "801750.SI",
}
SHANGHAI = timezone(timedelta(hours=8))


def answer(world: World, host: str, path: str, query: Mapping[str, str], form: Mapping[str, str]) -> Answer | None:
    """What a provider in good health sends."""
    for ending, make in ROUTES:
        if (host + path).startswith(ending) or (host + path).endswith(ending):
            return make(world, path, query, form)
    return None


def as_json(body: object) -> Answer:
    return JSON, json.dumps(body, ensure_ascii=False).encode()


def known(world: World, code: str) -> str | None:
    symbol = parse_symbol(code)
    return symbol if symbol in world.symbols else None


def kline(world: World, path: str, query: Mapping[str, str], form: Mapping[str, str]) -> Answer:
    """Eastmoney: date, open, close, high, low, volume in 手, amount, then ratios."""
    secid, fields = query["secid"], [name for name in query["fields2"].split(",") if name != "f116"]
    index = INDEX_OF.get(secid)
    symbol = None if index else known(world, secid[2:])
    if index is None and symbol is None:
        return as_json({"rc": 100, "rt": 17, "svr": 1, "data": None})
    bars = [(*bar, bar[5] * bar[4]) for bar in world.levels(index)] if index else world.bars(symbol or "")
    span = range(int(query.get("beg", "0")), int(query["end"]) + 1)
    rows = [
        f"{day},{o:.2f},{c:.2f},{h:.2f},{low:.2f},{volume // world.eastmoney_unit},{amount:.2f},1.0,1.0,0.1,1.02"
        for day, o, h, low, c, volume, amount in bars
        if int(f"{day:%Y%m%d}") in span
    ]
    rows = [",".join(row.split(",")[: len(fields)]) for row in rows]
    return as_json({"rc": 0, "rt": 17, "data": {"code": secid[2:], "dktotal": len(bars), "klines": rows}})


def share_capital(world: World, path: str, query: Mapping[str, str], form: Mapping[str, str]) -> Answer:
    """Eastmoney datacenter: rows of share capital, newest first."""
    symbol = query["filter"].split('"')[1]
    if symbol not in world.symbols:
        return as_json({"version": None, "result": None, "success": False, "message": "返回数据为空", "code": 9201})
    rows = [
        dict.fromkeys(query["columns"].split(","))
        | {
            "SECUCODE": symbol,
            "END_DATE": f"{row['day']} 00:00:00",
            "TOTAL_SHARES": row["total"],
            "LISTED_A_SHARES": int(row["total"]) // 2,
            "FREE_SHARES": row["total"],
            "CHANGE_REASON": "定期报告",
        }
        for row in reversed(world.shares(symbol))
    ]
    return as_json({"result": {"pages": 1, "data": rows, "count": len(rows)}, "success": True, "code": 0})


def reports(world: World, path: str, query: Mapping[str, str], form: Mapping[str, str]) -> Answer:
    """Eastmoney: research reports of a stock, or of a class of industries; pages as large as asked for."""
    industry, everybody = query["qType"] == "1", query.get("code") == "*"
    subject = query["industryCode"] if industry else None if everybody else known(world, query["code"])
    subjects = [subject] if subject else list(world.symbols) if everybody else []
    told = [report(one, number, industry) for one in subjects for number in range(world.reports)]
    if everybody:  # somebody writes about some stock on every session
        days = enumerate(world.sessions)
        told += [{**report("000001.SZ", n, industry), "publishDate": f"{day} 00:00:00.000"} for n, day in days]
    found = [one for one in told if query["beginTime"] <= one["publishDate"][:10] <= query["endTime"]]
    found = [one for one in found if world.happened(date.fromisoformat(one["publishDate"][:10]))]
    size, page = min(int(query["pageSize"]), 100), int(query["pageNo"])
    rows = found[(page - 1) * size : page * size]
    pages = -(-len(found) // size)
    return as_json(
        {"hits": len(found), "size": len(rows), "data": rows, "TotalPage": pages, "pageNo": page, "currentYear": 2025}
    )


REPORTED = (  # broker, own word, the provider's word for it, the one before, its code of the change
    ("国信证券", "优于大市", "买入", "买入", 3),
    ("中信建投", "买入", "买入", "增持", 0),
    ("某某证券", "强推", "买入", "", 2),
    ("兴业证券", "增持", "增持", "增持", 3),
)


def report(subject: str, number: int, industry: bool) -> dict[str, Any]:
    broker, own, word, before, code = REPORTED[number % len(REPORTED)]
    day = date(2025, 4, 7) + timedelta(days=number % 80)
    forecasts = {
        f"predict{year}Year{what}": "" for year in ("This", "Next", "NextTwo", "Last") for what in ("Eps", "Pe")
    }
    return {
        "title": f"点评{number}",
        "stockName": "" if industry else "测试",
        "stockCode": "" if industry else subject[:6],
        "orgCode": "1",
        "orgName": f"{broker}股份有限公司",
        "orgSName": broker,
        "publishDate": f"{day} 00:00:00.000",
        "infoCode": f"AP{day:%Y%m%d}{number:010}",
        **forecasts,
        "actualLastTwoYearEps": "",
        "actualLastYearEps": "",
        "industryCode": subject if industry else "",
        "industryName": {"737": "软件开发", "735": "计算机设备", "447": "互联网服务"}[subject] if industry else "",
        "indvInduCode": "737",
        "indvInduName": "软件开发",
        "emRatingName": word,
        "lastEmRatingName": before,
        "ratingChange": code,
        "author": ["11000408132.曾某"],
        "researcher": "曾某,李某",
        "indvAimPriceT": "65.0" if number % 2 else "",
        "indvAimPriceL": "",
        "sRatingName": own,
        "sRatingCode": "1",
        "market": "SHENZHEN",
        "count": 5,
    }


def milliseconds(moment: datetime) -> int:
    return int(moment.replace(tzinfo=SHANGHAI).timestamp() * 1000)


def firm_list(world: World, path: str, query: Mapping[str, str], form: Mapping[str, str]) -> Answer:
    codes = [symbol[:6] for symbol in world.symbols]
    return as_json({"stockList": [{"orgId": f"99{code}", "category": "A股", "code": code} for code in codes]})


def disclosures(world: World, path: str, query: Mapping[str, str], form: Mapping[str, str]) -> Answer:
    """cninfo: thirty a page, printed date at midnight."""
    if not form.get("stock"):
        return market_disclosures(world, form)
    stocks = [parse_symbol(one.split(",")[0]) for one in form["stock"].split(";")]
    stocks = stocks[:1] if world.first_of_list else stocks
    start, end = (date.fromisoformat(day) for day in form["seDate"].split("~"))
    told = [one for symbol in stocks for one in world.notices(symbol)] if not form.get("category") else []
    found = [one for one in told if start <= one.printed <= end]
    page = int(form["pageNum"])
    rows = [disclosure(one) for one in found[(page - 1) * 30 : page * 30]]
    return as_json(
        {
            "totalAnnouncement": len(found),
            "totalRecordNum": len(found),
            "announcements": rows or None,
            "hasMore": page * 30 < len(found),
            "totalpages": len(found) // 30,
        }
    )


PLATES = {"sz": "SZ", "sh": "SH", "bj": "BJ", "szmb": "00", "szcy": "30", "shmb": "60", "shkcp": "68"}


def market_disclosures(world: World, form: Mapping[str, str]) -> Answer:
    """cninfo's search over all firms: a word in the title, a plate; page 101 is page 1 again, whatever the total."""
    start, end = (date.fromisoformat(day) for day in form["seDate"].split("~"))
    word, plate = form.get("searchkey", ""), PLATES.get(form.get("plate", ""), "")
    found = [
        one
        for one in world.printed(start, end)
        if word in one.title
        and (one.symbol.endswith(plate) if plate.isalpha() else one.symbol.startswith(plate))
        and not form.get("category")
    ]
    page = int(form["pageNum"])
    shown = page if page <= 100 else 1
    rows = [marked(disclosure(one), word) for one in found[(shown - 1) * 30 : shown * 30]]
    return as_json({"totalAnnouncement": len(found), "totalRecordNum": len(found), "announcements": rows or None})


def marked(row: dict[str, Any], word: str) -> dict[str, Any]:
    """The title as the search shows it."""
    if not word:
        return row
    return {**row, "announcementTitle": row["announcementTitle"].replace(word, f"<em>{word}</em>")}


def disclosure(one: Notice) -> dict[str, Any]:
    midnight = milliseconds(datetime.combine(one.printed, datetime.min.time()))
    return {
        "secCode": one.symbol[:6],
        "secName": one.firm,
        "orgId": f"99{one.symbol[:6]}",
        "announcementId": str(one.number),
        "announcementTitle": one.title,
        "announcementTime": milliseconds(one.published) if one.told else midnight,
        "adjunctUrl": f"finalpage/{one.printed}/{one.number}.PDF",
    }


def notices(world: World, path: str, query: Mapping[str, str], form: Mapping[str, str]) -> Answer:
    """Eastmoney: a hundred a page, with the time of publication; of a stock, of several, or of all."""
    codes = query["stock_list"].split(",") if query.get("stock_list") else []
    start, end = date.fromisoformat(query["begin_time"]), date.fromisoformat(query["end_time"])
    symbols = [symbol for symbol in (known(world, code) for code in codes) if symbol]
    symbols = symbols[:1] if world.first_of_list and len(codes) > 1 else symbols
    told = [one for symbol in symbols for one in world.notices(symbol)] if codes else world.printed(start, end)
    found = [one for one in told if start <= one.printed <= end]
    page = int(query["page_index"])
    rows = [notice(one) for one in found[(page - 1) * 100 : page * 100]]
    return as_json({"data": {"list": rows, "page_index": page, "total_hits": len(found)}, "error": "", "success": 1})


def notice(one: Notice) -> dict[str, Any]:
    code = {
        "ann_type": "A,SZA",
        "inner_code": "1",
        "market_code": "0",
        "short_name": "测试",
        "stock_code": one.symbol[:6],
    }
    return {
        "art_code": f"AN{one.number}",
        "codes": [code],
        "columns": [{"column_code": "1", "column_name": "重大合同"}],
        "display_time": f"{one.published}:000",
        "eiTime": f"{one.published}:000",
        "language": "0",
        "notice_date": f"{one.printed} 00:00:00",
        "title": f"测试:{one.title}",
    }


def records(rows: list[dict[str, Any]]) -> Answer:
    return as_json({"resultmsg": "success", "resultcode": 200, "total": len(rows), "count": len(rows), "records": rows})


def dividends(world: World, path: str, query: Mapping[str, str], form: Mapping[str, str]) -> Answer:
    symbol = known(world, query["scode"])
    found = world.dividends_of(symbol) if symbol else []
    return records(
        [
            {
                "F006D": str(row["said"]),
                "F044V": "年度分红",
                "F011N": row["converted"],
                "F010N": row["bonus"],
                "F012N": row["cash"],
                "F018D": str(row["ex"]),
                "F020D": str(row["ex"]),
                "F023D": str(row["ex"]),
                "F025D": None,
                "F007V": str(row.get("text", "10派")),
                "F001V": "年报",
            }
            for row in found
        ]
    )


def rights(world: World, path: str, query: Mapping[str, str], form: Mapping[str, str]) -> Answer:
    """57 fields whose order alone counts."""
    found = world.rights.get(known(world, query["scode"]) or "", [])
    places = {8: "price", 9: "ratio", 18: "ex", 21: "code"}
    return records([{f"K{n:02}": str(row[places[n]]) if n in places else None for n in range(57)} for row in found])


def share_changes(world: World, path: str, query: Mapping[str, str], form: Mapping[str, str]) -> Answer:
    """cninfo: in 万股, with the day of the announcement."""
    symbol = known(world, query["scode"])
    return records(
        [
            {
                "SECCODE": symbol[:6],
                "SECNAME": "测试",
                "ORGNAME": "测试",
                "DECLAREDATE": str(row["said"]),
                "VARYDATE": str(row["day"]),
                "F001V": "1",
                "F002V": "变动",
                "F003N": int(row["total"]) / 1e4,
                "F021N": int(row["total"]) / 2e4,
                "F022N": int(row["total"]) // 2 / 1e4,
            }
            for row in world.shares(symbol)
        ]
        if symbol
        else []
    )


def last_changes(world: World, path: str, query: Mapping[str, str], form: Mapping[str, str]) -> Answer:
    """cninfo: everybody's last change of share capital in 万股; ten fields whose order alone counts."""
    rows = []
    for symbol in world.symbols:
        row = world.shares(symbol)[-1]
        total = world.total.get(symbol, int(row["total"])) / 1e4
        cells = (
            total / 2,
            total,
            "市场",
            "测试",
            str(row["said"]),
            "变动",
            symbol[:6],
            str(row["day"]),
            total / 2,
            50.0,
        )
        rows.append({f"K{n:02}": cell for n, cell in enumerate(cells)})
    return records(rows)


def publisher(world: World, path: str, query: Mapping[str, str], form: Mapping[str, str]) -> Answer:
    """CSI: sixteen fields in their order."""
    index = INDEX_OF[query["indexCode"]]
    span = range(int(query["startDate"]), int(query["endDate"]) + 1)
    names = ("indexNameCnAll", "indexNameCn", "indexNameEnAll", "indexNameEn")
    shift = world.publisher_shift
    rows = [
        {
            "tradeDate": f"{day:%Y%m%d}",
            "indexCode": query["indexCode"],
            **dict.fromkeys(names, "指数"),
            "open": o,
            "high": h + shift,
            "low": low,
            "close": c + shift,
            "change": 1.0,
            "changePct": 0.1,
            "tradingVol": 1.0,
            "tradingValue": 1.0,
            "consNumber": 300,
            "peg": 12.5,
        }
        for day, o, h, low, c, _ in world.levels(index)
        if int(f"{day:%Y%m%d}") in span
    ]
    return as_json({"code": "200", "msg": "Success", "data": rows, "success": True})


def shenwan(world: World, path: str, query: Mapping[str, str], form: Mapping[str, str]) -> Answer:
    """Shenwan: the whole history, the open as text."""
    rows = [
        {
            "swindexcode": query["swindexcode"],
            "bargaindate": f"{day}",
            "openindex": f"{o:.2f}",
            "maxindex": h,
            "minindex": low,
            "closeindex": c,
            "hike": 1.0,
            "markup": 0.1,
            "bargainamount": 1.0,
            "bargainsum": 1.0,
        }
        for day, o, h, low, c, _ in world.levels(INDEX_OF[query["swindexcode"]])
    ]
    return as_json({"code": "200", "message": "成功", "data": rows})


def tencent_start(world: World, path: str, query: Mapping[str, str], form: Mapping[str, str]) -> Answer:
    body = {"code": 0, "msg": "", "data": [[str(world.first), "1", "1"]]}
    return SCRIPT, f"{query['_var']}={json.dumps(body)}".encode()


def tencent(world: World, path: str, query: Mapping[str, str], form: Mapping[str, str]) -> Answer:
    """A year and the next: date, open, close, high, low, 手, …, turnover, 万元."""
    code, _, start, end, *_ = query["param"].split(",")
    symbol = known(world, code)
    rows = [
        [
            str(day),
            f"{o:.2f}",
            f"{c:.2f}",
            f"{h:.2f}",
            f"{low:.2f}",
            f"{volume / world.tencent_unit:.3f}",
            {},
            "1.02",
            f"{amount / 1e4:.4f}",
            "",
        ]
        for day, o, h, low, c, volume, amount in (world.bars(symbol) if symbol else [])
        if start <= str(day) <= end
    ]
    body = {"code": 0, "msg": "", "data": {code: {"day": rows, "qt": {}}}}
    return SCRIPT, f"{query['_var']}={json.dumps(body)}".encode()


def script(name: str, text: str) -> Answer:
    return SCRIPT, f'var {name}="{text}";'.encode()


def sina_prices(world: World, path: str, query: Mapping[str, str], form: Mapping[str, str]) -> Answer | None:
    """Packed prices of a stock, of a domestic or of a Hong Kong index."""
    name = path.split("/")[3]
    if name in INDEX_OF:
        return script(f"KLC_KL_{name}", packed.index(world.levels(INDEX_OF[name])))
    symbol = known(world, name)
    if not symbol:
        return None
    bars = [(*bar[:5], bar[5] // world.sina_unit, bar[6]) for bar in world.bars(symbol)]
    if world.phantom:
        bars = sorted([*bars, (world.phantom, *bars[0][1:5], bars[0][5] + 100, bars[0][6])])
    return script(f"KLC_KL_{name}", packed.stock(bars, bars[0][1]))


def sina_american(world: World, path: str, query: Mapping[str, str], form: Mapping[str, str]) -> Answer:
    levels = world.levels(INDEX_OF[path.rsplit("/", 1)[1]])
    return script("KLC_KL", packed.stock([(*row, row[5]) for row in levels], levels[0][1]))


def sina_calendar(world: World, path: str, query: Mapping[str, str], form: Mapping[str, str]) -> Answer:
    return script("KLC_TD_SH", packed.calendar(world.calendar.between(world.calendar.first, world.calendar.last)))


def sina_shares(world: World, path: str, query: Mapping[str, str], form: Mapping[str, str]) -> Answer:
    symbol = known(world, query["symbol"]) or ""
    rows = ",".join(
        f'{{date:"{row["day"]}",amount:"{int(row["total"]) / 2e4}"}}' for row in reversed(world.shares(symbol))
    )
    return SCRIPT, f"/*x*/\nvar KKE_ShareAmount_{query['symbol']}=([{rows}])".encode()


def name_changes(world: World, path: str, query: Mapping[str, str], form: Mapping[str, str]) -> Answer:
    """Shenzhen: a workbook; the first firm is *ST from the 20th session on, for twenty sessions."""
    symbols = [symbol for symbol in world.symbols if symbol.endswith(".SZ")]
    days = [world.sessions[n] for n in (20, 40)]
    told = [
        (days[0], symbols[0][:6], "测试", "测试", "*ST测试"),
        (days[1], symbols[0][:6], "测试", "*ST测试", "测试"),
    ]
    rows = [(str(day), *rest) for day, *rest in told if world.happened(day)]
    return workbook(("变更日期", "证券代码", "证券简称", "变更前简称", "变更后简称"), rows)


def shenzhen(world: World, path: str, query: Mapping[str, str], form: Mapping[str, str]) -> Answer:
    """Shenzhen's lists are told apart by the catalogue that is asked for."""
    if query["CATALOGID"] == "1793_ssgs":
        return workbook(LEFT, [(code, name, str(first), str(last)) for code, name, first, last in world.left("SZ")])
    return name_changes(world, path, query, form)


LEFT = ("证券代码", "证券简称", "上市日期", "终止上市日期")


def shanghai_left(world: World, path: str, query: Mapping[str, str], form: Mapping[str, str]) -> Answer:
    """Shanghai's list of delisted stocks, as akshare asks for it: one page of up to 500."""
    rows = [
        {"COMPANY_CODE": code, "COMPANY_ABBR": name, "LIST_DATE": f"{first:%Y%m%d}", "DELIST_DATE": f"{last:%Y%m%d}"}
        for code, name, first, last in world.left("SH")
    ]
    page = {"total": len(rows), "pageSize": 500, "pageNo": 1}
    return JSON, json.dumps({"pageHelp": page, "result": rows}, ensure_ascii=False).encode()


def workbook(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> Answer:
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True})
    book.set_properties({"created": datetime(2025, 1, 1)})  # the same bytes every time
    sheet = book.add_worksheet()
    for line, row in enumerate([heads, *rows]):
        sheet.write_row(line, 0, row)
    book.close()
    return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", file.getvalue()


def products(world: World, path: str, query: Mapping[str, str], form: Mapping[str, str]) -> Answer:
    """Eastmoney: revenue by industry, product and region, per period since the first day of the year."""
    ends = [date(year, month, day) for year in (2025, 2026) for month, day in ((6, 30), (12, 31))]
    names = {"1": ("信息技术",), "2": ("算力服务", "智能监控", "算力软件"), "3": ("境内",)}
    rows = [
        {
            "SECUCODE": query["code"],
            "SECURITY_CODE": query["code"][2:],
            "REPORT_DATE": f"{end} 00:00:00",
            "MAINOP_TYPE": by,
            "ITEM_NAME": name,
            "MAIN_BUSINESS_INCOME": 1e8 * end.month + place,
            **dict.fromkeys(("MBI_RATIO", "MAIN_BUSINESS_COST", "MBC_RATIO", "MAIN_BUSINESS_RPOFIT"), 0.5),
            **dict.fromkeys(("MBR_RATIO", "GROSS_RPOFIT_RATIO"), 0.5),
            "RANK": place,
        }
        for end in ends
        if world.first <= end <= world.last
        for by, items in names.items()
        for place, name in enumerate(items)
    ]
    return as_json({"zyfw": [], "zygcfx": rows})


def company_form(world: World, path: str, query: Mapping[str, str], form: Mapping[str, str]) -> Answer:
    """Eastmoney's page of a firm; akshare reads the form of its statements out of it."""
    return "text/html", b'<html><input type="hidden" id="hidctype" value="4"></html>'


def statement_ends(world: World) -> list[date]:
    """Ends of the quarters of the world, newest first."""
    days = [date(y, m, d) for y in range(2024, 2027) for m, d in ((3, 31), (6, 30), (9, 30), (12, 31))]
    return [day for day in reversed(days) if world.first <= day <= world.last]


def statement_periods(world: World, path: str, query: Mapping[str, str], form: Mapping[str, str]) -> Answer:
    return as_json({"data": [{"REPORT_DATE": f"{day} 00:00:00"} for day in statement_ends(world)]})


def statement(world: World, path: str, query: Mapping[str, str], form: Mapping[str, str]) -> Answer:
    """Five periods of a balance sheet or of cash flows, published two months later; 2025-12-31 was changed after."""
    rows = [
        {
            "REPORT_DATE": f"{end} 00:00:00",
            "NOTICE_DATE": f"{min(end + timedelta(days=59), world.last)} 00:00:00",
            "UPDATE_DATE": f"{min(end + timedelta(days=90 if end.month == 12 else 59), world.last)} 00:00:00",
            "CURRENCY": "CNY",
            "CONTRACT_LIAB": 1e6 * end.month,
            "FIXED_ASSET": 5e8 + 1e7 * end.month,
            "CONSTRUCT_LONG_ASSET": 2e7 * end.month,
        }
        for end in map(date.fromisoformat, query["dates"].split(","))
    ]
    return as_json({"data": rows})


def published_document(world: World, path: str, query: Mapping[str, str], form: Mapping[str, str]) -> Answer:
    """The document behind the link of a notice."""
    number = int(path.rpartition("/")[2].partition(".")[0])
    return "application/pdf", world.documents.get(number, b"")


ROUTES = (
    ("static.cninfo.com.cn/finalpage/", published_document),
    ("/PC_HSF10/BusinessAnalysis/PageAjax", products),
    ("/PC_HSF10/NewFinanceAnalysis/Index", company_form),
    ("bDateAjaxNew", statement_periods),
    ("bAjaxNew", statement),
    ("/api/qt/stock/kline/get", kline),
    ("datacenter.eastmoney.com/securities/api/data/v1/get", share_capital),
    ("/new/data/szse_stock.json", firm_list),
    ("/new/hisAnnouncement/query", disclosures),
    ("/api/security/ann", notices),
    ("reportapi.eastmoney.com/report/list", reports),
    ("webapi.cninfo.com.cn/api/sysapi/p_sysapi1139", dividends),
    ("webapi.cninfo.com.cn/api/stock/p_stock2232", rights),
    ("webapi.cninfo.com.cn/api/stock/p_stock2215", share_changes),
    ("webapi.cninfo.com.cn/api/sysapi/p_sysapi1029", last_changes),
    ("hq.sinajs.cn/list=", quotes.answer),
    ("/csindex-home/perf/index-perf", publisher),
    ("www.swsresearch.com/institute-sw/api/index_publish/trend/", shenwan),
    ("/weekTrends", tencent_start),
    ("/newfqkline/get", tencent),
    ("/klc_td_sh.txt", sina_calendar),
    ("kl.js", sina_prices),
    ("finance.sina.com.cn/staticdata/us/", sina_american),
    ("getAmountBySymbol", sina_shares),
    ("www.szse.cn/api/report/ShowReport", shenzhen),
    ("query.sse.com.cn/commonQuery.do", shanghai_left),
)

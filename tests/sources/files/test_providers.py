"""Exports of every provider, as they are: their headings, units, codes and halts, without a map."""

# ruff: noqa: E501 - rows of exports are as long as they are

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from screener.core.errors import DataRefused
from screener.sources.files.headings import heading_of
from screener.sources.files.reading import read_folder
from tests.sources.files.making import DAYS, PRICES, bars, checked, csv, put, read

# name of the file, headings, columns as o h l c v a d (day) s (code) n (name) x (anything), volume ÷, amount ÷
EXPORTS = [
    ("600588.csv", "日期,开盘,收盘,最高,最低,成交量,成交额,振幅,涨跌幅,涨跌额,换手率", "d o c h l v a x x x x", 100, 1),
    ("all.csv", "日期,股票代码,开盘,收盘,最高,最低,成交量,成交额,振幅,涨跌幅,涨跌额,换手率", "d s o c h l v a x x x x", 100, 1),
    ("sh600588.csv", "date,open,high,low,close,volume,amount,outstanding_share,turnover", "d o h l c v a x x", 1, 1),
    ("daily.csv", "ts_code,trade_date,open,high,low,close,pre_close,change,pct_chg,vol,amount", "s d o h l c x x x v a", 100, 1000),
    ("a.csv", "代码,名称,日期,开盘价(元),最高价(元),最低价(元),收盘价(元),涨跌幅(%),成交量(股),成交额(百万)", "s n d o h l c x v a", 1, 1e6),
    ("a.csv", "代码,简称,日期,前收盘价(元),开盘价(元),最高价(元),最低价(元),收盘价(元),成交量(万股),成交金额(万元)", "s n d x o h l c v a", 1e4, 1e4),
    ("a.csv", "S_INFO_WINDCODE,TRADE_DT,S_DQ_PRECLOSE,S_DQ_OPEN,S_DQ_HIGH,S_DQ_LOW,S_DQ_CLOSE,S_DQ_VOLUME,S_DQ_AMOUNT", "s d x o h l c v a", 100, 1000),
    ("a.csv", "证券代码,证券名称,交易时间,开盘价,最高价,最低价,收盘价,涨跌,涨跌幅%,成交量,成交额", "s n d o h l c x x v a", 100, 1),
    ("a.csv", "证券代码,证券名称,交易时间,开盘价,最高价,最低价,收盘价,涨跌,涨跌幅%,成交量,成交额", "s n d o h l c x x v a", 1, 1),
    ("SH#600588.txt", "日期\t开盘\t最高\t最低\t收盘\t成交量\t成交额", "d o h l c v a", 1, 1),
    ("600588.xls", "时间\t开盘\t最高\t最低\t收盘\t涨幅\t振幅\t总手\t金额\t换手%", "d o h l c x x v a x", 100, 1),
    ("600588.XSHG.csv", ",open,close,high,low,volume,money", "d o c h l v a", 1, 1),
    ("sh.600588.csv", "date,code,open,high,low,close,preclose,volume,amount,adjustflag,turn,tradestatus,pctChg,isST", "d s o h l c x v a 3 x x x x", 1, 1),
    ("600588.SS.csv", "Date,Open,High,Low,Close,Volume", "d o h l c v", 1, 1),
    ("a.csv", "order_book_id,date,open,close,high,low,volume,total_turnover,num_trades", "s d o c h l v a x", 1, 1),
    ("a.csv", "instrument,datetime,open,high,low,close,volume,factor", "s d o h l c v 1", 1, 1),
    ("a.csv", "SYMBOL, Session ,OPEN,High,low,Close Price,VOLUME(手),amount(千元)", "s d o h l c v a", 100, 1000),
]  # fmt: skip


def export(shape: str, lots: float, yuan: float) -> list[list[object]]:
    rows = []
    for day, (o, h, low, c, v, a) in zip(DAYS, PRICES, strict=True):
        values = {
            "o": o,
            "h": h,
            "l": low,
            "c": c,
            "v": v / lots,
            "a": a / yuan,
            "d": day,
            "s": "600588.SH",
            "n": "某某",
            "x": "7.7",
        }
        rows.append([values.get(word, word) for word in shape.split()])
    return rows


@pytest.mark.parametrize(
    ("name", "head", "shape", "lots", "yuan"), EXPORTS, ids=[f"{e[0]} {e[1][:20]} {e[3]}" for e in EXPORTS]
)
def test_an_export_is_read_without_a_map(
    tmp_path: Path, name: str, head: str, shape: str, lots: float, yuan: float
) -> None:
    separator = "\t" if "\t" in head else ","
    rows = export(shape, lots, yuan)
    found = read(put(tmp_path, name, csv(rows, head.replace("\t", ","), separator), "gb18030"))
    frame = checked(found)
    assert found.dataset == "bars" and frame["symbol"].unique().to_list() == ["600588.SH"]
    assert frame.select("open", "high", "low", "close", "volume").rows() == [tuple(row[:5]) for row in PRICES]
    if "a" in shape.split():
        assert frame["amount"].to_list() == pytest.approx([row[5] for row in PRICES])
    else:
        assert any("not checkable" in note.what for note in found.notes)


@pytest.mark.parametrize(
    ("text", "word", "unit"),
    [("成交量（手）", "成交量", "手"), ("成交额:百万", "成交额", "百万"), ("成交额/万元", "成交额", "万元"), (" 开 盘 价 [元] ", "开盘价", "元"),
     ("TS_CODE", "tscode", ""), ("Trade Date", "tradedate", ""), ("每股派息(税前)(元)", "每股派息(税前)", "元"),
     ("期限(月)", "期限", "月"), ("总股本(万股)", "总股本", "万股")],
)  # fmt: skip
def test_a_heading_is_taken_apart(text: str, word: str, unit: str) -> None:
    found = heading_of(text)
    assert (found.word, found.unit, found.known) == (word, unit, True)


@pytest.mark.parametrize("text", ["收盘价(前复权)", "Close(qfq)"])
def test_a_heading_of_adjusted_prices_says_so(text: str) -> None:
    assert heading_of(text).adjusted


def test_a_unit_that_somebody_stated_is_never_overruled(tmp_path: Path) -> None:
    rows = export("s d o h l c v a", 100, 1)  # lots under a heading of shares
    found = read(put(tmp_path, "a.csv", csv(rows, "代码,日期,开盘价,最高价,最低价,收盘价,成交量(股),成交额(元)")))
    with pytest.raises(DataRefused, match="outside low … high"):
        checked(found)


def test_a_unit_that_providers_differ_in_is_refused_without_an_amount(tmp_path: Path) -> None:
    rows = export("s d o h l c v", 100, 1)
    with pytest.raises(DataRefused, match=r"the unit of a column cannot be known.*成交量\(手\) or 成交量\(股\)"):
        read(put(tmp_path, "a.csv", csv(rows, "代码,日期,开盘,最高,最低,收盘,成交量")))
    found = read(put(tmp_path, "b.csv", csv(rows, "代码,日期,开盘,最高,最低,收盘,成交量(手)")))
    assert checked(found)["volume"].to_list() == [row[4] for row in PRICES]


@pytest.mark.parametrize(
    "halt",
    ["0,0,0,20.5,0,0", "0,0,0,0,0,0", ",,,,,", "nan,nan,nan,nan,nan,nan", "--,--,--,--,--,--", "停牌,停牌,停牌,停牌,停牌,停牌",
     "20.5,20.5,20.5,20.5,,", "-,-,-,20.5,0,0"],
)  # fmt: skip
def test_a_halted_day_is_left_out_and_said(tmp_path: Path, halt: str) -> None:
    text = csv(bars()[:3]) + f"600588.SH,2026-06-04,{halt}\n"
    found = read(put(tmp_path, "a.csv", text))
    assert checked(found).height == 3
    assert [(one.what, one.count) for one in found.skipped] == [("halted days from 2026-06-04", 1)]


@pytest.mark.parametrize("wrong", ["0,21,19,20.5,1000,20500", ",21,19,20.5,1000,20500", "20.1,21,19,20.5,,20500"])
def test_a_row_that_is_half_there_is_no_halt(tmp_path: Path, wrong: str) -> None:
    found = read(put(tmp_path, "a.csv", csv(bars()[:3]) + f"600588.SH,2026-06-04,{wrong}\n"))
    with pytest.raises(DataRefused, match="line 5"):
        checked(found)


@pytest.mark.parametrize(
    ("head", "value", "title"),
    [
        ("复权状态", "前复权", ""),
        ("adjustflag", "2", ""),
        ("factor", "0.31", ""),
        ("x", "1", "600588 日线 前复权\n"),
        ("x", "1", "后复权数据\n"),
    ],
)
def test_adjusted_prices_are_refused(tmp_path: Path, head: str, value: str, title: str) -> None:
    rows = [[*row, value] for row in bars()]
    with pytest.raises(DataRefused, match="prices are adjusted"):
        read(put(tmp_path, "a.csv", title + csv(rows, f"symbol,session,open,high,low,close,volume,amount,{head}")))


def test_rows_of_others_are_left_out_and_named(tmp_path: Path) -> None:
    others = [
        ["159915", *bars()[0][1:]],
        ["900932", *bars()[0][1:]],
        ["000905.SH", *bars()[0][1:]],
        ["00981.HK", *bars()[0][1:]],
    ]
    found = read(put(tmp_path, "all.csv", csv([*bars(), *others])))
    assert checked(found).height == 4
    assert [(one.what, one.why) for one in found.skipped] == [
        ("159915", "a fund"), ("900932", "a B share"), ("000905.SH", "an index"), ("00981.HK", "of another market")]  # fmt: skip


def test_a_wrong_code_among_ours_refuses_the_file(tmp_path: Path) -> None:
    with pytest.raises(DataRefused, match=r"symbol on the wrong exchange; got '600588\.SZ'.*line 3"):
        read(put(tmp_path, "a.csv", csv([bars()[0], ["600588.SZ", *bars()[1][1:]]])))


@pytest.mark.parametrize("code", ["000905", "905"])
def test_a_code_under_the_name_of_an_index_is_that_index(tmp_path: Path, code: str) -> None:
    head = "代码,名称,日期,开盘,最高,最低,收盘,成交量(手),成交额(元)"
    rows = [[code, "中证500", *row[1:6], row[6] / 100, row[7]] for row in bars()]
    found = read(put(tmp_path, "a.csv", csv(rows, head)))
    assert found.dataset == "indices" and checked(found)["index"].unique().to_list() == ["000905.SH"]


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("index_daily.csv", "000300.SH"),
        ("x.csv", "sh000300"),
        ("x.csv", "399300"),
        ("000300.csv", None),
        ("sh000300.csv", None),
    ],
)
def test_a_file_of_an_index_is_one_of_levels(tmp_path: Path, name: str, code: str | None) -> None:
    rows = [[code, *row[1:]] if code else row[1:] for row in bars()]
    head = "date,open,high,low,close,volume,amount"
    found = read(put(tmp_path, name, csv(rows, f"code,{head}" if code else head)))
    assert found.dataset == "indices" and found.frame["index"].unique().to_list() == ["000300.SH"]


def test_a_level_that_has_a_close_alone_is_no_halt(tmp_path: Path) -> None:
    found = read(
        put(
            tmp_path,
            "a.csv",
            "index,session,open,high,low,close,volume\nH00300.CSI,2026-06-01,,,,5000.1,\nH00300.CSI,2026-06-02,,,,,\n",
        )
    )
    assert checked(found)["close"].to_list() == [5000.1] and found.skipped[0].count == 1


def test_lost_zeros_are_put_back_and_said(tmp_path: Path) -> None:
    found = read(put(tmp_path, "a.csv", csv(bars("2558"))))
    assert found.frame["symbol"][0] == "002558.SZ"
    assert [str(note) for note in found.notes] == ["leading zeros of codes put back, such as 977 → 000977 (4 rows)"]


SHARES = [
    ("变更日期,总股本,流通受限股份,已流通股份,已上市流通A股,变动原因", "2026-01-05,3417650100,0,3400000000,3400000000,其他", 3_417_650_100),
    ("公告日期,变动日期,总股本,已流通股份,人民币普通股,变动原因", "2026-01-07,2026-01-05,341765.01,340000,340000,其他", 3_417_650_100),
    ("ts_code,trade_date,close,turnover_rate,total_share,float_share,total_mv", "600588.SH,20260105,20.5,1,341765.01,340000,7000000", 3_417_650_100),
    ("代码,日期,总股本(亿股)", "600588,2026/1/5,34.176501", 3_417_650_100),
    ("代码,日期,总股本", "600588,2026/1/5,34.176501亿股", 3_417_650_100),
    ("symbol,effective_date,total_shares", "600588,2026/1/5,3417650100", 3_417_650_100),
]  # fmt: skip


@pytest.mark.parametrize(("head", "row", "total"), SHARES, ids=[one[0][:24] for one in SHARES])
def test_share_capital_of_every_provider(tmp_path: Path, head: str, row: str, total: int) -> None:
    found = read(put(tmp_path, "600588.csv", f"{head}\n{row}\n"))
    frame = checked(found)
    assert found.dataset == "shares"
    assert frame.select("symbol", "effective_date", "total_shares").rows() == [("600588.SH", date(2026, 1, 5), total)]


def test_a_date_of_publication_is_known_at_its_end(tmp_path: Path) -> None:
    head, row, _ = SHARES[1]
    assert str(checked(read(put(tmp_path, "600588.csv", f"{head}\n{row}\n")))["known_at"][0]) == "2026-01-07 23:59:59"


def test_share_capital_too_small_to_be_shares_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataRefused, match=r"unit of a column cannot be known.*总股本\(万股\)"):
        read(put(tmp_path, "600588.csv", "日期,总股本\n2026-01-05,341765\n"))


ACTIONS = [
    ("ts_code,end_date,ann_date,div_proc,stk_div,stk_bo_rate,stk_co_rate,cash_div,cash_div_tax,record_date,ex_date",
     "600588.SH,20251231,20260401,实施,0.4,0.1,0.3,0.09,0.1,20260610,20260611", "bonus_and_cash", 0.4, 0.1),
    ("实施方案公告日期,分红类型,送股比例,转增比例,派息比例,股权登记日,除权日,派息日", "2026-06-01,年度,1,3,1,2026-06-10,2026-06-11,2026-06-11",
     "bonus_and_cash", 0.4, 0.1),
    ("代码,除权除息日,每10股派息(元)", "600588,2026/6/11,2.5", "cash", 0.0, 0.25),
    ("代码,除权除息日,每股送转", "600588,2026/6/11,0.4", "bonus", 0.4, 0.0),
    ("代码,除权除息日,类型,shares_to_holder,cash_to_holder", "600588,2026/6/11,转增,0.4,", "bonus", 0.4, 0.0),
]  # fmt: skip


@pytest.mark.parametrize(("head", "row", "kind", "shares", "cash"), ACTIONS, ids=[one[0][:24] for one in ACTIONS])
def test_distributions_of_every_provider(
    tmp_path: Path, head: str, row: str, kind: str, shares: float, cash: float
) -> None:
    found = read(put(tmp_path, "600588.csv", f"{head}\n{row}\n"))
    frame = checked(found)
    assert found.dataset == "actions" and frame["ex_date"].to_list() == [date(2026, 6, 11)]
    assert frame.select("kind", "shares_to_holder", "cash_to_holder").rows() == [
        (kind, pytest.approx(shares), pytest.approx(cash))
    ]


def test_plans_of_distributions_are_left_out(tmp_path: Path) -> None:
    head = ACTIONS[0][0]
    rows = [ACTIONS[0][1], ACTIONS[0][1].replace("实施", "预案").replace(",20260610,20260611", ",,")]
    found = read(put(tmp_path, "dividend.csv", "\n".join([head, *rows]) + "\n"))
    assert checked(found).height == 1 and found.skipped[0].what == "plans of distributions"


STRANGERS = [
    ("stock_basic.csv", "ts_code,symbol,name,area,industry,market,list_date", "600588.SH,600588,某某网络,北京,软件,主板,20010518"),
    ("adj_factor.csv", "ts_code,trade_date,adj_factor", "600588.SH,20260601,3.1"),
    ("spot.csv", "序号,代码,名称,最新价,涨跌幅,成交量,成交额,最高,最低,今开", "1,600588,某某,20.5,1,1,1,21,20,20"),
    ("600588.csv", "item,value", "总股本,3417650100"),
    ("moneyflow.csv", "ts_code,trade_date,buy_sm_vol,sell_sm_vol", "600588.SH,20260601,1,2"),
    ("income.csv", "ts_code,ann_date,end_date,revenue", "600588.SH,20260401,20251231,1000"),
    ("510300.csv", "日期,开盘,收盘,最高,最低,成交量,成交额,振幅,涨跌幅,涨跌额,换手率", "2026-06-01,4,4,4,4,1,400,1,1,1,1"),
    ("daily_basic.csv", "ts_code,trade_date,close,pe,pb", "600588.SH,20260601,20.5,30,3"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "head", "row"), STRANGERS, ids=[one[0] for one in STRANGERS])
def test_a_table_that_is_none_of_ours_is_named_and_refuses_nothing(
    tmp_path: Path, name: str, head: str, row: str
) -> None:
    put(tmp_path, name, f"{head}\n{row}\n")
    put(tmp_path, "zz.csv", csv(bars()))
    found = read_folder(tmp_path)
    assert [one.path.name for one in found.files] == ["zz.csv"] and not found.refused
    assert [one.what for one in found.skipped] == [name]


def test_names_are_taken_from_whatever_file_has_them(tmp_path: Path) -> None:
    name, head, row = STRANGERS[0]
    put(tmp_path, name, f"{head}\n{row}\n")
    put(
        tmp_path,
        "b.csv",
        csv(
            [["002558", "某某软件", *row[1:]] for row in bars()],
            "代码,名称,日期,开盘价(元),最高价(元),最低价(元),收盘价(元),成交量(股),成交额(元)",
        ),
    )
    assert read_folder(tmp_path).names == {"002558.SZ": "某某软件", "600588.SH": "某某网络"}


@pytest.mark.parametrize(
    ("columns", "nearest", "missing"),
    [
        ("symbol session open high low close", "bars", "volume"),
        ("session open high low close volume", "bars", "symbol"),
        ("代码 交易日期 开盘价 最高价 最低价 收盘价", "bars", "volume"),
        ("index session", "indices", "close"),
        ("symbol effective_date float_shares", "shares", "total_shares"),
        ("commitment_id symbol kind amount_low amount_high", "commitments", "announcement_id or event_date"),
        ("代码 签订日期 合同金额 期限", "commitments", "announcement_id or event_date"),
        ("代码 公告标题 公告链接", "announcements", "event_date"),
    ],
)
def test_a_file_of_ours_that_lacks_something_names_the_nearest_table(
    tmp_path: Path, columns: str, nearest: str, missing: str
) -> None:
    path = put(tmp_path, "f.csv", columns.replace(" ", ",") + "\n" + ",".join("1" for _ in columns.split()) + "\n")
    with pytest.raises(DataRefused, match=f"{missing}.* for the nearest one, {nearest}"):
        read(path)


def test_parquet_of_any_type_is_read_or_refused_in_one_line(tmp_path: Path) -> None:
    base = pl.DataFrame(
        bars(), schema=["symbol", "session", "open", "high", "low", "close", "volume", "amount"], orient="row"
    )
    days = pl.Series(DAYS).str.to_date()
    taken = {
        "session": [days, days.cast(pl.Datetime("ns")), days.dt.strftime("%Y%m%d").cast(pl.Float64),
                    days.dt.strftime("%Y%m%d").cast(pl.Int32), days.dt.strftime("%Y%m%d").cast(pl.Decimal(18, 0)),
                    (days.cast(pl.Datetime("ms")) - pl.duration(hours=8)).dt.replace_time_zone("UTC") if False else
                    days.cast(pl.Datetime("ms")).dt.offset_by("-8h").dt.replace_time_zone("UTC")],
        "symbol": [pl.Series([600588] * 4), pl.Series([600588.0] * 4), pl.Series(["600588"] * 4, dtype=pl.Categorical)],
        "volume": [pl.Series([row[4] for row in PRICES], dtype=pl.Decimal(18, 2)), pl.Series([row[4] for row in PRICES], dtype=pl.UInt64),
                   pl.Series([float(row[4]) for row in PRICES]), pl.Series([str(row[4]) for row in PRICES])],
        "amount": [pl.Series([None] * 4)],
    }  # fmt: skip
    for name, columns in taken.items():
        for series in columns:
            path = tmp_path / "f.parquet"
            base.with_columns(series.alias(name)).write_parquet(path)
            frame = checked(read(path))
            assert frame["session"].to_list() == days.to_list() and frame["volume"].to_list() == [
                row[4] for row in PRICES
            ], series.dtype
    refused = {
        "session": [pl.Series([1.5] * 4), pl.Series([1774540800000] * 4), days.cast(pl.Datetime("us")).dt.time(), pl.Series([True] * 4),
                    pl.Series([20_000] * 4), days.cast(pl.Datetime("us")) - days[0], days.dt.offset_by("9000y"),
                    days.cast(pl.Datetime("us")).dt.offset_by("16h")],
        "symbol": [pl.Series([b"\xff"] * 4), pl.Series([["600588"]] * 4)],
        "open": [pl.Series([[1.0]] * 4), pl.Series([{"a": 1.0}] * 4), pl.Series([float("inf")] * 4), pl.Series([1e17] * 4), pl.Series(["x"] * 4)],
        "volume": [pl.Series([2**63 + 5] * 4, dtype=pl.UInt64), pl.Series([1.5] * 4), pl.Series(["1.5"] * 4)],
    }  # fmt: skip
    for name, columns in refused.items():
        for series in columns:
            path = tmp_path / "f.parquet"
            base.with_columns(series.alias(name)).write_parquet(path)
            with pytest.raises(DataRefused) as error:
                checked(read(path))
            assert "\n" not in str(error.value) and name in str(error.value), series.dtype


def test_the_rows_of_parquet_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "f.parquet"
    base = pl.DataFrame(
        [*bars()[:2], ["510300", *bars()[2][1:]], bars()[3]],
        schema=["symbol", "session", "open", "high", "low", "close", "volume", "amount"],
        orient="row",
    )
    base.with_columns(low=pl.Series([19.8, 20.4, 20.2, 99.0])).write_parquet(path)
    with pytest.raises(DataRefused, match="row 4"):
        checked(read(path))

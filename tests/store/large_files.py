"""Large files of bars as our own tables, and other programs, write them, and what is compared of their loads."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
from hypothesis import strategies as st

from tests.store.rows import SESSIONS, bars

SYMBOLS = ("000977.SZ", "300339.SZ", "301396.SZ", "600519.SH", "603629.SH", "688256.SH")


ORDERS = {"by firm": ["symbol", "session"], "by day": ["session", "symbol"], "in no order": ["shuffled"]}


# (separator, end of a line, what stands first) as programs write them
WRITTEN = {
    "csv": (",", "\n", ""), "Windows": (",", "\r\n", ""),
    "Excel": (";", "\r\n", "\ufeff"), "marked": (",", "\n", "\ufeff"),
    "tabs": ("\t", "\n", ""), "bars": ("|", "\r", ""),
}  # fmt: skip


LOWER = pl.when(pl.col("session") > SESSIONS[3]).then(10.0).otherwise("close").alias("close")


Loads = Callable[..., tuple[list[object], dict[str, pl.DataFrame], list[bool]]]


def market(*odd: pl.Expr) -> pl.DataFrame:
    """Eight sessions of each firm: a halt, a day without trade, a row told twice, a price beyond its limit."""
    frame = pl.concat([bars(symbol=symbol) for symbol in SYMBOLS])
    third = pl.col("session") == SESSIONS[2]
    halted = third & (pl.col("symbol") == SYMBOLS[1])
    frame = frame.with_columns(
        pl.when(halted).then(0.0).otherwise(pl.col("open", "high", "low")).name.keep(),
        volume=pl.when(halted | (third & (pl.col("symbol") == SYMBOLS[2]))).then(0).otherwise("volume"),
        close=pl.when(third & (pl.col("symbol") == SYMBOLS[4])).then(9.95).otherwise("close"),
        amount=pl.when(pl.col("symbol") == SYMBOLS[0]).then(None).otherwise("amount"),
    )
    far = (pl.col("session") == SESSIONS[6]) & (pl.col("symbol") == SYMBOLS[3])
    frame = frame.with_columns(pl.when(far).then(15.0).otherwise("high").alias("high"))
    return pl.concat([frame, frame.tail(1)]).with_columns(*odd)


def of(symbol: str, name: str, value: object) -> pl.Expr:
    """Another value in the last row of a firm."""
    there = (pl.col("symbol") == symbol) & (pl.col("session") == SESSIONS[7])
    return pl.when(there).then(pl.lit(value)).otherwise(pl.col(name)).alias(name)


def _six(symbol: pl.Expr) -> pl.Expr:
    """300339 where it is a stock's symbol."""
    return pl.when(symbol.str.contains("^[0-9]{6}[.](SZ|SH)$")).then(symbol.str.head(6)).otherwise(symbol)


code, day = pl.col("symbol"), pl.col("session")


prices, traded = pl.col("open", "high", "low", "close"), pl.col("volume", "amount")


# Files of bars as others write them: of our columns made, in their order
MADE: dict[str, list[pl.Expr]] = {
    "Tushare": [
        code.alias("ts_code"), day.dt.strftime("%Y%m%d").alias("trade_date"), prices,
        pl.lit(10.0).alias("pre_close"), pl.lit(0.1).alias("pct_chg"), (pl.col("volume") / 100).alias("vol"),
        (pl.col("amount") / 1000).alias("amount"),
    ],
    "AKShare": [
        pl.int_range(pl.len()).alias(""), day.alias("日期"), _six(code).alias("股票代码"),
        *(pl.col(ours).alias(theirs) for ours, theirs in zip(
            ("open", "close", "high", "low"), ("开盘", "收盘", "最高", "最低"), strict=True)),
        (pl.col("volume") / 100).alias("成交量"), pl.col("amount").alias("成交额"), pl.lit(0.5).alias("换手率"),
    ],
    "Baostock": [
        day.dt.strftime("%Y/%m/%d").alias("date"),
        (code.str.slice(7).str.to_lowercase() + "." + code.str.head(6)).alias("code"), prices,
        pl.lit(10.0).alias("preclose"), traded, pl.lit(3).alias("adjustflag"), pl.lit(1).alias("tradestatus"),
        pl.lit("0").alias("isST"),
    ],
    "in shares": [
        code.alias("证券代码"), day.alias("日期"), pl.col("open").alias("开盘"), pl.col("high").alias("最高"),
        pl.col("low").alias("最低"), pl.col("close").alias("收盘"), pl.col("volume").alias("成交量"),
        pl.col("amount").alias("成交额"), pl.lit("深市").alias("市场"),
    ],
    "named units": [
        _six(code).alias("code"), day.dt.strftime("%Y-%m-%d 00:00:00").alias("date"), prices,
        (pl.col("volume") / 100).alias("成交量(手)"), (pl.col("amount") / 10_000).alias("成交额(万元)"),
    ],
    "other types": [
        code.cast(pl.Categorical), day.dt.strftime("%Y%m%d").cast(pl.Int64, strict=False).alias("session"),
        pl.col("open", "high").cast(pl.Float32), pl.col("low", "close").cast(pl.Decimal(18, 3), strict=False),
        pl.col("volume").cast(pl.String), pl.col("amount").cast(pl.Int64, strict=False),
    ],
    "moments": [
        _six(code).cast(pl.Int32, strict=False).alias("code"),
        day.cast(pl.Datetime("ns", "Asia/Shanghai")).alias("date"), prices, traded,
    ],
}  # fmt: skip


PACKED: dict[str, Callable[[bytes], bytes]] = {
    ".csv": bytes,
    ".csv.gz": gzip.compress,
    ".zip": lambda text: zipped("in it.csv", text),
    ".txt": lambda text: text.decode().encode("utf-16"),
    ".tsv": lambda text: text.decode().encode("gbk"),
}


def zipped(name: str, body: bytes) -> bytes:
    """A .zip of one file."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(name, body)
    return out.getvalue()


def made_elsewhere(folder: Path, frame: pl.DataFrame, maker: str, packed: str = "parquet") -> Path:
    """Bars as another program writes them."""
    theirs = frame.select(MADE[maker])
    if packed == "parquet":
        theirs.write_parquet(folder / "bars.parquet", row_group_size=7)
    else:
        (folder / f"bars{packed}").write_bytes(PACKED[packed](theirs.write_csv(quote_style="never").encode()))
    return folder


def written(folder: Path, frame: pl.DataFrame, order: str = "by day", form: str = "parquet", **others: Any) -> Path:
    shuffled = frame.with_columns(shuffled=pl.int_range(pl.len()).shuffle(seed=1)).sort(ORDERS[order]).drop("shuffled")
    if form in WRITTEN:
        separator, end, mark = WRITTEN[form]
        text = mark + shuffled.write_csv(separator=separator, line_terminator=end)
        (folder / "bars.csv").write_bytes(text.encode())
    else:
        shuffled.write_parquet(folder / "bars.parquet", row_group_size=7)
    for name, more in others.items():
        more.write_csv(folder / f"{name}.csv")
    return folder


# What is said → what is wrong.
REFUSED = {
    "high": [of("301396.SZ", "high", 9.0)],
    "off the fen": [pl.col("close") - 0.003],
    "amount ÷ volume": [of("688256.SH", "amount", 9e9)],
    "one key with different": [of("301396.SZ", "session", SESSIONS[6]), of("301396.SZ", "close", 10.0)],
    "closed": [of("603629.SH", "session", SESSIONS[7].replace(day=13))],
    "a volume above all shares": [of("000977.SZ", "volume", 10**9)],
    "close": [of("600519.SH", "close", None)],
}


def told_both_ways(loads: Loads, folder: Path, **how: Any) -> tuple[object, list[bool]]:
    """What came of a folder, the same read whole and in pieces; and whether each reading was in pieces."""
    whole, pieces = (loads(folder, in_pieces=in_pieces, **how) for in_pieces in (False, True))
    assert pieces[0] == whole[0]
    assert all(frame.equals(whole[1][name]) for name, frame in pieces[1].items())
    return pieces[0][0], pieces[2]


CHANGES = st.sampled_from(
    [
        ("high", 9.0), ("close", None), ("close", 10.005), ("amount", 9e9), ("amount", 108_000.0), ("volume", 0.5),
        ("volume", 10**9), ("session", SESSIONS[3]), ("session", SESSIONS[7].replace(day=13)), ("source", "another"),
        ("symbol", "600519"), ("symbol", "510300.SH"), ("symbol", "000300.SH"), ("symbol", "977"), ("symbol", None),
        ("open", 0.0), ("low", float("inf")), ("volume", 0),
    ]
)  # fmt: skip


def with_changes(odd: list[tuple[int, tuple[str, object]]]) -> pl.DataFrame:
    """The market with other cells in some rows."""
    at = pl.int_range(pl.len())
    frame = market(pl.col("volume").cast(pl.Float64))
    for number, (name, value) in odd:
        cell = pl.lit(value, dtype=frame.schema[name])
        frame = frame.with_columns(pl.when(at == number).then(cell).otherwise(name).alias(name))
    return frame


def sorted_bars(frames: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """Of several files some firms are stored after the other, not file after file."""
    return {**frames, "bars": frames["bars"].sort("symbol", "session", "run")}

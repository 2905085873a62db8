"""Revenue by product (主营构成) of Eastmoney through akshare: the whole history of a firm in one answer.

The site says which period a row is of and not when it was published: the store fills that from the firm's own reports.
"""

from __future__ import annotations

import polars as pl

from screener.sources.akshare_eastmoney import EASTMONEY, NAME
from screener.sources.answers import Answer, Ask, Source, columns, source_name, typed
from screener.sources.classify import call
from screener.sources.http import Wire

_FUNCTION = "stock_zygc_em"
_BY_PRODUCT = "按产品分类"


def segments(ask: Ask, wire: Wire) -> Answer:
    """Revenue of every product and period since `ask.first`, yuan, from the first day of the year on."""
    reply = call(wire, EASTMONEY, _FUNCTION, symbol=ask.prefixed.upper())
    names = {"报告日期": "period_end", "分类类型": "by", "主营构成": "item", "主营收入": "amount"}
    frame = columns(reply.frame, NAME, names).filter(pl.col("by") == _BY_PRODUCT)
    frame = frame.drop_nulls(["period_end", "item", "amount"]).filter(pl.col("period_end") >= ask.first)
    frame = frame.group_by("period_end", "item", maintain_order=True).agg(pl.col("amount").sum())
    rows = frame.with_columns(
        symbol=pl.lit(ask.subject), measure=pl.lit("revenue"), source=pl.lit(source_name(NAME, _FUNCTION))
    )
    return Answer(NAME, {"segments": typed("segments", rows, NAME)}, reply.digest)


SEGMENTS = Source(EASTMONEY, "emweb.securities.eastmoney.com", _FUNCTION, segments)

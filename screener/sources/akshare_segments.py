"""Revenue by product (主营构成) and statement lines of Eastmoney through akshare: the whole history of a firm at once.

1. Revenue: the site says which period a row is of and not when it was published. The store fills that from the firm's
   own reports, else from the day the statements name.
2. Statements: contract liabilities (合同负债) and fixed assets (固定资产) at the end of a period; cash paid for
   long-lived assets (购建固定资产、无形资产和其他长期资产支付的现金) since the first day of the year. Each row names
   the day its report was published. Where the site changed a row after that day, the figure may be a restated one: it
   is known from the change on, which is later than the truth and never earlier.
3. Revenue may be missing (a firm that names no products), and so may statements: what there is stands alone, with a
   note.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from screener.sources.akshare_eastmoney import EASTMONEY, NAME
from screener.sources.answers import Answer, Ask, Source, columns, source_name, typed
from screener.sources.classify import Cause, Reply, SourceFailure, call
from screener.sources.http import Wire

_REVENUE = "stock_zygc_em"
_BY_PRODUCT = "按产品分类"
# Function → the paths of its pages and of the list of its periods, and its columns by what the store calls them.
_STATEMENTS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "stock_balance_sheet_by_report_em": (
        "zcfzbDateAjaxNew",
        {"CONTRACT_LIAB": "contract_liabilities", "FIXED_ASSET": "fixed_assets"},
    ),
    "stock_cash_flow_sheet_by_report_em": ("xjllbDateAjaxNew", {"CONSTRUCT_LONG_ASSET": "capital_expenditure"}),
}
_DATED = {"REPORT_DATE": "period_end", "NOTICE_DATE": "published", "UPDATE_DATE": "changed", "CURRENCY": "currency"}


def segments(ask: Ask, wire: Wire) -> Answer:
    """Revenue of every product and the statement lines of every period since `ask.first`, yuan."""
    frames, digests, failed = [], "", []
    for name in (_REVENUE, *_STATEMENTS):
        try:
            frame, digest = _revenue(ask, wire) if name == _REVENUE else _lines(ask, wire, name)
        except SourceFailure as failure:
            if name == _REVENUE and failure.cause is not Cause.EMPTY:
                raise
            failed.append((name, failure))
            continue
        digests += digest
        frames.append(frame.with_columns(symbol=pl.lit(ask.subject), source=pl.lit(source_name(NAME, name))))
    if not frames:
        raise failed[0][1]
    notes = tuple(f"{NAME}: {name} {failure.cause.words}: {failure.detail}" for name, failure in failed)
    rows = pl.concat(frames, how="diagonal")
    return Answer(NAME, {"segments": typed("segments", rows, NAME)}, digests[:8], notes)


def _revenue(ask: Ask, wire: Wire) -> tuple[pl.DataFrame, str]:
    reply = call(wire, EASTMONEY, _REVENUE, symbol=ask.prefixed.upper())
    names = {"报告日期": "period_end", "分类类型": "by", "主营构成": "item", "主营收入": "amount"}
    frame = columns(reply.frame, NAME, names).filter(pl.col("by") == _BY_PRODUCT)
    frame = frame.drop_nulls(["period_end", "item", "amount"]).filter(pl.col("period_end") >= ask.first)
    frame = frame.group_by("period_end", "item", maintain_order=True).agg(pl.col("amount").sum())
    return frame.with_columns(measure=pl.lit("revenue")), reply.digest


def _lines(ask: Ask, wire: Wire, function: str) -> tuple[pl.DataFrame, str]:
    """One row per line and period. Raises SourceFailure where a period of the list has no row: akshare goes on."""
    periods, lines = _STATEMENTS[function]
    reply = call(wire, EASTMONEY, function, symbol=ask.prefixed.upper())
    days = [pl.col(name).str.slice(0, 10).str.to_date(strict=False) for name in ("period_end", "published", "changed")]
    frame = columns(reply.frame, NAME, {**_DATED, **lines}).with_columns(*days).filter(pl.col("currency") == "CNY")
    frame = frame.filter(pl.col("period_end") >= ask.first)
    _complete(reply, periods, ask, frame)
    later = pl.col("changed") > pl.col("published")
    known = pl.when(later).then(pl.col("changed")).otherwise(pl.col("published"))
    told = pl.format("published {}, changed by the site on {}", "published", "changed")
    frame = frame.with_columns(known_at=known.cast(pl.Datetime("us")), note=pl.when(later).then(told))
    kept = ("period_end", "known_at", "note")
    long = frame.unpivot(list(lines.values()), index=kept, variable_name="measure", value_name="amount")
    return long.with_columns(pl.col("amount").cast(pl.Float64), item=pl.lit("total")).drop_nulls("amount"), reply.digest


def _complete(reply: Reply, periods: str, ask: Ask, frame: pl.DataFrame) -> None:
    listed = {str(row["REPORT_DATE"])[:10] for body in reply.json_of(periods) for row in body["data"]}
    lost = {day for day in listed if day >= str(ask.first)} - set(frame["period_end"].cast(pl.String))
    if lost:
        raise SourceFailure(Cause.TRUNCATED, NAME, f"{len(lost)} periods without a row in yuan, the first {min(lost)}")


SEGMENTS = Source(EASTMONEY, "emweb.securities.eastmoney.com", _REVENUE, segments)

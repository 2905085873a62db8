"""Every table of the store, once. A new table is one entry here; the DDL, the checks and the templates follow."""

from __future__ import annotations

from functools import lru_cache

import polars as pl

from screener.core.frames import Column, Kind, Table
from screener.core.resources import tables_dir

T, D, TIME, INT, F, FLAG = Kind.TEXT, Kind.DATE, Kind.TIME, Kind.INT, Kind.FLOAT, Kind.FLAG
NEED, MAY = True, False
KNOWN_AT_BASES = ("exchange_time", "press_report", "document_date", "price_inferred", "date_only")

# When and from where a row is known; appended to every table of the store by the store itself.
PROVENANCE = (
    Column("known_at", TIME, NEED, "Asia/Shanghai time when the market could read it"),
    Column("source", T, NEED, "who said so"),
    Column("fetched_at", TIME, NEED, "when the row entered this store"),
    Column("run", T, NEED, "the run that wrote it"),
)


def _table(name: str, meaning: str, key: str, *columns: Column) -> Table:
    return Table(name, meaning, tuple(key.split()), columns)


_SYMBOL = Column("symbol", T, NEED, "stock, as 301396.SZ", "301396.SZ")
_SOURCE = Column("source", T, MAY, "who said so", "Wind")
_KNOWN = Column("known_at", TIME, MAY, "when the market could read it; empty: by the rule of the table", "")
_NOTE = Column("note", T, MAY, "remark", "")
_PRICES = (
    Column("open", F, MAY, "yuan, raw", "45.00"),
    Column("high", F, MAY, "yuan, raw", "46.20"),
    Column("low", F, MAY, "yuan, raw", "44.80"),
)

BARS = _table(
    "bars", "raw daily prices of stocks", "symbol session",
    _SYMBOL,
    Column("session", D, NEED, "session", "2026-06-30"),
    *(Column(c.name, c.kind, NEED, c.meaning, c.example) for c in _PRICES),
    Column("close", F, NEED, "yuan, raw", "45.90"),
    Column("volume", INT, NEED, "shares (not lots of 100)", "1234500"),
    Column("amount", F, MAY, "yuan", "56543210.00"),
    _SOURCE,
)  # fmt: skip

INDICES = _table(
    "indices", "daily index levels", "index session",
    Column("index", T, NEED, "index, as 000300.SH", "000300.SH"),
    Column("session", D, NEED, "date of the level in its own market", "2026-06-30"),
    *_PRICES,
    Column("close", F, NEED, "points", "4012.35"),
    Column("volume", INT, MAY, "shares", ""),
    Column("amount", F, MAY, "yuan", ""),
    _SOURCE,
)  # fmt: skip

ANNOUNCEMENTS = _table(
    "announcements", "what a firm announced", "announcement_id",
    Column("announcement_id", T, NEED, "unique name", "MY-0001"),
    _SYMBOL,
    Column("event_date", D, NEED, "printed date of the announcement", "2026-06-30"),
    Column("title", T, NEED, "title as published", "关于签订算力服务合同的公告"),
    Column("kind", T, NEED, "a kind of kinds.csv", "order"),
    Column("entity", T, MAY, "implementing entity", ""),
    Column("report_row", INT, MAY, "row of the broker's report", ""),
    Column("source_line", INT, MAY, "line of the source text", ""),
    Column("known_at", TIME, MAY, "readable from; empty: 23:59:59 of event_date", "2026-06-30 18:32:10"),
    Column("known_at_basis", T, MAY, " | ".join(KNOWN_AT_BASES), "exchange_time"),
    Column("evidence", T, MAY, "why known_at is what it is", ""),
    Column("url", T, MAY, "link", ""),
    Column("review", T, MAY, "reported | unreviewed | reviewed", "reviewed"),
    _SOURCE,
    _NOTE,
)  # fmt: skip

COMMITMENTS = _table(
    "commitments", "one dated fact inside an announcement", "commitment_id",
    Column("commitment_id", T, NEED, "unique name", "MY-0001-1"),
    Column("announcement_id", T, NEED, "the announcement it stands in", "MY-0001"),
    _SYMBOL,
    Column("kind", T, NEED, "a kind of kinds.csv", "order"),
    Column("work", T, MAY, "service | integration | software | hardware | other", "service"),
    Column("is_compute", FLAG, NEED, "compute leasing or its equipment", "true"),
    Column("direction", T, NEED, "inflow | outflow | financing | unclear", "inflow"),
    Column("amount_low", F, MAY, "yuan, 100 %; empty for a ceiling or where undisclosed", "303000000"),
    Column("amount_high", F, MAY, "yuan, 100 %; empty where undisclosed", "303000000"),
    Column("amount_basis", T, NEED, "exact | ceiling | range | estimate | undisclosed", "exact"),
    Column("printed_amount", T, MAY, "the cell as printed", "3.03亿"),
    Column("printed_column", T, MAY, "order | investment | text", ""),
    Column("tax", T, NEED, "included | excluded | unknown", "included"),
    Column("currency", T, NEED, "currency of the contract", "CNY"),
    Column("foreign_amount", F, MAY, "amount in that currency where it is not CNY", ""),
    Column("other_amount", F, MAY, "yuan: a further amount the text gives", ""),
    Column("other_meaning", T, MAY, "what the further amount is", ""),
    Column("compute_amount", F, MAY, "size as stated", ""),
    Column("compute_unit", T, MAY, "P | cards | MW …, precision unstated", ""),
    Column("term_months", INT, MAY, "months", "48"),
    Column("term_basis", T, MAY, "text | column | both", "text"),
    Column("counterparty", T, MAY, "as stated; empty: undisclosed", ""),
    Column("counterparty_named", FLAG, MAY, "false for X公司, 客户 and the like", "true"),
    Column("entity", T, MAY, "implementing entity", ""),
    Column("stake", F, MAY, "the parent's share of it, 0–1", "1.0"),
    Column("signed_date", D, MAY, "date of signing", ""),
    Column("confidence", T, MAY, "A | B | C | D", "A"),
    Column("known_at", TIME, MAY, "empty: that of the announcement", ""),
    _SOURCE,
    _NOTE,
)  # fmt: skip

CONTRACT_FACTS = _table(
    "contract_facts", "what became of a commitment", "fact_id",
    Column("fact_id", T, NEED, "unique name", "MY-0001-1-a"),
    Column("commitment_id", T, NEED, "the commitment", "MY-0001-1"),
    _SYMBOL,
    Column("kind", T, NEED, "acceptance | revenue_recognised | delay | reduction | termination | denial", "acceptance"),
    Column("effective_date", D, NEED, "from when, or end of the period", "2026-09-30"),
    Column("amount", F, MAY, "yuan: recognised, or taken off", ""),
    Column("period_start", D, MAY, "first day of the period of an amount", ""),
    Column("announcement_id", T, MAY, "where it is stated", ""),
    Column("known_at", TIME, MAY, "empty: 23:59:59 of effective_date", "2026-10-09 18:00:00"),
    Column("known_at_basis", T, MAY, "as for announcements", ""),
    _SOURCE,
    _NOTE,
)  # fmt: skip

LINKS = _table(
    "links", "how two facts hang together", "from_id to_id kind",
    Column("from_id", T, NEED, "commitment or announcement, the later one"),
    Column("to_id", T, NEED, "commitment or announcement, the earlier one"),
    Column("kind", T, NEED, "re_announces | amends | part_of | confirms | replaces_ceiling | funds"),
    Column("state", T, NEED, "asserted | suspected | refuted"),
    Column("evidence", T, MAY, "why"),
    Column("known_at", TIME, MAY, "empty: that of the later fact"),
    _SOURCE,
)  # fmt: skip

SHARES = _table(
    "shares", "share capital by effective date", "symbol effective_date",
    _SYMBOL,
    Column("effective_date", D, NEED, "first day", "2026-05-29"),
    Column("total_shares", INT, NEED, "shares, all classes", "214924566"),
    Column("float_shares", INT, MAY, "tradable shares", ""),
    _KNOWN,
    _SOURCE,
)  # fmt: skip

ACTIONS = _table(
    "actions", "corporate actions on their ex-date", "symbol ex_date kind",
    _SYMBOL,
    Column("ex_date", D, NEED, "effective before the open of this day", "2026-05-29"),
    Column("kind", T, NEED, "cash | bonus | bonus_and_cash | rights | restructuring_conversion", "bonus"),
    Column("shares_to_holder", F, NEED, "new shares a holder gets per share held", "0.4"),
    Column("cash_to_holder", F, NEED, "yuan before tax per share held", "0"),
    Column("prev_close", F, MAY, "yuan, raw", "255.63"),
    Column("reference_price", F, MAY, "ex-right reference price, yuan; empty: by the formula", "182.59"),
    Column("factor_ratio", F, MAY, "previous close ÷ reference price, as the provider has it", ""),
    _KNOWN,
    _SOURCE,
    _NOTE,
)  # fmt: skip

FIRMS = _table(
    "firms", "listed firms", "symbol",
    _SYMBOL,
    Column("name", T, NEED, "short name", "宏景科技"),
    Column("board", T, NEED, "sse_main | szse_main | chinext | star | bse", "chinext"),
    Column("theme", T, MAY, "compute_leasing where somebody names it so", "compute_leasing"),
    Column("listed", D, MAY, "first day of trading, where a new listing has sessions without a limit", ""),
    _KNOWN,
    _SOURCE,
    _NOTE,
)  # fmt: skip

ST_SPELLS = _table(
    "st_spells", "intervals in which a name carried ST or *ST", "symbol start",
    _SYMBOL,
    Column("start", D, NEED, "first day it is proven", "2025-06-24"),
    Column("end", D, MAY, "last day it is proven; empty: still", "2026-04-03"),
    Column("status", T, NEED, "ST | *ST", "*ST"),
    Column("evidence", T, MAY, "what proves it"),
    _KNOWN,
    _SOURCE,
)  # fmt: skip

RULES = _table(
    "rules", "dated market rules and costs; intervals are half open [start, end)", "rule scope side start",
    Column("rule", T, NEED, "price_limit | no_limit_sessions | lot | stamp_duty | transfer_fee | commission_floor …"),
    Column("scope", T, NEED, "board, board_st, or all"),
    Column("side", T, NEED, "buy | sell | both"),
    Column("start", D, NEED, "first day"),
    Column("end", D, MAY, "first day it no longer holds"),
    Column("value", F, NEED, "rate, shares or sessions"),
    Column("unit", T, NEED, "unit of the value"),
    Column("certainty", T, NEED, "notice | repository | knowledge"),
    Column("known_at", TIME, MAY, "empty: 09:00 of the first day"),
    _SOURCE,
    _NOTE,
)  # fmt: skip

SESSIONS = _table(
    "sessions", "sessions of Shanghai and Shenzhen", "session",
    Column("session", D, NEED, "session", "2026-06-30"),
    _KNOWN,
    _SOURCE,
)  # fmt: skip

RATINGS = _table(
    "ratings", "published ratings", "rating_id",
    Column("rating_id", T, NEED, "unique name", "MY-R1"),
    Column("subject", T, NEED, "symbol, or name of the industry", "301396.SZ"),
    Column("subject_kind", T, NEED, "stock | industry", "stock"),
    Column("broker", T, NEED, "who rates", "某证券"),
    Column("rating", T, NEED, "优于大市 | 中性 | 弱于大市 | 无评级", "优于大市"),
    Column("action", T, MAY, "首次 | 维持 | 上调 | 下调", "维持"),
    Column("report_date", D, NEED, "date of the report, or first day of its interval", "2025-06-30"),
    Column("report_date_last", D, MAY, "last day of that interval", ""),
    Column("market", T, NEED, "A | NEEQ | HK | US", "A"),
    Column("industry_index", T, MAY, "index of the industry where the report names one", ""),
    _KNOWN,
    _SOURCE,
    _NOTE,
)  # fmt: skip

BENCHMARKS = _table(
    "benchmarks", "benchmark of each market in the rating standard", "market index",
    Column("market", T, NEED, "A | NEEQ | HK | US"),
    Column("index", T, NEED, "index"),
    Column("printed", T, NEED, "as the report prints it"),
    Column("rank", INT, NEED, "1 first; 2 where the text says 或"),
    _SOURCE,
)  # fmt: skip

BANDS = _table(
    "bands", "bands of the rating standard", "subject_kind rating",
    Column("subject_kind", T, NEED, "stock | industry"),
    Column("rating", T, NEED, "name of the band"),
    Column("low", F, MAY, "relative return from, 0.1 = 10 %"),
    Column("high", F, MAY, "relative return to"),
    Column("low_closed", FLAG, MAY, "the lower edge belongs to the band"),
    Column("high_closed", FLAG, MAY, "the upper edge belongs to the band"),
    _SOURCE,
    _NOTE,
)  # fmt: skip

INDICATORS = _table(
    "indicators", "other figures of the report", "indicator",
    Column("indicator", T, NEED, "unique name"),
    Column("label", T, NEED, "what it is, in words of our own"),
    Column("value", F, NEED, "figure"),
    Column("unit", T, NEED, "unit"),
    Column("as_of", T, MAY, "date or period, as stated"),
    Column("source_line", INT, NEED, "line of the report's text"),
    Column("check", T, MAY, "arithmetic over other indicators"),
    Column("check_value", F, MAY, "what that arithmetic gives"),
    Column("check_holds", FLAG, MAY, "true where figure and arithmetic agree at the printed precision"),
    _SOURCE,
    _NOTE,
)  # fmt: skip

STATEMENTS = _table(
    "statements", "what the report states against what its own rows give", "statement",
    Column("statement", T, NEED, "unique name"),
    Column("label", T, NEED, "what is stated, in words of our own"),
    Column("stated", F, NEED, "figure as stated"),
    Column("computed", F, NEED, "figure from the rows"),
    Column("unit", T, NEED, "unit"),
    Column("agrees", FLAG, NEED, "whether the two agree; a corrected source flips this"),
    Column("formula", T, NEED, "SQL over the packaged tables that gives `computed`"),
    Column("source_line", INT, MAY, "line of the report's text"),
    _SOURCE,
    _NOTE,
)  # fmt: skip

KINDS = _table(
    "kinds", "kinds of announcements and commitments", "kind",
    Column("kind", T, NEED, "name"),
    Column("label_zh", T, NEED, "中文"),
    Column("label_en", T, NEED, "English"),
    Column("order_like", FLAG, NEED, "may bring signed work"),
    Column("opens_universe", FLAG, NEED, "an amount of this kind puts a firm into the universe `known`"),
    Column("warning", FLAG, NEED, "may take signed work away"),
    _SOURCE,
)  # fmt: skip

FINDINGS = _table(
    "findings", "odd rows that were kept", "dataset row_key check",
    Column("dataset", T, NEED, "table"),
    Column("row_key", T, NEED, "key of the row"),
    Column("check", T, NEED, "name of the check"),
    Column("detail", T, NEED, "got / expected"),
)  # fmt: skip

RUNS = _table(
    "runs", "what was written when", "run",
    Column("run", T, NEED, "unique name"),
    Column("command", T, NEED, "command"),
    Column("dataset", T, NEED, "table"),
    Column("origin", T, NEED, "file name or provider"),
    Column("new", INT, NEED, "rows"),
    Column("revised", INT, NEED, "rows"),
    Column("unchanged", INT, NEED, "rows"),
    Column("finished_at", TIME, NEED, "when"),
)  # fmt: skip

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        BARS, INDICES, ANNOUNCEMENTS, COMMITMENTS, CONTRACT_FACTS, LINKS, SHARES, ACTIONS, FIRMS, ST_SPELLS, RULES,
        SESSIONS, RATINGS, BENCHMARKS, BANDS, INDICATORS, STATEMENTS, KINDS, FINDINGS, RUNS,
    )
}  # fmt: skip

# Travel with the package and seed a new store.
PACKAGED = (
    "sessions", "rules", "kinds", "firms", "st_spells", "announcements", "commitments", "contract_facts", "links",
    "ratings", "benchmarks", "bands", "indicators", "statements",
)  # fmt: skip
# What a user may load; a file's dataset is told by its columns.
LOADABLE = (
    "bars", "indices", "actions", "shares", "announcements", "commitments", "contract_facts", "links", "firms",
    "st_spells", "ratings", "sessions",
)  # fmt: skip


@lru_cache(maxsize=32)
def packaged(name: str) -> pl.DataFrame:
    """A table of data/tables in its declared shape."""
    path = tables_dir() / f"{name}.csv"
    # Read by Python itself, so that the look-ahead check of strategies sees the file being opened.
    return TABLES[name].check(pl.read_csv(path.read_bytes(), infer_schema=False), where=path.name)

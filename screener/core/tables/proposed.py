"""What a machine read in documents of announcements, and what a person decided about it. No facts: nothing counts yet.

A proposal is never changed; a decision stands beside it, so that what the machine read can be compared with what a
person made of it.
"""

from __future__ import annotations

from screener.core.table import Column, Table
from screener.core.tables.columns import FLAG, INT, MAY, NEED, SYMBOL, TIME, F, T, one_of

DOCUMENTS = Table(
    "documents",
    "documents behind announcements, stored once by their hash",
    ("announcement_id",),
    (
        Column("announcement_id", T, NEED, "the announcement"),
        SYMBOL,
        Column("url", T, NEED, "where it was fetched"),
        Column("sha256", T, MAY, "of its bytes; empty where it could not be fetched"),
        Column("format", T, MAY, "pdf | html | text"),
        Column("bytes", INT, MAY, "size"),
        Column("pages", INT, MAY, "pages; 1 for what has none"),
        Column("refused", T, MAY, "why it could not be read; empty where it was"),
        Column("notes", T, MAY, "pages without text, broken font maps"),
        Column("read_at", TIME, NEED, "when"),
    ),
    log=True,
    loadable=False,
)

PROPOSALS = Table(
    "proposals",
    "what a machine read in a document; waits for a person",
    ("proposal_id",),
    (
        Column("proposal_id", T, NEED, "unique name"),
        Column("announcement_id", T, NEED, "the announcement it stands in"),
        SYMBOL,
        Column("kind", T, NEED, "a kind of kinds.csv, or of the life of a contract"),
        Column("direction", T, NEED, "inflow | outflow | financing | unclear"),
        Column("is_compute", FLAG, NEED, "compute leasing or its equipment"),
        Column("counterparty", T, MAY, "as stated; `undisclosed` where it is hidden"),
        Column("amount_cny", F, MAY, "yuan, 100 %; empty where undisclosed or foreign without an equivalent"),
        Column("confidence", F, NEED, "0–1"),
        Column("reading", T, NEED, "JSON: every value with its place"),
        Column("sha256", T, NEED, "of the document it was read in"),
        Column("read_at", TIME, NEED, "when"),
    ),
    log=True,
    loadable=False,
)

DECISIONS = Table(
    "decisions",
    "what a person decided about a proposal",
    ("proposal_id",),
    (
        Column("proposal_id", T, NEED, "the proposal"),
        one_of("decision", NEED, "accepted | edited | rejected"),
        Column("reviewer", T, NEED, "who"),
        Column("decided_at", TIME, NEED, "when"),
        Column("became", T, MAY, "the commitment or contract fact it became"),
        Column("edits", T, MAY, "JSON: what the person changed"),
        Column("note", T, MAY, "why"),
    ),
    log=True,
    loadable=False,
)

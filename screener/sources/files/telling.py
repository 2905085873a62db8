"""Which table a file is, and which of its columns is which of ours.

1. What a column map names comes first, then our own names, then the words of headings.csv in their order.
2. A table fits where everything is there that identifies its facts; of those that fit, the one with most columns.
3. Indices and stocks share their headings: the codes tell them apart.
4. A file that fits none is ours where most of what the nearest table needs is there, and refused with what is missing;
   else it is none of ours (data/tables/not_ours.csv names some) and skipped.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from screener.core.resources import tables_dir
from screener.core.table import Table
from screener.core.tables import TABLES
from screener.core.text import listed
from screener.sources.files.codes import Sort
from screener.sources.files.headings import Entry, Heading, entries, heading_of, plain
from screener.sources.files.maps import LOADABLE, FileMap
from screener.sources.files.outcome import NotOurs, refused

# Columns of files that are none of a table, but are needed to make its rows.
BESIDE: dict[str, tuple[str, ...]] = {
    "bars": ("name", "status", "adjusted", "factor"),
    "indices": ("name",),
    "shares": ("name",),
    "actions": ("name", "bonus_shares", "converted_shares", "progress", "plan"),
    "announcements": ("name",),
    "commitments": ("name", "event_date", "title", "url", "amount", "begins"),
    "contract_facts": ("name",),
    "ratings": ("name",),
    "st_spells": ("name",),
}
# What identifies a fact; `a|b`: one of them. The rest has defaults or may be missing.
_NEEDED: dict[str, tuple[str, ...]] = {
    "bars": ("symbol", "session", "open", "high", "low", "close", "volume"),
    "indices": ("index", "session", "close"),
    "shares": ("symbol", "effective_date", "total_shares"),
    "actions": (
        "symbol",
        "ex_date",
        "shares_to_holder|cash_to_holder|bonus_shares|converted_shares|plan|rights_ratio|into_symbol",
    ),
    "announcements": ("symbol", "event_date", "title"),
    "commitments": ("symbol", "announcement_id|event_date", "amount|amount_high|amount_low|amount_basis"),
    "contract_facts": ("commitment_id", "kind", "effective_date"),
    "links": ("from_id", "to_id", "kind"),
    "ratings": ("subject", "broker", "rating", "report_date"),
    "firms": ("symbol", "name"),
}
_GENERIC = (
    "symbol",
    "index",
    "subject",
    "name",
    "session",
    "event_date",
    "effective_date",
    "ex_date",
    "report_date",
    "known_at",
    "signed_date",
    "source",
    "note",
    "start",
    "end",
    "listed",
)
_FEWEST_PRICES = 3
_TELLING = ("ex_date", "plan", "total_shares", "amount", "term_months", "start", "rating")
WHOSE = ("symbol", "index", "subject")  # columns that a file's name can stand for
_BY_NAME = ("bars", "indices", "shares", "actions", "announcements", "commitments")


@dataclass(frozen=True)
class Claim:
    """A column of ours and the column of the file that feeds it."""

    column: str
    at: int  # of the file's columns
    heading: Heading
    entry: Entry | None = None  # None: by a column map


@dataclass(frozen=True)
class Told:
    """The table of a file and where its columns come from."""

    table: Table
    claims: tuple[Claim, ...]
    dropped: tuple[str, ...]
    headings: tuple[str, ...] = ()
    fitting: tuple[str, ...] | None = None  # units of volume that all rows prove; None: ask those at hand

    def of(self, column: str) -> Claim | None:
        """Where a column comes from; None where the file lacks it."""
        return next((claim for claim in self.claims if claim.column == column), None)

    def rivals(self, column: str) -> list[Claim]:
        """Further columns of the file that feed a column of ours, under another word than the one taken."""
        taken = self.of(column)
        if taken is None or taken.entry is None:
            return []
        found = []
        for at, name in enumerate(self.headings):
            heading = heading_of(name)
            for one in entries(heading.word) if name in self.dropped else ():
                if one.column == column and one.dataset == self.table.name:
                    found.append(Claim(column, at, heading, one))
                    break
        return found


def tell(headings: Sequence[str], file_map: FileMap, whose: Sort | None, where: str) -> Told:
    """The table that the headings speak of. `whose`: what the codes are, or the code in the file's name.

    Raises DataRefused naming the nearest table, NotOurs.
    """
    asked = file_map.dataset if file_map.speaks_of(headings) else None
    if not asked and (why := stranger(headings)):
        raise NotOurs(why)
    taken = tuple(heading_of(name) for name in headings)
    given = frozenset(file_map.constants)
    fits = {name: _claims(name, taken, file_map, where) for name in ([asked] if asked else LOADABLE)}
    lacking = {name: _lacking(name, claims, given, whose, by_name=name in _BY_NAME) for name, claims in fits.items()}
    known = [name for name in fits if not lacking[name] and (asked or _eligible(name, fits[name], taken, whose))]
    if known:
        best = max(known, key=lambda name: (_worth(fits[name]), name == "bars"))
        claims = fits[best]
        used = {claim.at for claim in claims}
        dropped = tuple(name for index, name in enumerate(headings) if name.strip() and index not in used)
        return Told(TABLES[best], claims, dropped, tuple(headings))
    raise _misfit(headings, fits, lacking, where, asked)


def needed(name: str) -> tuple[str, ...]:
    """What identifies a fact of a table."""
    return _NEEDED.get(name, tuple(TABLES[name].required))


def _claims(name: str, headings: Sequence[Heading], file_map: FileMap, where: str) -> tuple[Claim, ...]:
    columns = {*TABLES[name].names, *BESIDE.get(name, ())}
    mapped = file_map.claims() if file_map.speaks_of([heading.text for heading in headings]) else {}
    best: dict[str, tuple[int, Claim]] = {}
    for at, heading in enumerate(headings):
        for rank, claim in _offers(name, heading, at, mapped, columns):
            before = best.get(claim.column)
            if before and (max(rank, before[0]) < 0 or before[1].heading.word == heading.word):
                got = [one.text for one in headings]
                raise refused(
                    where, "two columns of one name", got=", ".join(got)[:110], expected=f"one {claim.column}"
                )
            if not before or rank < before[0]:
                best[claim.column] = (rank, claim)
    return tuple(claim for _, claim in sorted(best.values(), key=lambda one: one[1].at))


def _offers(
    name: str, heading: Heading, at: int, mapped: dict[str, tuple[str, ...]], columns: set[str]
) -> list[tuple[int, Claim]]:
    """(rank, claim) of everything a heading may feed."""
    by_map = mapped.get(plain(heading.text))
    if by_map is not None:
        return [(-2, Claim(column, at, heading)) for column in by_map if column in columns]
    fitting = [one for one in entries(heading.word) if one.column in columns and one.dataset in ("", name)]
    special = {one.column for one in fitting if one.dataset == name}
    kept = [one for one in fitting if one.dataset == name or (not special and one.column not in special)]
    return [(one.rank, Claim(one.column, at, heading, one)) for one in _first_of_each(kept)]


def _first_of_each(found: Sequence[Entry]) -> list[Entry]:
    """The best entry for each column; our own name for one column is no other provider's word for another."""
    best: dict[str, Entry] = {}
    for one in found:
        best.setdefault(one.column, one)
    own = [one for one in best.values() if one.rank < 0]
    return own or list(best.values())


def _lacking(
    name: str, claims: Sequence[Claim], given: frozenset[str], whose: Sort | None, *, by_name: bool
) -> list[str]:
    have = {claim.column for claim in claims} | given
    if by_name and whose is not None:
        have |= set(WHOSE)
    return [group for group in needed(name) if not have & set(group.split("|"))]


def _eligible(name: str, claims: Sequence[Claim], headings: Sequence[Heading], whose: Sort | None) -> bool:
    """Tables that almost any file would fit need more than what identifies their facts."""
    known = [heading for heading in headings if heading.word]
    if name not in ("bars", "indices", "") and _prices(headings) >= _FEWEST_PRICES:
        return False
    if name == "bars":
        return whose is not Sort.INDEX
    if name == "indices":
        own = any(claim.column == "index" and _own_index(claim) for claim in claims)
        return whose is Sort.INDEX or own
    if name == "firms":
        return 2 * len(claims) >= len(known) and not any(
            _is_others(heading) for at, heading in enumerate(headings) if at not in {claim.at for claim in claims}
        )
    if name == "sessions":
        return len(claims) == len(known)
    return True


def _prices(headings: Sequence[Heading]) -> int:
    """How many of open, high, low and close a table has: with three it is one of prices, whatever else is in it."""
    means = {one.column for heading in headings for one in entries(heading.word) if one.dataset == "bars"}
    ours = {heading.word for heading in headings}
    return len({"open", "high", "low", "close"} & (means | ours))


def _is_others(heading: Heading) -> bool:
    """True for a word that only facts other than a firm's name have: an ex-date, a share count."""
    return any(one.column in _TELLING for one in entries(heading.word))


def _own_index(claim: Claim) -> bool:
    return claim.entry is None or claim.heading.word in ("index", plain("指数代码"), plain("index_code"))


def _worth(claims: Sequence[Claim]) -> int:
    return len({claim.at for claim in claims})


def _misfit(
    headings: Sequence[str],
    fits: dict[str, tuple[Claim, ...]],
    lacking: dict[str, list[str]],
    where: str,
    asked: str | None,
) -> Exception:
    """Why a file is none of ours, or what it lacks."""
    short = [name for name in fits if lacking[name]] or list(fits)
    nearest = max(short, key=lambda name: (_worth(fits[name]), -len(lacking[name])))
    missing, needs = lacking[nearest], needed(nearest)
    meant = any(_is_specific(claim) for claim in fits[nearest])
    if not asked and (2 * (len(needs) - len(missing)) < len(needs) or not meant):
        return NotOurs(f"its headings fit no table: {listed(headings, 80)}")
    by_name = " (or a file named like 000977.csv)" if set(missing) & set(WHOSE) and nearest in _BY_NAME else ""
    return refused(
        where,
        "the headings fit no table",
        got=listed(headings, 110),
        expected=f"{', '.join(missing).replace('|', ' or ')} too for the nearest one, {nearest}{by_name}",
        next_step=f"screener load --template {nearest}, or a column map (--map)",
    )


def _is_specific(claim: Claim) -> bool:
    """False for codes, names and days, which almost any table has, unless they bear our own names."""
    ours = claim.entry is None or claim.entry.rank < 0
    return claim.column not in _GENERIC or (ours and claim.column not in ("symbol", "name"))


def stranger(headings: Sequence[str]) -> str:
    """Why a file of these headings is known to be none of ours; empty where it is not known."""
    said = {plain(name) for name in headings}
    for needs, why in _strangers():
        wanted = {plain(word) for word in needs if not word.startswith("!")}
        absent = {plain(word[1:]) for word in needs if word.startswith("!")}
        if wanted <= said and not absent & said:
            return why
    return ""


@lru_cache(maxsize=1)
def _strangers() -> tuple[tuple[list[str], str], ...]:
    with (tables_dir() / "not_ours.csv").open(encoding="utf-8", newline="") as file:
        return tuple((row["headings"].split(";"), row["why"]) for row in csv.DictReader(file))

"""What a store is asked about itself, and told: its files loaded and fetched, its coverage, its facts taken back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from screener.core.days import Day, day_of
from screener.core.reading import readable

if TYPE_CHECKING:
    from screener.core.answer import Rows
    from screener.core.firm_names import Names
    from screener.store.database import Store
    from screener.store.discovering import Discovered
    from screener.store.fetch.budget import Budget
    from screener.store.fetch.run import Report as Progress
    from screener.store.fetch.summary import Summary
    from screener.store.findings.told import Findings
    from screener.store.loading import Loading
    from screener.store.querying import Selection
    from screener.store.status import Status
    from screener.store.withdrawing import History


class Kept:
    """The store's side of the front door."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def refresh(self) -> None:
        """Forgets what was read: the next question reads the store again."""

    def symbol(self, text: str) -> str:
        """The symbol of a firm by any spelling of its code, its name or a part of it. Raises UnknownSymbol."""
        from screener.core.firm_names import symbol_of

        return symbol_of(text, self.names)

    def names(self) -> Names:
        """Symbol → what its firm is called, today's name first; the packaged firms where there is no store yet."""
        from screener.store.naming import names_of, packaged_names

        if not self.path.is_file():
            return packaged_names()
        with self._reader() as store:
            return names_of(store)

    def _reader(self) -> Store:
        from screener.store.database import Store

        return Store.open_read_only(self.path)

    def _writer(self) -> Store:
        from screener.store.database import Store

        self.refresh()
        return Store.create_or_open(self.path)

    def load(
        self,
        path: Path | str,
        column_map: Path | str | None = None,
        *,
        replace: bool = False,
        dry_run: bool = False,
    ) -> Loading:
        """Loads files of any kind, all or nothing; with `dry_run` says what would be stored, and stores nothing.

        Raises DataRefused; the store is then as it was. `replace`: stored prices may be replaced on a large scale,
        which else counts as a mark of adjusted prices.
        """
        from screener.sources.files.maps import read_map
        from screener.store.database import Store
        from screener.store.loading import copied, load

        path, folder_map = readable(path, folder=True), read_map(column_map) if column_map else None
        if dry_run:
            with copied(self.path) as copy, Store.create_or_open(copy) as store:
                return load(store, path, folder_map, replacing=replace, dry_run=True)
        with self._writer() as store:
            return load(store, path, folder_map, replacing=replace)

    def fetch(
        self,
        since: Day = None,
        *,
        symbols: Sequence[str] = (),
        only: Sequence[str] = (),
        report: Progress | None = None,
        begin: Callable[[Budget], None] | None = None,
        dry_run: bool = False,
    ) -> Summary:
        """Fetches what is missing from AKShare's providers (default: of the store's firms, since 2023).

        `begin` is told how many requests that will be, `report` of each piece when it is done; `dry_run`: nobody is
        asked for anything and nothing is written, not even a store.
        Raises UsageError; what could not be fetched is told by the summary, and what could is stored all the same.
        """
        from screener.core.known import fixed_now, shanghai_now
        from screener.sources import registry
        from screener.sources.http import Policy
        from screener.store.fetch.opening import looked_at
        from screener.store.fetch.plan import plan_for
        from screener.store.fetch.run import fetch

        self.refresh()
        now, chosen = fixed_now(), [self.symbol(one) for one in symbols]
        with looked_at(self.path) if dry_run else nullcontext(self.path) as path:
            plan = plan_for(path, day_of(since), chosen, only, now, read_only=dry_run)
            wire = registry.wire(Policy.from_environment())
            return fetch(
                path, plan, wire, now=lambda: now or shanghai_now(), report=report, begin=begin, dry_run=dry_run
            )

    def discover(
        self,
        since: Day = None,
        *,
        keywords: Sequence[str] = (),
        report: Callable[[str, str], None] | None = None,
    ) -> Discovered:
        """Searches the whole market's announcements by keyword (default: the table `keywords`), newest months first.

        Raises UsageError; what could not be asked whole is told by the answer, and the rest is stored all the same.
        """
        from screener.core.known import fixed_now, shanghai_now
        from screener.sources import registry
        from screener.sources.http import Policy
        from screener.store.discovering import discover

        self.refresh()
        now = fixed_now()
        return discover(
            self.path,
            registry.wire(Policy.from_environment()),
            lambda: now or shanghai_now(),
            since=day_of(since),
            keywords=keywords,
            report=report or (lambda piece, told: None),
        )

    def status(self) -> Status:
        """Coverage, gaps, findings and staleness, and what to run next."""
        from screener.store.status import status

        with self._reader() as store:
            return status(store)

    def findings(self) -> Findings:
        """Odd rows that were kept: each check with what it means, examples and what to do."""
        from screener.store.findings.told import findings

        with self._reader() as store:
            return findings(store)

    def query(self, sql: str, *, memory: str = "2GB", seconds: float = 60) -> Selection:
        """The answer of one SELECT, read-only, within a memory and a time. Raises UsageError."""
        from screener.store.querying import query

        with self._reader() as store:
            return query(store, sql, memory=memory, seconds=seconds)

    def announcements(self, **asked: Any) -> Rows:
        """Announcements, newest first; keywords: unreviewed, symbol, kind, since, signed_only."""
        from screener.store.listing import listing

        named = asked.get("symbol")
        asked = {**asked, "symbol": self.symbol(named) if named else None, "since": day_of(asked.get("since"))}
        with self._reader() as store:
            return listing(store, **asked)

    def read_file(self, file: Path | str, *, ocr: bool = False) -> Rows:
        """Proposals out of a document of the user's: PDF, HTML or text. Raises DataRefused with the cause."""
        from screener.store.reading_file import proposals_of

        return proposals_of(readable(file), ocr=ocr)

    def read(
        self,
        *announcement_ids: str,
        ocr: bool = False,
        limit: int | None = None,
        report: Callable[[str, str], None] | None = None,
    ) -> Rows:
        """Fetches and reads the documents of announcements (default: the unreviewed ones); keeps the proposals.

        Raises UsageError; what could not be fetched or read is told in the notes.
        """
        from screener.core.known import fixed_now, shanghai_now
        from screener.sources import registry
        from screener.sources.http import Policy
        from screener.store.proposing import read_all
        from screener.store.reading_file import told_of

        self.refresh()
        with self._reader():
            """Says in one line where there is no store."""
        now = fixed_now()
        outcomes = read_all(
            self.path,
            announcement_ids,
            registry.wire(Policy.from_environment()),
            lambda: now or shanghai_now(),
            ocr=ocr,
            limit=limit,
            report=report or (lambda name, told: None),
        )
        with self._reader() as store:
            return told_of(store, outcomes, every=not announcement_ids)

    def waiting(self, *, everything: bool = False) -> Rows:
        """Proposals nobody has decided about, the largest against market cap first."""
        from screener.core.answer import Rows
        from screener.store.reviewing import as_rows, queue
        from screener.store.standing import standing

        with self._reader() as store:
            said = standing(store, rules={"all": everything, "store": store.path.name})
            return Rows("proposals", as_rows(queue(store, everything=everything)), said)

    def pages_of(self, announcement_id: str) -> tuple[str, ...]:
        """The text of the pages of a stored document, as it was read. Raises DataRefused where there is none."""
        from screener.store.reading_file import pages_of

        return pages_of(self.path, announcement_id)

    def accept(self, proposal_id: str, reviewer: str, edits: Mapping[str, str] | None = None) -> str:
        """Accepts a proposal as it is or with edits; the id of what it became. Raises UsageError, LoadRefused."""
        from screener.store.reviewing import accept

        with self._writer() as store:
            return accept(store, proposal_id, reviewer, edits)

    def reject(self, proposal_id: str, reviewer: str, why: str = "") -> None:
        """Rejects a proposal; it is kept with the decision. Raises UsageError."""
        from screener.store.reviewing import reject

        with self._writer() as store:
            reject(store, proposal_id, reviewer, why)

    def withdraw(self, table: str, *key: str, why: str) -> str:
        """Takes a wrong fact back from now on; the key of what was taken back. Raises UsageError."""
        from screener.store.withdrawing import withdraw

        with self._reader():
            """Says in one line where there is no store."""
        with self._writer() as store:
            return withdraw(store, table, key, why)

    def history(self, table: str, *key: str) -> History:
        """Every version of the facts that a key, or a part of one, names. Raises UsageError."""
        from screener.store.withdrawing import history

        with self._reader() as store:
            return history(store, table, key)

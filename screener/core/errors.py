"""The error tree. Every message is one sentence: what, where, got / expected, next command."""

from __future__ import annotations

from screener.core.text import cut, visible

LONGEST, _LONGEST_PART = 2000, 400  # characters of a sentence; of a part of one that is too long


class ScreenerError(Exception):
    """The user or the data must fix something; the command line prints the sentence and exits with `exit_code`."""

    exit_code = 1

    def __init__(
        self, what: str, *, where: str = "", got: object = None, expected: object = None, next_step: str = ""
    ) -> None:
        self.what, self.where, self.got, self.expected, self.next_step = what, where, got, expected, next_step
        super().__init__(self._sentence())

    def _sentence(self) -> str:
        said = self._said(LONGEST)
        # The next step is worth more than all of what was found, or could be there instead.
        return said if len(said) <= LONGEST else cut(self._said(_LONGEST_PART), LONGEST)

    def _said(self, most: int) -> str:
        parts = [f"{self.what} ({cut(self.where, most)})" if self.where else self.what]
        if self.got is not None:
            parts.append(f"got {cut(str(self.got), most)}")
        if self.expected is not None:
            parts.append(f"expected {cut(str(self.expected), most)}")
        if self.next_step:
            parts.append(f"next: {self.next_step}")
        return visible("; ".join(parts).replace("\n", " ").replace("\t", " "))


class UsageError(ScreenerError):
    """An option or argument cannot be understood."""

    exit_code = 2


class Decided(UsageError):
    """A proposal that is to be decided about has been already, perhaps in another window."""


class SourceDown(ScreenerError):
    """A needed source is down and nothing covers for it."""

    exit_code = 3


class NotSent(ScreenerError):
    """A notice did not reach the place it was for."""

    exit_code = 3


class UnknownSymbol(ScreenerError):
    """A symbol that no board of this market could carry, or that the store does not hold."""


class CalendarGap(ScreenerError):
    """A date outside the sessions that are known."""


class RuleGap(ScreenerError):
    """No dated market rule covers the date."""


class DataRefused(ScreenerError):
    """A file or an answer is refused as a whole; nothing of it was written.

    `line`: of the row it is about, as `core.table.LINE` has it; None where it is about no single row.
    """

    def __init__(
        self,
        what: str,
        *,
        where: str = "",
        got: object = None,
        expected: object = None,
        next_step: str = "",
        line: int | None = None,
    ) -> None:
        super().__init__(what, where=where, got=got, expected=expected, next_step=next_step)
        self.line = line


class StoreError(ScreenerError):
    """The database file is missing, locked, foreign or of another version."""


class StrategyError(ScreenerError):
    """A strategy file is missing, broken or breaks the contract."""


class AuditMismatch(ScreenerError):
    """The independent replay of a back-test disagrees with the ledger."""

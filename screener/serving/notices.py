"""Notices: what a command printed, sent to mail, chat or a hook through apprise.

1. Addresses are understood before any work is done: a wrong one is a word of the command line.
2. Each address is tried by itself, so that what failed can be counted, and one that fails keeps none of the others.
3. An address holds passwords and tokens: only its number and its kind (`json`, `mailto` …) are ever said, and the
   library's own log, which says more, is silent.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

from screener.core.errors import NotSent, UsageError
from screener.core.text import visible
from screener.serving.extras import need

if TYPE_CHECKING:
    from apprise import Apprise

_KINDS = "an address of apprise, as mailtos://…, slack://…, json://HOST/PATH"


class Notices:
    """Addresses that notices go to. Raises UsageError for one that cannot be understood, ScreenerError."""

    def __init__(self, urls: Sequence[str]) -> None:
        need("notify", "apprise")
        from apprise import Apprise

        log = logging.getLogger("apprise")
        log.addHandler(logging.NullHandler())
        log.propagate = False
        self._to: list[tuple[str, Apprise]] = []
        for number, url in enumerate(urls, 1):
            one = Apprise()
            if not one.add(url):
                raise UsageError(f"--notify {number} cannot be understood", got=_kind(url), expected=_KINDS)
            self._to.append((f"{number} of {len(urls)} ({_kind(url)})", one))

    def send(self, title: str, lines: Sequence[str]) -> None:
        """Sends plain text to each address. Raises NotSent that counts those it did not reach."""
        from apprise import NotifyFormat

        body = "\n".join(map(visible, lines))
        failed = [name for name, one in self._to if not one.notify(body, visible(title), body_format=NotifyFormat.TEXT)]
        if failed:
            named = ", ".join(failed)
            raise NotSent(
                "the notice was not sent", where=f"--notify {named}", next_step="look at the address, then again"
            )


def _kind(url: str) -> str:
    """`json` of `json://user:secret@host`; nothing of what follows."""
    kind, sign, _ = url.partition("://")
    return kind[:20] if sign and kind.isalnum() else "no kind://"

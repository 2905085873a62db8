"""Asks every provider for a little and says whether it answers and whether its shape still matches.

For maintainers with a network, by hand or on a schedule (`make live-check`); never part of the tests. Polite pauses
hold, so it takes some minutes. Always ends with 0: providers come and go. Writes no store.
"""

from __future__ import annotations

import sys
from datetime import timedelta

from screener.core.calendar import packaged_calendar
from screener.core.known import shanghai_now
from screener.report.tables import Field, print_table, say
from screener.sources import registry
from screener.sources.answers import LISTED, MARKET, SETTLED, Ask, Source
from screener.sources.classify import SourceFailure
from screener.sources.http import Policy, Wire

FIRM, SPAN = "300093.SZ", timedelta(days=40)
FIRMS = (FIRM, "301396.SZ", "603629.SH")  # of a round
ROUNDS = (*registry.ROUNDS.items(), *registry.ROUND_COMPLEMENTS.items())
SUBJECTS = {
    "indices": registry.INDICES,
    "calendar": ("",),
    "names": ("SZ", "603629.SH"),
    "delistings": ("SH", "SZ"),
    "ratings": (FIRM, "软件开发"),
}


def checked(dataset: str, source: Source, subject: str, wire: Wire) -> dict[str, object]:
    """One line of the report."""
    now, started = shanghai_now(), wire.clock()
    firms = FIRMS if registry.is_round(subject) else ()
    last = packaged_calendar().on_or_before((now - SETTLED).date()) if firms and dataset == "bars" else now.date()
    span = timedelta(days=1) if subject == MARKET else SPAN
    ask = Ask(subject, last - span, last, now, packaged_calendar(), firms=firms)
    line = {"dataset": dataset, "provider": source.provider, "function": source.function, "subject": subject}
    try:
        answer = source.fetch(ask, wire)
        rows = sum(frame.height for frame in answer.frames.values())
        told = {"state": "ok", "rows": rows, "detail": "; ".join(answer.notes)}
    except SourceFailure as failure:
        told = {"state": failure.cause.replace("_", " "), "rows": 0, "detail": failure.detail}
    return {**line, **told, "seconds": round(wire.clock() - started, 1)}


def main() -> None:
    """Prints one line for each provider, dataset and subject."""
    lines = []
    with registry.wire(Policy.from_environment()) as wire:
        for dataset, chain in registry.CHAINS.items():
            for source in chain:
                for subject in SUBJECTS.get(dataset, (FIRM,)):
                    if source.serves(subject):
                        lines.append(checked(dataset, source, subject, wire))
                        print(f"{source.provider} {source.function}: {lines[-1]['state']}", file=sys.stderr)
        for dataset, source in ROUNDS:
            for subject in (MARKET, LISTED) if dataset == "announcements" else (MARKET,):
                lines.append(checked(dataset, source, subject, wire))
    names = ("dataset", "subject", "provider", "function", "state", "rows", "seconds")
    print_table([*(Field(name, name) for name in names), Field("detail", "detail", wrap=True)], lines)
    say(f"{sum(line['state'] == 'ok' for line in lines)} of {len(lines)} answer in a shape that still matches")


if __name__ == "__main__":
    main()

"""One document, read in a process of its own within a time and a memory.

1. The bytes go to `worker.py` on stdin; what it finds comes back as JSON.
2. A process that is not done in time is killed; one that dies has no answer. Either way the cause is told, and nobody
   else is hurt.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass, field
from typing import Any

from screener.reading.documents import MAX_BYTES, Unreadable
from screener.reading.proposals import Proposal

SECONDS, MEMORY = 120, 1_500_000_000
_WITH_OCR = 5  # times the time and the memory


@dataclass(frozen=True)
class Reading:
    """What was read: the text of the pages, what is wrong with some of them, and the proposals."""

    kind: str
    pages: tuple[str, ...]
    proposals: tuple[Proposal, ...]
    scanned: tuple[int, ...] = ()
    odd: tuple[int, ...] = ()
    recognised: tuple[int, ...] = ()
    notes: tuple[str, ...] = field(default=())


def read(body: bytes, *, title: str = "", ocr: bool = False, seconds: int = SECONDS, memory: int = MEMORY) -> Reading:
    """Reads a document. Raises Unreadable with the cause: encrypted, damaged, too large, too slow …"""
    if len(body) > MAX_BYTES:
        raise Unreadable("too large", f"{len(body):,} bytes; at most {MAX_BYTES:,}")
    factor = _WITH_OCR if ocr else 1
    options = {"title": title, "ocr": ocr, "memory": memory * factor, "seconds": seconds * factor}
    command = [sys.executable, "-m", "screener.reading.worker", json.dumps(options)]
    try:
        done = subprocess.run(command, input=body, capture_output=True, timeout=seconds * factor, check=False)  # noqa: S603 - our own module
    except subprocess.TimeoutExpired:
        raise Unreadable("too slow", f"not read within {seconds * factor} s; the process was ended") from None
    return _told(done)


def _told(done: subprocess.CompletedProcess[bytes]) -> Reading:
    if done.returncode != 0 or not done.stdout:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        if any("MemoryError" in line or "bad_alloc" in line for line in said):
            raise Unreadable("too much memory", "the process has used up its memory")
        if done.returncode < 0:
            raise Unreadable(
                "stopped", f"the system ended the process (signal {-done.returncode}): time, memory or a broken file"
            )
        detail = said[-1][:160] if said else f"the process ended with {done.returncode}"
        raise Unreadable("not understood", detail)
    answer: dict[str, Any] = json.loads(done.stdout)
    if "cause" in answer:
        raise Unreadable(answer["cause"], answer["detail"])
    proposals = tuple(Proposal.from_dict(one) for one in answer["proposals"])
    lists = {name: tuple(answer[name]) for name in ("pages", "scanned", "odd", "recognised", "notes")}
    return Reading(kind=answer["kind"], proposals=proposals, **lists)

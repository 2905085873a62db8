"""The process that reads one document: bytes on stdin, JSON on stdout. Started and bounded by `bounded.py`.

A document from outside may be broken on purpose. It is read here, where a crash, a loop or a flood of memory ends this
process and nothing else.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from screener.reading.documents import Unreadable, extracted


def main() -> None:
    """Reads stdin under the options of argv (`title`, `ocr`, `memory`, `seconds`)."""
    options: dict[str, Any] = json.loads(sys.argv[1])
    _bound(options["memory"], options["seconds"])
    body = sys.stdin.buffer.read()
    try:
        answer = _answer(body, options)
    except Unreadable as error:
        answer = {"cause": error.cause, "detail": error.detail}
    except MemoryError:
        answer = {"cause": "too much memory", "detail": f"more than {options['memory']:,} bytes"}
    except RecursionError:
        answer = {"cause": "damaged", "detail": "nested too deeply"}
    sys.stdout.buffer.write(json.dumps(answer, ensure_ascii=False).encode("utf-8", "replace"))
    sys.stdout.flush()


def _answer(body: bytes, options: dict[str, Any]) -> dict[str, Any]:
    from screener.reading import ocr, second
    from screener.reading.propose import propose

    document = extracted(body)
    if options["ocr"] and (document.scanned or document.odd):
        ocr.recognise(document, body)
    if not any(page.strip() for page in document.pages):
        detail = "only pictures of pages" if document.scanned else "no letters on any page"
        raise Unreadable("no text", detail)
    second.with_tables(document, body)
    proposals = second.compared(document, body, propose(document, title=options["title"]))
    return {
        "kind": document.kind,
        "pages": document.pages,
        "scanned": document.scanned,
        "odd": document.odd,
        "recognised": document.recognised,
        "notes": document.notes,
        "proposals": [one.as_dict() for one in proposals],
    }


def _bound(memory: int, seconds: int) -> None:
    """Limits of this process by the system, where it has them."""
    try:
        import resource
    except ImportError:  # Windows: the parent's clock alone
        return
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 2))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    main()

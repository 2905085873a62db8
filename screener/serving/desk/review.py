"""The review room: it shows the queue and pages of the documents in it, and writes a decision about a proposal."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from functools import lru_cache
from threading import Lock
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from screener.core.errors import Decided, ScreenerError, UsageError
from screener.core.plain import plain
from screener.core.text import visible_json
from screener.report.reading import checks_of, suspected
from screener.report.words import LANGUAGES, refused, spoken, told
from screener.serving.desk.guard import asked_of, error

if TYPE_CHECKING:
    from screener.research import Research

_POLICY = (
    "default-src 'none'; script-src 'nonce-NONCE'; style-src 'nonce-NONCE'; connect-src 'self'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class Review:
    """The routes of the room; `store` is held while the store is read or written."""

    def __init__(self, house: Research, reviewer: str, lang: str, store: Lock, *, everything: bool) -> None:
        self._house, self._reviewer, self._lang, self._store, self._everything = (
            house,
            reviewer,
            lang,
            store,
            everything,
        )
        self._pages = lru_cache(maxsize=8)(house.pages_of)

    def routes(self) -> list[Route]:
        """The page, the queue, a page of a document, a decision."""
        return [
            Route("/review", self._page),
            Route("/review/queue", self._queue),
            Route("/review/page", self._text),
            Route("/review/decide", self._decide, methods=["POST"]),
        ]

    async def _page(self, request: Request) -> Response:
        from screener.report.review import page

        nonce = secrets.token_urlsafe(16)
        policy = {"Content-Security-Policy": _POLICY.replace("NONCE", nonce)}
        return HTMLResponse(page(nonce, self._lang_of(request)), headers=policy)

    def _lang_of(self, request: Request) -> str:
        """The language that a page speaks, which its reader may have changed since it was opened."""
        asked = request.query_params.get("lang", self._lang)
        return asked if asked in LANGUAGES else self._lang

    async def _queue(self, request: Request) -> Response:
        lang = self._lang_of(request)
        try:
            rows = await run_in_threadpool(self._waiting, everything=self._everything)
        except ScreenerError as problem:
            return _refused(problem, lang)
        with spoken(lang):
            return said([{**row, "said": _said_of(row)} for row in rows])

    def _waiting(self, *, everything: bool) -> Any:
        with self._store:
            return self._house.waiting(everything=everything).rows

    async def _text(self, request: Request) -> Response:
        asked = request.query_params
        return await run_in_threadpool(
            self._page_of, asked.get("id", ""), asked.get("page", "1"), self._lang_of(request)
        )

    def _page_of(self, proposal_id: str, number: str, lang: str) -> Response:
        try:
            rows = self._waiting(everything=True)
            row = next((one for one in rows if one["proposal_id"] == proposal_id), None)
            if row is None or not number.isdecimal():
                return error(404, "no such page")
            with self._store:
                pages = self._pages(row["announcement_id"])
        except ScreenerError as problem:
            return _refused(problem, lang)
        if not 1 <= int(number) <= len(pages):
            return error(404, "no such page")
        marks = [
            {"field": one["field"], "start": one["start"], "end": one["end"]}
            for one in row["evidence"]
            if one["page"] == int(number)
        ]
        marked = sorted({one["page"] for one in row["evidence"]})
        return said({"page": int(number), "marked": marked, "text": pages[int(number) - 1], "marks": marks})

    async def _decide(self, request: Request) -> Response:
        try:
            asked = await asked_of(request)
            return said({"became": await run_in_threadpool(self._decided, asked)})
        except (ValueError, TypeError, KeyError, AttributeError):
            return error(400, "a decision is a small JSON object")
        except Decided as problem:
            return _refused(problem, self._lang_of(request), status=410)
        except ScreenerError as problem:
            return _refused(problem, self._lang_of(request))

    def _decided(self, asked: Mapping[str, Any]) -> str | None:
        proposal_id, decision = str(asked["id"]), asked["decision"]
        if decision not in ("accept", "reject"):
            raise UsageError("decision unknown", got=decision, expected="accept | reject")
        edits = {str(name): str(value) for name, value in dict(asked.get("edits") or {}).items()}
        with self._store:
            if decision == "accept":
                return self._house.accept(proposal_id, self._reviewer, edits)
            self._house.reject(proposal_id, self._reviewer, str(asked.get("why", "")))
        return None


def _said_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """What the terminal says of a proposal, for the page to show as it is."""
    return {
        "checks": told(checks_of(row)),
        "look": [told(why) for why in row["review"]],
        "suspects": [told(suspected(one)) for one in row["suspects"]],
    }


def _refused(problem: ScreenerError, lang: str, status: int = 409) -> Response:
    """One sentence: what the command line calls `--set amount` is a field here, and its next command is no help."""
    with spoken(lang):
        sentence = refused(str(problem).removesuffix(f"; next: {problem.next_step}"))
    return error(status, sentence.replace("--set ", ""))


def said(value: object) -> Response:
    """JSON in which no character acts or hides."""
    return Response(visible_json(json.dumps(plain(value), ensure_ascii=False)), media_type="application/json")

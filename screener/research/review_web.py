"""The review page, served to this machine alone.

1. The server listens on 127.0.0.1 under a port of its own. Its address carries a token that opens one browser once;
   that browser is known by a cookie from then on, and the token is spent.
2. Requests whose Host is another name are refused (a page elsewhere may point its own name here), and so is every
   request without the cookie.
3. It can show the queue and pages of the documents in it, and write a decision about a proposal that waits; no more.
4. The browser runs the page's own script and no other, and loads nothing from anywhere.
"""

from __future__ import annotations

import json
import secrets
import sys
from collections.abc import Callable, Mapping
from functools import lru_cache
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from screener.core.errors import ScreenerError, UsageError
from screener.core.text import visible_json

if TYPE_CHECKING:
    from screener.research import Research

_MOST_BODY = 64 * 1024
_COOKIE = "screener-review"
_AGAIN = "; run screener review --web again"
_POLICY = (
    "default-src 'none'; script-src 'nonce-NONCE'; style-src 'nonce-NONCE'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class ReviewServer(HTTPServer):
    """Serves the queue of `house` until it is shut down; `url` opens it, once."""

    def __init__(self, house: Research, reviewer: str, lang: str = "zh", *, everything: bool = False) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.house, self.reviewer, self.lang, self.everything = house, reviewer, lang, everything
        self.token: str | None = secrets.token_urlsafe(24)
        self.session = ""
        self.pages = lru_cache(maxsize=8)(self._read)

    @property
    def address(self) -> str:
        """`http://127.0.0.1:43121`."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    @property
    def url(self) -> str:
        """The address that opens the page, once."""
        return f"{self.address}/open/{self.token}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Quiet where a browser has gone away; anything else is a bug and is shown."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)

    def _read(self, announcement_id: str) -> tuple[str, ...]:
        return self.house.pages_of(announcement_id)


class _Handler(BaseHTTPRequestHandler):
    """One request; see the steps above."""

    server: ReviewServer
    timeout = 10
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""

    def do_GET(self) -> None:
        """The page, the queue, a page of a document."""
        path = urlsplit(self.path).path
        if not self._from_here():
            return self._error(403, "another host")
        if path.startswith("/open/"):
            return self._open(path.removeprefix("/open/"))
        if not self._known():
            return self._error(403, f"not this browser: the address opens one browser once{_AGAIN}")
        answers: dict[str, Callable[[], None]] = {"/": self._page, "/queue": self._queue, "/page": self._text}
        return answers.get(path, lambda: self._error(404, "nothing here"))()

    def do_POST(self) -> None:
        """A decision about a proposal that waits."""
        if not self._from_here() or not self._known():
            return self._error(403, "not this browser")
        length = int(self.headers.get("Content-Length") or 0)
        if self.headers.get("Content-Type") != "application/json" or not 0 < length <= _MOST_BODY:
            return self._error(400, "a decision is a small JSON object")
        if urlsplit(self.path).path != "/decide":
            return self._error(404, "nothing here")
        try:
            asked = json.loads(self.rfile.read(length))
            return self._json({"became": self._decide(asked)})
        except (ValueError, TypeError, KeyError, AttributeError):
            return self._error(400, "not a decision")
        except ScreenerError as error:
            return self._error(409, str(error))

    def _decide(self, asked: Mapping[str, Any]) -> str | None:
        house, who = self.server.house, self.server.reviewer
        proposal_id, decision = str(asked["id"]), asked["decision"]
        if decision == "reject":
            house.reject(proposal_id, who, str(asked.get("why", "")))
            return None
        if decision != "accept":
            raise UsageError("decision unknown", got=decision, expected="accept | reject")
        edits = {str(name): str(value) for name, value in dict(asked.get("edits") or {}).items()}
        return house.accept(proposal_id, who, edits)

    def _open(self, token: str) -> None:
        wanted = self.server.token
        if wanted is None or not secrets.compare_digest(token.encode(), wanted.encode()):
            return self._error(403, f"this address was used already, or is another one{_AGAIN}")
        self.server.token, self.server.session = None, secrets.token_urlsafe(24)
        cookie = f"{_COOKIE}={self.server.session}; HttpOnly; SameSite=Strict; Path=/"
        return self._send(303, b"", "text/plain", {"Set-Cookie": cookie, "Location": "/"})

    def _from_here(self) -> bool:
        return self.headers.get("Host") == self.server.address.removeprefix("http://")

    def _known(self) -> bool:
        sent = SimpleCookie(self.headers.get("Cookie", "")).get(_COOKIE)
        session = self.server.session
        return bool(session) and sent is not None and secrets.compare_digest(sent.value.encode(), session.encode())

    def _page(self) -> None:
        from screener.report.review import page

        nonce = secrets.token_urlsafe(16)
        policy = _POLICY.replace("NONCE", nonce)
        self._send(200, page(nonce, self.server.lang).encode(), "text/html", {"Content-Security-Policy": policy})

    def _queue(self) -> None:
        rows = self.server.house.waiting(everything=self.server.everything).rows
        self._json([dict(row) for row in rows])

    def _text(self) -> None:
        asked = parse_qs(urlsplit(self.path).query)
        rows = self.server.house.waiting(everything=True).rows
        row = next((one for one in rows if one["proposal_id"] == asked.get("id", [""])[0]), None)
        number = asked.get("page", ["1"])[0]
        if row is None or not number.isdigit():
            return self._error(404, "no such page")
        try:
            pages = self.server.pages(row["announcement_id"])
        except ScreenerError as error:
            return self._error(409, str(error))
        if not 1 <= int(number) <= len(pages):
            return self._error(404, "no such page")
        marks = [
            {"field": one["field"], "start": one["start"], "end": one["end"]}
            for one in row["evidence"]
            if one["page"] == int(number)
        ]
        marked = sorted({one["page"] for one in row["evidence"]})
        return self._json({"page": int(number), "marked": marked, "text": pages[int(number) - 1], "marks": marks})

    def _json(self, value: object) -> None:
        text = json.dumps(value, ensure_ascii=False, default=lambda one: one.isoformat())
        self._send(200, visible_json(text).encode(), "application/json", {})

    def _error(self, status: int, sentence: str) -> None:
        self._send(status, json.dumps({"error": sentence}, ensure_ascii=False).encode(), "application/json", {})

    def _send(self, status: int, body: bytes, kind: str, more: Mapping[str, str]) -> None:
        self.send_response(status)
        headers = {
            "Content-Type": f"{kind}; charset=utf-8",
            "Content-Length": str(len(body)),
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Connection": "close",
            **more,
        }
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = True

"""Who is let in, and what a browser may do with what it gets.

1. A request whose Host is another name than the server's is refused: a page elsewhere may point its own name here. So
   is one that says it comes from another origin.
2. The token in the printed address opens one browser, once; that browser is known by a cookie from then on, which no
   script can read and which is not sent from pages of other sites.
3. Every answer carries the policy: scripts and styles of this server and no other, no frame around it, no request to
   any other host. None is kept by the browser, but assets, whose name changes with what is in them.
4. What is still being answered when the desk ends is told so.
"""

from __future__ import annotations

import json
import secrets
from asyncio import CancelledError
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING, Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from screener.core.text import cut, visible
from screener.report.desk import refusal

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_BODY = 64 * 1024
MOST_SAID = 1000  # characters of a refusal
OPEN = "/open/"
_AGAIN = "; start it again for a new one"
_SAME_SITE = ("same-origin", "none")


class Guard:
    """The rules above, around an application."""

    def __init__(self, app: ASGIApp, *, host: str, policy: str) -> None:
        self._app, self._host, self._policy = app, host, policy
        self.token: str | None = secrets.token_urlsafe(24)
        self._session = ""
        # Browsers keep cookies by host, not by port: two desks must not take each other's.
        self._cookie = f"screener-desk-{host.rpartition(':')[2]}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        refused = self._refused(scope["path"], headers)
        opened = self._opened(scope["method"], scope["path"]) if refused is None else refused
        sealed = self._sealed(scope["path"], send)
        try:
            await (opened or self._app)(scope, receive, sealed)
        except CancelledError:  # before anything of the answer was sent: answers are sent whole
            await error(503, "the desk has ended")(scope, receive, sealed)

    def _refused(self, path: str, headers: Headers) -> Response | None:
        origin, site = headers.get("origin"), headers.get("sec-fetch-site")
        if headers.get("host") != self._host:
            return error(403, "another host")
        if origin not in (None, f"http://{self._host}") or (site and site not in _SAME_SITE):
            return error(403, "another origin")
        if not path.startswith(OPEN) and not self._known(headers):
            return error(403, f"not this browser: the address opens one browser once{_AGAIN}")
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > MOST_BODY or "transfer-encoding" in headers:
            return error(400, f"too long: at most {MOST_BODY:,} bytes")
        return None

    def _opened(self, method: str, path: str) -> Response | None:
        """The answer to an address that opens a browser; None for any other. Who only looks at it uses nothing up."""
        if not path.startswith(OPEN):
            return None
        if method != "GET":
            return error(405, "not so: another method")
        token, _, room = path.removeprefix(OPEN).partition("/")
        wanted = self.token
        if wanted is None or not secrets.compare_digest(token.encode(), wanted.encode()):
            return error(403, f"this address was used already, or is another one{_AGAIN}")
        self.token, self._session = None, secrets.token_urlsafe(24)
        answer = RedirectResponse(f"/{room}" if room.isalpha() else "/", status_code=303)
        answer.set_cookie(self._cookie, self._session, httponly=True, samesite="strict", path="/")
        return answer

    def _known(self, headers: Headers) -> bool:
        try:
            sent = SimpleCookie(headers.get("cookie", "")).get(self._cookie)
        except CookieError:
            return False
        session = self._session
        return bool(session) and sent is not None and secrets.compare_digest(sent.value.encode(), session.encode())

    def _sealed(self, path: str, send: Send) -> Send:
        async def sealed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault("Content-Security-Policy", self._policy)
                headers.setdefault("Cache-Control", "no-store")
                headers["X-Content-Type-Options"] = "nosniff"
                headers["Referrer-Policy"] = "no-referrer"
                headers["Cross-Origin-Opener-Policy"] = headers["Cross-Origin-Resource-Policy"] = "same-origin"
            await send(message)

        return sealed


async def asked_of(request: Request) -> Any:
    """The JSON that was posted. Raises ValueError for what is none, or holds text that no file and no store can."""
    if request.headers.get("content-type") != "application/json":
        raise ValueError
    try:
        found = json.loads(await request.body())
    except (RecursionError, ClientDisconnect):  # too deep, or not sent to its end
        raise ValueError from None
    json.dumps(found, ensure_ascii=False).encode()  # half a letter is refused here
    return found


class Refusal(Response):
    """One sentence: a page for whoever typed an address, JSON for the desk's own script."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(status_code=status)
        self._sentence = visible(cut(sentence, MOST_SAID))  # what was asked stands in it

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers in the form that was asked for."""
        html = "text/html" in Headers(scope=scope).get("accept", "")
        form = HTMLResponse(refusal(self._sentence), self.status_code) if html else None
        await (form or JSONResponse({"error": self._sentence}, self.status_code))(scope, receive, send)


def error(status: int, sentence: str) -> Response:
    """One sentence."""
    return Refusal(status, sentence)

"""What the desk answers: rooms, jobs, answers, assets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from screener.core.errors import ScreenerError, UsageError
from screener.report.desk import assets, policy, shell
from screener.report.page import LANGUAGES
from screener.report.words import refused as told
from screener.report.words import spoken
from screener.research.views import event_kinds
from screener.serving.desk.guard import Guard, asked_of, error
from screener.serving.desk.jobs import Job, Jobs
from screener.serving.desk.review import Review, said
from screener.serving.desk.rooms import ROOMS, Room, universes

if TYPE_CHECKING:
    from screener.research import Research

LONG_POLL = 10.0  # seconds that a browser waits for news
_SAID = {404: "nothing here", 405: "not so: another method"}
_FOR_EVER = "private, max-age=31536000, immutable"


class Desk:
    """The desk of a house as an ASGI application; `app` is what a server runs, `guard` holds the token."""

    def __init__(self, house: Research, host: str, *, reviewer: str, lang: str, everything: bool = False) -> None:
        self._house, self._lang, self._assets = house, lang, assets()
        self._jobs = Jobs(house)
        review = Review(house, reviewer, lang, self._jobs.store, everything=everything)
        routes = [
            Route("/", self._front),
            Route("/assets/{name}", self._asset),
            Route("/jobs", self._start, methods=["POST"]),
            Route("/jobs/{id}", self._job, methods=["GET", "DELETE"]),
            Route("/jobs/{id}/answer", self._answer),
            Route("/jobs/{id}/answer.json", self._answer),
            *review.routes(),
            *(Route(f"/{name}", self._room, name=name) for name in ROOMS),
        ]
        app = Starlette(
            routes=routes, lifespan=self._lifespan, exception_handlers={HTTPException: _no_such, Exception: _no_such}
        )
        self.app = self.guard = Guard(app, host=host, policy=policy())

    @asynccontextmanager
    async def _lifespan(self, app: Starlette) -> AsyncIterator[None]:
        yield
        await self._jobs.close()

    async def _front(self, request: Request) -> Response:
        return RedirectResponse(f"/{next(iter(ROOMS))}", status_code=303)

    async def _room(self, request: Request) -> Response:
        """The controls of a room; its answer is asked for by the page itself."""
        lang = request.query_params.get("lang", self._lang)
        if lang not in LANGUAGES:
            return error(400, f"no such language; got {lang}; expected {' or '.join(LANGUAGES)}")
        room = ROOMS[request.url.path.strip("/")]
        try:
            html = await run_in_threadpool(self._shell, room, lang)
        except ScreenerError as refused:  # settings that cannot be read
            with spoken(lang):
                return error(409, told(str(refused)))
        return HTMLResponse(html)

    def _shell(self, room: Room, lang: str) -> str:
        defaults, names = room.defaults(), [one.name for one in room.controls]
        choices: dict[str, Sequence[Any]] = {"universe": universes()} if "universe" in names else {}
        if "kind" in names:
            with self._jobs.store:
                choices["kind"] = event_kinds(self._house)  # without a store those that need none
        controls = [
            {**asdict(one), "default": defaults[one.name], "choices": choices.get(one.name, one.choices)}
            for one in room.controls
        ]
        return shell(
            room.name,
            controls,
            lang,
            store=self._house.path.name,
            names=tuple(ROOMS),
            strategies=_strategies() if "strategy" in names else (),
            begins=room.begins,
            parameters=room.parameters,
        )

    async def _start(self, request: Request) -> Response:
        try:
            asked = await asked_of(request)
            room, given, lang = asked["room"], dict(asked["given"]), asked.get("lang", self._lang)
            if room not in ROOMS or lang not in LANGUAGES:
                raise UsageError("no such room", got=f"{room} in {lang}", expected=f"{', '.join(ROOMS)} in zh or en")
            return said(self._jobs.start(room, given, lang).as_dict())
        except (ValueError, TypeError, KeyError):
            return error(400, "a question is a small JSON object with `room` and `given`")
        except ScreenerError as refused:
            return error(422, str(refused))

    def _of(self, request: Request) -> Job:
        try:
            return self._jobs[request.path_params["id"]]
        except KeyError:
            raise HTTPException(404) from None

    async def _job(self, request: Request) -> Response:
        """How far it is, when that is news for whoever has seen version `seen`; DELETE ends it."""
        job = self._of(request)
        if request.method == "DELETE":
            self._jobs.cancel(job)
        elif request.query_params.get("seen") == str(job.version) and not job.over:
            with suppress(TimeoutError):
                await asyncio.wait_for(job.changed.wait(), LONG_POLL)
        return said(job.as_dict())

    async def _answer(self, request: Request) -> Response:
        found = self._of(request).view
        if found is None:
            return error(409, "not computed yet")
        if request.url.path.endswith(".json"):
            return Response(found.json, media_type="application/json")
        return HTMLResponse(found.html)

    async def _asset(self, request: Request) -> Response:
        found = self._assets.get(request.path_params["name"])
        if found is None:
            raise HTTPException(404)
        return Response(found.text, media_type=found.kind, headers={"Cache-Control": _FOR_EVER})


async def _no_such(request: Request, problem: Exception) -> Response:
    status = problem.status_code if isinstance(problem, HTTPException) else 500
    return error(status, _SAID.get(status, "this could not be answered: a bug of the program"))


def _strategies() -> list[dict[str, Any]]:
    """Name, description and parameters of each strategy that works."""
    from screener.research import strategies

    rows = [row for row in strategies().rows if not str(row["description"]).startswith("broken: ")]
    params = [dict(word.partition("=")[::2] for word in str(row["parameters"]).split()) for row in rows]
    return [{**row, "params": found} for row, found in zip(rows, params, strict=True)]

"""What is being computed for the desk: how far it is, how it ended, and its end before that.

1. A screen runs in a thread: one at a time, for they share the market that was read. It cannot be ended, but nobody
   has to wait for it.
2. A back-test or a sweep runs in a process (`work`), two at a time; to end it is to kill the process and what it
   started. Its variants lie in a folder that goes with the job.
3. An answer is kept, and given again, until another writes to the store or what it hangs on is another (`hangs_on`).
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from screener.core.errors import ScreenerError
from screener.core.own_folder import own_folder
from screener.core.text import visible
from screener.report.words import refused, spoken
from screener.serving.desk.rooms import ROOMS, Given
from screener.serving.desk.views import View, hangs_on, understood, view

if TYPE_CHECKING:
    from screener.research import Research

AT_ONCE = 2  # processes
MOST_WAITING = 8
KEPT = 24  # answers
_LINE = 64 * 1024 * 1024  # bytes of an answer that a process may hand over
_BUG = "this could not be computed: a bug of the program, whose traceback stands where the desk was started"
Key = tuple[object, ...]


@dataclass
class Job:
    """A question on its way. `state`: waiting, running, done, refused, cancelled."""

    id: str
    room: str
    lang: str
    state: str = "waiting"
    stage: str = ""
    done: int = 0
    of: int = 0
    sentence: str = ""
    view: View | None = None
    version: int = 0
    began: float = field(default_factory=time.monotonic)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None

    @property
    def over(self) -> bool:
        """True where nothing will change any more."""
        return self.state in ("done", "refused", "cancelled")

    def tell(self, **news: Any) -> None:
        """Sets fields and wakes who waits for them; nothing after the end."""
        if self.over:
            return
        for name, value in news.items():
            setattr(self, name, value)
        self.version += 1
        self.changed.set()
        self.changed = asyncio.Event()

    def as_dict(self) -> dict[str, Any]:
        """What the browser is told."""
        names = ("id", "room", "state", "stage", "done", "of", "sentence", "version")
        found = {name: getattr(self, name) for name in names} | {"seconds": round(time.monotonic() - self.began, 1)}
        if self.view is not None:
            found |= {"given": dict(self.view.given), "command": self.view.command}
        return found


class Jobs:
    """The jobs of one desk, in its event loop."""

    def __init__(self, house: Research) -> None:
        self._house, self._all, self._count = house, OrderedDict[str, Job](), 0
        self._answers: OrderedDict[Key, View] = OrderedDict()
        self._places = asyncio.Semaphore(AT_ONCE)
        self.store = threading.Lock()  # held by whoever reads or writes the store in this process
        self._stamp: object = None

    def start(self, room: str, given: Given, lang: str) -> Job:
        """Begins to compute an answer. Raises ScreenerError where too much waits already."""
        asked = ROOMS[room].checked(given)
        if sum(not job.over for job in self._all.values()) >= MOST_WAITING:
            raise ScreenerError("too much is being computed", got=MOST_WAITING, next_step="cancel something, or wait")
        self._count += 1
        job = Job(str(self._count), room, lang)
        self._all[job.id] = job
        for old in [one for one in self._all.values() if one.over][:-KEPT]:
            del self._all[old.id]
        job.task = asyncio.get_running_loop().create_task(self._run(job, asked))
        return job

    def __getitem__(self, job_id: str) -> Job:
        return self._all[job_id]

    def cancel(self, job: Job) -> None:
        """Ends a job; nothing of it is kept."""
        job.tell(state="cancelled")
        if job.task is not None:
            job.task.cancel()

    async def close(self) -> None:
        """Ends everything."""
        running = [job for job in self._all.values() if not job.over]
        for job in running:
            self.cancel(job)
        await asyncio.gather(*(job.task for job in running if job.task), return_exceptions=True)

    async def _run(self, job: Job, asked: Given) -> None:
        try:
            understood(job.room, asked)
            key: Key = (self._stamped(), hangs_on(asked), job.room, job.lang, *sorted(asked.items()))
            found = self._answers.get(key) or await self._computed(job, asked)
        except ScreenerError as error:
            with spoken(job.lang):
                job.tell(state="refused", sentence=visible(refused(str(error))))
        except asyncio.CancelledError:
            job.tell(state="cancelled")
            raise
        except BaseException:  # a library's panic is no Exception: a job that never ends would keep its place for good
            sys.excepthook(*sys.exc_info())
            job.tell(state="refused", sentence=_BUG)
        else:
            self._answers[key] = found
            while len(self._answers) > KEPT:
                self._answers.popitem(last=False)
            job.tell(state="done", view=found)

    async def _computed(self, job: Job, asked: Given) -> View:
        if not ROOMS[job.room].long:
            return await asyncio.to_thread(self._in_thread, job, asked, asyncio.get_running_loop())
        async with self._places:
            with own_folder("desk") as folder:
                job.tell(state="running", stage="starting")
                return await self._in_process(job, asked, folder)

    def _in_thread(self, job: Job, asked: Given, loop: asyncio.AbstractEventLoop) -> View:
        def tell(stage: str, done: int, of: int) -> None:
            loop.call_soon_threadsafe(lambda: job.tell(state="running", stage=stage, done=done, of=of))

        with self.store:
            if job.over:  # cancelled while it waited: nobody would see the answer
                raise ScreenerError("cancelled")
            return view(self._house, job.room, asked, job.lang, tell)

    async def _in_process(self, job: Job, asked: Given, folder: Path) -> View:
        words = (sys.executable, "-m", "screener.serving.desk.work")
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            *words, stdin=pipe, stdout=pipe, limit=_LINE, start_new_session=True, env=_environment()
        )
        try:
            question = {"db": str(self._house.path), "room": job.room, "given": dict(asked), "lang": job.lang}
            assert process.stdin is not None and process.stdout is not None  # noqa: S101 - asked for above
            process.stdin.write(json.dumps({**question, "out": str(folder / "variants.parquet")}).encode() + b"\n")
            await process.stdin.drain()
            async for line in process.stdout:
                news = json.loads(line)
                if "view" in news:
                    return View(**news["view"])
                if "refused" in news:
                    raise ScreenerError(news["refused"])
                job.tell(**news)
            raise RuntimeError(f"{' '.join(words)} ended without an answer")
        finally:
            _kill(process.pid)
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    def _stamped(self) -> object:
        """The state of the store's file; where it is another, what was read before is forgotten."""
        found: object = None
        with suppress(OSError):
            file = self._house.path.stat()
            found = (file.st_mtime_ns, file.st_size, file.st_ino)
        if found != self._stamp:
            self._stamp = found
            self._answers.clear()
            self._house.refresh()
        return found


def _environment() -> Mapping[str, str]:
    """That of this process, and where its modules are found."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(entry or str(Path.cwd()) for entry in sys.path)}


def _kill(pid: int) -> None:
    if hasattr(os, "killpg"):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)

"""The desk on a loopback port."""

from __future__ import annotations

import logging
import socket
from typing import TYPE_CHECKING

import uvicorn

from screener.core.errors import UsageError
from screener.report.page import words_of
from screener.serving.desk.app import Desk
from screener.serving.desk.guard import OPEN

if TYPE_CHECKING:
    from screener.research import Research

LOOPBACK = "127.0.0.1"
_PATIENCE = 1  # seconds for requests under way, when it ends


class DeskServer:
    """Serves the desk of `house` until it is stopped; `url` opens it, once. Raises UsageError, StoreError."""

    def __init__(
        self, house: Research, *, reviewer: str, lang: str = "zh", everything: bool = False, port: int = 0
    ) -> None:
        words_of(lang)
        house.status()  # where there is no store, that is said first
        self.house = house
        self._socket = _bound(port)
        host = f"{LOOPBACK}:{self._socket.getsockname()[1]}"
        self.address = f"http://{host}"
        self._desk = Desk(house, host, reviewer=reviewer, lang=lang, everything=everything)
        how = uvicorn.Config(
            self._desk.app,
            log_level="error",
            access_log=False,
            server_header=False,
            lifespan="on",
            ws="none",
            timeout_graceful_shutdown=_PATIENCE,
        )
        logging.getLogger("uvicorn.error").addFilter(_is_bug)
        self._server = uvicorn.Server(how)

    @property
    def token(self) -> str | None:
        """What opens a browser; None once it did."""
        return self._desk.guard.token

    def url(self, room: str = "brief") -> str:
        """The address that opens a browser in a room, once."""
        return f"{self.address}{OPEN}{self.token}/{room}"

    def serve(self) -> None:
        """Answers until `stop`, or Ctrl-C."""
        try:
            self._server.run(sockets=[self._socket])
        finally:
            self._socket.close()

    def stop(self) -> None:
        """Ends `serve`, and whatever is being computed."""
        self._server.should_exit = True


def _is_bug(record: logging.LogRecord) -> bool:
    """True for what has a traceback; that requests under way were ended is what Ctrl-C asked for."""
    return record.exc_info is not None


def _bound(port: int) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((LOOPBACK, port))
        made.listen()  # who opens the address at once waits, and is not turned away
    except OSError as error:
        made.close()
        raise UsageError(
            "the port cannot be used", got=f"{port}: {error.strerror}", expected="a free one, or 0"
        ) from None
    return made

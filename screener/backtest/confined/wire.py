"""Messages over a socket: what goes to a strategy's process is pickled, what comes back is JSON and runs nothing.

Numbers of a row are a text in it, base64 of their bytes: of a whole market each in digits takes longer than to decide.
"""

from __future__ import annotations

import base64
import json
import pickle
import socket
import struct
import time
from typing import Any

import numpy as np

HOST, WORD = "127.0.0.1", 32  # where a process that is no fork connects, and the bytes it says first
_SIZE = struct.Struct("=Q")
_AT_ONCE, _LARGE = 1 << 16, 1 << 24  # bytes asked of the socket
LARGEST = 1 << 20  # bytes of an answer without weights: nobody fills this process's memory


def packed(numbers: np.ndarray) -> str:
    """Numbers of an answer."""
    return base64.b64encode(np.ascontiguousarray(numbers).tobytes()).decode()


def unpacked(text: str, kind: type) -> np.ndarray:
    """What `packed` was given. Raises ValueError or TypeError for what is no such text."""
    return np.frombuffer(base64.b64decode(text, validate=True), dtype=kind)


class Wire:
    """One end. Raises TimeoutError past the `deadline`, EOFError where nobody is left at the other end."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._ahead = b""  # received with the message before
        self.largest = LARGEST  # of what `answered` takes
        self.deadline: float | None = None  # of `time.monotonic`

    def tell(self, message: Any) -> None:
        """Pickled: to a process that is trusted with less than this one."""
        self._send(pickle.dumps(message, protocol=5))

    def told(self) -> Any:
        """What `tell` sent."""
        return pickle.loads(self._receive())  # noqa: S301 — read by the confined process, sent by the one that made it

    def answer(self, message: Any) -> None:
        """As JSON."""
        self._send(json.dumps(message).encode())

    def answered(self) -> dict[str, Any]:
        """What `answer` sent. Raises ValueError for anything but an object."""
        found = json.loads(self._receive())
        if not isinstance(found, dict):
            raise ValueError("no object")
        return found

    def close(self) -> None:
        """The other end reads its end."""
        self._socket.close()

    def _send(self, data: bytes) -> None:
        self._wait()
        try:
            self._socket.sendall(_SIZE.pack(len(data)) + data)
        except (BrokenPipeError, ConnectionError) as error:
            raise EOFError from error

    def _receive(self) -> bytes:
        (size,) = _SIZE.unpack(self._exactly(_SIZE.size))
        if self.deadline is not None and size > self.largest:
            raise ValueError("too long an answer")
        return self._exactly(size)

    def _exactly(self, size: int) -> bytes:
        """`size` bytes. A short message is read in one go with its size."""
        parts, have = [self._ahead], len(self._ahead)
        while have < size:
            self._wait()
            try:
                parts.append(self._socket.recv(max(_AT_ONCE, min(size - have, _LARGE))))
            except ConnectionError as error:
                raise EOFError from error
            if not parts[-1]:
                raise EOFError
            have += len(parts[-1])
        data = b"".join(parts) if len(parts) > 1 else self._ahead
        self._ahead = data[size:]
        return data[:size]

    def _wait(self) -> None:
        left = None if self.deadline is None else self.deadline - time.monotonic()
        if left is not None and left <= 0:
            raise TimeoutError
        self._socket.settimeout(left)

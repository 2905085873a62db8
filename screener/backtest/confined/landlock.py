"""Landlock: a process of Linux gives up files, programs and connections for good, without being root.

Steps of https://docs.kernel.org/userspace-api/landlock.html: create a ruleset of everything that may be handled, allow
reading beneath some folders, restrict oneself. What is not allowed is refused by the kernel, whoever asks in whatever
language; executing a program is not among what is allowed.
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

_CREATE, _ADD, _RESTRICT = 444, 445, 446  # the same numbers on every architecture
_VERSION = 1  # flag: asks which version there is
_BENEATH = 1  # kind of rule
_NO_NEW_PRIVILEGES = 38  # prctl
_EXECUTE, _READ_FILE, _READ_DIR = 1, 1 << 2, 1 << 3
_FILES = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}  # version → rights on files that it knows, each a bit
_CONNECTIONS = 0b11  # to bind and to connect, from version 4 on
_SCOPES = 0b11  # abstract sockets and signals to others, from version 6 on


def version() -> int:
    """Of the kernel's Landlock; 0 where there is none."""
    if not sys.platform.startswith("linux"):
        return 0
    return max(0, _call(_CREATE, None, ctypes.c_size_t(0), ctypes.c_uint32(_VERSION)))


def restrict(readable: Iterable[Path]) -> int:
    """From now on this thread, and what it starts, may read beneath `readable` and do nothing else with files.

    Returns the version of Landlock that sees to it; 0 where the kernel has none, or refuses, and nothing is restricted.
    """
    found = version()
    if not found:
        return 0
    ruleset = _ruleset(found)
    if ruleset < 0:
        return 0
    try:
        for path in readable:
            _allow(ruleset, path)
        none = ctypes.c_ulong(0)
        ctypes.CDLL(None).prctl(ctypes.c_int(_NO_NEW_PRIVILEGES), ctypes.c_ulong(1), none, none, none)
        done = _call(_RESTRICT, ctypes.c_int(ruleset), ctypes.c_uint32(0))
    finally:
        os.close(ruleset)
    return found if done == 0 else 0


def apart() -> None:
    """From now on the memory of processes that were restricted alike cannot be reached either.

    A domain may trace what is in it or beneath it, and every restriction begins a new one.
    """
    ruleset = _made([_EXECUTE])
    if ruleset >= 0:
        _call(_RESTRICT, ctypes.c_int(ruleset), ctypes.c_uint32(0))
        os.close(ruleset)


def _ruleset(found: int) -> int:
    """The descriptor of a ruleset that handles all this version knows; below 0 where it cannot be had."""
    fields = [(1 << _FILES.get(found, 16)) - 1]
    fields += [_CONNECTIONS] if found >= 4 else []
    fields += [_SCOPES] if found >= 6 else []
    return _made(fields)


def _made(fields: Sequence[int]) -> int:
    asked = struct.pack(f"={len(fields)}Q", *fields)
    return _call(_CREATE, ctypes.c_char_p(asked), ctypes.c_size_t(len(asked)), ctypes.c_uint32(0))


def _allow(ruleset: int, path: Path) -> None:
    with suppress(OSError):  # what is not there needs no rule
        beneath = os.open(path, os.O_PATH | os.O_CLOEXEC)
        try:
            rights = _READ_FILE | (_READ_DIR if path.is_dir() else 0)
            rule = struct.pack("=Qi", rights, beneath)
            _call(_ADD, ctypes.c_int(ruleset), ctypes.c_int(_BENEATH), ctypes.c_char_p(rule), ctypes.c_uint32(0))
        finally:
            os.close(beneath)


def _call(number: int, *arguments: object) -> int:
    """A system call that the C library has no name for; -1 where it fails."""
    return int(ctypes.CDLL(None, use_errno=True).syscall(ctypes.c_long(number), *arguments))

"""Packed files: .gz and .zip, unpacked within bounds, so that a small file cannot fill the memory.

1. At most `LARGEST` bytes come out of one file, and at most `MEMBERS` members.
2. A ratio above `DENSEST` is no table of prices but a bomb.
3. Members are read by their content like files of a folder; their names say whose they are.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import BinaryIO

from screener.core.errors import DataRefused

LARGEST = 2 * 1024**3
MEMBERS = 20_000
DENSEST = 300
_SMALL = 16 * 1024**2  # below this a ratio tells nothing
_CHUNK = 1024**2


def gunzipped(raw: bytes, where: str) -> bytes:
    """The bytes inside a .gz (all its members). Raises DataRefused where it is broken, cut short or a bomb."""
    out = io.BytesIO()
    gunzip(io.BytesIO(raw), out, len(raw), where)
    return out.getvalue()


def gunzip(packed: BinaryIO, out: BinaryIO, size: int, where: str) -> None:
    """Writes what is inside a .gz of `size` bytes. Raises as `gunzipped` does."""
    data = packed.read(_CHUNK)
    try:
        while data := _without_zeros(data, packed):
            data = _one_member(zlib.decompressobj(wbits=31), data, packed, out, size, where)
    except zlib.error as error:
        raise DataRefused("not a readable gz file", where=where, got=str(error)) from None


def _without_zeros(data: bytes, packed: BinaryIO) -> bytes:
    """What follows a member: nothing, where the rest of the file is zeros."""
    while not data.strip(b"\0"):
        more = packed.read(_CHUNK)
        if not more:
            return b""
        data = data[:1] + more  # zeros before a member break the file
    return data


def _one_member(
    unpacker: zlib._Decompress, data: bytes, packed: BinaryIO, out: BinaryIO, size: int, where: str
) -> bytes:
    """What was read beyond the end of a member."""
    while not unpacker.eof:
        data = data or packed.read(_CHUNK)
        piece = unpacker.decompress(data, _CHUNK)
        if not (piece or data or unpacker.eof):
            raise DataRefused("not a readable gz file", where=where, got="it ends in the middle")
        data = unpacker.unconsumed_tail
        out.write(piece)
        _bounded(out.tell(), size, where)
    return unpacker.unused_data


def members(raw: bytes, where: str) -> Iterator[tuple[str, bytes]]:
    """(name, bytes) of each file inside a .zip, in order. Raises DataRefused where it is broken or a bomb."""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            inside = [one for one in archive.infolist() if not one.is_dir()]
            if len(inside) > MEMBERS:
                raise DataRefused(
                    "too many files in a zip", where=where, got=len(inside), expected=f"at most {MEMBERS}"
                )
            unpacked = 0
            for one in inside:
                with archive.open(one) as file:
                    body = file.read(LARGEST - unpacked + 1)
                unpacked += len(body)
                _bounded(unpacked, len(raw), where)
                yield name_of(one), body
    except (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, EOFError, OSError) as error:
        got = "it has a password" if "password" in str(error) else str(error)
        raise DataRefused("not a readable zip file", where=where, got=got) from None


def name_of(member: zipfile.ZipInfo) -> str:
    """The member's file name; Chinese names of old programs are GB18030 that zipfile took for CP437."""
    name = member.filename
    if not member.flag_bits & 0x800:
        try:
            name = name.encode("cp437").decode("gb18030")
        except UnicodeError:
            name = member.filename
    return PurePosixPath(name.replace("\\", "/")).name


def _bounded(unpacked: int, packed: int, where: str) -> None:
    if unpacked > LARGEST or (unpacked > _SMALL and unpacked > DENSEST * packed):
        raise DataRefused("a packed file grows too large", where=where, got=f"more than {unpacked:,} bytes")

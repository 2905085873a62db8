"""A file of ours is written whole or not at all, and never over what is not ours."""

from __future__ import annotations

import errno
import os
import resource
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest

from screener.core.errors import DataRefused, ScreenerError, UsageError
from screener.core.reading import readable
from screener.core.writing import folder, replaceable, written

FIRST = {
    "html": b"<!DOCTYPE html><html>",
    "csv": b"\xef\xbb\xbfa,b\r\n1,2\r\n",
    "xlsx": b"PK\x03\x04\x14\0",
    "parquet": b"PAR1\x15\0",
    "png": b"\x89PNG\r\n\x1a\n",
    "svg": b'<?xml version="1.0"?><svg xmlns="">',
}
KINDS = list(FIRST)


def fill(data: bytes = b"new") -> Callable[[Path], object]:
    return lambda draft: draft.write_bytes(data)


def refused(path: Path, kind: str, *words: str) -> None:
    """One sentence, and the draft was never asked for."""
    with pytest.raises(ScreenerError) as caught:
        written(path, lambda draft: pytest.fail("the work was begun"), kind=kind)
    sentence = str(caught.value)
    assert sentence.startswith("cannot write there (") and "\n" not in sentence and "next: name another" in sentence
    for word in words:
        assert word in sentence


def database(path: Path) -> bytes:
    with duckdb.connect(str(path)) as made:
        made.execute("CREATE TABLE t AS SELECT 1 AS x")
    return path.read_bytes()


@pytest.mark.parametrize("kind", KINDS)
def test_a_new_file_an_empty_one_and_one_of_its_kind_are_written(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "a" / "b" / f"x.{kind}"
    for before in (None, b"", FIRST[kind]):
        if before is not None:
            path.write_bytes(before)
        assert written(path, fill(), kind=kind) == path
        assert path.read_bytes() == b"new" and [one.name for one in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("kind", [*KINDS, "py"])
@pytest.mark.parametrize("link", ["itself", "symbolic", "hard", "chain"])
def test_a_database_is_never_replaced(tmp_path: Path, kind: str, link: str) -> None:
    store, path = tmp_path / "store.duckdb", tmp_path / f"x.{kind}"
    before = database(store)
    if link == "itself":
        path = store
    elif link == "hard":
        os.link(store, path)
    elif link == "symbolic":
        path.symlink_to(store)
    else:
        (tmp_path / "between").symlink_to("store.duckdb")
        path.symlink_to("between")
    refused(path, kind, "a database, which is left as it is")
    assert store.read_bytes() == before


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("other", [*KINDS, "binary"])
def test_a_file_of_another_kind_is_left(tmp_path: Path, kind: str, other: str) -> None:
    if kind == other or (kind == "csv" and other in ("html", "svg")):  # text is text
        return
    path = tmp_path / "x"
    path.write_bytes(FIRST.get(other, b"\0\1\2\3"))
    before = path.read_bytes()
    refused(path, kind, f"no .{kind}")
    assert path.read_bytes() == before


def test_text_that_the_head_cuts_within_a_character_is_text(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(b"a" + "中".encode() * 3000)
    written(path, fill(), kind="csv")
    path.write_bytes(b"a" + "中".encode("gb18030") * 3000)
    refused(path, "csv")


@pytest.mark.parametrize("kind", [*KINDS, "duckdb"])
def test_what_is_no_file_is_left(tmp_path: Path, kind: str) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "folder").mkdir()
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "to_null").symlink_to("/dev/null")
    place = Path("/tmp") / f"s{os.getpid()}{kind}"  # the name of a socket must be short
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(place))
        try:
            refused(place, kind, "a socket")
        finally:
            place.unlink()
    refused(tmp_path / "fifo", kind, "a FIFO")
    refused(tmp_path / "folder", kind, "a folder")
    refused(tmp_path / "to_null", kind, "a device")
    refused(tmp_path / "loop", kind)
    refused(Path("/dev/zero"), kind, "a device")


@pytest.mark.parametrize("name", ["x" * 300, "d/" * 3000 + "x", "a\0b", "file/x"], ids=["long", "deep", "NUL", "file"])
def test_a_name_that_cannot_be_is_one_sentence(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("x")
    refused(tmp_path / name, "csv")
    with pytest.raises(ScreenerError, match=r"cannot write there.*next: name another DIR"):
        folder(tmp_path / name)
    assert [one.name for one in tmp_path.iterdir()] == ["file"]


def test_the_longest_name_there_can_be_is_written(tmp_path: Path) -> None:
    written(tmp_path / ("x" * 251 + ".csv"), fill(), kind="csv")


def test_a_symbolic_link_stays_and_its_file_is_written(tmp_path: Path) -> None:
    (tmp_path / "real.csv").write_text("a")
    (tmp_path / "link.csv").symlink_to("real.csv")
    written(tmp_path / "link.csv", fill(), kind="csv")
    assert (tmp_path / "link.csv").is_symlink() and (tmp_path / "real.csv").read_bytes() == b"new"


def test_who_may_read_a_file_stays(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("a")
    path.chmod(0o640)
    written(path, fill(), kind="csv")
    assert path.stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EIO, errno.EFBIG])
def test_a_failure_leaves_what_was_there(tmp_path: Path, number: int) -> None:
    path = tmp_path / "x.csv"
    path.write_text("before")

    def half(draft: Path) -> None:
        draft.write_text("half")
        raise OSError(number, os.strerror(number))

    with pytest.raises(ScreenerError, match=f"cannot write there.*{os.strerror(number)}"):
        written(path, half, kind="csv")
    assert path.read_text() == "before" and len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError, DataRefused("no")], ids=repr)
def test_whatever_stops_the_work_leaves_what_was_there(tmp_path: Path, error: BaseException) -> None:
    path = tmp_path / "x.csv"
    path.write_text("before")

    def stop(draft: Path) -> None:
        draft.write_text("half")
        raise error

    with pytest.raises((KeyboardInterrupt, ValueError, DataRefused)):
        written(path, stop, kind="csv")
    assert path.read_text() == "before" and len(list(tmp_path.iterdir())) == 1


@contextmanager
def _at_most(size: int) -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.skipif(sys.platform != "linux", reason="limits as Linux has them")
def test_a_disk_that_is_really_full_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("before")
    with _at_most(1000), pytest.raises(ScreenerError, match="cannot write there"):
        written(path, fill(b"x" * 5000), kind="csv")
    assert path.read_text() == "before" and len(list(tmp_path.iterdir())) == 1


def test_what_came_meanwhile_is_looked_at_again(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"

    def slow(draft: Path) -> None:
        draft.write_text("new")
        database(path)

    with pytest.raises(ScreenerError, match="a database"):
        written(path, slow, kind="csv")
    assert path.read_bytes()[8:12] == b"DUCK" and len(list(tmp_path.iterdir())) == 1


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_missing_rights_are_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("before")
    (tmp_path / "x.csv").chmod(0o444)
    refused(tmp_path / "x.csv", "csv")
    tmp_path.chmod(0o555)
    with pytest.raises(ScreenerError, match=r"cannot write there.*Permission denied"):
        written(tmp_path / "y.csv", fill(), kind="csv")


def test_only_a_database_is_replaced_by_a_database(tmp_path: Path) -> None:
    path = tmp_path / "demo.duckdb"
    assert replaceable(path, kind="duckdb") == path
    database(path)
    assert replaceable(path, kind="duckdb") == path
    path.write_text("a diary")
    with pytest.raises(ScreenerError, match=r"no \.duckdb"):
        replaceable(path, kind="duckdb")


def test_files_and_folders_are_read_and_what_is_missing_passes(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for name in ("file", "missing", "file/below"):
        assert readable(tmp_path / name) == tmp_path / name
    assert readable(str(tmp_path), folder=True) == tmp_path


def test_what_never_ends_or_never_answers_is_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "loop").symlink_to("loop")
    bad: list[tuple[Path | str, str]] = [
        (tmp_path / "fifo", "a FIFO"), (tmp_path, "a folder"), ("/dev/zero", "a device"), ("/dev/null", "a device"),
        (tmp_path / "loop", "symbolic links"), ("x" * 300, "too long"), ("a\0b", "NUL"),
    ]  # fmt: skip
    for path, word in bad:
        with pytest.raises(DataRefused, match=f"cannot read there.*{word}"):
            readable(path)
    with pytest.raises(UsageError, match="a FIFO; expected a file or a folder"):
        readable(tmp_path / "fifo", folder=True, error=UsageError)

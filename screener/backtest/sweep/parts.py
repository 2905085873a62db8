"""What a sweep has found so far, on disk.

1. Each finished block is one file in `FILE.parts`, written whole or not at all: a crash loses nothing that was there.
2. `parts.json` says which sweep they belong to; only the same sweep goes on with them, one process at a time.
3. `stitch` makes FILE out of the parts, one row group per block, a block in memory at a time.
4. When all variants are there the parts are removed; nothing else that lies in their folder is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from screener.backtest.sweep.job import Block, Job
from screener.backtest.sweep.results import IDENTITY, frame_of, is_sweep, rows_of
from screener.core.errors import ScreenerError, UsageError
from screener.core.locks import held

Span = tuple[int, int]
_NOTE, _DRAFT, _LOCK = "parts.json", "parts.tmp", "lock"


@dataclass(frozen=True)
class Parts:
    """The blocks of one sweep that are finished, beside the file they will become."""

    file: Path
    job: Job

    @property
    def folder(self) -> Path:
        """Where they lie."""
        return self.file.with_name(f"{self.file.name}.parts")

    @contextmanager
    def opened(self, *, resume: bool) -> Iterator[None]:
        """The folder, made or gone on with, for this process alone; removed again where no block is in it.

        Raises UsageError where another sweep or something else lies there, or this one and `resume` was not asked;
        ScreenerError where nothing can be written.
        """
        try:
            self._refuse_foreign()
        except (OSError, ValueError) as error:
            raise self._cannot(error) from None
        with ExitStack() as stack:
            try:
                mine = stack.enter_context(held(self.folder / _LOCK))
            except OSError as error:
                raise self._cannot(error) from error
            if not mine:
                raise UsageError(
                    "another sweep is writing there", where=str(self.folder), next_step="wait, or name another --out"
                )
            try:
                self._claim(resume=resume)
                yield
            finally:
                if not self._begun():
                    self.finish()

    def _cannot(self, error: OSError | ValueError) -> ScreenerError:
        got = getattr(error, "strerror", None) or str(error)
        return ScreenerError("cannot write there", where=str(self.folder), got=got, next_step="name another --out")

    def _begun(self) -> bool:
        return any(self.folder.glob("*.parquet"))

    def _refuse_foreign(self) -> None:
        """Nothing is overwritten, and nothing mixed with, that no sweep has written."""
        if self.file.is_dir() or (self.file.exists() and not is_sweep(self.file)):
            raise UsageError(
                "that is not the file of a sweep and is left as it is", where="--out", got=self.file,
                expected="a name that is free, or the file of a sweep",
            )  # fmt: skip
        if not self._note and any(path.name not in (_LOCK, _DRAFT) for path in self.folder.glob("*")):
            raise UsageError(
                "that folder does not say which sweep it belongs to", where=str(self.folder),
                next_step="name another --out, or delete that folder",
            )  # fmt: skip

    @property
    def _note(self) -> bytes:
        """Which sweep the parts belong to; empty where nothing says so."""
        with suppress(FileNotFoundError):
            return (self.folder / _NOTE).read_bytes()
        return b""

    def _claim(self, *, resume: bool) -> None:
        note, own = self._note, self.job.identity.encode()
        if self._begun() and note != own:
            raise UsageError(
                "another sweep was left unfinished there", where=str(self.folder),
                next_step="finish it, name another --out, or delete that folder",
            )  # fmt: skip
        if self._begun() and not resume:
            raise UsageError(
                "this sweep was left unfinished", where=str(self.folder), next_step="--resume, or delete that folder"
            )
        with _replacing(self.folder / _NOTE, self.folder / _DRAFT) as draft:
            draft.write_bytes(own)

    def missing(self, spans: Sequence[Span]) -> list[Span]:
        """Blocks that are still to be done; one that was cut short is done again."""
        return [span for span in spans if rows_of(self._path(span[0])) != span[1] - span[0]]

    def add(self, block: Block) -> None:
        """Write a block. Raises ScreenerError where it cannot be written."""
        path = self._path(block.start)
        with _replacing(path, path.with_suffix(".tmp")) as draft:
            frame_of(self.job, block).write_parquet(draft, compression="zstd")

    def stitch(self) -> int:
        """Write the file out of the blocks there are, in order; returns the number of variants in it.

        Raises ScreenerError where it cannot be written, UsageError where something else lies there meanwhile.
        """
        import pyarrow.parquet as pq

        paths, rows = sorted(self.folder.glob("*.parquet")), 0
        if not paths:
            return 0
        self._refuse_foreign()
        with _replacing(self.file, self.folder / "whole.tmp") as draft:
            schema = pq.read_schema(paths[0])
            schema = schema.with_metadata({**(schema.metadata or {}), IDENTITY: self.job.identity.encode()})
            with pq.ParquetWriter(draft, schema, compression="zstd") as writer:
                for path in paths:
                    table = pq.read_table(path)
                    rows += table.num_rows
                    writer.write_table(table.cast(schema), row_group_size=table.num_rows)
        return rows

    def finish(self) -> None:
        """Remove the parts. The note goes after them: while there is one, they are known to be of this sweep."""
        with suppress(OSError):  # a file of somebody else, or the next sweep, is in it
            for pattern in ("*.parquet", "*.tmp", _NOTE, _LOCK):
                for path in self.folder.glob(pattern):
                    path.unlink(missing_ok=True)
            self.folder.rmdir()

    def clear(self) -> None:
        """Remove what is left of a sweep that was stopped while it removed its parts."""
        if self._note == self.job.identity.encode():
            with suppress(OSError), held(self.folder / _LOCK) as mine:
                if mine:
                    self.finish()

    def _path(self, start: int) -> Path:
        return self.folder / f"{start:08d}.parquet"


@contextmanager
def _replacing(path: Path, draft: Path) -> Iterator[Path]:
    """`path`, written whole or not at all, by way of `draft`. Raises ScreenerError where it cannot be."""
    import pyarrow as pa

    try:
        yield draft
        draft.replace(path)
    except (OSError, pa.ArrowException, pl.exceptions.PolarsError) as error:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        raise ScreenerError(
            "cannot write there", where=str(path), got=str(error).split("\n")[0],
            next_step="make room, then the same command with --resume",
        ) from None  # fmt: skip

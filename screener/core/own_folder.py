"""A temporary folder that goes with the object that holds it, at the latest with the process."""

from __future__ import annotations

from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from weakref import finalize


class OwnFolder:
    """Made at once; removed, silently, when nobody holds it any more. `TemporaryDirectory` would warn then."""

    def __init__(self, prefix: str) -> None:
        self.path = Path(mkdtemp(prefix=prefix))
        finalize(self, rmtree, self.path, ignore_errors=True)

"""Each notebook is executed anew and says what it says in the file; `GOLDEN_WRITE=1` stores the new outputs.

Compared are the texts (streams, text/plain, text/html); a picture only has to be there, for its bytes depend on fonts.
"""

from __future__ import annotations

import ast
import os
import re
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from tests.cases import later

ROOT = Path(__file__).resolve().parents[1]
FILES = sorted((ROOT / "notebooks").glob("*.ipynb"))
FIRST = ROOT / "notebooks" / "first_look.ipynb"
LARGEST = 300_000  # bytes

Notebook = Any  # nbformat has no types


def read(file: Path) -> Notebook:
    return nbformat.read(file, as_version=4)


@pytest.fixture(scope="module")
def fonts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where matplotlib keeps its list of this machine's fonts: made once for all notebooks."""
    return tmp_path_factory.mktemp("fonts")


def executed(file: Path, folder: Path, fonts: Path) -> Notebook:
    """A copy of the notebook run from top to bottom in a kernel that leaves nothing in the home folder."""
    notebook = read(file)
    homes = {name: str(folder) for name in ("IPYTHONDIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_CONFIG_DIR")}
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {
            **homes,
            "MPLCONFIGDIR": str(fonts),
            "PYTHONPATH": path,
            "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        }.items():
            patch.setenv(name, value)
        resources = {"metadata": {"path": str(folder)}}
        NotebookClient(notebook, timeout=180, record_timing=False, coalesce_streams=True, resources=resources).execute()
    notebook.metadata["language_info"] = {"name": "python"}  # no version of this machine's Python
    return notebook


def texts(notebook: Notebook) -> list[list[str]]:
    """The texts each code cell shows."""
    return [[text for output in cell.outputs for text in _shown(output)] for cell in code_cells(notebook)]


def _shown(output: Any) -> list[str]:
    if output.output_type == "stream":
        return [f"{output.name}: {output.text}"]
    data = output.get("data", {})
    kinds = sorted(data)
    return [f"{kind}: {data[kind] if kind.startswith('text/') and 'image/png' not in data else ''}" for kind in kinds]


def code_cells(notebook: Notebook) -> list[Any]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


@pytest.mark.parametrize(
    "file", [*(file for file in FILES if file != FIRST), *later(FIRST)], ids=lambda file: file.stem
)
def test_a_notebook_says_what_it_says_when_it_is_run_again(file: Path, tmp_path: Path, fonts: Path) -> None:
    fresh = executed(file, tmp_path, fonts)
    if os.environ.get("GOLDEN_WRITE"):
        nbformat.write(fresh, file)
    for number, (stored, now) in enumerate(zip(texts(read(file)), texts(fresh), strict=True), start=1):
        assert stored == now, f"code cell {number}"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_stored_notebook_was_run_from_top_to_bottom_without_a_warning(file: Path) -> None:
    cells = code_cells(read(file))
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    assert not [
        out for cell in cells for out in cell.outputs if out.get("name") == "stderr" or out.output_type == "error"
    ]


def test_the_stored_notebook_goes_from_store_to_picture() -> None:
    shown = str(read(FIRST).cells)
    words = ("screener.demo()", "s.screen(", "s.backtest(", "refusals", "measured.audit", "s.sweep(", "s.ratings(")
    assert [word for word in words if word not in shown] == []
    assert (
        sum("image/png" in output.get("data", {}) for cell in code_cells(read(FIRST)) for output in cell.outputs) == 1
    )


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_stored_notebook_is_small_and_carries_nothing_of_a_machine(file: Path) -> None:
    notebook, text = read(file), file.read_text(encoding="utf-8")
    assert len(text.encode()) < LARGEST
    assert [cell.id for cell in notebook.cells if set(cell.metadata) & {"execution", "ExecuteTime"}] == []
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    assert [place for place in (str(ROOT), str(Path.home()), "/tmp/", "site-packages") if place in text] == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_notebook_comes_through_the_front_door(file: Path) -> None:
    assert not re.findall(r"(?:from|import) screener[.].*", file.read_text(encoding="utf-8"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_code_cell_parses(file: Path) -> None:
    for cell in code_cells(read(file)):
        ast.parse(cell.source)

"""The lock files: exact versions of everything, each file known by its hash, from nowhere in particular."""

from __future__ import annotations

import re
import tomllib
from itertools import chain
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
LOCKS = {"requirements.lock": "dev", "requirements-ray.lock": "ray", "requirements-ocr.lock": "ocr"}
PINNED = re.compile(r"^([a-z0-9-]+)(?:\[[a-z,]+\])?==(\S+?)(?: ; .+)? \\$", re.MULTILINE)
HASH = r"    --hash=sha256:[0-9a-f]{64}"
ENTRY = re.compile(rf"[a-z0-9-]+(?:\[[a-z,]+\])?==\S+(?: ; [^\n]+?)? \\\n(?:{HASH} \\\n)*{HASH}\n")


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_is_versions_and_hashes_and_nothing_else(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert len(PINNED.findall(text)) > 50
    assert ENTRY.sub("", text) == ""


@pytest.mark.parametrize(("name", "extra"), LOCKS.items())
def test_a_lock_pins_what_the_project_asks_for(name: str, extra: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    pins = dict(PINNED.findall((ROOT / name).read_text(encoding="utf-8")))
    for line in chain(project["dependencies"], project["optional-dependencies"][extra]):
        wanted = Requirement(line)
        assert wanted.specifier.contains(pins[canonicalize_name(wanted.name)]), line


@pytest.mark.parametrize("name", list(LOCKS)[1:])
def test_all_locks_agree(name: str) -> None:
    first, second = (
        dict(PINNED.findall((ROOT / one).read_text(encoding="utf-8"))) for one in ("requirements.lock", name)
    )
    assert {package for package in first.keys() & second.keys() if first[package] != second[package]} == set()


@pytest.mark.parametrize("place", ["Makefile", ".ci/run", ".github/workflows/ci.yml", "CONTRIBUTING.md"])
def test_whoever_installs_a_lock_insists_on_its_hashes(place: str) -> None:
    lines = re.findall(r"[^\n]*-r requirements\S*\.lock[^\n]*", (ROOT / place).read_text(encoding="utf-8"))
    assert lines and all("--require-hashes" in line for line in lines)

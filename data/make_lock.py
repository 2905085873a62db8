"""Adds to each `name==version` of the lock files the hashes of what pip would install, for setup to insist on.

1. The lines `name==version` of a lock file say what is wanted; `pip install --dry-run --report` tells, for this machine
   and for each platform and Python below, which file that is and its SHA-256. Nothing is installed.
2. A package without a file for a platform is left out there and asked no more of it; one whose file here fits every
   platform is asked once.
3. Lines are sorted, hashes too. Names of hosts and files do not get in.

Run it from the checkout after changing a version: `make lock`. It takes minutes, and the network.
"""

from __future__ import annotations

import itertools
import json
import re
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ("requirements.lock", "requirements-ray.lock")
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
_GLIBC = ("manylinux1", "manylinux2014", *(f"manylinux_2_{minor}" for minor in (17, 24, 26, 27, 28, 34)))
PLATFORMS = {
    "Linux x86-64": [f"{tag}_x86_64" for tag in _GLIBC],
    "macOS arm64": ["macosx_14_0_arm64"],
    "Windows x86-64": ["win_amd64"],
}
_GROUP, _AT_ONCE = 8, 6  # packages asked for together: one that is missing makes pip ask for all of them again
_PINNED = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)")
_NONE_THERE = re.compile(r"No matching distribution found for ([A-Za-z0-9._-]+)==")
Hashes = dict[str, set[str]]  # by name in pip's own spelling, see `same`


def same(name: str) -> str:
    """One spelling of a package's name."""
    return re.sub(r"[-_.]+", "-", name).lower()


def pinned(path: Path) -> dict[str, str]:
    """The lines `name==version` of a lock file by name."""
    found = (_PINNED.match(line) for line in path.read_text(encoding="utf-8").splitlines())
    return {same(match[1]): f"{match[1]}=={match[2]}" for match in found if match}


def asked(wanted: Iterable[str], options: list[str]) -> tuple[list[dict[str, Any]], str]:
    """What pip would install, and what it says where it cannot."""
    with tempfile.TemporaryDirectory() as folder:
        lines, report = Path(folder) / "wanted.txt", Path(folder) / "report.json"
        lines.write_text("\n".join(wanted), encoding="utf-8")
        words = ["--dry-run", "--ignore-installed", "--no-deps", "-q", "--disable-pip-version-check", *options]
        command = [sys.executable, "-m", "pip", "install", *words, "--report", str(report), "-r", str(lines)]
        done = subprocess.run(command, capture_output=True, text=True)  # noqa: S603 - pip and words of ours
        if done.returncode:
            return [], done.stderr
        return json.loads(report.read_text(encoding="utf-8"))["install"], ""


def files_of(wanted: dict[str, str], options: list[str]) -> list[dict[str, Any]]:
    """As `asked`, without the packages that have no file there. Raises SystemExit where pip fails otherwise."""
    left = dict(wanted)
    while left:
        found, failure = asked(left.values(), options)
        if not failure:
            return found
        missing = _NONE_THERE.search(failure)
        if missing is None or same(missing[1]) not in left:
            sys.exit(failure)
        del left[same(missing[1])]
    return []


def hashes(wanted: dict[str, str]) -> Hashes:
    """SHA-256 of every file that pip takes on this machine or one of the platforms."""
    found: Hashes = defaultdict(set)
    here = files_of(wanted, [])
    everywhere = {same(each["metadata"]["name"]) for each in here if _url(each).endswith(("-none-any.whl", ".tar.gz"))}
    particular = {name: line for name, line in wanted.items() if name not in everywhere}
    groups = [dict(list(particular.items())[at : at + _GROUP]) for at in range(0, len(particular), _GROUP)]
    options = [
        ["--target", "unused", "--only-binary", ":all:", "--implementation", "cp", "--python-version", python]
        + [word for tag in tags for word in ("--platform", tag)]
        for tags in PLATFORMS.values()
        for python in PYTHONS
    ]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        there = list(pool.map(lambda asking: files_of(*asking), itertools.product(groups, options)))
        for each in [*here, *(file for files in there for file in files)]:
            found[same(each["metadata"]["name"])].add(each["download_info"]["archive_info"]["hashes"]["sha256"])
    return found


def _url(file: dict[str, Any]) -> str:
    return str(file["download_info"]["url"]).partition("#")[0]


def text(lines: dict[str, str], known: Hashes) -> str:
    """The lock file."""
    head = (
        f"# Made by `make lock` from the versions below; hashes of files for CPython {PYTHONS[0]} to {PYTHONS[-1]} on"
    )
    head += f"\n# {', '.join(PLATFORMS)}. A change of a version needs `make lock` again.\n"
    body = (
        " \\\n    ".join([lines[name], *(f"--hash=sha256:{each}" for each in sorted(known[name]))])
        for name in sorted(lines)
    )
    return head + "\n".join(body) + "\n"


def main() -> None:
    """Writes both lock files anew."""
    wanted = {name: pinned(ROOT / name) for name in LOCKS}
    known = hashes({name: line for lines in wanted.values() for name, line in lines.items()})
    for name, lines in wanted.items():
        (ROOT / name).write_text(text(lines, known), encoding="utf-8")


if __name__ == "__main__":
    main()

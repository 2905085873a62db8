"""Where packed tables, packaged strategies and stores without a name lie."""

from __future__ import annotations

import sys
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent
_CHECKOUT = _PACKAGE.parent


def tables_dir() -> Path:
    """Folder of the dated tables: inside the wheel, else the checkout's `data/tables`."""
    return _packed_or_checkout("_data", "data/tables")


def strategies_dir() -> Path:
    """Folder of the packaged strategies: inside the wheel, else the checkout's `strategies`."""
    return _packed_or_checkout("_strategies", "strategies")


def data_dir() -> Path:
    """Folder of the store where none is named: `data` in a checkout, else the user's data folder."""
    if in_checkout():
        return _CHECKOUT / "data"
    import platformdirs  # a tenth of the commands needs it

    return Path(platformdirs.user_data_dir("screener"))


def in_checkout() -> bool:
    """True where the package runs from its source tree."""
    return (_CHECKOUT / "data" / "tables").is_dir() and (_CHECKOUT / "pyproject.toml").is_file()


def install_step(extra: str) -> str:
    """The command that adds an extra to this Python; the package stands on no registry."""
    pip = f"{_shown(Path(sys.executable))} -m pip install"
    if in_checkout():
        return f'{pip} -e "{_shown(_CHECKOUT)}[{extra}]"'
    return f'{pip} ".[{extra}]" in a checkout'


def _shown(path: Path) -> str:
    """A path as one would type it here."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


def _packed_or_checkout(packed: str, checkout: str) -> Path:
    inside = _PACKAGE / packed
    return inside if inside.is_dir() else _CHECKOUT / checkout

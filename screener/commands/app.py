"""The app of the command line.

1. `app` gathers the commands in the order of a first day's work.
2. `main` turns a ScreenerError into one line on stderr and its exit code; a traceback is a bug.
"""

from __future__ import annotations

import importlib
import sys

import typer

from screener.core.errors import ScreenerError

app = typer.Typer(
    name="screener",
    help="Order backlog of A-share compute-leasing firms: what was known when, and would acting on it have paid.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

# One file per command, named after it; `_` stands for `-`.
COMMANDS = (
    "demo", "load", "status", "query", "screen", "explain", "diff", "backtest", "rating", "strategies", "new_strategy",
    "check_strategy",
)  # fmt: skip
for _name in COMMANDS:
    _module = importlib.import_module(f"screener.commands.{_name}")
    app.command(_name.replace("_", "-"))(getattr(_module, _name))


def main() -> None:
    """Runs the command line."""
    try:
        app()
    except ScreenerError as error:
        print(f"screener: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        print("screener: stopped; nothing half-written, run the same command again", file=sys.stderr)
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)

"""The app of the command line.

1. `app` gathers the commands in the order of a first day's work.
2. `main` turns a ScreenerError, and a command line that does not parse, into one line on stderr and an exit code; a
   traceback is a bug.
"""

from __future__ import annotations

import importlib
import sys

import typer
from typer.exceptions import TyperException

from screener.core.errors import ScreenerError, UsageError

INTERRUPTED = 130

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
    "demo", "fetch", "load", "status", "query", "screen", "explain", "diff", "announcements", "alerts", "backtest",
    "sweep", "events", "rating", "report", "strategies", "new_strategy", "check_strategy",
)  # fmt: skip
for _name in COMMANDS:
    _module = importlib.import_module(f"screener.commands.{_name}")
    if hasattr(_module, "app"):  # a command with commands of its own
        app.add_typer(_module.app, name=_name)
    else:
        app.command(_name.replace("_", "-"))(getattr(_module, _name))


def main() -> None:
    """Runs the command line."""
    try:
        code = app(standalone_mode=False, prog_name="screener")
    except ScreenerError as error:
        sys.exit(_refused(str(error), error.exit_code))
    except TyperException as error:
        sys.exit(_misused(error))
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
    if code == INTERRUPTED:
        _refused("stopped; nothing half-written, run the same command again", code)
    sys.exit(code if isinstance(code, int) else 0)


def _refused(sentence: str, code: int) -> int:
    print(f"screener: {sentence}", file=sys.stderr)
    return code


def _misused(error: TyperException) -> int:
    """A word of the command line that the parser does not take: one line, as for every other error."""
    message = getattr(error, "format_message", lambda: str(error))().replace("Value error, ", "").rstrip(".")
    if len(sys.argv) <= 1:
        print(message, file=sys.stderr)  # no words at all: the help
        return UsageError.exit_code
    command = getattr(getattr(error, "ctx", None), "command_path", "screener")
    sentence = " ".join(message.split())
    return _refused(f"{sentence[:1].lower()}{sentence[1:]}; next: {command} --help", UsageError.exit_code)

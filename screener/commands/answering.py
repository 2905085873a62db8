"""The app of the command line, and what it answers.

1. `command_line` gathers the commands in the order of a first day's work.
2. `answered` turns a ScreenerError, and a command line that does not parse, into one line on stderr and an exit code; a
   traceback is a bug.
"""

from __future__ import annotations

import errno
import importlib
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from enum import Enum
from typing import Annotated, Any

import typer
from typer.exceptions import TyperException

from screener.commands.groups import CALLED, COMMANDS, Grouped, Settled, spoken
from screener.commands.languages import asked, behind, refusal, without
from screener.core.errors import LONGEST, ScreenerError, UsageError
from screener.core.text import cut, visible
from screener.core.version import __version__
from screener.report import words as reader
from screener.report.words import language, told

INTERRUPTED = 130
_REFUSALS = {
    errno.ENOSPC,
    errno.EDQUOT,
    errno.EFBIG,
    errno.EROFS,
    errno.EACCES,
    errno.EPERM,
    errno.ENAMETOOLONG,
    errno.ELOOP,
    errno.EIO,
}


def _print_version(asked: bool) -> None:
    if asked:
        print(f"screener {__version__}")
        raise typer.Exit


def command_line(*names: str) -> typer.Typer:
    """The app with the commands called `names` (default: all)."""
    app = typer.Typer(
        name="screener",
        cls=Grouped,
        help="Order backlog of A-share compute-leasing firms: what was known when, and would acting on it have paid.",
        no_args_is_help=True,
        add_completion=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    app.callback()(_of_the_program)  # without one, an app of one command would take no command word
    for name in names or COMMANDS:
        module = importlib.import_module(f"screener.commands.{name}")
        if hasattr(module, "app"):  # a command with commands of its own
            app.add_typer(module.app, name=name)
        else:
            app.command(spoken(name), cls=getattr(module, "COMMAND", Settled))(getattr(module, name))
    return app


def _of_the_program(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and exit.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Options of the program itself."""


def answered(words: Sequence[str]) -> int:
    """Runs the command line `words`; returns the exit code. Only the command they begin with is imported."""
    try:
        with reader.spoken(asked(words)):
            return _run(words)
    except UsageError as error:  # no such language
        return _of_no_language(error)


def _of_no_language(error: UsageError) -> int:
    """In that of the environment, where that one is known."""
    with suppress(UsageError), reader.spoken(None):
        return _refused(refusal(error), error.exit_code)
    return _refused(str(error), error.exit_code)


def _run(given_words: Sequence[str]) -> int:
    words = behind(given_words)
    if not _are_text(words):
        return _refused(told("a word of the command line is no text; got bytes that are not UTF-8"), 2)
    first = _completed()[:1] or without(words)[:1]
    called = [name for name in COMMANDS if first == [spoken(name)]]
    try:
        given = _settings(called) if called and "--help" not in words else {}
        code = command_line(*called)(words, standalone_mode=False, prog_name="screener", default_map=given)
        print(end="", flush=True)  # here, where a full disk can still be told
    except ScreenerError as error:
        return _refused(refusal(error), error.exit_code)
    except TyperException as error:
        return _misused(error, words)
    except (BrokenPipeError, SystemExit) as ended:  # whoever read the answer has seen enough; typer exits then
        if isinstance(ended, BrokenPipeError) or isinstance(ended.__context__, BrokenPipeError):
            return 0
        if not isinstance(ended.code, int):
            raise
        return ended.code  # of what completes words
    except OSError as error:
        if error.errno not in _REFUSALS:
            raise
        return _refused(
            told(f"cannot read or write; got {error}; next: free space or name another place, then again"), 1
        )
    if code == INTERRUPTED:
        return stopped_by_hand()
    return code if isinstance(code, int) else 0


def _are_text(words: Sequence[str]) -> bool:
    """False where a word holds bytes that the terminal's encoding does not know."""
    with suppress(UnicodeEncodeError):
        "".join(words).encode()
        return True
    return False


def _settings(asked: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Defaults of a command's options as settings have them. Raises UsageError."""
    from screener.core.settings import settings

    apart = ("store", "$SCREENER_LANG")  # told where they are needed; the variable is about the terminal, not the page
    found = (one for one in settings().values.values() if one.key not in apart and one.origin not in apart)
    given = {CALLED.get(one.key, one.key): _plain(one.value) for one in found}
    return {spoken(name): given for name in asked}


def _plain(value: Any) -> Any:
    """As the command line would have it."""
    return value.value if isinstance(value, Enum) else value


def _completed() -> list[str]:
    """The finished words of a line that a shell asks to complete: what follows a command needs that command alone."""
    if not os.environ.get("_SCREENER_COMPLETE"):
        return []
    line = os.environ.get("COMP_WORDS") or os.environ.get("_TYPER_COMPLETE_ARGS", "")
    return line.split()[1:] if len(line.split()) > 2 or line[-1:].isspace() else []


def stopped_by_hand() -> int:
    """What a Ctrl-C is answered with."""
    return _refused(told("stopped; nothing half-written, run the same command again"), INTERRUPTED)


def _refused(sentence: str, code: int) -> int:
    print(f"screener: {cut(visible(sentence), LONGEST)}", file=sys.stderr)
    return code


def _misused(error: TyperException, words: Sequence[str]) -> int:
    """A word of the command line that the parser does not take: one line, as for every other error."""
    message = getattr(error, "format_message", lambda: str(error))().replace("Value error, ", "").rstrip(".")
    if not words:
        print(message, file=sys.stderr)  # no words at all: the help
        return UsageError.exit_code
    command = getattr(getattr(error, "ctx", None), "command_path", "screener")
    sentence = " ".join(message.split())
    if language() == "zh":
        return _refused(f"{told(sentence)}；下一步：{command} --help", UsageError.exit_code)
    return _refused(f"{sentence[:1].lower()}{sentence[1:]}; next: {command} --help", UsageError.exit_code)

"""The language of the command line: `--lang` before and after every command, and its help in Chinese.

1. The language is looked for among the words before they are parsed, so that help and refusals speak it too.
2. Every command gets the option, except those that have one of the same name for the page they make.
3. Help is written by `formatter` in Chinese: paragraph by paragraph, folded as Chinese is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Annotated, Any

import typer
from typer.main import get_command

from screener.core.errors import ScreenerError
from screener.report.words import language, refused, told

_NAME = "--lang"
_EXTRA = re.compile(r"\s*(\[[^\[\]]*\])$")
_HELP = "Language of what is printed: zh | en; default $SCREENER_LANG, else the locale. In zh red rises, in en green."


def without(words: Sequence[str]) -> list[str]:
    """The words from the command on, where the language stands before it."""
    left = list(words)
    while left and (left[0] == _NAME or left[0].startswith(f"{_NAME}=")):
        left = left[2 if left[0] == _NAME else 1 :]
    return left


def behind(words: Sequence[str]) -> list[str]:
    """The words with a language that stands before the command after it, where pages read theirs."""
    rest = without(words)
    return [*rest[:1], *words[: len(words) - len(rest)], *rest[1:]]


def asked(words: Sequence[str]) -> str | None:
    """The language that the words of a command line ask for; None where they say nothing of it."""
    before_values = list(words[: words.index("--")] if "--" in words else words)
    for at, word in enumerate(before_values):
        if word == _NAME and at + 1 < len(before_values):
            return before_values[at + 1]
        if word.startswith(f"{_NAME}="):
            return word.partition("=")[2]
    return None


def speaking(command: Any) -> None:
    """Gives a command, and those below it, the option and help in the language of the process."""
    if not any(_NAME in param.opts for param in command.params):
        command.params.append(_option())
    if language() == "zh":
        plain = command.get_help

        def get_help(ctx: Any) -> str:
            ctx.formatter_class = formatter()
            return str(plain(ctx))

        command.get_help = get_help
    for below in getattr(command, "commands", {}).values():
        speaking(below)


@lru_cache(maxsize=1)
def _option() -> Any:
    """The option as typer makes one, taken from a command that has nothing else; no command is given its value."""

    def spoken(lang: Annotated[str | None, typer.Option(_NAME, help=_HELP, metavar="LANG")] = None) -> None:
        """Nothing."""

    app = typer.Typer(add_completion=False)
    app.command()(spoken)
    option: Any = next(param for param in get_command(app).params if _NAME in param.opts)
    option.expose_value = False
    return option


def refusal(error: ScreenerError) -> str:
    """The sentence of an error in the language of the reader."""
    return refused(str(error))


@lru_cache(maxsize=1)
def formatter() -> Any:
    """The class that writes help in Chinese; made where help is asked for, as it needs what typer keeps to itself."""
    from rich.cells import cell_len
    from typer._click.formatting import HelpFormatter

    from screener.report.fitting import folded

    class Chinese(HelpFormatter):
        """Headings, paragraphs and definitions told in Chinese."""

        def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
            """`用法：screener screen [OPTIONS]`."""
            self.write(f"{told('Usage:')}{prog} {args}".rstrip() + "\n")

        def write_heading(self, heading: str) -> None:
            """A heading of a section."""
            self.write(f"{' ' * self.current_indent}{told(heading)}：\n")

        def write_text(self, text: str) -> None:
            """Paragraphs, an empty line between them."""
            indent = " " * self.current_indent
            paragraphs = (told(" ".join(part.split())) for part in text.split("\n\n"))
            lines = (folded(part, max(20, self.width - self.current_indent), paths=False) for part in paragraphs)
            self.write("\n".join("".join(f"{indent}{line}\n" for line in part) for part in lines))

        def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
            """Names with what they are, beside them where they are short."""
            told_rows = [(name, _definition(text)) for name, text in rows]
            first = min(max((cell_len(name) for name, _ in told_rows), default=0), col_max) + col_spacing
            indent = " " * self.current_indent
            for name, text in told_rows:
                lines = folded(text, max(20, self.width - self.current_indent - first)) if text else [""]
                beside = cell_len(name) + col_spacing <= first
                head = name + " " * (first - cell_len(name)) + lines[0] if beside else name
                rest = lines[1:] if beside else lines
                self.write(f"{indent}{head}".rstrip() + "\n")
                self.write("".join(f"{indent}{' ' * first}{line}\n" for line in rest if line))

    return Chinese


def _definition(text: str) -> str:
    """Help of an option, told, with its default told apart: `首个交易日。 [默认：firm]`."""
    found = _EXTRA.search(text)
    said, extra = (text[: found.start()], found[1]) if found else (text, "")
    return " ".join(part for part in (told(said.strip()), _extra(extra)) if part)


def _extra(text: str) -> str:
    """`[default: 5; x>=1]` → `[默认：5；x>=1]`."""
    return f"[{'；'.join(told(part) for part in text[1:-1].split('; '))}]" if text else ""

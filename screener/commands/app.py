"""The entry point. It imports nothing by itself, so that a Ctrl-C is heard from its first moment on.

`main` is the process of the command line (`process`), `answer` what Python code calls.
"""

TYPE_CHECKING = False  # as `typing` has it
if TYPE_CHECKING:
    from collections.abc import Sequence


def main() -> None:
    """The process: answers its own words, then ends with their exit code."""
    try:
        from screener.commands.process import run

        run(answer)
    except KeyboardInterrupt:  # while the first modules were imported: nothing was begun, nothing is to be told
        raise SystemExit(130) from None


def answer(words: "Sequence[str]") -> int:
    """Runs the command line `words`; returns the exit code."""
    from screener.commands.answering import answered

    return answered(words)

"""What `screener --help` shows: the commands by what one comes for, a line for each."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any

from typer.core import TyperCommand, TyperGroup

from screener.commands.languages import speaking
from screener.core.days import SPELLINGS

# One file per command, named after it; `_` stands for `-`. A line has at most 60 characters: longer ones are cut.
GROUPS: dict[str, dict[str, str]] = {
    "First day": {
        "demo": "Offline: real announcements, a SYNTHETIC market",
        "status": "What the store holds, what is missing, what to run next",
        "config": "Which settings apply, and from where",
    },
    "Facts in": {
        "fetch": "Prices, notices and actions from AKShare's providers",
        "discover": "Search the whole market's notices by keyword",
        "load": "Your own CSV, Excel, Parquet or terminal exports",
        "read": "Propose contracts out of documents, with evidence",
        "review": "Accept, edit or reject what was proposed",
        "announcements": "List notices; record what one contains",
        "withdraw": "Take a wrong fact back; its history stays",
        "history": "Every version of a fact, and who said so",
    },
    "Questions": {
        "screen": "Rank firms by order backlog ÷ market cap on a day",
        "explain": "Everything behind one firm's score",
        "diff": "What changed the scores between two days",
        "delivery": "兑现率: what contracts promised against what came",
        "alerts": "What changed or is due since a day",
        "events": "Did announcements of a kind move the price?",
        "rating": "Brokers' ratings against what then happened",
        "report": "One self-contained HTML page of all of it",
        "query": "One read-only SELECT over the store",
    },
    "Served": {
        "desk": "The page alive in your browser, on this machine",
        "mcp": "The questions as tools of a language model",
    },
    "Strategies": {
        "backtest": "A strategy under A-share rules and costs",
        "sweep": "Every variant of a grid, beside what luck would give",
        "strategies": "List them: yours first, then the packaged ones",
        "new_strategy": "Write a working strategy to change",
        "check_strategy": "Contract and look-ahead of one strategy",
    },
}
CALLED = {"language": "lang"}  # settings that are called otherwise than their option
COMMANDS = tuple(name for group in GROUPS.values() for name in group)
ENDING = (
    f"Days: {SPELLINGS}; today is the date in Shanghai.",
    "Firms: 301396, sz301396, 301396.XSHE, a name (宏景科技) or a part of one (宏景).",
    "Example: screener demo, then screener screen --help",
)


def spoken(name: str) -> str:
    """The word of the command line for a command."""
    return name.replace("_", "-")


SETTLED: ContextVar[tuple[str, ...]] = ContextVar("options of this command that came from settings", default=())


class Settled(TyperCommand):
    """A command that remembers which of its options came from settings, for `show` to say."""

    def invoke(self, ctx: Any) -> Any:
        """Runs it."""
        before = SETTLED.set(tuple(name for name in ctx.params if _is_set(ctx, name)))
        try:
            return super().invoke(ctx)
        finally:
            SETTLED.reset(before)  # the next command of this process has its own


def _is_set(ctx: Any, name: str) -> bool:
    source = ctx.get_parameter_source(name)
    return source is not None and source.name == "DEFAULT_MAP"


class Grouped(TyperGroup):
    """A group of commands whose help has a heading for each of `GROUPS`, and that speak the reader's language."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        speaking(self)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Writes a section per group; a command outside the groups would be a mistake, and is not hidden."""
        lines = {spoken(name): line for group in GROUPS.values() for name, line in group.items()}
        for heading, group in GROUPS.items():
            rows = [(spoken(name), lines[spoken(name)]) for name in group if spoken(name) in self.commands]
            if rows:
                with formatter.section(heading):
                    formatter.write_dl(rows)
        for line in ENDING:
            formatter.write_paragraph()
            formatter.write_text(line)

"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Annotated, Any

import typer
from pydantic import BaseModel

from screener.commands import completing
from screener.core.config import BacktestOptions, Burn, ExecutionOptions, Policy, ScreenOptions, several
from screener.core.errors import UsageError


def _workbook(path: Path | None) -> Path | None:
    """Refused before the work, not after it."""
    if path is not None and path.suffix.lower() != ".xlsx":
        raise UsageError("not the name of a workbook", got=path.name, expected="a name that ends in .xlsx")
    return path


def ranged(model: type[BaseModel], field: str, *names: str, **said: Any) -> Any:
    """An option with the range of a field of a model: the command line knows no range of its own."""
    bounds = model.model_fields[field].metadata
    least, most = (next((getattr(one, name) for one in bounds if hasattr(one, name)), None) for name in ("ge", "le"))
    return typer.Option(*names, min=least, max=most, **said)


def _defaults(model: type[BaseModel]) -> SimpleNamespace:
    """The defaults of its fields, without building the model: only a back-test needs that."""
    return SimpleNamespace(**{name: field.default for name, field in model.model_fields.items()})


SCREEN, EXECUTION, BACKTEST = _defaults(ScreenOptions), _defaults(ExecutionOptions), _defaults(BacktestOptions)


Db = Annotated[
    Path | None, typer.Option("--db", help="Store; default $SCREENER_DB, else data/screener.duckdb.", metavar="FILE")
]
AsOf = Annotated[
    str | None, typer.Option("--as-of", help="Known by the end of this day; default: the last session.", metavar="D")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
CsvDir = Annotated[Path | None, typer.Option("--csv", help="Also write the tables as CSV here.", metavar="DIR")]
Xlsx = Annotated[
    Path | None,
    typer.Option("--xlsx", help="Also write an Excel workbook.", metavar="FILE", callback=_workbook),
]
RowsOption = Annotated[int, typer.Option("--rows", help="Rows of a table to print.", min=1, metavar="N")]
PolicyOption = Annotated[Policy, typer.Option("--policy", help="Which commitments count.")]
BurnOption = Annotated[Burn, typer.Option("--burn", help="How backlog runs off.")]
Lag = Annotated[
    int, ranged(ScreenOptions, "lag_months", "--lag", help="Months from announcement to start.", metavar="M")
]
UniverseOption = Annotated[
    str,
    typer.Option(
        "--universe",
        help="Who may be ranked or held: known | theme | report | market, a watch list, or a file of firms.",
        metavar="WORD",
        autocompletion=completing.universes,
    ),
]
Firm = Annotated[
    str,
    typer.Argument(
        help="301396, sz301396, a name or a part of one.",
        metavar="SYMBOL",
        autocompletion=completing.firms,
    ),
]
FirmOrNone = Annotated[
    str | None,
    typer.Argument(help="One firm: a code or a name.", metavar="SYMBOL", autocompletion=completing.firms),
]
OfFirm = Annotated[
    str | None,
    typer.Option("--symbol", help="Only of this firm: a code or a name.", metavar="S", autocompletion=completing.firms),
]
Strategy = Annotated[
    str,
    typer.Argument(
        help="Name or file; screener strategies lists them.", metavar="STRATEGY", autocompletion=completing.strategies
    ),
]
Confirmed = Annotated[
    bool,
    typer.Option(
        "--confirmed-only/--no-confirmed-only",
        show_default=False,
        help="Leave out contracts unconfirmed after 12 months.",
    ),
]
Vat = Annotated[
    float, ranged(ScreenOptions, "vat_rate", "--vat", help="Rate taken off amounts stated with tax: 0.06 or 0.13.")
]
Attributable = Annotated[
    bool,
    typer.Option(
        "--attributable/--no-attributable", show_default=False, help="Count the parent's stake instead of 100 %."
    ),
]
Cash = Annotated[float, ranged(ExecutionOptions, "initial_cash", "--cash", help="Initial cash, yuan.")]
Commission = Annotated[float, ranged(ExecutionOptions, "commission_rate", "--commission", help="Rate per side.")]
Floor = Annotated[
    float, ranged(ExecutionOptions, "commission_floor", "--floor", help="Least commission of an order, yuan.")
]
Slippage = Annotated[float, ranged(ExecutionOptions, "slippage", "--slippage", help="Of the open, against you.")]
Participation = Annotated[
    float, ranged(ExecutionOptions, "participation", "--participation", help="Of the median volume.")
]
ParticipationSessions = Annotated[
    int,
    ranged(
        ExecutionOptions,
        "participation_sessions",
        "--participation-sessions",
        help="Sessions of that median.",
        metavar="N",
    ),
]
Retries = Annotated[
    int | None,
    ranged(
        ExecutionOptions,
        "retries",
        "--retries",
        help="Further opens at which a blocked buy is tried; default: until the decision changes.",
    ),
]
NearLimit = Annotated[
    float, ranged(ExecutionOptions, "near_limit", "--near-limit", help="A fill so near a limit is counted.")
]
WarmUp = Annotated[
    int, ranged(BacktestOptions, "warm_up", "--warm-up", help="Sessions before the default start.", metavar="N")
]
Patience = Annotated[float, typer.Option("--patience", help="Seconds for a decision, then it is stopped.", min=0.1)]


def words(text: str | None) -> list[str]:
    """The words of an option that takes several; none where it was not given. Raises UsageError."""
    return [] if text is None else several(text)

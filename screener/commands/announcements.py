"""`screener announcements` and `screener announcements record ID`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from screener.commands.options import CsvDir, Db, Json, OfFirm, RowsOption, Xlsx
from screener.core.config import CONTRACT_LIFE
from screener.core.days import day_of
from screener.core.errors import UsageError

if TYPE_CHECKING:
    from screener.core.answer import Rows
    from screener.research import Recorded

app = typer.Typer(invoke_without_command=True, rich_markup_mode=None, add_completion=False)
_LINKS = ("re_announces", "amends", "part_of", "confirms", "replaces_ceiling", "funds")


@app.callback()
def announcements(
    context: typer.Context,
    unreviewed: Annotated[bool, typer.Option("--unreviewed", help="Only those nobody has read yet.")] = False,
    symbol: OfFirm = None,
    kind: Annotated[str | None, typer.Option(help="Only of this kind.")] = None,
    since: Annotated[str | None, typer.Option(help="Known from this day on.", metavar="D")] = None,
    every: Annotated[bool, typer.Option("--all", help="Also those that neither bring nor take signed work.")] = False,
    db: Db = None,
    as_json: Json = False,
    csv: CsvDir = None,
    xlsx: Xlsx = None,
    rows: RowsOption = 200,
) -> None:
    """List announcements that may bring or take signed work, newest first; `record` turns one into a commitment.

    Example: screener announcements --unreviewed --symbol 301396
    """
    if context.invoked_subcommand is not None:
        return
    from screener.commands.output import Out, show
    from screener.research import open

    found = open(db).announcements(
        unreviewed=unreviewed, symbol=symbol, kind=kind, since=since, signed_only=not every and not kind
    )
    show(found, _draw, Out(as_json, csv, xlsx, rows))


def _draw(found: Rows) -> None:
    from screener.core.units import several
    from screener.report.tables import Field, print_table, say

    fields = [Field("announcement_id", "id", wrap=True), Field("known_at", "known at"), Field("symbol", "symbol")]
    fields += [Field("kind", "kind", drop=1, said=True), Field("review", "review", _review, drop=2, said=True)]
    none = "no announcement matches: screener announcements --all, or screener fetch --only announcements"
    print_table([*fields, Field("title", "title", wrap=True)], found.rows, empty=none)
    say(several(len(found.rows), "announcement"))
    if any(row["review"] == "unreviewed" and row["url"] for row in found.rows):
        say("next: screener read --unreviewed, then screener review (in a browser: screener review --web)")
    if found.rows:
        say("by hand: screener announcements record ID --kind order --amount 3.03亿 --term 36")


def _review(state: str | None) -> str:
    from screener.report.tables import text

    return "in the report" if state == "reported" else text(state)


Kind = Annotated[str | None, typer.Option(help="order | framework | purchase | raise … (kinds of the store).")]
Amount = Annotated[str | None, typer.Option(help="3.03亿, 30300万, 303000000 or 2亿-3亿; left out: not disclosed.")]
Direction = Annotated[str | None, typer.Option(help="inflow | outflow | financing | unclear; default: by kind.")]
Links = Annotated[
    list[str] | None, typer.Option(help="KIND:ID, as amends:R05-1 or re_announces:R03-1; may be repeated.")
]
Fact = Annotated[str | None, typer.Option(help="What became of --of: " + CONTRACT_LIFE + ".")]


@app.command(short_help="Record what one contains.")
def record(
    announcement_id: Annotated[str, typer.Argument(help="Id of the announcement.", metavar="ID")],
    kind: Kind = None,
    amount: Amount = None,
    term: Annotated[int | None, typer.Option(help="Months.", min=1)] = None,
    basis: Annotated[str | None, typer.Option(help="exact | ceiling | estimate.")] = None,
    direction: Direction = None,
    work: Annotated[str | None, typer.Option(help="service | integration | software | hardware | other.")] = None,
    not_compute: Annotated[bool, typer.Option("--not-compute", help="No compute work.")] = False,
    tax: Annotated[str, typer.Option(help="included | excluded | unknown.")] = "unknown",
    counterparty: Annotated[str | None, typer.Option(help="Name, where disclosed.")] = None,
    stake: Annotated[float | None, typer.Option(help="The parent's share of it, 0–1.", min=0, max=1)] = None,
    number: Annotated[int | None, typer.Option(help="Correct commitment ID-N instead of adding one.", min=1)] = None,
    link: Links = None,
    fact: Fact = None,
    of: Annotated[str | None, typer.Option(help="Commitment that --fact speaks of.", metavar="ID")] = None,
    effective: Annotated[str | None, typer.Option(help="Day of the fact; default: printed date.", metavar="D")] = None,
    nothing: Annotated[bool, typer.Option("--nothing", help="Read, nothing in it for the backlog.")] = False,
    note: Annotated[str | None, typer.Option(help="Remark.")] = None,
    db: Db = None,
    as_json: Json = False,
) -> None:
    """Record what an announcement contains: a commitment, a fact about one (--fact), or nothing (--nothing).

    Example: screener announcements record cninfo-1223456789 --kind order --amount 3.03亿 --term 48
    """
    from screener.research import open

    if sum((nothing, fact is not None, kind is not None and not nothing)) != 1:
        raise UsageError("nothing to record, or too much", expected="one of --kind, --fact with --of, --nothing")
    house = open(db)
    if nothing:
        written = house.dismiss(announcement_id, kind)
    elif fact is not None:
        if of is None:
            raise UsageError("a fact of which commitment?", got=fact, expected="--of COMMITMENT")
        written = house.record_fact(
            announcement_id, kind=fact, commitment_id=of, effective_date=day_of(effective), amount=amount, note=note
        )
    else:
        written = house.record(
            announcement_id,
            kind=kind or "",
            amount=amount,
            term_months=term,
            basis=basis,
            direction=direction,
            work=work,
            is_compute=not not_compute,
            tax=tax,
            counterparty=counterparty,
            stake=stake,
            number=number,
            links=tuple(_link(text) for text in link or ()),
            note=note,
        )
    _tell(written, as_json=as_json)


def _link(text: str) -> tuple[str, str]:
    kind, _, other = text.partition(":")
    if kind not in _LINKS or not other:
        raise UsageError("link not understood", got=text, expected="KIND:ID with KIND of " + " | ".join(_LINKS))
    return kind, other


def _tell(done: Recorded, *, as_json: bool) -> None:
    from screener.commands.output import print_json
    from screener.core.units import percent, yi
    from screener.report.tables import say

    if as_json:
        names = ("dataset", "new", "revised", "unchanged")
        print_json([{name: getattr(one, name) for name in names} for one in done.written])
        return
    for one in done.written:
        say(f"{one.dataset}: {one.new} new, {one.revised} revised, {one.unchanged} unchanged")
    if done.before is not None and done.after is not None:
        said = (f"{yi(row.backlog_cny)}, score {percent(row.score)}" for row in (done.before, done.after))
        say(f"{done.symbol} backlog " + " → ".join(said))
    say("next: screener screen, or screener explain SYMBOL")

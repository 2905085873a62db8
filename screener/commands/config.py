"""`screener config`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from screener.commands.options import Json

if TYPE_CHECKING:
    from screener.core.settings import Settings

_EXAMPLE = 'policy = "strict" · lag = 4 · [costs] commission = 0.0002 · [watch.mine] symbols = ["宏景科技", "301396"]'
_NOTHING = "nothing is set; every option has its default"


def config(as_json: Json = False) -> None:
    """Which settings apply, and from where: the command line, then the environment, then files, then the defaults.

    Files: the one that $SCREENER_CONFIG names, else ./screener.toml over the one in your configuration folder. A
    setting is called as its option is: policy = "strict", lag = 4, store, language, universe, [costs] commission;
    [watch.mine] symbols = [...] is a list for --universe mine.

    Example: screener config --json
    """
    from screener.core.settings import settings

    found = settings()
    if as_json:
        from screener.commands.output import print_json

        print_json(_told(found))
    else:
        _print(found)


def _told(found: Settings) -> dict[str, object]:
    from screener.core.settings import default_db, user_file

    return {
        "store": str(default_db()),
        "store_exists": default_db().is_file(),
        "files": [str(path) for path in found.files],
        "user_file": str(user_file()),
        "settings": [{"key": one.key, "value": one.value, "from": one.origin} for one in found.values.values()],
        "watch": [
            {"name": one.name, "symbols": one.symbols, "since": one.since, "from": one.origin}
            for one in found.watch.values()
        ],
    }


def _print(found: Settings) -> None:
    from screener.core.settings import default_db, user_file
    from screener.report.tables import Field, print_table, say

    rows = [{"key": one.key, "value": one.value, "from": one.origin} for one in found.values.values()]
    if rows:
        print_table(
            [Field("key", "setting"), Field("value", "value", wrap=True), Field("from", "origin", wrap=True)], rows
        )
    lists = [
        {"name": one.name, "firms": " ".join(one.symbols), "since": one.since, "from": one.origin}
        for one in found.watch.values()
    ]
    if lists:
        columns = (Field("name", "list"), Field("firms", "firms", wrap=True), Field("since", "since"))
        print_table([*columns, Field("from", "origin", wrap=True)], lists, title="Watch lists, for --universe")
    if not rows and not lists:
        say(_NOTHING)
    store = default_db()
    say(f"store: {store}" if store.is_file() else f"store: {store} (not there yet: screener fetch or load makes it)")
    say(f"files: {' over '.join(map(str, found.files)) or 'none'}; looked for: ./screener.toml, {user_file()}")
    say(f"as in: {_EXAMPLE}")

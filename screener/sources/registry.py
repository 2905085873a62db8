"""Which providers are asked for a dataset, in which order. Adding a source is one file and one line here.

1. The file declares its `Provider` (hosts with their politeness, families of answers) and its `Source`s.
2. The line puts a source into a chain. Whatever a chain, a round, a complement or a witness names is collected by
   `sources`.
3. A round is one question about many firms; what it does not settle is asked of each firm's own chain.
4. `wire` is the HTTP policy with the hosts of all of them, so that nobody is asked under a policy he did not declare.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from screener.core.errors import ScreenerError
from screener.sources import (
    akshare_cninfo,
    akshare_csindex,
    akshare_eastmoney,
    akshare_eastmoney_ratings,
    akshare_many,
    akshare_segments,
    akshare_sina,
    akshare_sse,
    akshare_sw,
    akshare_szse,
    akshare_tencent,
    documents,
    sina_quotes,
)
from screener.sources.answers import LISTED, MARKET, Source
from screener.sources.classify import Provider
from screener.sources.http import Host, Policy, Wire

# The bundled calendar comes before the first of `calendar`: it is asked only where the bundled one ends soon.
CHAINS: Mapping[str, tuple[Source, ...]] = {
    "calendar": (akshare_sina.CALENDAR,),
    "bars": (akshare_sina.BARS, akshare_eastmoney.BARS, akshare_tencent.BARS),
    "indices": (akshare_sina.INDICES, akshare_csindex.INDICES, akshare_eastmoney.INDICES, akshare_sw.INDICES),
    "shares": (akshare_eastmoney.SHARES, akshare_cninfo.SHARES),
    "actions": (akshare_cninfo.ACTIONS,),
    "announcements": (akshare_cninfo.ANNOUNCEMENTS, akshare_eastmoney.ANNOUNCEMENTS),
    "names": (akshare_szse.NAMES, akshare_cninfo.NAMES),
    "segments": (akshare_segments.SEGMENTS,),
    "delistings": (akshare_sse.DELISTINGS, akshare_szse.DELISTINGS),
    "ratings": (akshare_eastmoney_ratings.RATINGS,),
}
# Asked for many firms at once. Corporate actions have none: what was announced tells whom to ask for them.
ROUNDS: Mapping[str, Source] = {
    "bars": sina_quotes.ROUND,
    "shares": akshare_many.SHARES,
    "announcements": akshare_many.ANNOUNCEMENTS,
    "names": akshare_many.NAMES,
    "ratings": akshare_eastmoney_ratings.ROUND,
}
# What the first provider does not know: days of announcing share capital, times of publication.
COMPLEMENTS: Mapping[str, Source] = {
    "shares": akshare_cninfo.SHARES,
    "announcements": akshare_eastmoney.ANNOUNCEMENTS,
}
ROUND_COMPLEMENTS: Mapping[str, Source] = {"announcements": akshare_many.NOTICES}
# Whose figures are compared with those of the provider that answered: the publisher of the index.
WITNESSES: Mapping[str, Source] = {"000300.SH": akshare_csindex.INDICES}
# What rated industries are judged by (data/tables/industry_series.csv), and the market of all A shares beside them.
INDUSTRIES = ("801750.SI", "930651.CSI", "930713.CSI", "931071.CSI", "930851.CSI", "000985.CSI")
INDICES = ("000300.SH", "H00300.CSI", "HSI.HI", "SPX.GI", "IXIC.GI", "899001.GSI", *INDUSTRIES)
# May be missing with a reason; nothing else of the project rests on them.
OPTIONAL = frozenset({"H00300.CSI", "899001.GSI", *INDUSTRIES})


def chain(dataset: str, subject: str) -> tuple[Source, ...]:
    """The providers that serve a subject, best first."""
    if is_round(subject):
        return (ROUNDS[dataset],)
    return tuple(source for source in CHAINS[dataset] if source.serves(subject))


def is_round(subject: str) -> bool:
    """True where many firms are asked for at once."""
    return subject in (MARKET, LISTED)


def complement(dataset: str, subject: str) -> Source | None:
    """Who adds to an answer about a subject."""
    return (ROUND_COMPLEMENTS if is_round(subject) else COMPLEMENTS).get(dataset)


def sources() -> tuple[Source, ...]:
    """Every source that may be asked, each once."""
    named = [source for chain in CHAINS.values() for source in chain]
    others = (ROUNDS, COMPLEMENTS, ROUND_COMPLEMENTS, WITNESSES)
    return tuple(dict.fromkeys([*named, *(source for one in others for source in one.values())]))


def providers(among: Iterable[Source]) -> tuple[Provider, ...]:
    """Who stands behind these sources. Raises ScreenerError where a declaration does not hold together."""
    found: dict[str, Provider] = {}
    for source in among:
        declared = source.declared
        if found.setdefault(declared.name, declared) is not declared:
            raise ScreenerError("two providers of one name", got=declared.name)
        if not any(group.suffix and group.fits(source.host) for group in declared.hosts):
            raise ScreenerError("a source asks a host that its provider does not declare", got=source.host)
    return tuple(found.values())


def hosts(among: Iterable[Source]) -> tuple[Host, ...]:
    """The hosts of these sources with their politeness. Raises ScreenerError where two providers claim one host."""
    found: dict[str, Host] = {}
    for host in (host for provider in providers(among) for host in provider.hosts):
        if found.setdefault(host.suffix, host) != host:
            raise ScreenerError("two politenesses for one host", got=host.suffix)
    return tuple(found.values())


def wire(policy: Policy | None = None) -> Wire:
    """The HTTP policy for every source of this registry."""
    known = hosts(sources())
    more = tuple(host for host in documents.HOSTS if host.suffix not in {one.suffix for one in known})
    return Wire(policy or Policy(), (*known, *more))

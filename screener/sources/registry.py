"""Which providers are asked for a dataset, in which order. Adding a source is one file and one line here."""

from __future__ import annotations

from collections.abc import Mapping

from screener.sources import (
    akshare_cninfo,
    akshare_csindex,
    akshare_eastmoney,
    akshare_sina,
    akshare_szse,
    akshare_tencent,
)
from screener.sources.answers import Source

# The bundled calendar comes before the first of `calendar`: it is asked only where the bundled one ends soon.
CHAINS: Mapping[str, tuple[Source, ...]] = {
    "calendar": (akshare_sina.CALENDAR,),
    "bars": (akshare_sina.BARS, akshare_eastmoney.BARS, akshare_tencent.BARS),
    "indices": (akshare_sina.INDICES, akshare_csindex.INDICES, akshare_eastmoney.INDICES),
    "shares": (akshare_eastmoney.SHARES, akshare_cninfo.SHARES),
    "actions": (akshare_cninfo.ACTIONS,),
    "announcements": (akshare_cninfo.ANNOUNCEMENTS, akshare_eastmoney.ANNOUNCEMENTS),
    "names": (akshare_szse.NAMES, akshare_cninfo.NAMES),
}
# What the first provider does not know: days of announcing share capital, times of publication.
COMPLEMENTS: Mapping[str, Source] = {
    "shares": akshare_cninfo.SHARES,
    "announcements": akshare_eastmoney.ANNOUNCEMENTS,
}
# Whose figures are compared with those of the provider that answered: the publisher of the index.
WITNESSES: Mapping[str, Source] = {"000300.SH": akshare_csindex.INDICES}
INDICES = ("000300.SH", "H00300.CSI", "HSI.HI", "SPX.GI", "IXIC.GI", "899001.GSI")
# May be missing with a reason; nothing else of the project rests on them.
OPTIONAL = frozenset({"H00300.CSI", "899001.GSI"})


def chain(dataset: str, subject: str) -> tuple[Source, ...]:
    """The providers that serve a subject, best first."""
    return tuple(source for source in CHAINS[dataset] if source.serves(subject))

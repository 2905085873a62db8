"""The first line of the output: what may be concluded, in one sentence that a hurried reader cannot misread."""

from __future__ import annotations

from collections import Counter

from screener.core.units import percent, signed_percent
from screener.evaluation.event_study.study import DESCRIPTIVE_BELOW, HEADLINE, Study

PRIMARY = ("order", str(HEADLINE[0]), "two_factor")  # named before any look; every other line is exploratory
LEVEL = 0.05
ONE_FIRM_SHARE = 0.5


def conclude(study: Study) -> str:
    """One sentence: nothing, descriptive only, not seen (and what would have been), or a difference with its limits."""
    if not study.n:
        lost = f": {_lost(study)}" if study.left_out else ""
        return f"Nothing can be concluded: no event of kind {study.kind} has enough prices around it{lost}."
    firms = f"{study.firms} firm{'s' if study.firms != 1 else ''}"
    basis = f"n {study.n}{_of(study)}, {firms}, effective n {study.n_effective:.1f}"
    caar = f"CAAR{study.window} {signed_percent(study.caar, 1)}"
    if study.descriptive:
        return (
            f"Descriptive only (描述性，不作显著性结论): {study.plural}, {caar}, {basis}: an effective n below "
            f"{DESCRIPTIVE_BELOW:.0f} carries no test.{_limits(study)}"
        )
    p = study.p
    if p is None:
        return f"Nothing can be concluded about {study.plural}: {caar}, {basis}, no placebo dates.{_limits(study)}"
    if p >= LEVEL:
        return (
            f"Nothing can be said about {study.plural}: {caar} is not told apart from placebo dates "
            f"(p {p:.2f}, {basis}); an effect below "
            f"{percent(study.detectable, 1)} would not be seen.{_limits(study)}"
        )
    interval = f"{signed_percent(study.low, 1)} to {signed_percent(study.high, 1)}"
    return (
        f"The prices of {study.plural} moved more than on placebo dates: {caar} ({interval}, p {p:.3f}, {basis}); "
        f"a measurement from close to close, not a return that could be had.{_limits(study)}"
    )


def _of(study: Study) -> str:
    """` of 11 (3 too young)`: how many there were, and why they are in no test."""
    return f" of {study.n + sum(study.left_out.values())} ({_lost(study)})" if study.left_out else ""


def _lost(study: Study) -> str:
    return "; ".join(f"{count} {reason}" for reason, count in study.left_out.items())


def _limits(study: Study) -> str:
    """What takes weight from the figure."""
    notes = []
    most = max(Counter(study.symbols).values(), default=0)
    if study.firms > 1 and most > ONE_FIRM_SHARE * study.n:
        notes.append(f"{most} of {study.n} are one firm's")
    if study.uncertain:
        notes.append(f"the day of release is uncertain for {study.uncertain} of {study.n}")
    if (study.kind, study.window, study.model) != PRIMARY:
        notes.append("exploratory: not the hypothesis named beforehand")
    if study.hindsight:
        notes.append("firms chosen in hindsight")
    text = "; ".join(notes)
    return f" {text[0].upper()}{text[1:]}." if text else ""

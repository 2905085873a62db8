"""What each kind of finding means and what a person can do about it. A further kind is one more row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Meaning:
    """`apart`: two numbers in a detail (a pattern with two groups); the further apart, the worse."""

    check: str
    meaning: str
    todo: str
    apart: str = ""
    unchecked: bool = False  # nothing odd was seen: nothing could be looked at


_RELOAD = "load the row again as the exchange has it"

MEANINGS: Mapping[str, Meaning] = {
    meaning.check: meaning
    for meaning in (
        Meaning(
            "price_limit",
            "a high or low beyond the day's price limit: a corporate action that is not stored or lacks cash, the "
            "first sessions after a listing, an ST spell, or adjusted prices",
            "load the missing action (actions), the listing day (firms) or ST spell; many at once: raw prices",
            r"(?:high|low) ([\d.]+) (?:above|under) limit ([\d.]+)",
        ),
        Meaning(
            "unit_band",
            "amount ÷ volume lies outside low … high: a block trade or rounding where it is a single row",
            f"compare volume (shares) and amount (yuan) of that day; {_RELOAD}",
            r"volume ([\d.]+) outside ([\d.]+)",
        ),
        Meaning(
            "zero_volume",
            "a bar without volume: nothing was traded, so it fills no order",
            "nothing, if the stock was halted; else load the row again",
        ),
        Meaning(
            "before_rules",
            "bars from before the board had a price limit (Beijing: 2020-07-27): what could be traded is not known",
            "nothing; to use them, load rows of `rules` that cover those days",
        ),
        Meaning(
            "off_fen",
            "a price that is no whole fen: no exchange trades at it, so it is adjusted or averaged",
            f"{_RELOAD} (不复权)",
        ),
        Meaning(
            "unit_unknown",
            "bars without an amount: whether their volume is in shares or in lots (手) cannot be checked",
            "load bars with an amount, or compare one day's volume with an exchange's; lots: units in a column map",
            unchecked=True,
        ),
        Meaning(
            "above_shares",
            "a day's volume above all shares of the firm: the share count is in 万股, or older than a bonus issue",
            "load the share counts (shares), in shares, with their effective dates",
            r"volume ([\d.]+), all shares ([\d.]+)",
        ),
        Meaning(
            "action_jump",
            "the first open does not fit the action: another ex-date, amounts per 10 shares, or adjusted bars",
            "compare the action with its notice; load it again, or raw bars",
            r"open ([\d.]+) after close [\d.]+: the ex-right reference would be ([\d.]+)",
        ),
        Meaning(
            "action_prev_close",
            "the stated previous close is not that of the last stored bar: bars are missing, or one of them is wrong",
            "load the missing bars (halts are none), or the action again",
            r"prev_close ([\d.]+), close of \S+ ([\d.]+)",
        ),
        Meaning(
            "rights_terms",
            "a rights issue without ratio or price: no limit is known that day, and a holder gets nothing for it",
            "load the action again with rights_ratio (per share held) and rights_price (yuan)",
        ),
        Meaning(
            "unknown_heir",
            "a share became one of a stock that has no bars: the holding stays at its last price",
            "load the bars of that stock, or fetch them",
        ),
        Meaning(
            "after_end",
            "bars of a stock on or after the day on which it was delisted, merged or renumbered",
            "correct the day (actions: ex_date; firms: delisted), or the bars",
        ),
        Meaning(
            "shares_unmoved",
            "a share count that does not hold the shares an action gave since the one before",
            "load the count as the exchange has it from the ex-date on, or the action again",
            r"total_shares (\d+), \d+ before, (\d+) with",
        ),
        Meaning(
            "printed_amount",
            "an amount a little beside the printed one: tax, rounding, or a slip",
            "compare with the announcement; record it again",
            "amount ([\\d.]+), printed ([\\d.]+)",
        ),
        Meaning(
            "small_amount",
            "a contract below a million yuan: firms need not announce such; the amount may be in 万元",
            "compare with the announcement; record it again in yuan",
        ),
        Meaning(
            "over_contract",
            "facts that together are more than their contract: cumulated figures, or an extended contract",
            "compare the periods (period_start); load the facts, or the larger contract",
            r"together ([\d.]+), contract ([\d.]+)",
        ),
        Meaning(
            "not_a_session",
            "a level of a domestic index on a day on which the exchanges were closed",
            "nothing: it is not used; or load the index again",
        ),
        Meaning(
            "disagree",
            "two providers tell different values of one fact; the one stored first stands",
            "look the value up; load it from a file where the stored one is wrong",
            r": \D+([\d.]+), \D+([\d.]+)",
        ),
    )
}

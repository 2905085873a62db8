"""兑现率: what contracts promised against what was reported, per half-year, per contract and over all of them.

1. Implied: what our burn-off took off the counted contracts of a firm in a half-year, as known by the day asked.
2. Reported: revenue of the products that `products` calls compute, of that half-year alone (the second half is the year
   less the first), known when it was published. It is revenue of a segment, not of contracts: it is set beside the
   backlog and never subtracted from it. More than implied means work never announced, equipment passed through, or
   a burn-off that is too slow; these cannot be told apart here.
3. Beside it the lines of the statements that tell delivery: contract liabilities and fixed assets at the end of the
   half, cash paid for long-lived assets in it. They are of the whole firm; they too are never subtracted.
4. Each compute contract has a life: announced, accepted, recognised, reduced, terminated, or silent for twelve months.
5. Over all of them a share of each with its interval. Announcing is a choice of the firm: contracts that were never
   announced, or never found, are in no row.
6. The lag from announcing to the start of work, as those contracts show it that were accepted or have revenue, beside
   the lag that the burn-off takes for the others.
"""

from screener.evaluation.delivery.answer import Delivery as Delivery
from screener.evaluation.delivery.measure import delivery as delivery

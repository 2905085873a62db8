"""The deals a document states: which amount is the price, whose, with whom, for how long.

1. Each sentence gives its amounts with their roles, its parties, its contract's name and day of signing (`Mention`).
2. A mention with a price of a contract, or with a verb of a deal, is an anchor. Anchors with the same price, or one of
   them without, are one deal; anchors with other parties and other prices are several.
3. The price of a deal: the firm's own share before the whole; the clearer cue; exact before rounded; the first.
4. What the anchors leave open (term, tax, party, share of revenue) is taken from the rest of the document where there is
   one deal, and from their own sentences where there are several.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from screener.reading import terms
from screener.reading.parties import Party, own_names, parties
from screener.reading.roles import Figure, Role, figures
from screener.reading.text import Flat, Sentence

_DEAL = re.compile(
    r"签订|签署|签定|订立|签约|中标(?!候选人公示媒体)|成交通知书|采购|购买|购置|订购|承接|承建|租赁|提供[^，,。]{0,20}(?:服务|设备)|出售|销售合同|订单|合同(?:总)?(?:金额|价|额)|交易(?:价格|金额)|收购|受让|投资建设|增资|募集资金"
)
_CONTRACT = re.compile(
    r"《(?P<name>[^《》]{2,90}?(?:合同|协议|订单|合同书|协议书|契约|清单|备忘录|意向书|合约|约定书)(?:书|\([^()《》]{1,20}\)|之?补充(?:协议|合同)[^《》]{0,10}|[一二三四五六七八九\dIVX]{0,3})?)》"
)
_CONTRACT_BARE = re.compile(
    r"(?:签订|签署|签定|订立|签约)(?:了|的|关于|完成|正式)*(?:总额高达|总金额|总额|总计|价值|金额|合计|一份|多份)*(?:约|达|为)*(?:人民币)?(?:[\d,.]+(?:万|亿)?(?:美|欧|港)?元(?:人民币)?的?)?(?:[\d,.]+[台套块张]的?)?[“\"]?(?P<name>[^，,。；;《》“”\n:：]{2,50}?(?:合同|协议书|协议|订单))"
)
_CONTRACT_LABEL = re.compile(r"(?:合同|协议)名称\s*[:：]\s*《?(?P<name>[^，,。；;《》\n]{2,60})")
_NOT_A_CONTRACT = re.compile(
    r"规则|办法|指引|章程|公司法|证券法|议案|通知书|公告|报告|条例|制度|民法典|合同法|准则|管理规定|劳动合同"
)
_NOT_A_NAME = re.compile(
    r"^(?:重大|日常经营|正式|相关|大额|上述|本|该|书面|此|前述|最终|具体|有关|以下|如下|一系列|多份|一份)+(?:性)?(?:的)?(?:重大)?(?:销售|采购)?(?:合同|协议|订单)$"
    r"|^(?:合同|协议|订单)$|^.{0,12}(?:议案|的公告)"
)
_OF_A_TITLE = re.compile(r"^》?的?(?:议案|公告|预案)")
_MASS = re.compile(r"总金额|合计|总计|共计|总额|汇总")
_REVENUE_SHARE = re.compile(
    r"(?:约)?占[^，,。;；]{0,50}?(?:营业(?:总)?收入|主营(?:业务)?(?:总)?收入|销售(?:总)?收入|营业总收入|收入)[^，,。;；\d]{0,12}(?:的|比例为|比重为|之比为|约为|约|:)*\s*(?P<share>\d+(?:\.\d+)?)\s*%"
)
_TITLE = re.compile(r"(?m)^[^\n。]{0,60}?(?:关于)?[^\n。]{2,70}公告\s*$|^[^\n。，]{0,30}关于[^\n。]{4,70}公告")
_SCALE = re.compile(
    r"(?<![\d.,])(?P<n>\d[\d,]*(?:\.\d+)?)\s*(?P<u>P(?:Flops|FLOPS)?(?![A-Za-z])|p(?=算力|的算力|智算)|台|张|卡|块|机柜|MW|兆瓦)(?=[^。；;\n]{0,16})"
)
_ACCEPTANCE = re.compile(r"[^。；;\n]{0,60}(?:验收合格|验收通过|通过验收|验收单|交付验收|验收后|验收)[^。；;\n]{0,60}")
_ENTITY = re.compile(
    r"(?P<type>全资|控股|参股|下属|二级|三级)(?:全资|控股)?(?:孙|子)?公司[“\"]?(?P<name>(?:(?![与和及向])[\u4e00-\u9fff()（）A-Za-z]){4,36}?公司)(?P<rest>[^。；;\n]{0,50})"
)
_STAKE = re.compile(
    r"(?:持股|持有[^，,。;；\d]{0,12}|控股|间接持有[^，,。;；\d]{0,12}|股权比例(?:为)?|占比)\s*(?P<share>\d+(?:\.\d+)?)\s*%"
)
_SAME = 0.006  # relative: two amounts that round to each other


@dataclass
class Mention:
    """One sentence, read."""

    sentence: Sentence
    figures: list[Figure]
    parties: list[Party]
    contract: re.Match[str] | None
    signed: terms.Day | None
    deal: bool

    @property
    def prices(self) -> list[Figure]:
        """Amounts that may be a price."""
        return [one for one in self.figures if one.role in (Role.OWN, Role.TOTAL, Role.YEARLY)]


@dataclass
class Deal:
    """A deal with the mentions it stands in; `price` is what of them is taken."""

    mentions: list[Mention] = field(default_factory=list)
    price: Figure | None = None
    whole: Figure | None = None
    party: Party | None = None

    @property
    def first(self) -> Mention:
        """Where it is first spoken of."""
        return self.mentions[0]


def title_of(flat: Flat) -> tuple[str, int]:
    """(the title a document has at its head, where it starts); empty where there is none."""
    one = _TITLE.search(flat.text[:1200])
    return (one[0].strip(), one.start()) if one else ("", 0)


def mentions(flat: Flat, buying: bool) -> list[Mention]:
    """Every sentence with something in it."""
    own = own_names(flat.text)
    found = []
    for sentence in flat.sentences:
        start, end = sentence.start, sentence.end
        if end - start > 6000:  # no sentence: a table, or the inside of a file
            continue
        body = sentence.text
        contract = _contract(flat.text, start, end)
        money = figures(flat.text, start, end) if re.search(r"[元亿万￥¥$圆币]|USD|EUR|RMB|HKD", body) else []
        people = parties(flat.text, start, end, buying=buying, own=own)
        day = terms.signed(flat.text, start, end)
        deal = bool(_DEAL.search(body))
        if contract or money or people or day or deal:
            found.append(Mention(sentence, money, people, contract, day, deal))
    return found


def _contract(text: str, start: int, end: int) -> re.Match[str] | None:
    for pattern in (_CONTRACT_LABEL, _CONTRACT, _CONTRACT_BARE):
        for one in pattern.finditer(text, start, end):
            if _OF_A_TITLE.match(text[one.end() : one.end() + 4]):
                continue
            if not _NOT_A_CONTRACT.search(one["name"]) and not _NOT_A_NAME.match(one["name"]):
                return one
    return None


def deals(found: Sequence[Mention]) -> list[Deal]:
    """The deals of a document; see the steps above."""
    groups: list[Deal] = []
    for mention in found:
        for price, party in _offers(mention):
            group = _group_of(groups, price, party)
            if group is None:
                group = Deal(price=price, party=party)
                groups.append(group)
            elif party is not None and (group.party is None or _better_party(party, group.party)):
                group.party = party
            if mention not in group.mentions:
                group.mentions.append(mention)
            group.price = _better(group.price, price)
    if not groups:
        groups = _without_price(found)
    kept = _told_apart(groups)
    for group in kept:
        group.whole = _whole(group, found if len(kept) == 1 else group.mentions)
    return kept


def _offers(mention: Mention) -> Iterable[tuple[Figure, Party | None]]:
    """Prices of a sentence, each with the party nearest before it where there are several."""
    prices = mention.prices
    people = sorted((one for one in mention.parties if one.strength > 0.3), key=lambda one: one.start)
    strong = mention.parties[0] if mention.parties else None
    for price in prices:
        before = [one for one in people if one.start < price.amount.start]
        yield price, (before[-1] if len(prices) > 1 and len(people) > 1 and before else strong)


def _group_of(groups: Sequence[Deal], price: Figure, party: Party | None) -> Deal | None:
    for group in groups:
        if group.price is not None and same_amount(group.price, price):
            return group
    for group in reversed(groups):
        alike = group.party is None or party is None or _same_party(group.party, party)
        if alike and (price.weight < 1.0 or group.price is None):
            return group
    return None


def same_amount(first: Figure, second: Figure) -> bool:
    """The same figure, or one the other rounds to."""
    one, two = first.amount, second.amount
    if one.currency != two.currency:
        equal = [(a.equivalent, b.high) for a, b in ((one, two), (two, one)) if a.equivalent and b.currency == "CNY"]
        return any(abs(a - b) <= _SAME * max(a, b) for a, b in equal)
    return abs(one.high - two.high) <= max(one.slack, two.slack, 1e-9 * one.high) or abs(
        one.high - two.high
    ) <= _SAME * max(one.high, two.high)


def _same_party(first: Party, second: Party) -> bool:
    return first.name == second.name or first.name in second.name or second.name in first.name


def _better_party(new: Party, old: Party) -> bool:
    if _same_party(new, old):
        return len(new.name) > len(old.name) and new.strength >= old.strength
    return new.strength > old.strength and not (new.masked and not old.masked)


def _better(old: Figure | None, new: Figure) -> Figure:
    """The clearer of two mentions of one price: own share, exactness, 大写 beside it, the clearer cue."""
    if old is None:
        return new
    return max((old, new), key=lambda one: (one.role is Role.OWN, _precision(one), one.weight, one is old))


def _precision(one: Figure) -> tuple[bool, bool, float]:
    return (one.amount.written is not None, one.amount.basis != "estimate", -one.amount.slack)


def _told_apart(groups: list[Deal]) -> list[Deal]:
    """Several deals only where each has a clear price of its own and parties or contracts differ; else the best."""
    owned = [one for one in groups if one.price is not None and one.price.role is Role.OWN]
    if owned and len(groups) > 1:
        for group in groups:
            if group is not owned[0] and group.price is not None:
                owned[0].whole = owned[0].whole or group.price
        return [owned[0]]
    if len(groups) < 2:
        return groups
    clear = [one for one in groups if one.price is not None and one.price.weight >= 1.2]
    names = {one.party.name for one in clear if one.party is not None}
    if len(clear) > 1 and len(names) == len(clear) and not _sums_up(clear):
        return clear
    best = max(groups, key=lambda one: _worth(one, groups))
    for group in groups:  # what is said elsewhere belongs to the one that is left
        best.mentions += [one for one in group.mentions if one not in best.mentions]
        if best.party is None:
            best.party = group.party
    return [best]


def _sums_up(groups: Sequence[Deal]) -> bool:
    values = [one.price.amount.high for one in groups if one.price is not None]
    top = max(values)
    return len(values) > 2 and abs(sum(values) - 2 * top) <= _SAME * top


def _worth(deal: Deal, groups: Sequence[Deal]) -> tuple[float, float, float]:
    price = deal.price
    if price is None:
        return (0.0, 0.0, 0.0)
    score = price.weight + 0.6 * deal.first.deal + 0.5 * (deal.party is not None) + 0.3 * min(3, len(deal.mentions))
    score -= 0.8 if price.role is Role.YEARLY else 0.0
    place = groups.index(deal)
    # A total of several lots is what they add up to.
    lead = deal.first.sentence.text
    score += 0.8 if _MASS.search(lead) and price.amount.high == max(_high(one) for one in groups) else 0.0
    return (round(score, 2), -place, price.amount.high)


def _high(deal: Deal) -> float:
    return deal.price.amount.high if deal.price is not None else 0.0


def _without_price(found: Sequence[Mention]) -> list[Deal]:
    """A deal without a stated price: a verb with a party or a contract; a project's size where that is all there is."""
    for mention in found:
        size = next((one for one in mention.figures if one.role is Role.PROJECT), None)
        if size is not None and mention.deal:
            party = mention.parties[0] if mention.parties else None
            return [Deal([mention], size, None, party)]
    for mention in found:
        named = [one for one in mention.parties if one.strength >= 0.7]
        signed = re.search(r"签订|签署|签定|订立|签约|中标|成交通知书|采购|购买", mention.sentence.text)
        if signed and (named or mention.contract) and not _is_boilerplate(mention.sentence.text):
            return [Deal([mention], None, None, named[0] if named else None)]
    return []


def _is_boilerplate(sentence: str) -> bool:
    return bool(re.match(r"^(?:\d[、.．]|\(\d\))?\s*(?:备查文件|风险提示|特此公告)", sentence))


def _whole(deal: Deal, found: Sequence[Mention]) -> Figure | None:
    """The whole project's amount beside the firm's own share."""
    if deal.whole is not None:
        return deal.whole
    if deal.price is None:
        return None
    for mention in found:
        for one in mention.figures:
            if one.role is Role.PROJECT and one.amount.high > deal.price.amount.high * (1 + _SAME):
                return one
    return None


def party_of(deal: Deal, found: Sequence[Mention], alone: bool) -> Party | None:
    """The deal's own party; where it is the only deal, the surest one of the document."""
    everyone = [one for mention in (found if alone else deal.mentions) for one in mention.parties]
    named = [one for one in everyone if not one.masked]
    best = max(named, key=lambda one: one.strength, default=None)
    if deal.party is not None and not (deal.party.masked and best is not None and best.strength >= 0.9):
        stronger = best is not None and best.strength > deal.party.strength + 0.3
        return best if stronger and alone else deal.party
    return best or max(everyone, key=lambda one: one.strength, default=None)


def contract_of(deal: Deal, found: Sequence[Mention], alone: bool) -> re.Match[str] | None:
    """The name of the contract: from the sentence of signing, then from the rest."""
    order = [*deal.mentions, *(found if alone else ())]
    signing = [one for one in order if one.contract and re.search(r"签订|签署|签定|订立|合同名称", one.sentence.text)]
    return next((one.contract for one in [*signing, *order] if one.contract), None)


def share_of_revenue(text: str, start: int, end: int) -> re.Match[str] | None:
    """`占公司2023年度经审计营业收入的12.34%`."""
    return _REVENUE_SHARE.search(text, start, end)


def scale(text: str, start: int, end: int) -> re.Match[str] | None:
    """Size in P, cards, machines or MW, where compute is spoken of."""
    for one in _SCALE.finditer(text, start, end):
        around = text[max(start, one.start() - 40) : min(end, one.end() + 24)]
        if re.search(r"算力|智算|GPU|显卡|服务器|机柜|算力卡|超算|加速卡", around):
            return one
    return None


def acceptance(text: str) -> re.Match[str] | None:
    """The sentence part that says when the work counts as accepted."""
    return _ACCEPTANCE.search(text)


def entity(text: str) -> tuple[re.Match[str], re.Match[str] | None] | None:
    """The subsidiary that does the work, and the parent's stake where it stands beside it."""
    one = _ENTITY.search(text)
    return (one, _STAKE.search(one["rest"])) if one else None

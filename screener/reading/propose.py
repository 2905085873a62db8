"""A document's text → proposals: commitments and what became of contracts, each value with its place.

1. Title, direction and parties over the whole document; then the deals (`deals.py`).
2. One proposal a deal; every value that is given has evidence of its own.
3. Life of contracts: a title that says it, or a sentence in which it has happened; one proposal a kind and amount. A
   notice whose title speaks of an end, a change or progress proposes that, and no new commitment.
4. Checks and confidence (`checks.py`); what a person must look at first is said in `review`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from screener.reading import checks, deals, kinds, tables, terms
from screener.reading.deals import Deal, Mention
from screener.reading.documents import Document
from screener.reading.parties import UNDISCLOSED
from screener.reading.proposals import BY_OCR, LIFE, Check, Evidence, Proposal
from screener.reading.roles import Figure, Role
from screener.reading.text import Flat

_LIFE_TITLE = re.compile(r"终止|解除(?!限售|质押)|补充(?:协议|合同)|变更|延期|诉讼|仲裁|澄清")
_LONG_TITLE = re.compile(r"问询函|工作函|关注函|监管函|年度报告|半年报|季度报告|投资者关系|说明书|报告书")


@dataclass
class _Draft:
    """A proposal in the making: values with what they stand on."""

    flat: Flat
    values: dict[str, object] = field(default_factory=dict)
    evidence: list[Evidence] = field(default_factory=list)

    def put(self, name: str, value: object, start: int, end: int, sure: float = 0.8) -> None:
        """A value with characters [start, end) of the flat text as its place; the first one stays."""
        if name in self.values or value is None:
            return
        self.values[name] = value
        self.show(name, start, end, sure)

    def show(self, name: str, start: int, end: int, sure: float = 0.8) -> None:
        """Evidence alone."""
        place = self.flat.place(start, max(end, start + 1))
        number = self.flat.number_of(start)
        self.evidence.append(
            Evidence(name, place.page, place.start, place.end, self.flat.shown(place), number, round(sure, 2))
        )


def propose(document: Document, *, title: str = "", announcement_id: str | None = None) -> list[Proposal]:
    """What a document proposes, the largest amount first; empty where it states no deal and no event of one."""
    flat = Flat.of(document.pages)
    own_title, title_at = deals.title_of(flat)
    said = title or own_title
    flow = kinds.direction(flat.text[:20_000], said)
    found = [*deals.mentions(flat, buying=flow.value == kinds.OUT), *tables.rows(flat, document.tables)]
    lives = list(_lives(flat, said, title_at if not title else None, found, document))
    only_life = bool(lives and _LIFE_TITLE.search(said))
    proposals = [] if only_life else _deals(flat, said, found, document)
    if proposals and not _LONG_TITLE.search(said) and "进展" not in said:  # beside a new deal, an event needs a figure
        lives = [one for one in lives if one.amount_high is not None and not _repeats(one, proposals)]
    named = [replace(one, announcement_id=announcement_id) for one in (*proposals, *lives)]
    return sorted(named, key=lambda one: (one.of_life, -(one.amount_cny or one.amount_high or 0.0)))


def _deals(flat: Flat, title: str, found: Sequence[Mention], document: Document) -> list[Proposal]:
    """New deals; of a long report only clear ones about compute, with a party."""
    groups = deals.deals(found)
    if _LONG_TITLE.search(title):
        groups = [one for one in groups if one.party and one.price and one.price.weight >= 1.5]
    read = [_deal(flat, title, one, found, document, alone=len(groups) == 1) for one in groups]
    return [one for one in read if one.is_compute or not _LONG_TITLE.search(title)]


def _repeats(life: Proposal, proposals: Sequence[Proposal]) -> bool:
    """Acceptance, revenue and supplements that speak of the new deal itself."""
    mild = life.kind in ("acceptance", "revenue_recognised", "supplement", "delay")
    return mild and any(one.amount_high == life.amount_high for one in proposals)


def _deal(flat: Flat, title: str, deal: Deal, found: Sequence[Mention], document: Document, *, alone: bool) -> Proposal:
    """One deal as a proposal."""
    draft = _Draft(flat)
    body = "\n".join(one.sentence.text for one in deal.mentions)
    flow = kinds.direction(body, title)
    if flow.value == kinds.UNCLEAR or flow.sure < 0.4:
        whole = kinds.direction(flat.text[:20_000], title)
        flow = whole if whole.value != kinds.UNCLEAR else flow
    first = deal.first.sentence
    kind = kinds.kind(f"{body}\n{flat.text[:3000]}" if alone else body, title, flow, deal.price is not None)
    flow_value = _flow_of(kind.value, flow.value)
    draft.show("kind", first.start, first.end, kind.sure)
    draft.show("direction", first.start, first.end, flow.sure)
    _money(draft, deal)
    _people(draft, deal, found, alone)
    spans = [(0, len(flat.text))] if alone else [(one.sentence.start, one.sentence.end) for one in deal.mentions]
    _details(draft, deal, found, spans, alone)
    told = (
        "\n".join((title, body, str(draft.values.get("contract_name", ""))))
        if not alone
        else f"{title}\n{flat.text[:30_000]}"
    )
    is_compute = _compute(draft, flat, told, spans)
    return _finished(draft, kind.value, flow_value, is_compute, title, deal.price, document)


def _flow_of(kind: str, flow: str) -> str:
    if kind in ("raise",):
        return kinds.FINANCING
    if kind in ("strategic", "other"):
        return kinds.UNCLEAR if flow != kinds.OUT else flow
    return kinds.OUT if kind == "lease" and flow == kinds.UNCLEAR else flow


def _compute(draft: _Draft, flat: Flat, told: str, spans: Sequence[tuple[int, int]]) -> bool:
    if kinds.compute(told) is None:
        return False
    for start, end in spans:
        said = kinds.compute(flat.text[start:end])
        if said is not None:
            draft.show("is_compute", start + said.start, start + said.end, said.sure)
            break
    return True


def _money(draft: _Draft, deal: Deal) -> None:
    """Amount, currency, basis, tax, whole project."""
    price = deal.price
    if price is None:
        return
    amount = price.amount
    sure = min(0.95, 0.5 + 0.2 * price.weight)
    draft.put("amount_high", amount.high, amount.start, amount.end, sure)
    draft.put("amount_low", amount.low, amount.start, amount.end, sure)
    draft.put("currency", amount.currency, amount.start, amount.end, sure)
    at = amount.basis_at or (amount.start, amount.end)
    draft.put("basis", amount.basis, *at, sure)
    draft.put("amount_cny", amount.equivalent, amount.start, amount.end, sure)
    if amount.tax and amount.tax_at:
        draft.put("tax", amount.tax, *amount.tax_at, sure)
    for mention in deal.mentions:
        for other in mention.figures:
            told = other.amount
            if told.tax and told.tax_at and deals.same_amount(price, other):
                draft.put("tax", told.tax, *told.tax_at, sure)
    if deal.whole is not None:
        draft.put("whole_amount", deal.whole.amount.high, deal.whole.amount.start, deal.whole.amount.end, 0.7)


def _people(draft: _Draft, deal: Deal, found: Sequence[Mention], alone: bool) -> None:
    party = deals.party_of(deal, found, alone)
    if party is None:
        return
    value = UNDISCLOSED if party.masked else party.name
    draft.put("counterparty", value, party.start, party.end, party.strength)
    if party.masked:
        draft.put("counterparty_masked", party.name, party.start, party.end, party.strength)


def _details(
    draft: _Draft, deal: Deal, found: Sequence[Mention], spans: Sequence[tuple[int, int]], alone: bool
) -> None:
    text = draft.flat.text
    contract = deals.contract_of(deal, found, alone)
    if contract is not None:
        draft.put("contract_name", contract["name"], contract.start("name"), contract.end("name"), 0.85)
    for mention in (*deal.mentions, *(found if alone else ())):
        if mention.signed is not None and mention.signed.date:
            day = mention.signed
            draft.put("signed_on", day.date.isoformat() if day.date else None, day.start, day.end, 0.85)
    for start, end in spans:
        _term(draft, start, end)
        if (one := deals.share_of_revenue(text, start, end)) and not re.search(
            r"年度?(?:预计)?(?:产生|确认|实现|新增)", text[max(start, one.start() - 24) : one.start()]
        ):
            draft.put("share_of_revenue", round(float(one["share"]) / 100, 6), one.start(), one.end(), 0.9)
        if one := deals.scale(text, start, end):
            number = float(one["n"].replace(",", ""))
            draft.put("compute_amount", number, one.start(), one.end(), 0.8)
            draft.put("compute_unit", one["u"], one.start("u"), one.end("u"), 0.8)
    if alone:
        _of_the_whole(draft)


def _of_the_whole(draft: _Draft) -> None:
    """What a document says once: when the work counts as accepted, who does it, the parent's stake."""
    text = draft.flat.text
    if (accepted := deals.acceptance(text)) is not None:
        draft.put("acceptance", accepted[0].strip(), accepted.start(), accepted.end(), 0.7)
    if (told := deals.entity(text)) is None:
        return
    one, stake = told
    draft.put("entity", one["name"], one.start("name"), one.end("name"), 0.8)
    if one["type"] == "全资":
        draft.put("stake", 1.0, one.start("type"), one.end("type"), 0.8)
    elif stake is not None:
        at = one.start("rest")
        draft.put("stake", float(stake["share"]) / 100, at + stake.start(), at + stake.end(), 0.8)


def _term(draft: _Draft, start: int, end: int) -> None:
    text = draft.flat.text
    several = list(terms.terms(text, start, end))
    best = max(several, key=lambda one: (one.first is None and one.last is None, -one.start), default=None)
    best = best or terms.clear_years(text, start, end)
    if best is not None:
        draft.put("term_months", best.months, best.start, best.end, 0.85)
    for one in several:
        if one.first is not None:
            draft.put("starts_on", one.first.isoformat(), one.start, one.end, 0.85)
        if one.last is not None:
            draft.put("ends_on", one.last.isoformat(), one.start, one.end, 0.85)


def _finished(
    draft: _Draft, kind: str, flow: str, is_compute: bool, title: str, price: Figure | None, document: Document
) -> Proposal:
    """Checks, confidence, and why a person must look."""
    values = draft.values
    revenue = _revenue(draft.flat)
    yuan = price.amount.equivalent or (price.amount.high if price.amount.currency == "CNY" else None) if price else None
    stated = values.get("share_of_revenue")
    done = (
        checks.capitals(price),
        checks.share(yuan, float(stated) if isinstance(stated, float) else None, revenue),
        checks.title(title, kind, flow),
    )
    pages = {one.page for one in draft.evidence}
    by_ocr, odd = bool(pages & set(document.recognised)), bool(pages & set(document.odd))
    base = 0.35 + (0.12 * min(2.0, price.weight) if price else 0.0) + (0.1 if values.get("counterparty") else 0.0)
    sure = checks.confidence(base, done, by_ocr=by_ocr, odd=odd)
    why = _why_look(done, by_ocr, odd, "" if kind in LIFE else flow, document)
    return Proposal(
        kind=kind,
        direction=flow,
        is_compute=is_compute,
        confidence=sure,
        checks=done,
        review=why,
        evidence=tuple(draft.evidence),
        **values,  # type: ignore[arg-type]
    )


def _why_look(done: Sequence[Check], by_ocr: bool, odd: bool, flow: str, document: Document) -> tuple[str, ...]:
    reasons = [f"{one.name}: {one.detail}" for one in done if one.outcome == "failed"]
    reasons += [f"{BY_OCR}: compare every figure with the page"] if by_ocr else []
    reasons += ["letters of this page are not reliable (broken font map)"] if odd else []
    reasons += ["whose money it is was not found"] if flow == kinds.UNCLEAR else []
    if document.scanned:
        reasons.append(f"pages without text: {', '.join(map(str, document.scanned[:8]))}")
    return tuple(reasons)


def _revenue(flat: Flat) -> float | None:
    """Revenue of the last year, where the document states it as an amount."""
    from screener.reading.amounts import amounts

    one = re.search(r"(?:营业|主营业务|营业总|主营)收入(?:为|总额为|:|约|人民币)*\s*(?=[\d￥¥])", flat.text)
    if one is None:
        return None
    told = amounts(flat.text, one.start(), min(len(flat.text), one.end() + 30))
    return told[0].high if told else None


def _lives(
    flat: Flat, title: str, title_at: int | None, found: Sequence[Mention], document: Document
) -> Iterator[Proposal]:
    """What became of contracts, by title and sentences; one of a kind and amount."""
    seen: dict[tuple[str, float | None], bool] = {}
    titled = {one.value for one in kinds.life(title, in_title=True)} if title else set()
    by_start = {one.sentence.start: one for one in found}
    out: list[Proposal] = []
    for sentence in flat.sentences:
        is_title = title_at is not None and sentence.text in title and bool(title)
        for event in kinds.life(sentence.text, in_title=is_title):
            mention = by_start.get(sentence.start)
            price = _life_amount(mention, event.value, event.start + sentence.start)
            key = (event.value, round(price.amount.high, 2) if price else None)
            if key in seen or (price is None and any(kind == event.value for kind, _ in seen)):
                continue
            if is_title and price is None:
                continue
            seen[key] = True
            out.append(_life(flat, title, sentence.start, event, price, mention, document))
    bare = {one.kind for one in out if one.amount_high is None}
    rich = {one.kind for one in out if one.amount_high is not None}
    yield from (one for one in out if one.amount_high is not None or one.kind not in bare & rich)
    for kind in sorted(titled - {one.kind for one in out}):
        yield from _by_title(flat, title, title_at, kind, found, document)


def _life(
    flat: Flat,
    title: str,
    at: int,
    event: kinds.Said,
    price: Figure | None,
    mention: Mention | None,
    document: Document,
) -> Proposal:
    draft = _Draft(flat)
    draft.show("kind", at + event.start, at + event.end, event.sure)
    if price is not None:
        _money(draft, Deal([mention] if mention else [], price))
    if mention is not None:
        _people(draft, Deal([mention]), [mention], alone=False)
        if mention.contract is not None:
            one = mention.contract
            draft.put("contract_name", one["name"], one.start("name"), one.end("name"), 0.8)
        if mention.signed is not None and mention.signed.date:
            draft.put("signed_on", mention.signed.date.isoformat(), mention.signed.start, mention.signed.end, 0.7)
    is_compute = _compute(draft, flat, f"{title}\n{flat.text[:30_000]}", [(0, len(flat.text))])
    return _finished(draft, event.value, kinds.UNCLEAR, is_compute, title, price, document)


def _life_amount(mention: Mention | None, kind: str, at: int) -> Figure | None:
    """The amount an event is about, in its sentence."""
    if mention is None:
        return None
    wanted = {
        "termination": (Role.TERMINATED, Role.TOTAL, Role.OWN),
        "reduction": (Role.CUT, Role.TOTAL),
        "revenue_recognised": (Role.REVENUE,),
        "acceptance": (Role.TOTAL,),
        "supplement": (Role.TOTAL, Role.OWN),
    }.get(kind, ())
    fitting = [one for role in wanted for one in mention.figures if one.role is role]
    if kind == "revenue_recognised" and not fitting:
        fitting = [one for one in mention.figures if one.role is Role.BASE and one.amount.start > at]
    return fitting[0] if fitting else None


def _by_title(
    flat: Flat, title: str, title_at: int | None, kind: str, found: Sequence[Mention], document: Document
) -> Iterator[Proposal]:
    """The title alone says it: the body's deal is what it is about. Without a place in the document, nothing."""
    if title_at is None:
        return
    groups = deals.deals(found)
    deal = groups[0] if groups else Deal()
    draft = _Draft(flat)
    draft.show("kind", title_at, title_at + len(title), 0.9)
    if deal.price is not None:
        _money(draft, deal)
    if deal.mentions:
        _people(draft, deal, found, alone=True)
        _details(draft, deal, found, [(0, len(flat.text))], alone=True)
    is_compute = _compute(draft, flat, f"{title}\n{flat.text[:30_000]}", [(0, len(flat.text))])
    yield _finished(draft, kind, kinds.UNCLEAR, is_compute, title, deal.price, document)

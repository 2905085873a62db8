"""Who is on the other side: the counterparty as the document names it, or that it is masked.

1. Labels first (`交易对方：`, `招标人：`, `甲方：`), then the verbs of a deal (`与…签订`, `收到…发来的《中标通知书》`,
   `被…确定为`, `向…采购`, `为…提供`).
2. A name ends with the last word of an organisation (公司, 局, 厅, 医院 …) before the verb; what is said of it in
   brackets is cut off, unless it belongs to the name (`(集团)`, `(北京)`).
3. The firm itself and its subsidiaries are never the counterparty; neither is an agent who only ran the tender.
4. `X公司`, `客户A`, `某客户` are masks: the counterparty is undisclosed. A mask is an identity of one firm and one role;
   it is kept beside, and never merged with anybody's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

UNDISCLOSED = "undisclosed"
_SUFFIX = (
    r"公司|集团|(?:管理|监管|财政|水利|交通|公安|教育|卫生|建设|电力|铁路|气象|海事|烟草|税务|林业|农业|环保|城管|国土|规划|房产|住房|城建|水务|供电|总|分|市政|园林|公路|地铁|航道|发展|事务|资源|运输|邮政|通信|工务|电|旅游|文化|广播|粮食|监督|保障|消防|交警|警察|边防|后勤|物资|采购|招标|质检|药监)局"
    r"|局|厅|委员会|管委会|政府|指挥部|筹备组|筹建处|办公室|办事处|中心|医院|大学|学院|学校|中学|小学|幼儿园|银行|研究院|研究所|设计院|科学院|法院|检察院"
    r"|总队|支队|大队|部队|基地|电厂|电站|工厂|厂|矿|农场|林场|码头|港务|协会|学会|商会|基金会|合作社|事务所|财政部|国防部|交通部|能源部|工程部|发展部|水利部|总部|管理处|管理站|服务站|总站|分行|支行|部|署|司|院|处|站|社|所|委"
    r"|Ltd\.?|LTD\.?|Limited|LIMITED|Inc\.?|INC\.?|LLC|GmbH|Corp(?:oration)?\.?|S\.A\.?|PLC|Company|COMPANY|Co\.|AG|B\.V\.|Solutions|Authority|Ministry"
)  # fmt: skip
_ENDS = re.compile(_SUFFIX)
_FIRM = re.compile(
    r"公司|集团|Ltd|LTD|Limited|LIMITED|Inc|INC|LLC|GmbH|Corp|Company|Co\.|局|厅|委员会|管委会|政府|中心|医院|大学|学院|银行|研究院|研究所|指挥部|筹备组|部队|部$|院$|处$|站$|署$|厂$"
)
_SELF = re.compile(
    r"^(?:本|我|该|贵|上市|母|总)?公司(?:及.*)?$|^(?:本|我)(?:司|行|所)|^(?:公司|本公司)(?:的|之|及)?(?:全资|控股|参股|下属|二级|三级)"
    r"|^(?:各方|双方|多方|三方|对方|合作各方|有关各方|相关方|相关各方|其|乙方|丙方|被告|原告)$|(?:董事会|监事会|股东大会|证券交易所|监督管理委员会|巨潮资讯)"
)
_SUBSIDIARY = re.compile(r"(?:全资|控股|参股|下属|所属|二级|三级|合营)(?:孙|子)?公司|孙公司|子公司|联合体")
_AGENT = re.compile(
    r"招标(?:代理)?(?:有限|集团|股份|咨询|中心|公司)|咨询(?:有限|股份|管理)|公共资源交易|政府采购中心|造价|监理|采购与招标|招投标|招标网|交易网|建设工程交易|工程交易中心|采购网"
)
_MASK = re.compile(
    r"^(?:[\w]{0,8}?[A-Z×X＊*]{1,3}[\w]{0,3}?(?:公司|客户|集团|国企|单位|企业|集成商|运营商|厂商|有限公司|科技公司)"
    r"|(?:某|一家|国内某|境外某|国内一家|海外某|多家)[\w]{0,14}"
    r"|(?:客户|买方|对方|交易对方|甲方|供应商|合作方|交易对手|交易对手方|合同对方|出租方|承租方|供货方|采购方|业主|业主方|对手方|第三方|特定客户|终端客户|战略客户|多家客户|相关客户|供应商)[A-Z\d一二三甲乙]?"
    r"|[A-Z]|[\w]{0,6}客户[A-Z\d一二三]?)$"
)
_ROLE_BUYER = r"交易对方|合同对方|合同对手方|合同相对方|交易对手方?|买方|购买方|买受人|需方|采购方|采购人|采购单位|项目采购人|甲方|发包人|发包方|发包单位|项目招标人|项目招标方|招标人|招标方|招标单位|项目业主方|项目业主|业主方|业主|业主单位|建设单位|项目单位|委托方|委托人|委托单位|客户名称|客户|承租方|承租人|定作方|定作人|订货方|订货单位|用户单位|用户|合同甲方|发标人|发标方|服务接受方|对方当事人|合同当事人|当事人"  # fmt: skip
_ROLE_SELLER = r"卖方|出卖人|供方|供应商|供货方|供货商|销售方|出租方|出租人|乙方|交易对方|交易对手方?|合同对方|资产出售方|对方当事人|中标方|卖方名称|承包方"
_LABELLED = r"(?:{roles})(?:\d)?(?:名称|单位名称|公司名称|单位|全称|基本情况|情况)?(?:[(（](?:全称|以下[^)）]{{0,30}}|下称[^)）]{{0,30}}|简称[^)）]{{0,30}}|[\w/“”\"]{{1,10}})[)）])?\s*(?:[:：]|[为是系](?=[^，,。；;]{{3,40}}(?:公司|局|厅|政府|委员会|中心|医院|部|大学|集团|银行)))\s*(?:(?:公司|单位|企业)?名称[:：]\s*)?(?P<name>[^，,。；;\n\t:：《》]{{2,60}})"
_NAME = r"(?P<name>(?:[^，。；;\n:：《》“”\"\t,]|,(?=\s?(?:Ltd|LTD|Inc|INC|LLC|Limited|Co\b))){2,70}?)"
_ALIAS = r"(?:\((?=以下|下称|简称|即|甲方|乙方|买方|业主|招标|发包|项目|公告|证券|股票|原|[^()]{0,16}[“\"])(?:[^()]|\([^()]*\))*\))?"
_WHEN = r"(?:\s*(?:于|在|近日|近期|日前|正式|就|共同|现已|已|经(?:过|双方|协商|友好)|分别|双方|本次|今日|当日|拟|同意|重新|续|再次|成功|协商一致|友好协商|\d{4}年)[^。；;\n]{0,60}?)?"
_SIGN = r"(?:签订|签署|签定|订立|签约|达成|签立|草签)"
_VERBS = (
    ("signed", rf"(?:出售|销售|租赁|转让|交付|提供)给{_NAME}{_ALIAS}(?:$|[，,。；;\n]|的?价格)"),
    ("signed", rf"(?<![参相共])(?:与|和(?!平|谐)|同(?!意|时|一|期|行|等|类|比|步)|跟)(?:合作方|客户|交易对方|买方|业主方|业主单位|业主|发包人|发包方|招标人|甲方|对方)?{_NAME}{_ALIAS}(?:(?<=[司团局院会)])[、和及与][^，。；;\n]{{2,70}}?)?{_WHEN}{_SIGN}"),
    ("signed", rf"(?:^|(?<=[，,。；;\s:：日])){_NAME}(?<=[府局厅院学会]){_ALIAS}与[\u4e00-\u9fff]{{2,12}}?(?:于|在)[^，,。；;\n]{{2,30}}?{_SIGN}"),
    ("award", rf"(?:收到|接到|获得|取得|获|接|根据|按照|依据)(?:了)?(?:由|来自|招标人|业主方|业主单位|业主|建设单位|发包人|采购人|招标单位|招标方|客户)?{_NAME}{_ALIAS}(?:通过[^，,。；;]{{0,20}})?(?:联合)?(?:发来|发给|发出|送达|下发|发送|出具|签发|发放|寄来|寄送|传来|转来|颁发|递交|提供|给予|交来|通知|签署|签订|传真|签章|来函|发布|(?:的《?|《)[^，,。；;《]{{0,20}}(?:中标|成交)|关于[^，,。；;]{{2,60}}?(?:中标|成交|合同|通知书))"),
    ("award", rf"(?:被|经)(?:业主方?|招标人|采购人)?{_NAME}{_ALIAS}(?:确定|确认|选定|认定|评定|定|列|推荐)为"),
    ("award", rf"(?:^|[，,。；;\s:：]){_NAME}{_ALIAS}(?:已|正式|近日|向)?(?:确定|确认|通知|向)(?:我|本)?公司[^，,。；;]{{0,20}}?(?:中标|发出|为|签发|下发|成为)"),
    ("sale", rf"(?:为|向)(?!进一步|充分|保障|了|实现|加快|深|本次|其|公司|推进){_NAME}{_ALIAS}(?:提供|销售|供应|供货|出售|出租|交付|承建|供给|建造)"),
    ("award", rf"(?:^|(?<=[，,。；;\s:：.]))(?:\d[.、])?{_NAME}{_ALIAS}通知[，,]"),
    ("notice", rf"(?:^|(?<=[，,。；;\s:：日]))(?:\d[.、])?{_NAME}{_ALIAS}(?:近日|日前)?(?:于|在|通过)[^。；;]{{2,60}}?(?:公告了|公布了|发布了|公示了|发布《|公布“|公告“|发布“)"),
    ("sale", rf"(?:^|(?<=[，,。；;\s:：])){_NAME}{_ALIAS}向(?:本|我)?(?:公司|乙方)[^，,。；;]{{0,30}}?(?:采购|购买|订购|租赁|租用|承租)"),
    ("purchase", rf"(?:向|从|自)(?!甲方|乙方){_NAME}{_ALIAS}(?:采购|购买|购置|租赁|租入|租用|订购|购入|承租|引进|受让|收购)"),
    ("called", rf"到(?!期|位|达|账){_NAME}(?:办理[^，,。；;]{{0,8}})?{_SIGN}"),
    ("bracketed", rf"(?:^|(?<=[，,。；;\s:：、])){_NAME}\((?:发包方|发包人|业主|业主方|招标人|甲方|买方|需方|采购人|采购方|委托方)\)"),
    ("able", rf"(?:交易对方|交易对手方|合同对方|业主方|招标人|采购人|发包人){_NAME}{_ALIAS}(?:信誉|资信|具备|具有|拥有|资金实力|经营状况|是一家)"),
    ("unrelated", rf"与(?:项目)?(?:招标人|招标方|业主方?|业主单位|交易对方|采购人|发包人|发包方|甲方|对方|建设单位)?{_NAME}{_ALIAS}(?:之间)?(?:均)?(?:不存在|无|没有)(?:任何|其他)?关联关系"),
    ("dependence", rf"对(?:交易对方|业主方?|招标人|采购人|发包人)?{_NAME}{_ALIAS}(?:形成|产生|构成)(?:重大|业务|上的|的)*依赖"),
    ("tender", rf"(?:中标|承接|承建|参与|参加)(?:了|的)?{_NAME}(?:的|“|《|\d{{4}}年)"),
)  # fmt: skip
_BUYER_LABEL = re.compile(_LABELLED.format(roles=_ROLE_BUYER))
_SELLER_LABEL = re.compile(_LABELLED.format(roles=_ROLE_SELLER))
_COMPILED = tuple((name, re.compile(pattern)) for name, pattern in _VERBS)
_STRENGTH = {
    "label": 1.0,
    "signed": 0.95,
    "award": 0.9,
    "sale": 0.75,
    "purchase": 0.8,
    "notice": 0.5,
    "tender": 0.4,
} | {"called": 0.9, "bracketed": 0.9, "able": 0.6, "unrelated": 0.55, "dependence": 0.5}
# Said beside a deal, never the deal itself: a mask there (`对客户形成依赖`) names nobody.
_BESIDE = ("able", "unrelated", "dependence", "called", "bracketed")
_OWN_ALIAS = re.compile(r"\((?:以?下)?简?称[:：]?[“\"「]?(?:公司|本公司|我公司|上市公司|发行人)[”\"」]?")
_PREFIXES = re.compile(
    r"^(?:的|了|由|与|和|及|向|在|对|由于|其中|但|公司的?|合作方|交易对方|客户|业主单位|业主方?|招标人|采购人|发包人|发包方|甲方|买方|供应商|供货商|中标单位|建设单位|招标单位|最终用户|下属|所属|一家|控股股东|海外客户|境外客户|于近日收到|近日收到|收到|关联方|关联企业|参股公司|国有企业|战略合作伙伴|\d{4}年度?|[\d、.()]+)+(?=[\u4e00-\u9fffA-Z])"
)


@dataclass(frozen=True)
class Party:
    """A counterparty at characters [start, end) of the flat text. `masked`: the document hides the name."""

    name: str
    start: int
    end: int
    masked: bool
    how: str  # label | signed | award | sale | purchase | tender
    strength: float


def parties(text: str, start: int, end: int, *, buying: bool, own: frozenset[str] = frozenset()) -> list[Party]:
    """Counterparties a sentence names, the surest first; `own`: names of the firm itself and its subsidiaries."""
    found: dict[tuple[int, int], Party] = {}
    for party in _candidates(text, start, end, buying):
        if not _is_own(text, party, own):
            key = (party.start, party.end)
            if key not in found or found[key].strength < party.strength:
                found[key] = party
    kept = [one for one in found.values() if not any(_inside(one, other) for other in found.values())]
    return sorted(kept, key=lambda one: (-one.strength, one.start))


def _inside(one: Party, other: Party) -> bool:
    return one is not other and other.start <= one.start and one.end <= other.end and len(one.name) < len(other.name)


def is_mask(name: str) -> bool:
    """`X公司`, `客户A`, `某客户`: a name that hides one."""
    return bool(_MASK.match(name)) and not re.match(r"^[A-Z]{2,}", name)


def is_plain_name(name: str) -> bool:
    """A cell or label that is the name of an organisation."""
    return _is_name(name, "label")


def _candidates(text: str, start: int, end: int, buying: bool) -> Iterator[Party]:
    for label in (_SELLER_LABEL, _BUYER_LABEL) if buying else (_BUYER_LABEL,):
        for one in label.finditer(text, start, end):
            yield from _party(text, one, "label")
    for how, pattern in _COMPILED:
        if how in (("sale", "bracketed") if buying else ("purchase",)):
            continue
        position = start
        while found := pattern.search(text, position, end):
            yield from _party(text, found, how)
            position = max(found.start("name") + 1, position + 1)


def _party(text: str, one: re.Match[str], how: str) -> Iterator[Party]:
    if re.match(r"(?:[(（][^)）]*[)）])?(?:共同)?(?:组成|联合体|作为联合体)", text[one.end("name") :]):
        return
    base = one.start("name")
    for low, high in _split(one["name"]):
        low, high = _trimmed(one["name"], low, high)
        name = one["name"][low:high]
        if not name:
            continue
        masked = is_mask(name)
        if masked and how in _BESIDE:
            continue
        if masked or _is_name(name, how):
            sure = _STRENGTH[how] * (0.6 if _AGENT.search(name) else 1.0)
            sure -= 0.002 * (one.end() - one.end("name")) if how == "signed" else 0.0
            yield Party(name, base + low, base + high, masked, how, sure)


def _split(name: str) -> Iterator[tuple[int, int]]:
    """Several parties in one place: `甲公司、乙公司与丙公司`; short names in a row stay one."""
    start = 0
    for one in re.finditer(
        r"(?<=公司|集团)(?:、|和|与|及|以及|代表|受托)|(?<=[局厅院])(?:、|和|与|及)(?=.{5})|(?<=[部府心会])、", name
    ):
        yield start, one.start()
        start = one.end()
    yield start, len(name)


def _trimmed(name: str, low: int, high: int) -> tuple[int, int]:
    """Without what is said of it: from the end of words before it to the last word of an organisation."""
    body = name[low:high]
    for mark in (
        "(以下",
        "(下称",
        "(简称",
        "(即",
        "(公告",
        "(甲方",
        "(招标",
        "(乙方",
        "(买方",
        "(证券代码",
        "(股票",
        "(英文",
        "(原",
        "(现",
        "以下简称",
        "住所",
        "注册",
        "法定代表",
        "地址",
        "局长",
        "主任",
        "董事长",
        "成立",
    ):
        if mark in body:
            body = body[: body.index(mark)]
    foreign = re.search(r"\((?=[A-Za-z]{4})", body)
    body = body[: foreign.start()] if foreign and foreign.start() > 3 else body
    lead = _PREFIXES.match(body)
    skipped = lead.end() if lead and not _MASK.match(body.strip()) else 0
    inside = body[skipped:]
    for cut in ("全资子公司", "控股子公司", "控股孙公司", "下属公司", "子公司", "下属"):
        if cut in inside and len(inside) > inside.rindex(cut) + len(cut) + 3:
            skipped += inside.rindex(cut) + len(cut)
            inside = body[skipped:]
    ends = [found.end() for found in _ENDS.finditer(inside)]
    stop = ends[-1] if ends and not _MASK.match(inside.strip()) else len(inside)
    tail = re.match(r"\((?:集团|中国|北京|上海|深圳|香港|控股|[\u4e00-\u9fff]{2,4})\)(?:有限公司|公司)?", inside[stop:])
    stop += tail.end() if tail and "公司" in tail[0] else 0
    inside = inside[:stop]
    stripped = inside.strip(" 、,.·-()“”")
    if stripped.count("(") > stripped.count(")"):
        stripped += ")" if inside[len(stripped) + inside.index(stripped) :].startswith(")") else ""
    first = inside.index(stripped) if stripped else 0
    return low + skipped + first, low + skipped + first + len(stripped)


def _is_name(name: str, how: str) -> bool:
    if not 3 <= len(name) <= 50 or name.count("(") != name.count(")"):
        return False
    if re.search(
        r"[。；;《》]|合同|协议|金额|签订|签署|中标|通知书|公告|情况|以下|进行|本次|分别|建立|履行|存在|收到|发给|组成|联合体",
        name,
    ):
        return False
    if re.search(r"项目|工程", name) and not re.search(r"公司$|局$|指挥部$|处$|中心$|院$|会$", name):
        return False
    if re.search(
        r"(?:占|对|于|影响|推动|彰显|提升|是|将|了|同意|使|为|由|及|但|加强|扩大|提高|促进|巩固|证明|体现|符合|增强)(?:本|我)?公司$|^若|www\.|如果",
        name,
    ):
        return False
    if re.fullmatch(r"(?:全资|控股|参股|下属|所属)*(?:子|孙)公司", name):
        return False
    if how == "tender" and not re.search(r"公司$|局$|厅$|政府$|委员会$|银行$", name):
        return False
    if re.search(rf"(?:{_SUFFIX})$", name) and not re.match(
        r"^(?:有限|股份|责任|科技|公司|集团|中心|部|院|处|站|所)", name
    ):
        return True
    if how == "signed" and re.fullmatch(
        r"[\u4e00-\u9fff]{2,8}(?:、[\u4e00-\u9fff]{2,8})+(?:[等及和与][\u4e00-\u9fff]{0,8})?", name
    ):
        return True
    return how in ("label", "signed") and bool(re.match(r"^[A-Z][A-Za-z&.,' -]{3,}$", name))


def _is_own(text: str, party: Party, own: frozenset[str]) -> bool:
    name = party.name
    if _SELF.search(name) or name in own:
        return True
    if any(name.endswith(one) or one.endswith(name) for one in own if len(one) > 5 and len(name) > 5):
        return True
    before = text[max(0, party.start - 10) : party.start]
    if re.search(r"(?:全资|控股|下属|所属|二级|三级)(?:孙|子)?公司(?:的)?[“\"]?$|(?:孙|子)公司$", before):
        return True
    return bool(_OWN_ALIAS.match(text[party.end : party.end + 24]))


def own_names(text: str) -> frozenset[str]:
    """The firm and its subsidiaries as the document introduces them."""
    found = set()
    introduced = r"(?P<name>[\w()（）·]{4,40}?(?:公司|集团))\s*\((?:以下)?(?:简|下)?称[:：]?[“\"「]?(?:公司|本公司|我公司|上市公司|发行人|[\w]{2,8}”或“公司)[”\"」]?"
    for one in re.finditer(introduced, text):
        found.add(_bare(one["name"]))
    owned = r"(?:全资|控股|下属|所属|二级|三级|直属)(?:全资|控股)?(?:孙|子)?公司(?:之一)?[“\"]?(?![与和及向同于近日拟已将为])(?P<name>[\u4e00-\u9fffA-Za-z()（）·]{4,36}?公司)"
    for one in re.finditer(owned, text):
        found.add(_bare(one["name"]))
    for one in re.finditer(r"(?m)^\s*(?P<name>[\u4e00-\u9fff()（）]{4,30}公司)(?:董事会|关于)", text):
        found.add(_bare(one["name"]))
    for one in re.finditer(r"(?P<name>[\u4e00-\u9fff()（）]{4,30}公司)董事会", text):
        found.add(_bare(one["name"]))
    return frozenset(name for name in found if len(name) > 4)


def _bare(name: str) -> str:
    return re.sub(r"^.*(?:子公司|孙公司|关于|及|与|和)(?=[\u4e00-\u9fff]{4,}公司)", "", name)

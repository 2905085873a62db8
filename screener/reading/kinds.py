"""What a document is about: which kind of deal, whose money flows where, compute or not, and what became of a contract.

1. Money comes in where the firm delivers: it won a tender, provides a service, or the other side buys. Money goes out
   where the firm buys, rents, invests. A title `采购合同` says neither: the one who names it may be the seller.
   Where nothing tells, the direction is `unclear`.
2. The kind follows from direction and words: order, framework, purchase, lease, raise, project, cooperation, strategic,
   software, other.
3. Compute: words that mean it (算力, 智算, GPU, models of cards) are enough; 服务器, 数据中心, 云 count only beside
   service, rent or purchase, not beside building work.
4. Life of a contract: a termination, reduction, delay, supplement, dispute, acceptance or recognised revenue is read
   only where it has happened; what a contract says about the case that … (如, 若, 有权, 届满) is none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

IN, OUT, FINANCING, UNCLEAR = "inflow", "outflow", "financing", "unclear"


_FIRM = r"(?:本公司|公司|我公司|上市公司|子公司)"
_INFLOW = (
    (r"中标(?!通知书|候选|公示|结果)|中标通知书|中标单位|中标人|成交通知书|第一中标候选人|被确定为", 3.0),
    (r"销售合同|销售协议|销售订单|供货合同|供货协议|供应合同|承包合同|施工合同|服务合同金额|订货合同|总包合同|承揽合同|施工|总承包", 1.4),
    (r"(?:为|向)(?!(?:本|我)?公司(?:提供|供应|供货|销售|出售|交付))[^，,。；;]{2,40}(?:提供|供应|供货|销售|出售|交付)", 1.5),
    (r"(?:提供|承接|承建|承担|承包|负责)[^，,。；;]{0,24}(?:服务|工程|施工|建设|设计|设备|系统|安装)", 0.9),
    (r"(?:向|从)(?:本|我)?(?:公司|乙方)[^，,。；;]{0,20}(?:采购|购买|订购|租赁|租用)", 3.0),
    (r"(?:甲方|对方|客户|买方)[^。；;]{0,40}向(?:乙方|公司|本公司)[^。；;]{0,20}(?:采购|购买|租赁|租用)", 2.6),
    (r"占[^，,。；;]{0,30}(?:营业|主营业务|营业总|主营)收入", 1.2),
    (r"(?:确认|增加|产生|贡献|带来)[^，,。；;]{0,12}收入|(?:营业收入|经营业绩|业绩|利润)[^。；;]{0,20}(?:积极|正面|提升|影响)", 0.8),
    (r"日常经营(?:性)?(?:重大)?合同|日常经营活动相关|重大(?:销售)?合同|履约义务", 0.7),
    (r"(?:GPU)?算力(?:技术)?(?:云)?服务(?:合同|协议|订单)|服务(?:合同|协议)", 0.9),
    (r"(?:收到|获得|取得|斩获|接到)[^。；;]{0,20}(?:订单|定点)|合同收入|采购人|招标人|发包人|发包方|业主", 0.9),
    (r"对外(?:租赁|出租)|出租给|租赁给", 1.2),
)  # fmt: skip
_OUTFLOW = (
    (rf"(?:拟|计划|将|决定|同意|预计){_FIRM}?[^。；;]{{0,30}}(?:采购|购买|购置|租入|承租|购入|受让|收购)", 1.8),
    (r"向[^，,。；;]{0,50}(?<!乙方)(?<!公司)(?:采购|购买|购置|订购|租入|承租|购入|引进)", 1.9),
    (r"购买资产|购买设备|采购资产|资产购买|设备购置|购置服务器|采购服务器|购买服务器|购买算力|采购[^，,。；;]{0,24}(?:服务器|GPU|显卡|算力设备)", 1.8),
    (r"向(?:本|我)?公司(?:供应|供货|销售|出售|交付)", 2.0),
    (r"供应商|供货方|自有资金|自筹资金|资金来源|支付(?:了)?(?:全部)?(?:货款|采购款|合同款)", 1.0),
    (r"占[^，,。；;]{0,30}(?:净资产|总资产)", 0.9),
    (r"采购(?:总)?(?:金额|额|单价)", 0.8),
    (r"(?:乙方|公司)[^。；;，,]{0,20}向(?:甲方|出租方)[^。；;，,]{0,20}(?:采购|购买|租赁)", 1.6),
)  # fmt: skip
_SALE_OF_ASSETS = re.compile(
    r"(?:处置|出售|转让)(?:部分|相关|所持|名下|持有的|全资|控股)?[^，,。；;]{0,30}(?:资产|股权|土地|房产|子公司)|资产处置|出售资产|出售给"
)
_FINANCING = re.compile(r"融资租赁|售后回租|募集资金|向特定对象发行|可转债|非公开发行|配股|授信|借款|贷款")
_LEASING = re.compile(r"融资租赁|售后回租|经营性租赁|直租")
_RAISING = re.compile(r"(?:向特定对象|非公开|公开)发行|募集资金(?:总额|不超过)|发行(?:可转换|股票)")
_STAKE = re.compile(
    r"(?:收购|受让|增资|取得|购买)[^，,。；;]{0,40}(?:股权|股份|控制权)|(?:共同)?(?:出资|投资)设立|合资(?:公司|设立)"
)
_PROJECT = re.compile(r"投资(?:建设|新建)|建设项目投资|项目(?:计划)?总投资|投资(?:总额|金额|规模)|募投项目|投资协议")
_FRAMEWORK = re.compile(r"框架(?:性)?(?:协议|合同|采购|招标|招募)|框架(?:协议|合同)?")
_STRATEGIC = re.compile(r"战略(?:性)?合作(?:框架)?(?:协议|伙伴)|战略协议")
_COOPERATION = re.compile(r"合作(?:协议|合同|备忘录|意向)|意向(?:性)?(?:协议|书|合同)|谅解备忘录|备忘录")
_RELATED = re.compile(r"日常关联交易(?:总?金额)?(?:的)?预计|日常关联交易预计|关联交易额度")
_SOFTWARE = re.compile(r"软件(?:开发|系统|平台|许可|销售|服务)|中台|信息化平台")

_COMPUTE = re.compile(
    r"算力|智算|GPU|超算|超级计算|AIDC|智能计算中心|智能超算|大模型|人工智能(?:计算|算力|训练)|[AH][18]00|H20(?!\d)|B[23]00|A10(?!\d)|L40|4090|5090|昇腾|NVLINK|NVIDIA|英伟达|DGX|HGX|AI服务器|智算机|云算力|裸金属|PFlops|PFLOPS"
)
_MAYBE_COMPUTE = re.compile(r"服务器|数据中心|IDC|云服务|云计算|云平台|机柜|高性能计算|存储设备")
_BESIDE = re.compile(r"(?:采购|购买|购置|租赁|租用|提供|服务|托管|交付|销售|部署)")
_BUILDING = re.compile(
    r"施工|土建|机电|装修|装饰|供配电|消防|暖通|冷却|空调|UPS|电源|柴油|总承包|EPC|桩基|安防|弱电|钢结构|幕墙|工程"
)

_CASE = re.compile(
    r"如(?!下|期|约|果然|前|何)|若|倘|有权|可以?(?:提前)?(?:终止|解除)|届满|期满|到期|将(?:自动)?终止|(?:变更|修改|补充)?或(?:者)?(?:终止|解除)|除非|之前|方可|应当?(?:由|向|提交)|解决方式|可能|不得|未经|条款|生效[^。]{0,10}终止|直至|自动终止|终止(?:条件|日期|之日|时)|有效期|仲裁(?:条款|委员会)|提交[^。]{0,20}仲裁|协商解决|不存在|不会|无法(?:预计|确定)|尚不|是否"
)
_LIFE: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("termination", re.compile(r"(?:已|同意|决定|签[订署](?:了)?[^。；;]{0,30}|协商一致[^。；;]{0,14}|予以|提前|正式|公告|双方|确认|未执行即|拟)(?:提前)?(?:终止|解除)(?!限售|质押|冻结|担保)|(?:终止|解除)(?:了|与|履行|合同|协议|本次|该|原|《|执行)|终止(?:协议|通知|函)|不再履行|停止履行|未执行即终止|(?:合同|协议|合作|订单)[^。；;]{0,12}(?:终止|解除)")),
    ("reduction", re.compile(r"(?:合同|订单|服务|采购|交付|金额|规模|数量|总价)[^。；;]{0,24}(?:调减|核减|减少|缩减|下调|调整为|变更为|降至|减至|减半)|(?:调减|核减|减少|缩减|下调)[^。；;]{0,16}(?:合同|订单|服务|采购|交付|金额|规模|数量|总价)|部分终止|部分解除")),
    ("delay", re.compile(r"(?:延期|推迟|顺延|延迟|延后|晚于(?:预期|计划)|逾期|延缓)[^。；;]{0,14}(?:交付|验收|履行|实施|上线|执行|供货|完工|竣工|开工|至)|(?:交付|验收|履行|实施|上线|工期|供货|交货|建设)(?:时间|进度|期限|日期)?[^。；;]{0,10}(?:延期|推迟|顺延|延迟|延后|滞后|逾期)|不及预期")),
    ("dispute", re.compile(r"(?:提起|发生|涉及|产生|收到|因)[^。；;]{0,40}(?:诉讼|仲裁|纠纷|起诉)|(?:诉讼|仲裁)(?:请求|案件|事项)|起诉状|应诉通知|立案|(?:不予?|未|否)认[^。；;]{0,10}(?:合同|签署|签订)|(?:合同|协议)[^。；;]{0,16}(?:存在争议|真实性)")),
    ("supplement", re.compile(r"(?:签订|签署|订立|达成)[^。；;]{0,60}补充(?:协议|合同)|补充(?:协议|合同)(?:之?[一二三四五六七八九])?[^。；;]{0,14}(?:主要内容|约定|签订|签署)|《[^》]{0,50}补充(?:协议|合同)[^》]{0,12}》")),
    ("acceptance", re.compile(r"(?:已|均已|业已|已经|已全部|全部)(?:顺利|正式|全部|完成|通过|陆续)*[^。；;，,]{0,18}(?:验收(?:合格|通过|完毕|完成)?|交付(?:完毕|完成|使用)?|上线运行|投入运营|点亮)(?!后|前|时|方|标准|之日|条件|能力)|(?:完成了?|通过了?|顺利通过|取得)[^。；;，,]{0,16}(?:验收(?:单|报告|证书)?)(?!后|前|时|方|标准|之日|条件)|已(?:开始|正式)(?:计费|起租|提供服务|运行)")),
    ("revenue_recognised", re.compile(r"(?:已|累计|本期|报告期|截至|上半年|年度|季度)[^。；;]{0,40}(?:确认|实现)[^。；;]{0,16}收入|(?:确认|实现)[^。；;]{0,14}收入[^。；;\d]{0,12}\d")),
)  # fmt: skip
# What a contract obliges to, not what has happened.
_OBLIGES = re.compile(
    r"应(?:当|按|向|承担|赔|妥|在|由|于|支付|达到|返工|确保|相应|顺延|不)|有权|违约|赔偿|责任|须|需要?在|相应(?:的)?(?:工期)?顺延|不顺延|不视为|支付[^。]{0,24}(?:%|价款|款项)|返还|质量|要求[:：]|期满|若|如果|一旦|免除|风险|能够?通过|自动转为|相比|同比"
)
_OF_RIGHTS = re.compile(r"有权|保留[^。]{0,12}权|违约|纠正|后的?承包人|发出[^。]{0,12}通知")
_OF_A_CONTRACT = re.compile(r"合同|协议|订单|项目|算力|智算|租赁|服务收入|该业务")
_NEVER = re.compile(r"(?!)")
_NOT_YET_EARNED = re.compile(r"预计|将确认|将在|确认原则")
_OBLIGED = {
    "termination": _OF_RIGHTS,
    "dispute": _OF_RIGHTS,
    "supplement": _NEVER,
    "revenue_recognised": _NOT_YET_EARNED,
}
_NOT_YET = re.compile(r"(?:尚未|未|没有|无|还未|暂未|仍未)[^。；;，,]{0,10}$")


@dataclass(frozen=True)
class Said:
    """What words say, and where: characters [start, end)."""

    value: str
    start: int
    end: int
    sure: float  # 0 … 1


def direction(text: str, title: str, body_from: int = 0) -> Said:
    """Where the money flows, by the weight of the words for either side; `unclear` where they balance."""
    sums = {IN: 0.0, OUT: 0.0}
    first: dict[str, tuple[float, int, int]] = {}
    for side, cues in ((IN, _INFLOW), (OUT, _OUTFLOW)):
        for pattern, weight in cues:
            one = re.search(pattern, text[body_from:])
            if one:
                sums[side] += weight
                at = (weight, body_from + one.start(), body_from + one.end())
                first[side] = max(first.get(side, at), at, key=lambda known: known[0])
    if re.search(r"采购|购买|购置|购入", title) and not re.search(r"中标|销售", title):
        sums[OUT] += 1.5
    if re.search(r"中标|销售|日常经营|服务(?:合同|协议)|订单", title):
        sums[IN] += 1.5
    total = sums[IN] + sums[OUT]
    if total == 0 or abs(sums[IN] - sums[OUT]) < 0.4:
        return Said(UNCLEAR, 0, 0, 0.3)
    side = IN if sums[IN] > sums[OUT] else OUT
    _, start, end = first.get(side, (0.0, 0, 0))
    return Said(side, start, end, min(1.0, abs(sums[IN] - sums[OUT]) / total + 0.1))


def compute(text: str) -> Said | None:
    """The words that make it compute work; None where there are none."""
    if one := _COMPUTE.search(text):
        return Said("true", one.start(), one.end(), 1.0)
    for one in _MAYBE_COMPUTE.finditer(text):
        around = text[max(0, one.start() - 30) : one.end() + 30]
        if _BESIDE.search(around) and not _BUILDING.search(around):
            return Said("true", one.start(), one.end(), 0.6)
    return None


def kind(text: str, title: str, flow: Said, has_amount: bool) -> Said:
    """(kind of kinds.csv) of a deal whose money flows as `flow` says."""
    both = f"{title}\n{text}"
    if (_RELATED.search(title) or _RELATED.search(text[:400])) and flow.value != OUT:
        return Said("other", 0, 0, 0.8)
    if _LEASING.search(title) or (_LEASING.search(text) and flow.value != IN):
        return Said("lease", 0, 0, 0.8)
    if _RAISING.search(title):
        return Said("raise", 0, 0, 0.9)
    if _SALE_OF_ASSETS.search(title or text[:400]) and not re.search(r"中标|服务(?:合同|协议)", both):
        return Said("other", 0, 0, 0.7)
    return _bought(title or text) if flow.value == OUT else _sold(both, title or text, title, flow, has_amount)


def _bought(said: str) -> Said:
    if _STAKE.search(said) and not re.search(r"设备|服务器", said):
        return Said("stake", 0, 0, 0.7)
    project = _PROJECT.search(said) and not re.search(r"采购|购买", said)
    return Said("project" if project else "purchase", 0, 0, 0.85)


def _sold(both: str, said: str, title: str, flow: Said, has_amount: bool) -> Said:
    if _STRATEGIC.search(both) and not has_amount:
        return Said("strategic", 0, 0, 0.8)
    if _FRAMEWORK.search(said) and not re.search(r"框架招标", both):
        return Said("framework", 0, 0, 0.8)
    if _COOPERATION.search(said) and not re.search(r"中标", both) and not has_amount:
        return Said("cooperation", 0, 0, 0.7)
    if _SOFTWARE.search(title) and not _COMPUTE.search(both) and flow.value == IN:
        return Said("software", 0, 0, 0.7)
    return Said("order", 0, 0, 0.85 if flow.value == IN else 0.5)


def life(sentence: str, in_title: bool = False) -> list[Said]:
    """What a sentence says became of a contract; nothing where it speaks of what may be."""
    found = []
    for name, pattern in _LIFE:
        for one in pattern.finditer(sentence):
            clause = _clause(sentence, one.start(), one.end())
            if not in_title and (_CASE.search(clause) or _NOT_YET.search(sentence[: one.start()][-14:] + "")):
                continue
            if not in_title and _OBLIGED.get(name, _OBLIGES).search(sentence):
                continue
            if name == "revenue_recognised" and not _OF_A_CONTRACT.search(sentence):
                continue
            if name == "acceptance" and re.search(r"尚未|未(?:付款|交货|交付|验收)", clause):
                continue
            found.append(Said(name, one.start(), one.end(), 0.9 if in_title else 0.75))
            break
    return found


def _clause(sentence: str, start: int, end: int) -> str:
    """The clause around characters, with the one before it."""
    low = max(sentence.rfind(mark, 0, start) for mark in "，,；;：:")
    lower = max((sentence.rfind(mark, 0, max(0, low)) for mark in "，,；;"), default=-1)
    high = min((at for mark in "，,；;" if (at := sentence.find(mark, end)) >= 0), default=len(sentence))
    return sentence[lower + 1 : high]

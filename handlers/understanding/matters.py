"""Signs in a message of an emergency or of a case: request, complaint, suggestion, question."""

from __future__ import annotations

import re

from handlers.understanding import harm
from handlers.understanding.scan import ALARM, BIT, Scan, Token, bits

Features = dict[str, float]

_LIKE_BEFORE = re.compile(
    r"(?:得[^,，。!！]{0,5}|像|跟|如同|似|如|快要|快|得要|得快|得想|气得我?|要|都要|不[^,，。]{1,3}[,，]?我|差点|"
    r"简直|恨不得|打不|"
    r"点不|怕|小心|防|别|不会|会不会|要是|如果|万一|假如|没有?)[^,，。!！]{0,3}$"
)
_LIKE_AFTER = re.compile(r"^[^,，。!！]{0,3}(?:一样|似的|一般|的感觉|咋办|就晚了|就麻烦)")
_OVER = re.compile(
    r"去年|前年|上次|上回|那次|以前|前几年|当年|小时候|新闻|电视|电影|视频|演习|演练|听说|上个?月|几年前|讲座|"
    r"扑灭|灭了|昨天.{0,8}(?:灭|没事)"
)
_SUPPOSED = re.compile(r"要是|如果|万一|假如|会不会")
_SPOKEN = re.compile(
    r"哈哈|笑|嘻|开玩笑|[热冷困累饿气烦急丑吵忙多难馋]得|加班|作业|考试|电影|电视|小说|话剧|[剧戏]里|演|游戏|新闻|听说|去年|前年|以前|那年|"
    r"讲座|宣传|演练|怎么预防|打屁股|打球|打牌"
)
"""Where such words are a figure of speech, a film, or long past."""
_HERE = re.compile(r"有人|里面|[楼栋幢]|单元|隔壁|路上|河|工地|屋")
_SOMEONE = re.compile(r"有(?:个)?(?:人|孩子|小孩|老人|娃|学生)|我(?:爸|妈|爷|奶|家|姐|哥|弟|妹|儿|女|老)|孩子|老人")
_NOW = re.compile(r"[!！]|快|急|正在|现在|一直|突然|马上|赶紧|了$|啊$")
_FORMAL = re.compile(
    r"^(?:【[^】]{0,20}】|#[^#]{0,20}#)?(?:我要|我想|想|本人|在此|再次|强烈|实名|紧急|我们|特|现|再|诚恳|"
    r"强烈建议|大家|网格员[,，]?)?"
    r"(?P<lead>请求|恳请|恳求|希望|盼|期盼|望|请问|请(?!我|你|他|她|假|客|教|吃|大家|各位|勿|叫)|咨询|想问|建议|"
    r"提议|关于|投诉|举报|反映|质疑|能否|可否|求(?![助转扩求救])|要求|呼吁|控诉|倡议|反应)"
)
_HEADING = re.compile(
    r"^(?!.*(?:[我咱俺你他她它哈呵嘻哼~^…]|[吧呗啊呀哦嘛啦喽哟呐][,，。!！]|[吧呗啊呀哦啦喽哟呐了]$))"
    r"[^,，。!！\n]{5,}(?:[,，][^,，。!！\n]{4,})?。?$"
)
"""A heading as letters have it: one clause or two, without those who talk, their laughter or their particles."""
_LEADS = {
    "plead": frozenset(
        {"请求", "恳请", "恳求", "希望", "盼", "期盼", "望", "请", "求", "要求", "呼吁", "能否", "可否"}
    ),
    "inquire": frozenset({"请问", "咨询", "想问"}),
    "propose": frozenset({"建议", "提议", "倡议"}),
    "accuse": frozenset({"投诉", "举报", "反映", "质疑", "控诉", "反应"}),
}
_QUESTION_END = re.compile(
    r"(?:吗|呢|么|嘛|多少|几点|几号|哪里|在哪|哪儿|去哪|什么|如何|怎么办|材料|手续|流程|多久|何时|怎样|哪些|时候|"
    r"咋办|咋弄)[啊呀呢嘛了]?[^一-鿿\w]*$"
    r"|(?:去哪|哪里|怎么|什么时候|啥时候|多少|几点|几岁|啥|什么|哪些)[^,，。!！]{0,7}[?？]?$"
)
_TRY_OUT = re.compile(
    r"(?:觉得|搞个|弄个|建个|设个|装个)[^。]{2,20}(?:怎么样|咋样|好不好|行不行|中不中)|要是[^。]{2,20}就好了?|"
    r"可以(?:加|装|建|搞|设|弄|改|考虑)[^。]{0,12}"
)
_SERVICE = re.compile(
    r"上门|[帮代](?:忙|我)?(?:送|买|取|办|抬|搬|拿|扶)|代购|代办|搬不动|抬|搀|送点?(?:菜|药|饭)|开锁|陪(?:诊|护|"
    r"同)"
)
_OWN_HOUSE = re.compile(r"我家|俺家|咱家|屋里|家里|我们|咱们|俺们|楼道|小区|村|单元|\d栋|号楼|门口|楼")
_PRAISE = re.compile(
    r"太(?:好吃|香|甜|美|好看|可爱|帅|酷|好喝|好玩|爽|好听|棒)|好吃|真香|哈哈|笑死|减肥|不带我|不叫我|给你们$"
)
_TO_YOU = re.compile(r"^(?:你(?!们)|您|他|她|它|咱俩|亲|宝)|(?:投诉|举报|建议|希望)(?:你|您)")
_YOU = re.compile(r"[你您](?!们|好)")
_BARE_TOILET = re.compile(
    r"找人(?:来)?(?:修|装|通|换|搬|抬|弄|开|看)|(?:马桶|水龙头|门锁|锁|灯|水管|下水道|空调|热水器|油烟机)(?:坏|堵|漏)?"
)


_OUTAGE = re.compile(
    r"(?:家里?|家家|楼[道里上下]?|栋|单元|这[边里儿]|[屋户]里?|小区|全村|村里|整栋|层|厨房|厕所|屋企|水龙头|巷子?|院|\d{3,4}[室房]?)"
    r"(?:今[早天]|早上|晚上|突然|现在|这会儿?|一滴|刚才|刚刚?|又|也|都|全|还是?|开始|怎么|咋|啷个|来| )*[,，]?"
    r"(?:没[得有]?了?|停了?|断了?|冇|莫得|没来)(?:自来)?"
    r"(?:[水电气网暖](?![费表卡梯瓶影视脑平准线果])|热水|信号|暖气|煤气|天然气)(?:[了啦咧啊嘞咗,，。!！ ]|$)"
)
"""Where what is out: 我家没电了, 3栋也停水了."""


def _figure(text: str, token: Token) -> bool:
    return (
        _LIKE_BEFORE.search(text, max(0, token.start - 8), token.start) is not None
        or _LIKE_AFTER.match(text[token.end : token.end + 8]) is not None
    )


def emergency(scan: Scan) -> Features:
    """Signs that life is in danger now."""
    alarms = scan.of(ALARM)
    if not alarms:
        return {}
    literal = [token for token in alarms if not _figure(scan.text, token)]
    found: Features = {}
    if not _SPOKEN.search(scan.text):
        if harm.own_hand(scan.text):
            found["self_harm"] = 1.0
        if harm.attacks(scan.text):
            found["beaten"] = 1.0
    if literal:
        strong = any(token.mask & ~BIT["alarm_weak"] & ALARM for token in literal)
        found["alarm" if strong else "alarm_maybe"] = 1.0
        found["alarm_more"] = min(len({t.word for t in literal}) - 1, 2) / 2
    if _OVER.search(scan.text) or (not literal and _SUPPOSED.search(scan.text)):
        found["alarm_over"] = 1.0
    if scan.has("like") and not literal:
        found["alarm_like"] = 1.0
    if scan.has("rescue"):
        found["rescue"] = 1.0
    if scan.has("local", "kin", "anyone", "peer") or _HERE.search(scan.text):
        found["alarm_here"] = 1.0
    if _SOMEONE.search(scan.text):
        found["alarm_someone"] = 1.0
    if _NOW.search(scan.text):
        found["alarm_now"] = 1.0
    return found


def tells_of_blows(text: str) -> bool:
    """Whether somebody is beaten, though not now, and in earnest."""
    return harm.told(text) and not (_SPOKEN.search(text) or harm.own_hand(text))


def told(scan: Scan) -> Features:
    """The sign of it."""
    return {"violence_told": 1.0} if tells_of_blows(scan.text) else {}


def _lead(text: str) -> str | None:
    match = _FORMAL.match(text)
    if match is None:
        return None
    return next((name for name, words in _LEADS.items() if match["lead"] in words), "about")


_SECRET = re.compile(
    r"(?:别|不要|不能|千万别)(?:跟[他她人家]{1,2})?(?:说|讲|提)(?:出去)?是我(?:说|讲|反映|举报|告)?|(?:替|帮|给)我保密|请?保密|匿名(?:举报|反映|投诉)"
)
"""Who asks not to be named tells on somebody."""
_OBJECT = bits("topic", "homely", "local")
_CASE_WORDS = (
    "topic homely public local defect nuisance nuisance_soft neglect ask plead accuse propose propose_soft inquire "
    "askfirst worker"
)
_CASE_BITS = tuple((name, BIT[name]) for name in _CASE_WORDS.split())
_ABOUT = (
    "ask", "plead", "accuse", "propose", "inquire", "defect", "nuisance", "neglect", "askfirst", "propose_soft",
    "nuisance_soft",
)  # fmt: skip
_MORE = tuple((name, BIT[name]) for name in ("defect", "nuisance", "nuisance_soft", "neglect", "ask"))
_DAMPERS = tuple(
    (name, BIT[name]) for name in ("tale", "maybe", "device", "joke", "past", "thanks", "advert", "notice", "you")
)


def case(scan: Scan) -> Features:
    """Signs of a case, with what it is about (topic) and what the writer does (lead)."""
    text, mask = scan.text, scan.mask
    found: Features = {name: 1.0 for name, bit in _CASE_BITS if mask & bit}
    about = min(1.0, found.get("topic", 0) + 0.6 * found.get("homely", 0) + 0.4 * found.get("public", 0))
    about = min(1.0, about + 0.4 * found.get("local", 0) + 0.7 * found.get("worker", 0))
    lead = _lead(text)
    found["about"] = about
    if lead is not None and about >= 0.4:
        found[f"lead_{lead}"] = about
    if lead not in (None, "about") and _HEADING.search(text):
        found[f"headed_{lead}"] = 1.0
    for name in _ABOUT:
        if name in found:
            found[f"{name}_about"] = found.pop(name) * about
    for name, bit in _MORE:
        if mask & bit and scan.count(bit) > 1:
            found[f"{name}_more"] = about
    if mask & BIT["defect"] and any(t.mask & _OBJECT and not t.mask & BIT["defect"] for t in scan.tokens):
        found["object"] = 1.0
    if _SECRET.search(text):
        found["secret"] = 1.0
    if _TRY_OUT.search(text):
        found["try_out"] = about
    if scan.has("ask", "inquire") and _SERVICE.search(text):
        found["service"] = 1.0
    if scan.has("grave") and scan.has("defect", "nuisance", "nuisance_soft"):
        found["grave"] = about
    if _QUESTION_END.search(text):
        found["question_end"] = about
    if _OWN_HOUSE.search(text):
        found["ours"] = about
    if _OUTAGE.search(text):
        found["outage"] = 1.0
    if _BARE_TOILET.search(text) and scan.has("ask", "defect"):
        found["household"] = 1.0
    return found


_NEARLY = re.compile(r"差一?点|险些|幸好没|幸亏没|好在没")
"""What did not happen: 差点跟我妈走散."""


def dampers(scan: Scan) -> Features:
    """Signs of talk: hearsay, jokes, thanks, adverts, notices, words to one person."""
    mask = scan.mask
    found: Features = {name: 1.0 for name, bit in _DAMPERS if mask & bit}
    if scan.mask & BIT["advert"] and scan.count(BIT["advert"]) > 1:
        found["advert_more"] = 1.0
    if _PRAISE.search(scan.text):
        found["praise"] = 1.0
    if _NEARLY.search(scan.text):
        found["nearly"] = 1.0
    if _YOU.search(scan.text):
        found["you_there"] = 1.0
    if _TO_YOU.search(scan.text):
        found["to_you"] = 1.0
    return found


def grave(scan: Scan) -> bool:
    """Whether a case may do harm within hours."""
    return scan.has("grave") or (scan.has("alone") and scan.has("defect"))

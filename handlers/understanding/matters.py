"""Signs in a message of an emergency or of a case: request, complaint, suggestion, question."""

from __future__ import annotations

import re

from handlers.understanding.scan import ALARM, BIT, Scan, Token, bits

Features = dict[str, float]

_LIKE_BEFORE = re.compile(
    r"(?:像|跟|如同|似|快要|快|得要|得快|得想|气得我?|要|都要|差点|简直|恨不得|打不|点不|怕|小心|防|别|不会|没有?)[^,，。!！]{0,3}$"
)
_LIKE_AFTER = re.compile(r"^[^,，。!！]{0,3}(?:一样|似的|一般|的感觉)")
_OVER = re.compile(
    r"去年|前年|上次|上回|那次|以前|前几年|当年|小时候|新闻|电视|电影|视频|演习|演练|听说|上个?月|几年前|讲座|扑灭|灭了|昨天.{0,8}(?:灭|没事)"
)
_FORMAL = re.compile(
    r"^(?:【[^】]{0,20}】|#[^#]{0,20}#|关于)?(?:[^,，。]{0,4})?"
    r"(?:强烈|实名|再次|紧急)?(?P<lead>请求|恳请|恳求|希望|盼|期盼|望|请问|请|咨询|想问|建议|提议|关于|投诉|举报|反映|质疑|能否|可否|求|要求|呼吁|控诉|倡议|反应)"
)
_LEADS = {
    "plead": frozenset(
        {"请求", "恳请", "恳求", "希望", "盼", "期盼", "望", "请", "求", "要求", "呼吁", "能否", "可否"}
    ),
    "inquire": frozenset({"请问", "咨询", "想问"}),
    "propose": frozenset({"建议", "提议", "倡议"}),
    "accuse": frozenset({"投诉", "举报", "反映", "质疑", "控诉", "反应"}),
}
_QUESTION_END = re.compile(
    r"(?:吗|呢|么|嘛|啊|呀|多少|几点|几号|哪里|在哪|哪儿|去哪|什么|如何|怎么办|材料|手续|流程|多久|何时|怎样|哪些|时候)[^一-鿿]*$"
)
_OWN_HOUSE = re.compile(r"我家|俺家|咱家|屋里|家里|我们|咱们|俺们|楼道|小区|村|单元|\d栋|号楼|门口|楼")
_PRAISE = re.compile(
    r"太(?:好吃|香|甜|美|好看|可爱|帅|酷|好喝|好玩|爽|好听|棒)|好吃|真香|哈哈|笑死|减肥|不带我|不叫我|给你们$"
)
_TO_YOU = re.compile(r"^(?:你|您|他|她|它|咱俩|亲|宝)|(?:投诉|举报|建议|希望)(?:你|您)")
_BARE_TOILET = re.compile(
    r"找人(?:来)?(?:修|装|通|换|搬|抬|弄|开|看)|(?:马桶|水龙头|门锁|锁|灯|水管|下水道|空调|热水器|油烟机)(?:坏|堵|漏)?"
)


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
    if literal:
        found["alarm"] = 1.0
        found["alarm_more"] = min(len({t.word for t in literal}) - 1, 2) / 2
    if _OVER.search(scan.text):
        found["alarm_over"] = 1.0
    if scan.has("like") and not literal:
        found["alarm_like"] = 1.0
    if scan.has("rescue"):
        found["rescue"] = 1.0
    if scan.has("local", "kin", "anyone") or "人" in scan.text or re.search(r"[楼栋幢单元]", scan.text):
        found["alarm_here"] = 1.0
    return found


def _lead(text: str) -> str | None:
    match = _FORMAL.match(text)
    if match is None:
        return None
    return next((name for name, words in _LEADS.items() if match["lead"] in words), "about")


def case(scan: Scan) -> Features:
    """Signs of a case, with what it is about (topic) and what the writer does (lead)."""
    text, found = scan.text, Features()
    for name in ("topic", "homely", "public", "local", "defect", "nuisance", "neglect", "ask", "plead", "accuse",
                 "propose", "inquire", "askfirst", "worker"):  # fmt: skip
        if scan.has(name):
            found[name] = 1.0
    about = min(1.0, found.get("topic", 0) + 0.6 * found.get("homely", 0) + 0.4 * found.get("public", 0))
    about = min(1.0, about + 0.3 * found.get("local", 0))
    lead = _lead(text)
    found["about"] = about
    if lead is not None and about >= 0.4:
        found[f"lead_{lead}"] = about
    for name in ("ask", "plead", "accuse", "propose", "inquire", "defect", "nuisance", "neglect", "askfirst"):
        if name in found:
            found[f"{name}_about"] = found.pop(name) * about
    if _QUESTION_END.search(text):
        found["question_end"] = about
    if _OWN_HOUSE.search(text):
        found["ours"] = about
    if _BARE_TOILET.search(text) and scan.has("ask", "defect"):
        found["household"] = 1.0
    return found


def dampers(scan: Scan) -> Features:
    """Signs of talk: hearsay, jokes, thanks, adverts, notices, words to one person."""
    found: Features = {}
    for name in ("tale", "joke", "past", "thanks", "advert", "notice", "you"):
        if scan.has(name):
            found[name] = 1.0
    if scan.mask & BIT["advert"] and scan.count(BIT["advert"]) > 1:
        found["advert_more"] = 1.0
    if _PRAISE.search(scan.text):
        found["praise"] = 1.0
    if _TO_YOU.search(scan.text):
        found["to_you"] = 1.0
    return found


def grave(scan: Scan) -> bool:
    """Whether a case may do harm within hours."""
    return bool(scan.mask & bits("grave")) or (scan.has("alone") and scan.has("defect"))

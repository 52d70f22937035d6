"""Signs in a message that a person is missing, was seen, is found, or stands here lost."""

from __future__ import annotations

import re
from bisect import bisect_left
from itertools import islice
from operator import attrgetter

from handlers.understanding.kinship import KIN, OWN_KIN
from handlers.understanding.scan import BIT, NOT_PERSON, PERSON, Scan, Token, bits

_CARRIED = re.compile(
    r"[遛带牵抱养溜骑开推坐蹬背拎拿提戴穿][着了走]{0,2}(?:我家|他家|家里|他|她|个|只|条|那|一?辆|"
    r"一?个)?的?[^,，。的]{0,3}$"
)
_DESCRIPTION = re.compile(
    r"\d{1,3}\s*岁|[一二三四五六七八九十几]{1,4}(?:多|来|几)?岁|个月大|身高|一米[一二三四五六七八九]|1米\d|"
    r"\d{3}(?:cm|厘米|公分)|穿着?[^的]{1,6}|平头|光头|"
    r"(?:上身|下身|身穿|上衣|特征)|姓名|[男女][,，、 ]|1[3-9]\d{9}|1[3-9]\d[- ]\d{4}[- ]\d{4}|1\d{2}\*{4}\d{4}"
)
_LONG_AWAY = re.compile(
    r"到现在|到这会|到这时|一直没|一直未|至今|一[整]?[天夜宿晚](?:没|一夜|都|了|未|上)|一上午|一下午|一晚上|一宿|"
    r"(?<![两俩二三四五六七八九十几\d])[两俩二三四五六七八九十几\d]{1,4}(?:个|来个|个多)?(?:小时|钟头|天|夜|多小时)"
    r"|都这?[一二三四五六七八九十两]{1,4}点|天都黑|大半天|半天了|从[^,，]{1,8}(?:走|出)"
)
_SEEK_PERSON = re.compile(r"(?:看[见到]|见[着到过]|瞅见|碰见|碰到|遇到|晓得|有没有见)(?!了?一[场个次])")
_ASKS_BACK = re.compile(
    r"(?:找到|找着|回来|回家)(?:了|人)?(?:没有?(?!事)|吗|么|嘛|不|沒)|(?:走失|走丢|失踪|寻人)[^,，。]{0,12}(?:怎么样|"
    r"咋样|消息)|后来.{0,10}找到|真的假的|是真的吗|哪里的事"
)
_OPEN_QUESTION = re.compile(r"[吗么嘛没]\s*[?？]?$|[?？]$")
_PASSED_ON = re.compile(
    r"^[^我俺咱,，。]{0,6}转(?:发)?(?:自|[:：】\]])|^(?:转发|转来?)(?:[的 ,，:：]|一[条个则下份])|转自|转载|"
    r"转(?:过)?来的|发自|"
    r"(?:群|朋友圈|抖音|快手|网上|微博)里?(?:的[,，]|转的|看到的|搬)|不是(?:我们|咱们?|本)[^,，。]{0,4}(?:家|地|小区|的)|"
    r"非本(?:小区|地|村|镇)|原样转|搬过来|帮(?:朋友|同事|同学|亲戚|邻村)|(?:朋友|同事)(?:家|的|父亲|母亲|家的)(?!说|电话)|"
    r"接力|帮转"
)
_FROM_OTHERS = re.compile(r"转自|发自|转(?:过)?来|群里?转|不是[本咱]|非本|朋友|同事|同学")
_SPREAD = re.compile(r"扩散|转发|转贴|接力|宝贝回家|爱心转|[恳望急求]转|分享|好心人")
REGIONS = (
    "北京|上海|天津|重庆|河北|山西|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南|湖北|"
    "湖南|广东|海南|四川|贵州|云南|陕西|甘肃|青海|内蒙|广西|西藏|宁夏|新疆|香港|澳门|台湾"
)
_CITIES = (
    "石家庄|太原|沈阳|大连|长春|哈尔滨|南京|无锡|徐州|苏州|杭州|宁波|温州|义乌|合肥|福州|厦门|泉州|南昌|济南|青岛|烟台|郑州|洛阳|武汉|"
    "长沙|广州|深圳|佛山|东莞|南宁|桂林|海口|三亚|成都|绵阳|贵阳|遵义|昆明|拉萨|西安|兰州|西宁|银川|乌鲁木齐|呼和浩特"
)
_ELSEWHERE = re.compile(rf"省|[^,，。\s]{{2}}[市县](?!场)|{REGIONS}|{_CITIES}")
_CHAIN = re.compile(r"好人一生平安|爱心接力|功德|福报|积德|举手之劳|动动手指|重金|万元")
_OWN = re.compile(OWN_KIN)
_MY_OWN = re.compile(r"(?:我|俺|咱)(?:们)?(?:家|屋)?的?[^,，。的]{0,4}$")
_HABIT = re.compile(
    r"一(?!转|眨|扭|回头|不留|不注|晃|出|进|早)[^,，。一]{1,4}就|每次|每回|老是|总是|经常|从来|天天|习惯了|动不动"
)
_UNREACHABLE = re.compile(
    r"(?:电话|手机|打)[^,，。]{0,6}(?:不接|没接|不回|没回|没人接|不在服务区|关机|打不通|无人接听|不通|联系不上)"
)
_NOT_YET = re.compile(r"(?:差点[^,，。]{0,6}|别|怕|防|不会|以免|免得|小心|千万别|不要|容易|准备)[^,，。]{0,2}$")
_LONG_AGO = re.compile(r"好几天|早就|几天了|上周|上个月|去年|吃糖|那次")
_WITH_POLICE = re.compile(r"派出所|警察|警务室|敬老院|救助站|亲戚家|医院")
_THAT_ONE = re.compile(
    r"[这那]个?(?:老人|老太|老头|大爷|大妈|孩子|小孩|男孩|女孩|小姑娘|姑娘|人(?!家)|娃|老爷子|阿姨|奶奶|爷爷|大叔|小伙)"
)
_STANDS = re.compile(
    r"在(?!找|哪|吗|不|说)[一-鿿\d]{2}|[坐站蹲躺哭]|转悠|徘徊|迷路|走散|这[儿里边]|一个人|独自|说不|不知道(?!是谁)|"
    r"不记得|\d岁|穿"
)
_BACK_WEAK = re.compile(
    r"^(?:回来了|回来啦|接到了|回家了|到家了|接回来|送回来|找回来|平安|回到家|接回来了|送回来了|找回来了|"
    r"已经接到|自己回来|已归|到家)"
)

_LOST, _GONE, _AWAY, _SEEK = BIT["lost"], BIT["gone"], BIT["away"], BIT["seek"]
_BACK, _SAW = BIT["back"], BIT["saw"]
_PHONES = frozenset({"手机", "手表", "照片", "图片", "视频", "监控", "微信", "群", "信号", "网"})
_NO_OBJECT = frozenset({"失联", "失联了", "离家", "离家出走", "出走", "未归", "寻人", "寻人启事"})

_ANCHORS = frozenset({"lost_person", "lost_bare", "gone_person", "away_person", "seek_kin", "wanted"})

Features = dict[str, float]


_start = attrgetter("start")


_FOUND = re.compile(
    r"(?:[找寻](?:到|着|见|回来?)|[揾搵]到|接(?:到|回)|送(?:到|回))[他她人俺我爸妈爷奶]{0,3}(?:了|啦|咯|喽|哒|咗|喇)?|"
    r"(?:回来|回家|到家|归来)(?:了|啦|咯|喽|哒|咗|喇)?"
)
"""What says that somebody is found or back."""
_SUPPOSED = re.compile(
    r"(?:如果|要是|若|假如|倘|万一|一旦|只要|等(?!下|会|级|号|我们?找)|谁|哪位|哪个|希望|盼|祝|但愿|保佑|早日|尽快|争取|一定[要会能]|"
    r"听说|据说|有人说|传言|[没沒未冇](?!事|想到|关系|来得及)有?|不(?!要|用|过|好意思|是)|别)[^,，。!！?？;；\n]{0,7}$|"
    r"(?:能|会|要)(?:被|给|把)?[^,，。]{0,2}$"
)
_THEN = re.compile(
    r"[他她人]?(?:的)?(?:话|请(?!大家放心|各位放心|放心)|麻烦|烦请|告诉|告知|通知|联系|给我|给[他她]家|打(?:我|电话|这|1)|说一?声|吱|回我|"
    r"叫我|喊我|跟我|马上(?:告|联|打|通|说)|立[即刻]|第一时间|我就?[会请给]|再(?:说|讲|通知|告|跟|和)|必有|重谢|酬谢|有赏|是假|是骗|"
    r"一?[个只条件辆部张点些把双](?!人|老人|孩子)|线索|目击|监控|录像|手机|脚印|工作|[^,，。]{0,5}的(?!人|时候)[一-鿿])"
)
"""What follows where it is not the person, or not yet: what to do then, or another object."""
_SELF_BACK = re.compile(r"\s*(?:我|俺|咱)们?(?:[也都刚先才又]|已经|现在|自己)*$")
_DENIED = re.compile(
    r"[没未冇]有?(?:找[到着见]?|看[到见]|见[到着]|消息|动静|人影|踪影|回|人$|人[,，。!！])|不见[人踪]|还是没|没影"
)
_TRACE = re.compile(
    r"监控|录像|视频|线索|脚印|痕迹|足迹|影子|定位|信号|"
    r"[的个双只件辆顶把][^,，。的]{0,4}[包鞋帽衣裤车杖伞机证钱狗猫][^,，。]{0,6}$"
)
_SOMEBODY = re.compile(r"[他她人俺我爸妈爷奶]")
SEEN = re.compile(r"(?P<not>[没未冇]有?(?:能|再|曾)?|不曾|没怎么)?(?:[看瞧瞅碰遇撞望][到见着]|见[到着过]|看过)")
"""What says that somebody was seen, or (`not`) was not."""
_CLAUSE_MARKS = ",，。!！?？;；\n "


def _carried(text: str, token: Token) -> bool:
    return _CARRIED.search(text, max(0, token.start - 6), token.start) is not None


def _before(scan: Scan, token: Token) -> Token | None:
    """The noun that a predicate is about: the nearest one before it that fits."""
    for index in range(bisect_left(scan.tokens, token.start, key=_start) - 1, -1, -1):
        noun = scan.tokens[index]
        gap = token.start - noun.end
        if gap > 40:
            return None
        if gap < 0 or not noun.mask & (PERSON | NOT_PERSON):
            continue
        if noun.mask & PERSON:
            return None if _owns(scan.text, noun, token) else noun
        if noun.mask & BIT["animal"] and gap <= 8 and not _carried(scan.text, noun):
            return noun
        if (
            noun.mask & BIT["thing"]
            and gap <= (1 if noun.word in _PHONES else 4)
            and not (token.mask & _AWAY or _carried(scan.text, noun))
        ):
            return noun
    return None


def _owns(text: str, person: Token, token: Token) -> bool:
    """孩子的校牌丢了: a thing of theirs, whatever it is, is gone."""
    return text[person.end : person.end + 1] == "的" and 2 <= token.start - person.end <= 9 and token.mask & _AWAY == 0


_HERS_GONE = re.compile(
    rf"(?:我|俺|咱)(?:们|家)*[老大小]?(?:{KIN})的(?!{KIN})[^,，。的人]{{1,6}}(?:丢|不见|没|找不[到着])[了啦]"
)


def thing_gone(text: str) -> bool:
    """Whether a relative's thing is gone, and not the relative: 我奶奶的拐杖丢了."""
    return _HERS_GONE.search(text) is not None


_AT_EASE = re.compile(
    r"[在跟和与](?!哪)[^,，。!！?？]{1,10}(?:玩|坐|睡|吃|喝|写作业|下棋|打牌|打球|打麻将|看电视|聊天|钓鱼|唱歌|跳舞|晒太阳)"
    r"[^,，。!！?？哭]{0,4}呢[呀啊哈~～!！,，。\s]*$|"
    r"(?<!不)在(?:家|屋里?|房里|房间里?|里面|楼上|楼下|床上)(?:里|睡觉|睡着?|躺着?|等着?|坐着?)*呢[呀啊哈~～!！,，。\s]*$"
)


def at_ease(text: str) -> bool:
    """Whether somebody is where the writer says, and well: 孩子跟我家妞妞在楼下玩呢."""
    return _AT_EASE.search(text) is not None


def _belonging(scan: Scan, token: Token) -> bool:
    """我奶奶的拐杖丢了: whatever it is, it is hers, and gone."""
    before = scan.tokens[: bisect_left(scan.tokens, token.start, key=_start)][-4:]
    return any(one.mask & PERSON and _owns(scan.text, one, token) for one in before)


def _after(scan: Scan, token: Token) -> Token | None:
    """The noun right after a predicate: 丢了一只鞋, 走失老人."""
    for noun in islice(scan.tokens, bisect_left(scan.tokens, token.end, key=_start), None):
        if noun.start - token.end > 7:
            return None
        if noun.mask & (PERSON | NOT_PERSON):
            between = scan.text[token.end : noun.start]
            return None if re.search(r"[,，。!！?？ \n穿戴骑背带没]", between) else noun
    return None


def subject(scan: Scan, token: Token) -> Token | None:
    """The person, animal or thing that `token` (不见了, 走失, 没回来 ...) is said of."""
    after = None if token.word in _NO_OBJECT or token.mask & _AWAY else _after(scan, token)
    before = _before(scan, token)
    if after is not None and (after.mask & NOT_PERSON and not after.mask & PERSON):
        return after
    return before or after


_NO_PET = re.compile(r"马尾|人[也都还]?[没不未]")
"""What tells of a person beside an animal: 羊回来了人没回."""


def _lost_features(scan: Scan) -> Features:
    found: Features = {}
    tokens = [
        token
        for token in scan.of(_LOST | _GONE | _AWAY)
        if not _NOT_YET.search(scan.text, max(0, token.start - 10), token.start)
    ]
    away = [token.start for token in tokens if token.mask & _AWAY]
    if away and away[-1] - away[0] > 3:
        found["away_more"] = 1.0
    for token in tokens:
        name = "lost" if token.mask & _LOST else "gone" if token.mask & _GONE else "away"
        noun = subject(scan, token)
        if noun is None:
            found["thing_lost" if _belonging(scan, token) else f"{name}_bare"] = 1.0
        elif noun.mask & PERSON or (token.mask & PERSON and noun.start < token.start):
            found[f"{name}_person"] = 1.0
            if name != "away" and noun.mask & bits("kin", "anyone"):
                found["close_lost"] = 1.0
            if noun.mask & BIT["kin"]:
                found["kin_lost"] = 1.0
        else:
            found["thing_lost"] = 1.0
            if noun.mask & BIT["animal"] and not (scan.mask & PERSON or _NO_PET.search(scan.text, noun.start)):
                found["pet_lost"] = 1.0
    return found


def _owned_thing(scan: Scan, person: Token) -> bool:
    """我妈的手机, 孩子的鞋: the thing is what is looked for."""
    tail = scan.text[person.end : person.end + 1]
    first = bisect_left(scan.tokens, person.end, key=_start)
    behind = scan.tokens[first : first + 6]
    return tail == "的" and any(token.mask & NOT_PERSON and token.start - person.end <= 5 for token in behind)


def _seek_features(scan: Scan) -> Features:
    for token in scan.of(_SEEK):
        if not _SEEK_PERSON.search(token.word) and not token.word.startswith(("谁", "有没有", "哪")):
            continue
        for noun in islice(scan.tokens, bisect_left(scan.tokens, token.end, key=_start), None):
            if noun.start - token.end > 10:
                break
            if not noun.mask & (PERSON | NOT_PERSON):
                continue
            if noun.mask & PERSON and not _owned_thing(scan, noun):
                return {"seek_kin" if noun.mask & BIT["kin"] else "seek_anyone": 1.0}
            break
    return {}


def _context_features(scan: Scan) -> Features:
    text = scan.text
    described = len(set(_DESCRIPTION.findall(text)))
    return {
        "described": min(described, 3) / 3,
        "long_away": 1.0 if _LONG_AWAY.search(text) else 0.0,
        "panic": 1.0 if scan.has("panic") else 0.0,
        "frail": 1.0 if scan.has("frail") else 0.0,
        "nophone": 1.0 if scan.has("nophone") else 0.0,
        "look": 1.0 if scan.has("look") else 0.0,
        "seek": 1.0 if scan.has("seek") else 0.0,
        "unreachable": 1.0 if _UNREACHABLE.search(text) else 0.0,
        "habit": 1.0 if _HABIT.search(text) else 0.0,
        "asks_back": 1.0 if _ASKS_BACK.search(text) else 0.0,
    }


def missing(scan: Scan, hinted: bool = False) -> Features:
    """Signs that a person is missing now; `hinted` says that the way words combine speaks for it."""
    if not hinted and not scan.has("lost", "gone", "away", "seek", "wanted"):
        return {}
    found = {**_lost_features(scan), **_seek_features(scan)}
    if scan.has("wanted"):
        found["wanted"] = 1.0
    if not found and not hinted:
        return {}
    anchored = bool(found.keys() & _ANCHORS) or (hinted and scan.has("kin", "anyone"))
    if anchored:
        found.pop("thing_lost", None)
        found.pop("pet_lost", None)
    if hinted and scan.has("kin") and not found.keys() & _ANCHORS:
        found["kin_hint"] = 1.0
    scale = 1.0 if anchored else 0.5
    found.update({name: value * scale for name, value in _context_features(scan).items() if value})
    return found


def asks_back(text: str) -> bool:
    """Whether the writer asks if somebody was found, and so brings no news."""
    return _OPEN_QUESTION.search(text) is not None or _ASKS_BACK.search(text) is not None


def no_news(scan: Scan) -> bool:
    """Whether no word of the message says that somebody is found now.

    It asks; or each such word is wished, supposed, denied or hearsay (如果找到了, 还没找到, 有人说找到了), says what to
    do then (找到了告诉我), or is of a thing (鞋子找到了).
    """
    if asks_back(scan.text):
        return True
    said = list(_FOUND.finditer(scan.text))
    denied = _DENIED.search(scan.text) is not None
    return bool(said) and all((denied and _is_back(match)) or _void(scan, match) for match in said)


def _is_back(match: re.Match[str]) -> bool:
    """我回来了, 到家了: people come and go while they look; beside 没找到 it is one of them."""
    return match[0][0] in "回到归接送"


def news(scan: Scan) -> str:
    """The clause that says that somebody is found: 我妈找到了 of 我爸还没找到，我妈找到了."""
    for match in _FOUND.finditer(scan.text):
        if not _void(scan, match):
            start = max(scan.text.rfind(mark, 0, match.start()) for mark in _CLAUSE_MARKS) + 1
            return scan.text[start : match.end()]
    return scan.text


_ONLINE = re.compile(
    r"(?:抖音|快手|微博|头条|小红书|视频号|公众号|网上|网络上?|朋友圈|新闻|别的群|其[他它]群|群里)[上里也都刚就有能]*$"
)
"""Where one sees what is passed on, and nobody."""


def saw_nobody(text: str) -> bool:
    """Whether whoever writes saw nobody, or only an appeal: 没看见穿灰夹克的老头, 我在抖音看到这个了."""
    said = list(SEEN.finditer(text))
    return bool(said) and all(match["not"] or _ONLINE.search(text, 0, match.start()) for match in said)


def _void(scan: Scan, match: re.Match[str]) -> bool:
    text, (start, end) = scan.text, match.span()
    clause = max(text.rfind(mark, 0, start) for mark in _CLAUSE_MARKS) + 1
    if _SUPPOSED.search(text, clause, start) or _THEN.match(text, end):
        return True
    if _is_back(match) and _SELF_BACK.fullmatch(text, clause, start):
        return True
    nouns = [token for token in scan.of(PERSON | BIT["thing"]) if clause <= token.start and token.end <= start]
    things = [one for one in nouns if not one.mask & PERSON]
    owner = [one for one in nouns if one.mask & PERSON and things and one.end > things[-1].start]
    return bool(_TRACE.search(text, clause, start) or (things and not owner)) and _SOMEBODY.search(match[0]) is None


def back(scan: Scan) -> Features:
    """Signs that the missing person is safe."""
    found: Features = {}
    if not scan.has("back", "safe") or asks_back(scan.text):
        return found
    for token in scan.of(_BACK):
        noun = subject(scan, token)
        weak = "weak" if _BACK_WEAK.match(token.word) else "strong"
        if noun is not None and not noun.mask & PERSON:
            found["back_thing"] = 1.0
        elif noun is None and "人" not in token.word and "我" not in token.word:
            found[f"back_bare_{weak}"] = 1.0
        else:
            found[f"back_{weak}"] = 1.0
    if scan.has("safe") and (found or scan.mask & PERSON):
        found["safe"] = 1.0
        found["safe_more"] = float(scan.count(BIT["safe"]) > 1)
        if scan.has("kin") and _WITH_POLICE.search(scan.text):
            found["in_care"] = 1.0
    if found and _LONG_AGO.search(scan.text):
        found["back_old"] = 1.0
    return found


def sighted(scan: Scan) -> Features:
    """Signs that somebody saw the person an alert is about."""
    if not scan.has("saw", "alertref"):
        return {}
    found: Features = {}
    if scan.has("alertref"):
        found["alertref"] = 1.0
    if scan.has("saw") and scan.mask & PERSON:
        found["saw_person"] = 1.0
    if scan.has("saw") and not scan.mask & PERSON:
        found["saw_bare"] = 1.0
    if scan.has("saw") and _THAT_ONE.search(scan.text):
        found["that_one"] = 1.0
    if scan.has("guess"):
        found["guess"] = 1.0
    if scan.has("look"):
        found["seen_look"] = 1.0
    return found


def stray(scan: Scan) -> Features:
    """Signs that a lost or confused person stands here and nobody knows the family."""
    found: Features = {}
    if scan.has("whose"):
        found["whose"] = 1.0
    if scan.has("whose_any") and scan.mask & PERSON and not scan.mask & NOT_PERSON:
        found["whose_any"] = 1.0
    if not scan.mask & PERSON and not found:
        return found
    if scan.has("dazed"):
        found["dazed"] = 1.0
    if scan.has("picked") and scan.mask & PERSON:
        found["picked"] = 1.0
    if found and scan.has("saw"):
        found["stray_here"] = 1.0
    if found and any(_MY_OWN.search(scan.text, 0, t.end) for t in scan.of(BIT["kin"])):
        found["own_kin"] = 1.0
    return found


def stands_here(scan: Scan) -> bool:
    """Whether somebody is here now; 这是谁家的老人 alone, beside an open alert, is a remark on the alert."""
    return scan.has("dazed", "picked", "saw", "local") or _STANDS.search(scan.text) is not None


_SOMEONE = re.compile(r"一[位名个]?[^,，。我]{0,4}(?:老人|男孩|女孩|男童|女童|孩子|妇女|老太|大爷)|朋友")
"""Nobody of the writer's own."""


def forwarded(text: str) -> bool:
    """Whether an appeal reads as passed on from elsewhere, not written by the family or a neighbour."""
    if _PASSED_ON.search(text):
        return _FROM_OTHERS.search(text) is not None or _OWN.search(text, 0, 40) is None
    if _SPREAD.search(text) is None:
        return False
    if _CHAIN.search(text) and _ELSEWHERE.search(text):  # whoever began it, nobody here did
        return True
    return bool(_ELSEWHERE.search(text) or _SOMEONE.search(text)) and _OWN.search(text) is None

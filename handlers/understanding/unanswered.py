"""Somebody at home who gives no sign of life: 敲门没人应, 两天没出门, 电话打不通.

Nobody went anywhere, so nobody is to be looked for in a hundred groups: somebody must go to that door. (探访关爱 of
those who live alone is a duty of the grid; who is found too late is found at home.)
"""

from __future__ import annotations

import re

from handlers.understanding.kinship import OWN_KIN

_DAYS = (
    r"(?:(?:\d{1,2}|[一二两三四五六七八九十几好半整大]{1,3})个?(?:天|日|晚上?|夜|礼拜|星期|周)|"
    r"从?昨[天晚]|前天|一直|最近)"
)
_NOT = r"(?:没有?|不|未|冇)"
_DOOR = re.compile(
    r"(?:敲|拍|砸|叫|喊|按)[^,，。!！?？;；\n]{0,6}门铃?[^,，。!！?？;；\n]{0,8}?[,，]?(?:[屋家]里)?"
    rf"(?:[没无]有?人?(?:应|开|理|答|回|反应|动静|回应|声|吭)|{_NOT}(?:应|开|答|理|吭)|[没无]人(?!性|品|味))|"
    r"门(?:也|都|一直|怎么|半天|又)*(?:敲|叫|喊|拍)(?:了?半天|也|都)*不[开应]|[没无]人(?:应门|开门)|"
    r"(?:喊|叫)(?:了|半天|他|她|人|好久|也|都)*(?:没人|不)应"
)
"""Nobody comes to the door."""
_UNSEEN = re.compile(
    rf"{_DAYS}[^,，。!！?？;；\n]{{0,8}}?{_NOT}[^,，。!！?？;；\n]{{0,8}}?"
    r"(?:出(?:过?[门屋]|[来去]过?)|下过?楼|露过?面|动静|声音|人影|亮过?灯|开过?[门灯窗]|见(?:到|着|过)?(?:人|[他她](?!们)))"
)
"""Nobody has seen them come out for some time."""
_PHONE = re.compile(
    r"[不没](?:接|回)(?:过|他|她|我)*(?:电话|微信|消息)|(?:电话|手机|微信|打(?:给)?[他她])[^,，。!！?？;；\n]{0,8}?(?:[不没]接|没人接|打不通|不通|关机|无人接听|[不没]回)|[联连]系不[上到]"
)
_ALONE = re.compile(
    r"独居|孤寡|空巢|孤老|(?:一个?|独自一?)人(?:住|在家|在屋|过|生活)|自己(?:住|一个人)|老人?(?:一个|自己|独自)|一个人[^,，。]{0,6}没|"
    r"担心|不放心|出事|出什么事|出意外"
)
"""Nobody lives with them, or somebody fears the worst."""
_FRAIL = re.compile(
    r"独居|孤|空巢|老(?:人|太|爷|奶|两口|头|汉|伯|伴)|"
    r"瘫痪|卧床|有病|心脏|糖尿|[七八九]十|[789]\d岁|[奶爷]|婆|大[爷娘妈]|姥|我?[爸妈爹娘](?!的)"
)
"""Who may lie there: old, ill or alone."""
_INSIDE = re.compile(
    r"[屋家][里头]?[^,，。!！?？;；\n]{0,6}(?:灯|电视|水|收音机)[^,，。!！?？;；\n]{0,6}(?:亮|开|响|流)|"
    r"(?:牛奶|报纸|外卖|快递|菜|垃圾|早饭|饭)[^,，。!！?？;；\n]{0,8}(?:没人?(?:拿|取|收|动|吃|倒)|塞|堆|还在)|[怪异臭]味"
)
"""Signs about the house that nobody stirs in it."""
_GO_AND_LOOK = re.compile(
    r"(?:上门|过去|去(?:我|他|她)?家|到(?:我|他|她)?家|去)[^,，。!！?？;；\n]{0,4}[看瞧瞅]|敲(?:一?敲|个|一?下)门"
)
_SOMEBODY = re.compile(
    rf"{_FRAIL.pattern}|邻居|对门|隔壁|楼[上下]|[住租]户|租客|[一-鿿](?:姨|叔|伯|婶|老师|师傅|先生|女士)|[他她](?!们)|{OWN_KIN}"
)
_AWAY = re.compile(
    r"走[失丢散]|(?:上|跑|到)哪|出去|出门[了后到]|(?:前|昨|今)天[^,，。]{0,6}出的|见者|山|河边|采|捡|不见了|不见人影|失踪|未归|出走|没(?:有)?(?:回[来家屋]|着家)|"
    r"去(?:哪|地里|水库|坡|田)|爱去|常去|谁[^,，。]{0,4}(?:看[到见过]|瞧见|瞅见|见[到着过]|碰[到见]|遇[到见])|有(?:人|谁)?(?:看|见)[见到过]|看[到见]请|[找寻](?:找|人|到)|帮[忙着]?找|骑|锄头|没在家|不在家|屋里没人|门开了"
)
"""They went out, or are looked for elsewhere."""
_NO_VISIT = re.compile(
    r"漏水|跑水|渗水|吵|噪|挪车|停车|推销|挨家|卖|骗|抄表|抖音|新闻|电视剧|电影|小说|听说|去年|前年|上次|上回|以前|那年|"
    r"原来|结果|后来|幸好|没事[了儿]?$|虚惊|睡着|开门看|打开门|在家呢|哈哈|笑|猫|狗|游戏"
)
"""Talk of another matter, of the past, or of what ended well."""
_CALLED = re.compile(
    r"[一-鿿](?:奶奶|爷爷|大[爷娘妈伯叔婶]|老[太师头]|阿姨|[姨叔伯婶婆公爷奶])|(?<!\d)\d{3,4}(?!\d)|\d{1,3}(?=[栋幢楼号])"
)
MAX_CHARS = 300


def unanswered(text: str, *, worried: bool = False) -> bool:
    """Whether a message tells that somebody who is likely at home gives no sign of life.

    `worried`: all else in it says that somebody is missed, so that one sign is enough.
    """
    if not sign(text) or not _says(_SOMEBODY, text):
        return False
    if _says(_AWAY, _UNSEEN.sub("", text)) or _says(_NO_VISIT, text):
        return False
    door, unseen, phone = (_says(one, text) for one in (_DOOR, _UNSEEN, _PHONE))
    if worried and (door or unseen):
        return True
    frail, alone, inside, look = (_says(one, text) for one in (_FRAIL, _ALONE, _INSIDE, _GO_AND_LOOK))
    if door:
        return unseen or phone or frail or alone or inside
    return (unseen and (phone or alone or inside or look)) or (phone and look and (frail or alone))


def sign(text: str) -> bool:
    """Whether a line has any sign of it: nobody comes to the door, was seen, or answers the telephone."""
    return len(text) <= MAX_CHARS and any(_says(one, text) for one in (_DOOR, _UNSEEN, _PHONE))


def _says(pattern: re.Pattern[str], text: str) -> bool:
    return pattern.search(text) is not None


def same_home(text: str, other: str) -> bool:
    """Whether both name the same person or door: 张奶奶, 301."""
    return not {match[0] for match in _CALLED.finditer(text)}.isdisjoint(match[0] for match in _CALLED.finditer(other))

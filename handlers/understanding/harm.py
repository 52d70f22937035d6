"""Harm that one person does another, or means to do to themselves: the words for it, and whether it is done now.

Blows that fall now are an emergency; those told of (usual, past, or without a time) a private matter for the worker.
"""

from __future__ import annotations

import re

from handlers.understanding.kinship import FAMILY, GROWN

ABUSE = "家暴|虐待|殴打"
DYING = r"不想(?:再)?活|活不下去|想死|自杀|跳楼|轻生|寻死|寻短见|割腕|结束.{0,3}生命"

_VIOLENCE = re.compile(
    rf"{ABUSE}|挨打|被打(?!扰|断|开)|"
    r"(?:打|揍|踢|掐)(?:了|过|伤|骂)?(?:老[婆公人]|媳妇|孩子|小孩|娃|儿子|女儿|爸|妈|爹|娘|爷|奶|"
    r"[他她](?!的?(?:电话|手机))|我(?!们?的?(?:电话|手机|们)|\s?\d))"
)
"""Somebody is beaten: 打我, 打老婆孩子; 打麻将, 打疫苗 and 打我电话 are no blows."""

_AT_HOME = re.compile(rf"家暴|虐待|(?:{FAMILY})")
_OWN_LIFE = re.compile(
    r"(?:我|俺|自己)(?:(?!有人|[看听发]到?[见现]|怕|劝)[^，,。！!？?；;\s爸妈爹娘爷奶公婆哥姐弟妹叔姨儿女孩老邻友同他她]){0,8}?"
    rf"(?:{DYING}|喝.{{0,2}}农药)"
    r"|(?:^|[，,。！!；;\s])(?:真的?|实在|再也|都|也)*(?:不想(?:再)?活|活不下去)"
)
"""The writer's own life: 我不想活了; not 我女儿要跳楼 and 我看到有人跳楼."""
_SELF_HARM = re.compile(
    r"不想活|不活了|活不下去|活着[^,，。]{0,6}(?:累|没意思|没劲)|活够了|一了百了|寻死|寻短见|轻生|[想要就]死(?!我|了个|机|你|皮|磕)|自杀|割腕|遗书|"
    r"跳[楼河江桥]|[吃吞喝]了?(?!一?[片颗粒半])[^,，。]{0,6}(?:安眠药|农药|老鼠药|敌敌畏|百草枯)"
)
_ATTACK = re.compile(
    r"(?:被|遭)[^,，。]{0,4}(?:家暴|毒打)|家暴(?!片|剧|男)|掐[着住]?[我她他]?脖子|往死里打|"
    r"(?:老公|丈夫|男人|男的|前夫|男朋友|对象|他|她|爸|儿子|公公|婆婆|邻居)[^,，。]{0,6}"
    r"(?:打我(?!的?(?:电话|手机|招呼|字|包|微信))|打(?:孩子|老婆|媳妇|婆婆|老人|[爹妈爸娘])|踹我|砸我|砍我)"
    r"|(?<!游戏里)(?<!电影里)(?<!剧里)(?:打|干)起来了[^。？?]{0,10}(?:[拿抄持操动掏][^,，。？?]{0,3}(?:刀|棍|棒|砖|锹|锄|瓶|家伙|铁)|砸人|砍|捅|见血|流血|头破)"
)
_HABITUAL = re.compile(r"天天|经常|老是|总是|每天|常年|昨晚|昨天|前天|上周|一直打")
_NOW_HELP = re.compile(r"现在|正在|在[^,，。]{0,4}打|刚|快来|救命|救我|帮帮我|来人|快点|又来了|怎么办")

_DOER = rf"(?:{GROWN}|哥|姐|叔|伯|舅|姨|姑|婶|嫂|邻居|隔壁|对门|楼[上下]|护工|保姆|老师|人家|有人|[他她])"
_WHOM = (
    rf"(?>(?:我|俺|他|她|人家|那|这|自己)?(?:们|家|的|个)*(?:(?:{GROWN}){{1,2}}|小?女孩|小?男孩|孩子|小孩|娃|[哥姐弟妹]{{1,2}})"
    r"|我(?!们)|俺|[他她](?!们))"
)
_BEATEN = rf"(?:打骂?|[揍踢踹掐扇]|{ABUSE}|毒打)(?:了|过|伤)?{_WHOM}"
_NO_BLOW = (
    r"(?!的(?![一-鿿])|们?的?[\d一二三四五六七八九十两几]*[个遍次通]?"
    r"(?:电话|手机|座机|招呼|字|包|微信|视频|语音|[牌针车卡钱分折脸气伞水饭球]|疫苗|预防|主意|下手|游戏))"
)
"""What follows where it is a call (打我电话), a game or a way of speaking."""
_BEATS = re.compile(
    rf"{_DOER}[^,，。！!？?；;\n说讲问叫喊劝怕想]{{0,10}}?(?<![不没别舍敢未])(?<!没有)(?:动手)?{_BEATEN}{_NO_BLOW}"
    rf"|{_DOER}[^,，。！!？?；;\n说讲问叫喊劝怕想]{{0,6}}?[把将]{_WHOM}(?:往死里|狠狠地?|给|都|又)*[打揍踹](?!扮|发|动)"
)
"""Who beats whom: 老公经常打我, 女婿打我闺女, 儿子把他妈打了; not 老公打我电话, 我妈不打我."""
_BEATS_PEOPLE = re.compile(
    rf"(?:{GROWN})[^,，。！!？?；;\n说讲问叫喊劝怕想]{{0,10}}?(?<![不没别舍敢未被])(?<!没有)(?:打|揍)人(?![工口数力行缘机])"
)
"""One of a family beats, and whom need not be said: 孩子他爸天天喝酒打人."""
_FIGHT = re.compile(r"(?:楼[上下]|隔壁|对门|邻居|[两俩]口子|[两俩]家|夫妻)[^。！!？?；;\n狗猫鸡鸟]{0,10}打起来了")
"""Neighbours who come to blows, nobody says how badly: 楼上又吵架了，打起来了."""
_BLOW = re.compile(r"[打揍踢踹掐扇]|家暴|虐待")
_ASKED = re.compile(r"[吗么嘛?？]\s*$")
_WORSE = re.compile(r"血|刀|死|晕|昏|[掉摔]下|不动了|没反应|快救|快跑|快报警")
"""Beside this a blow without a time may fall now."""


def attacks(text: str) -> bool:
    """Whether somebody is beaten now, as far as the words say."""
    return _ATTACK.search(text) is not None and not told(text)


def told(text: str) -> bool:
    """Whether a message tells of blows that do not fall right now: usual ones, past ones, or without a time."""
    if not _BLOW.search(text) or _NOW_HELP.search(text):
        return False
    if _ATTACK.search(text):
        return _HABITUAL.search(text) is not None
    beats = _BEATS.search(text) or _BEATS_PEOPLE.search(text) or _FIGHT.search(text)
    return beats is not None and not (_ASKED.search(text) or _WORSE.search(text))


def is_violence(text: str) -> bool:
    """Whether anybody is beaten, now or at other times."""
    return _VIOLENCE.search(text) is not None or told(text)


def is_violence_at_home(text: str) -> bool:
    """Whether one of a family is."""
    return is_violence(text) and _AT_HOME.search(text) is not None


def own_hand(text: str) -> bool:
    """Whether somebody, the writer or another, may die by their own hand."""
    return _SELF_HARM.search(text) is not None


def threatens_own_life(text: str) -> bool:
    """Whether the writer means to die."""
    return _OWN_LIFE.search(text) is not None

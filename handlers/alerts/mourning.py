"""Whether words about a missing person tell of a death: then nothing of it is said in any group."""

from __future__ import annotations

import re

from handlers.understanding.kinship import KIN

_TRACE = "(?!踪|影|人影|音|消息|信|联系|方向|电)"
"""Behind 没了 it says that somebody cannot be found."""
_END = r"(?=$|[,，。;；!！~～\s])"
_ALREADY = "(?:已经?|都|早就?|可惜|当场|终于|还是|可能|恐怕)*"
_HE = "(?:(?<!的)人|他|她|老人|孩子)"
_ONE = rf"(?:(?<![那这哪点])(?:{KIN})|{_HE})"
_NO_MORE = f"(?:没了{_TRACE}|没得了|不在了|死了|没救了)"
_DEATH = re.compile(
    r"去世|过世|离世|逝世|辞世|过身|亡故|身故|故去|殁了|遇难|罹难|身亡|死亡|溺亡|断气|咽了?气|当场(?:就|便)?(?:没了|死)|"
    r"永远[的地]?离开|离开(?:人世|人间|了我们)|遗体|尸体|尸首|[认停收]尸|殡仪馆|火葬|火化|出殡|"
    r"(?:办|料理|准备|商量)[^,，。]{0,4}后事|(?<![累急热冷困饿气烦吓笑])死[在于得]|死[咗佐]|抢救无效|"
    r"没(?:有|能)?(?:抢救|抢|救)(?:过来|回来|活|成|下来)|没能?[挺撑熬缓扛](?:过来|过去|住)|"
    r"没有?(?:任何|一点|了)*(?:呼吸|心跳|脉搏|生命(?:体征|特征|迹象)|气)了?(?!味)|[淹溺摔撞冻轧压烧]死(?!我|你)|"
    rf"{_ONE}(?:就|在医院)?{_ALREADY}(?:{_NO_MORE}|不行了|硬了|僵了)|{_HE}{_ALREADY}走了{_END}|"
    r"(?:人|他|她|老人|孩子|已经?|都)死[了亡]"
)
_FOUND = "(?<![没未])(?:[找寻搜]到|找[着见])"
_BARE = re.compile(
    rf"(?:{_FOUND}|捞|送到?医院)[^。!！?？]{{0,20}}[,，;；~～\s了]{_ALREADY}"
    rf"(?:{_NO_MORE}|走了|(?:身子|身体|人|都|已经)*[硬凉僵]了){_END}|"
    rf"(?:{_FOUND}|发现)[^,，。!！?？]{{0,8}}时候?[^,，。!！?？]{{0,4}}?{_ALREADY}(?:{_NO_MORE}|不行了){_END}"
)
"""Who was found and is no more, without a word for whom: 找到了，可惜已经走了, 发现的时候已经没了."""
_RECOVERED = re.compile(
    rf"(?:人|他|她|{KIN}|河|水|塘|江|湖|渠|井|海|坝|打)[^。;；!！?？]{{0,12}}捞(?:到|[上起](?:来|岸))|"
    r"捞(?:到|[上起]来)[^,，。]{0,3}人"
)
"""Who is taken out of the water, and nothing says that they live."""
_ALIVE = re.compile(r"没事|平安|活|醒|有气|有呼吸|有心跳|脱险|抢救|救[过回]来|缓过|清醒|说话|手机|东西")
_NOT = re.compile(r"(?:[没未不别]有?|不是|差一?点儿?|险些|以为|幸好|还好)[^,，。;；!！?？]{0,4}$")
_OUT_OF_SIGHT = re.compile(
    r"(?:转个?身|转眼|眨眼|[扭回低抬]头|[功工]夫|不留[神意]|没[注留]意|没看住|[松撒]手)[^。;；!！?？]{0,6}$|"
    r"又(?:一次)?(?:不见|找不|走丢|走失|跑|丢了)"
)
"""Before 人没了 it says that somebody was there a moment ago, or is gone once more."""
_PRESENCE = re.compile("(?:没了|不在了|走了)$")

_SOMEBODY = re.compile(
    r"遗体|尸[体首]|[淹溺]死|溺亡|(?:这|那)(?:个|位)?(?:人|男|女|老|孩|大[爷娘妈叔])|老(?:头|太|汉|大爷|大娘)"
)
_OURS = re.compile(r"(?:我|俺|咱|你)(?:们|家)")


def of_a_stranger(text: str) -> bool:
    """Whether words tell of the death of somebody who may be whom others look for: 河里发现一具尸体."""
    return tells_of_death(text) and _SOMEBODY.search(text) is not None and _OURS.search(text) is None


_PULLED_OUT = re.compile(
    r"(?:捞|拖|拉|救|抬|抱)(?:了|(?:上|起|出)来?了?)[^,，。!！?？]{0,3}(?:人|孩子?|老|男|女|娃娃?|大[爷妈娘叔])(?!子?娃?的)"
)
_LIFELESS = re.compile(r"没有?(?:气|呼吸|心跳|脉搏|反应|动静|意识)|昏迷|不动|不省人事|断气")
_OF_WATER = re.compile(r"[河湖塘沟渠井江海池库][^,，。!！?？]{0,4}捞")
_WELL = re.compile(r"没(?:什么|啥)?(?:大)?[事碍]|平安|醒|送(?:医院|到|去)|救活|死")
_LONG_AGO = re.compile(r"昨|前[天几些年]|去年|以前|上[次回个周月]|听说|据说|新闻|视频|抖音|那[年次回]|小时候")


def was_pulled_out(text: str) -> bool:
    """Whether somebody was just pulled out lifeless, or of the water, who may yet be saved: 河里捞上来一个老人."""
    if _PULLED_OUT.search(text) is None or _LONG_AGO.search(text):
        return False
    return _LIFELESS.search(text) is not None or (_OF_WATER.search(text) is not None and _WELL.search(text) is None)


def tells_of_death(text: str) -> bool:
    """In doubt yes: a quiet end hurts nobody, good news of the dead does."""
    if _RECOVERED.search(text) and _ALIVE.search(text) is None:
        return True
    return any(
        not _alive(text[: match.start()], match[0]) for words in (_DEATH, _BARE) for match in words.finditer(text)
    )


def _alive(before: str, words: str) -> bool:
    """Whether what stands before words of death takes them back, or says what else they mean."""
    if _NOT.search(before):
        return True
    return _PRESENCE.search(words) is not None and _OUT_OF_SIGHT.search(before[-60:]) is not None

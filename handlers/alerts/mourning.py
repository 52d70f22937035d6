"""Whether words about a missing person tell of a death: then nothing of it is said in any group."""

from __future__ import annotations

import re

from handlers.understanding.kinship import KIN

_TRACE = "(?!踪|影|人影|音|消息|信|联系)"
"""Behind 没了 it says that somebody cannot be found."""
_DEATH = re.compile(
    r"去世|过世|离世|逝世|辞世|遇难|罹难|身亡|死亡|溺亡|遗体|尸体|尸首|抢救无效|没(?:抢|救)救?(?:过来|活)|"
    r"没有?(?:呼吸|心跳|脉搏|生命体征|气)了?(?!味)|断气|咽气|(?:淹|溺|摔|撞|冻|轧|压|烧|毒)死(?!我|你)|"
    rf"(?:{KIN})(?:已经?|都|早就?)*(?:没了{_TRACE}|不在了|死了)|"
    r"(?:人|他|她|老人|孩子|已经?|都)死[了亡]|(?:人|他|她|老人|孩子)(?:已经?|都|可能|恐怕|就|早)*"
    rf"(?:没了{_TRACE}|不在了|不行了|走了(?=$|[,，。;；!！~\s]))"
)
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
_KIN = re.compile(r"(?:我|俺|咱|你)(?:们|家)")


def of_a_stranger(text: str) -> bool:
    """Whether words tell of the death of somebody who may be whom others look for: 河里发现一具尸体."""
    return tells_of_death(text) and _SOMEBODY.search(text) is not None and _KIN.search(text) is None


_PULLED_OUT = re.compile(
    r"(?:捞|拖|拉|救|抬|抱)(?:了|(?:上|起|出)来?了?)[^,，。!！?？]{0,3}(?:人|孩|老|男|女|娃|大[爷妈娘叔])"
)
_LIFELESS = re.compile(r"没有?(?:气|呼吸|心跳|脉搏|反应|动静|意识)|昏迷|不动|不省人事|断气")
_LONG_AGO = re.compile(r"昨|前[天几些年]|去年|以前|上[次回个周月]|听说|据说|新闻|视频|抖音|那[年次回]|小时候")


def was_pulled_out(text: str) -> bool:
    """Whether somebody was just pulled out lifeless, who may yet be saved: 河边捞上来一个老人，好像没气了."""
    found = _PULLED_OUT.search(text) and _LIFELESS.search(text)
    return found is not None and _LONG_AGO.search(text) is None


def tells_of_death(text: str) -> bool:
    """In doubt yes: a quiet end hurts nobody, good news of the dead does."""
    return any(not _alive(text[: match.start()], match[0]) for match in _DEATH.finditer(text))


def _alive(before: str, words: str) -> bool:
    """Whether what stands before words of death takes them back, or says what else they mean."""
    if _NOT.search(before):
        return True
    return _PRESENCE.search(words) is not None and _OUT_OF_SIGHT.search(before[-60:]) is not None

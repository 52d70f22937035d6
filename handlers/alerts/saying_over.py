"""How a family says, in the words of any region, that it need not be looked for any more.

The reader knows what everybody says; here is what is clear only from who has a report open: 找到喽, 到屋了, 弄错了.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from handlers.alerts.facts import HIDES_PHONE, of_another, wants_quiet
from handlers.alerts.recognising import recognises
from handlers.understanding import Act, Candidate, Kind, Reading, Ref

MAX_WORDS = 30
"""Characters of a line that says nothing else."""
SURE, UNSURE = 0.9, 0.3
"""Confidence with which the search ends at once, and with which it is asked back first."""

_WHO = (
    r"(?:(?:我|俺|咱|阿拉|侬)?(?:们|家|的|屋里)*(?:爸|妈|爹|娘|爷爷?|奶奶?|外公|外婆|姥姥|姥爷|公公|婆婆|老[头伴公婆人爷]子?|儿子|女儿|孩子|娃儿?|囡囡?|"
    r"崽崽?|弟弟?|妹妹?|哥哥?|姐姐?|叔叔?|舅舅?|姑姑?|阿姨|人|他|她|佢|伊|渠))"
)
_NOW = r"(?:已经?|刚刚?|刚才|总算|终于|现在|自己|自家|都|也|又|就|好像|平安|安全|没事|一个人)"
_END = r"(?:[了啦喽啰嘞咯咧哉咗喇哒哩唻嗨呐呢啊呀哈吧的嘛哟诶]|[!！~～。.🙏👍])*"
_THANKS = re.compile(
    r"(?:太|非常|真|多|万分|十分)?(?:(?:谢谢|感谢|多谢)[^,，。]{0,8}?"
    r"|(?:谢了|辛苦|麻烦|劳烦)(?:各位|大家|邻居|你们?|您|格格|所有人|帮忙|关心|了|啦|的)*)" + _END
)
_FOUND = re.compile(rf"{_WHO}?{_NOW}*[找寻揾搵觅](?:到|着|见|倒|返|回(?:来|家)?)(?:{_WHO})?{_NOW}*{_END}")
_PART = re.compile(
    rf"{_WHO}?{_NOW}*只?[找寻](?:到|着|见)了?[一二两三几1-9]个{_END}|(?:另|还[有差剩少])[^,，。]{{0,10}}|剩下的?[^,，。]{{0,10}}"
)
_HOME = re.compile(
    rf"{_WHO}?{_NOW}*(?:[回返归][来到去]?|到|走回|送回|接回|接到|联系上)(?:来|家|屋|屋里|屋头|屋企|家里|家门口?)?(?:来|里|头)?{_END}"
    rf"|(?:我|俺|咱)?们?{_NOW}*(?:把|将){_WHO}{_NOW}*[接领带送找](?:到|着|回)(?:来|去)?(?:家|屋)?(?:里|头)?{_END}"
    rf"|(?:我|俺|咱)?们?{_NOW}*[接领见](?:到|着|回)了?{_WHO}{_NOW}*{_END}"
)
_AT = re.compile(
    rf"(?:原来)?{_WHO}?(?:原来)?{_NOW}*(?:就?在|去了?)(?:[^,，。]{{0,6}}(?:家|屋)[里头]?|楼[上下]|隔壁|床上)"
    rf"(?:睡觉|睡着|玩|坐着?|打牌|吃饭)?{_END}"
    rf"|(?:原来|就是)?{_WHO}?{_NOW}*(?:跟|和|与)(?:[他她]的?)?[^,，。]{{1,5}}(?:在一起|在一块儿?|玩去了|出去玩){_END}"
)
_SAFE = re.compile(rf"(?:{_WHO}{_NOW}*(?:平安|安全|没事|好好的)|虚惊一场|一场虚惊|是?个?误会一?场?){_END}")
_WITHDRAWN = re.compile(
    rf"(?:算了|那|先|请|你们?|格格|大家|麻烦|都|就|我|我们)*(?:不用|不要|不必|不需要?|用不着|甭|别|不)再?(?:帮忙|帮)?(?:[找寻]人?|麻烦(?:大家|你们)){_END}"
    rf"|(?:请|就|先|都|把?消息|把?寻人|格格)*撤[了掉回下销]{_END}"
)
_NEVER_MIND = re.compile(rf"(?:算|不用|不必|没事|好){_END}")
_MISTAKE = re.compile(
    rf"(?:我|我们|是|刚才|不好意思|对不起|抱歉)*[弄搞报看记]错{_END}|发错{_END}|(?:误报){{1,3}}{_END}|{_WHO}?(?:没|冇|未)有?走?[丢失]{_END}|乌龙{_END}"
)
_GOES_ON = re.compile(
    r"[没未冇]|不见|[找寻揾搵等急盼求]|[去来]了|继续|还在|走[丢失散]|[我俺]们?(?:在|去|到|先|再|接着)"
)
"""With which what follows 在二姨家 says that the search goes on."""
_DEAD = re.compile(rf"{_WHO}{_NOW}*(?:没|不在|走)[了啦咗]{_END}")
_MAY_BE = frozenset({Kind.CHAT, Kind.FOUND, Kind.MISSING, Kind.SIGHTING})
"""What these words are read as, if nothing is known of who says them."""
_ACTS = frozenset({Act.NONE, Act.MORE})
_QUESTION = re.compile(r"[?？]|[吗么嘛没]\s*$|谁|哪|怎么|是不是|有没有")
_CLAUSE_END = re.compile(r"[,，。.!！;；~～\s]+")


_ALREADY = r"(?:我们?|俺们?|咱们?|家里|家人|刚刚?|刚才|也|都|早就?)*"
_WITH_POLICE = re.compile(
    rf"{_ALREADY}(?:已经?{_ALREADY}报(?:警|案)|(?:已经?)?{_ALREADY}(?:报(?:警|案)了|报[过了](?:警|案)|[打报](?:[过了]了?110|110[过了])|110(?:也|都|已经)*[打报][过了]))"
    rf"(?:过了)?{_END}|(?:已经?|刚|早就?|都)*报[过了]+{_END}"
)
_POLICE_CAME = re.compile(
    rf"(?:派出所|警察|民警|巡警|警车|110|公安)的?人?(?:同志)?(?:已经?|都|也|正在?|刚)*"
    rf"(?:(?:来|到|过来|赶来|赶到|出动|出警|受理|登记|立案|接警)(?:人|[了啦])+|在(?:路上|查|找|帮[忙我].{{0,3}}|调监控|看监控|做笔录)){_END}"
)
_MET = re.compile(
    rf"(?:我们?|人|已经?|刚刚?|终于|总算|都)*(?:见[到着]|接[到着上]|碰上|找[到着])(?:人|[他她])?[了啦咯喽]{_END}"
)
"""With whom the family is: beside 是我奶奶 nobody has to look any more."""
_PHOTO = "(?:[这那上]面?一?张|(?:这|那|刚才|上面)?(?:个|一?张|的)*(?:照片|图片?|相片))"
_WRONG_PHOTO = re.compile(
    rf"(?:我|啊|哎|呀|不好意思|刚才?)*(?:不是{_PHOTO}|{_PHOTO}(?:我?[发弄搞传]?错|不对|不是[他她]?|不要|不用|别用|作废)|[发弄搞传]错{_PHOTO}|"
    rf"别用{_PHOTO}){_END}"
)
_NO_WIDER = re.compile(
    r"(?:请|先|那|就|格格|麻烦|你们?|大家|可以)*(?:停止|停下?|停了|暂停|别|不要|不用|不必)(?:再|继续|往外|到处)*(?:扩散|外发|往外发|往外扩)"
    + _END
)


def with_police(text: str) -> bool:
    """Whether a line says, and nothing else, that the police know: 我们已经报警了, 报了 派出所来人了."""
    clauses = [one for one in _CLAUSE_END.split(text.strip()) if one]
    return bool(clauses) and all(_WITH_POLICE.fullmatch(one) or _POLICE_CAME.fullmatch(one) for one in clauses)


def wrong_photo(text: str) -> bool:
    """Whether a line says, and nothing else, that a photo was the wrong one: 不是这张，发错了."""
    clauses = [one for one in _CLAUSE_END.split(text.strip()) if one and not _THANKS.fullmatch(one)]
    return any(map(_WRONG_PHOTO.fullmatch, clauses)) and all(
        _WRONG_PHOTO.fullmatch(one) or _MISTAKE.fullmatch(one) for one in clauses
    )


def mistaken(text: str) -> bool:
    """Whether a line says nothing but that something was a mistake: 发错了. Of what, shows what was sent before."""
    clauses = [one for one in _CLAUSE_END.split(text.strip()) if one and not _THANKS.fullmatch(one)]
    return bool(clauses) and all(map(_MISTAKE.fullmatch, clauses))


def no_wider(text: str) -> bool:
    """Whether a line says, and nothing else, that it is not to go any further: 先别往外扩散了."""
    return _NO_WIDER.fullmatch(text.strip()) is not None


def heard(reading: Reading, own: Sequence[Ref]) -> Reading:
    """The reading of words that were taken for talk, of somebody with reports open: that it is over, if they say so."""
    if not own:
        return reading
    if len(own) == 1 and recognises(reading.text) and any(map(_MET.fullmatch, _CLAUSE_END.split(reading.text.strip()))):
        return _over(reading, own, SURE)
    ways = (HIDES_PHONE.search, with_police, no_wider, of_another, recognises, wrong_photo, wants_quiet)
    said = any(way(reading.text) for way in ways) if len(own) == 1 else with_police(reading.text)
    if said and reading.act in (*_ACTS, Act.CORRECT):
        return reading._replace(kind=Kind.CHAT, act=Act.MORE, candidates=_candidates(own))
    if reading.act not in _ACTS or reading.kind not in _MAY_BE or len(reading.text) > MAX_WORDS:
        return reading
    clauses = [one for one in _CLAUSE_END.split(reading.text.strip()) if one and not _THANKS.fullmatch(one)]
    if not clauses or (_QUESTION.search(reading.text) and not _PART.fullmatch(clauses[0])):
        return reading
    if all(map(_FOUND.fullmatch, clauses)):
        return _over(reading, own, SURE)
    if all(map(_PART.fullmatch, clauses)) and re.search("[找寻]", clauses[0]):
        return _over(reading, own, UNSURE)
    ended = (_WITHDRAWN, _MISTAKE, _NEVER_MIND)
    if all(any(way.fullmatch(one) for way in ended) for one in clauses) and any(map(_WITHDRAWN.fullmatch, clauses)):
        return reading._replace(act=Act.WITHDRAW, candidates=_candidates(own)) if len(own) == 1 else reading
    ways = (_FOUND, _HOME, _AT, _SAFE, _DEAD, *ended)
    says = all(any(way.fullmatch(one) for way in ways) for one in clauses)
    if not says and any(way.fullmatch(clauses[0]) for way in (_FOUND, _HOME, _AT)):
        return reading if any(map(_GOES_ON.search, clauses[1:])) else _over(reading, own, UNSURE)
    if not says or all(map(_NEVER_MIND.fullmatch, clauses)):
        return reading
    taken_back = any(_MISTAKE.fullmatch(one) or _SAFE.fullmatch(one) for one in clauses)
    well = any(way.fullmatch(one) for way in (_FOUND, _HOME, _AT) for one in clauses)
    dead = any(map(_DEAD.fullmatch, clauses))
    return _over(reading, own, SURE if taken_back and well and not dead else UNSURE)


def _over(reading: Reading, own: Sequence[Ref], confidence: float) -> Reading:
    """Of several reports it is asked which."""
    act = Act.FIXED if len(own) == 1 else Act.NONE
    confidence = max(confidence, reading.confidence if reading.kind is Kind.FOUND else 0)
    return reading._replace(kind=Kind.FOUND, act=act, confidence=confidence, candidates=_candidates(own))


def _candidates(own: Sequence[Ref]) -> tuple[Candidate, ...]:
    return tuple(Candidate(ref, 0.6, "writer") for ref in own)

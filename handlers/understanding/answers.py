"""What a short line says to the question that the bot asked."""

from __future__ import annotations

import re
from dataclasses import dataclass

from handlers.understanding.extract import extract
from handlers.understanding.model import Act, Context, Fields, Kind, PendingQuestion, Ref
from handlers.understanding.names import possible
from handlers.understanding.places import nowhere
from handlers.understanding.scan import Scan
from handlers.understanding.times import find_times

_TAIL = r"[。!！~～啊呀呢哈的了吧呗滴,， ]*"
_YES = re.compile(
    rf"^(?:(?:是|是的|是啊|对|对的|对头|嗯{{1,4}}|恩|哦?没错|确认|确定|好|好的|可以|行|ok|OK|Ok|okay|发|发吧|发出去|发送|"
    rf"发布|同意|要|需要|中|要得|系|系啊|得|yes|y|Y|是他|是她|就是|就是他|就是她|收到|准|批准|通过|嗯呢|昂|成|(?:情况)?属实|(?:是)?真的){_TAIL}){{1,3}}$"
)
_YES_AND = re.compile(r"^(?:是|是的|对|对的|嗯+|没错|确认)[,，。!！ ]\s*(?!不|但|可是)[^,，。]{0,14}$")
_NO = re.compile(
    rf"^(?:不是|不|不对|否|没有|没|不用|不用了|不要|别发|别|错了?|不行|取消|算了|不需要|唔系|唔使|冇|no|NO|n|N|"
    rf"不是他|不是她|不可以|不同意|驳回|(?:先|暂时)?(?:不要?|别)(?:再)?发(?:出去|送)?|误报|不确认|否认|没有的事|"
    rf"不属实|(?:是)?假的|不是真的){_TAIL}$"
)
_TRUE = re.compile(
    rf"(?:(?:那就?|可以|赶紧|赶快|快|马上|立刻|请|麻烦|就|都|情况|已经?|我|核实(?:过|好)?了?)*"
    rf"(?:是(?:的|啊|真的)?|真的|对(?:的|头)?|没错|确认|确定|属实|核实(?:过|好)?|确有(?:此|其)事|有这(?:回|个)?事|发(?:吧|出去|送|布)?|"
    rf"同意|批?准|通过|系|yes|y|Y){_TAIL}){{1,3}}"
)
_FALSE = re.compile(
    rf"(?:那|这|都|情况|我?核实(?:过|好)?了?)*(?:不(?:是真?|对|属实)|否认?|误报|是?假的|没有?(?:这|那)(?:回|个)?[事人]|没有的事|"
    rf"谣言|骗人|驳回|没有?(?:人)?走[失丢]|唔系){_TAIL}"
)
_UNSURE = re.compile(
    rf"(?:我|家属|家人|家里|报事人|对方|他|她|人|电话|手机|现在|目前|暂时|一直|还|也|都|又|先|打)*"
    rf"(?:(?:没法|没办法|无法|不能|不好|没有?|未)(?:确认|核实|核对|联系|查)(?:上|到|清楚)?|(?:确认|核实|联系|查)不[了上到清]|"
    rf"打不通|没人接|不接|不(?:清楚|确定|知道|晓得|好说)|拿不准|说不[准好清]){_TAIL}"
)
_CHECKED = re.compile(
    r"(?:我|已经?|刚刚?|刚才|都|也|跟|和|给|向)*(?:家属|家人|家里|他们家?|报事人|本人)?(?:打|问|联系|通|看|去|到)[过了]?"
    r"(?:过?电话|家属|家人|家里|他们家?|现场|本人|清楚|上)?[过了]*"
)
"""How somebody found out, which says nothing yet of what they found."""
_KEEP = re.compile(r"(?:不要|别|不能|不用|没想|不想)撤|还(?:在|要|得)找|[没未]有?找|(?:继续|接着)找|没说?要?撤")
_AMENDS = re.compile(r"改(?:成|为|到|一下|下)|写错|发错|打错|说错|弄错|搞错|错了|漏了|先别|等[一下等会]|慢着|不对")
_GUESSED = re.compile(r"应该|可能|大概|好像|估计|也许|或许|恐怕|(?<=[对实真假的是])吧")
"""Who guesses whether a report is true has not said so: 应该属实, 不对吧."""
_AMENDED = re.compile(r"(?:不对|不是|错了?)[^,，。:：]{0,8}[,，。:： ]+(?:应该|其实)?是?(?P<right>[^?？吗么]+)$")
"""A report is true but for what is put right: 不对，是82岁."""
_HEARD_ONLY = re.compile(rf"(?:收到|嗯+|恩|哦|知道|昂){_TAIL}")
_CLAUSE_END = re.compile(r"[,，。!！;；~～\s]+")
_TURN = re.compile(r"但|可是|不过|只是|然而|[?？吗么]$")
_NAMED = re.compile(r"(?:(?P<letter>[MFNPAS])\s?(?P<number>\d{1,9})(?!\d)[号,，:：、\s]*)", re.IGNORECASE)
PLAIN, VAGUE = 0.95, 0.4
"""How sure it is what a yes or a no means: 收到 and 不行 do not say whether a report is true."""
_GOOD = re.compile(r"^(?:满意|很?好|非常好|可以|还行|不错|挺好|还可以|行|好的?|谢谢|赞|👍|很满意|很快|好评)")
_BAD = re.compile(r"不满意|不好|不行|太差|很差|差评|没修好|还没|没解决|又坏|没人来")
_SO_SO = re.compile(r"一般|凑合|马马虎虎|将就")
_PLAIN_NAME = re.compile(
    r"^(?:他|她|我爸|我妈|老人|孩子)?(?:叫|名叫|是|姓名[:：]?|名字[:：]?)?\s*(?P<name>[一-鿿]{2,4})[。!！,，]?$"
)
_PLAIN_PLACE = re.compile(
    r"^(?:就?在|是|从|地址[:：]?|位置[:：]?)?\s*(?P<place>[一-鿿\dA-Za-z\-#]{2,20}?)(?:出去的?|出门的?|走的|那里|"
    r"那边|这边|这里|走丢的?|不见的)?[。!！,，]?$"
)
_NO_PLACE = re.compile(
    r"[了啊呀吧呢嘛哈啦咯喽哦噢]+[。!！~]*$|没|找[到着]|回[来去家到]|报[过了]?警|打[过了]|问[过了]|求求|求你|急死|快点|赶紧|"
    r"帮忙|感谢|电话|监控|视频|民警|警察|老地方|不晓|还[在是]|已经|正在|等[消你着]|大家|各位|你们|"
    r"^(?:我|俺|咱)们?(?:[在去到正还也就都]|马上|这就)"
)
"""What an answer to "where" cannot hold: 报警了, 急死我了, 我在学校等 name no place where somebody was seen."""
_OF_PERSON = frozenset({"age", "height_cm", "clothes"})
"""Facts that tell a line of a person from one of a place: 是82岁."""
_NOT_A_FACT = re.compile(r"不知道|不清楚|不晓得|忘了|不记得|谢谢|哈哈|[?？吗]$|没有")


@dataclass(frozen=True, slots=True)
class Answer:
    """An act that answers the pending question."""

    act: Act
    confidence: float
    fields: Fields | None = None
    satisfied: bool | None = None


def answer(scan: Scan, context: Context) -> Answer | None:
    """The answer that a folded line gives to `context.question`; None if it is not one."""
    question = context.question
    if question is None or len(scan.text) > 60:
        return None
    if question.kind == "rate":
        return _rating(scan.text)
    if question.kind == "recall" and _KEEP.search(scan.text):
        return Answer(Act.NO, PLAIN)
    if question.kind == "why":
        return None
    text = _without_number(scan.text, question)
    if _about_a_report(question) and (amended := _amended(text, context)) is not None:
        return amended
    said = _verdict(text) if _about_a_report(question) else _yes_or_no(text)
    if question.ref is not None and question.ref.letter == "N":
        said = _before_sending(text, said)
    if said is not None and not (question.kind in _FACTS and _tells_looks(text, context)):
        return said
    return _fact(scan, question.kind, context)


_FACTS = frozenset({"name", "phone", "place", "area", "photo"})
"""Questions for a fact: to them 对，蓝棉袄 is no yes, but a fact."""


def _tells_looks(text: str, context: Context) -> bool:
    return not _OF_PERSON.isdisjoint(extract(Scan(text), Kind.MISSING, context).present())


def _without_number(text: str, question: PendingQuestion) -> str:
    """The words beside the number of the matter that was asked about: M1属实 says 属实."""
    for match in (_NAMED.match(text), *_NAMED.finditer(text)):
        if match is None or 0 < match.start() < match.end() < len(text.rstrip(" 。.!！")):
            continue
        if question.ref in (None, Ref(match["letter"].upper(), int(match["number"]))):
            return (text[: match.start()] + text[match.end() :]).strip()
    return text


def _about_a_report(question: PendingQuestion) -> bool:
    return question.kind == "confirm" and (question.ref is None or question.ref.letter == "M")


def _verdict(text: str) -> Answer | None:
    """Whether a report is true: VAGUE where somebody only says that it was heard, or cannot be told yet."""
    clauses = [clause for clause in _CLAUSE_END.split(_GUESSED.sub("", text)) if clause]
    clauses = [clause for clause in clauses if not _CHECKED.fullmatch(clause)]
    guessed = _GUESSED.search(text) is not None
    kinds = [_judged(clause) for clause in clauses]
    if not clauses or (kinds[0] is None and _UNSURE not in kinds):
        return None
    if _UNSURE in kinds or (_TRUE in kinds and _FALSE in kinds):
        return Answer(Act.NO, VAGUE)
    for kind, act in ((_TRUE, Act.YES), (_FALSE, Act.NO)):
        if kind in kinds and _NO not in kinds:
            plain = not any(map(_TURN.search, clauses))
            return Answer(act, VAGUE if guessed else PLAIN) if plain else Answer(Act.NO, VAGUE)
    vague = Answer(Act.NO if _NO in kinds else Act.YES, VAGUE)
    return vague if None not in kinds else None


_VOUCHES = re.compile(r"确认|属实|核实|真的|确有|误报|假的|谣言|不实")
"""What tells of a report even where nobody asked; 好的, 是的 and 收到 may mean anything there."""


def vouches(text: str, number: int) -> bool | None:
    """Whether a short folded line says of the report with this number that it is true; None where it says nothing."""
    if len(text) > 30 or _VOUCHES.search(text) is None:
        return None
    said = _verdict(_without_number(text, PendingQuestion("confirm", Ref("M", number))))
    return said.act is Act.YES if said is not None and said.confidence == PLAIN else None


def _amended(text: str, context: Context) -> Answer | None:
    """What is put right about a report, where nothing else is said."""
    match = _AMENDED.search(text)
    if match is None:
        return None
    known = extract(Scan(match["right"]), Kind.MISSING, context).present()
    known.pop("forwarded", None)
    if len(match["right"]) > 2 * sum(len(str(value)) for value in known.values()) + 2:
        return None
    return Answer(Act.CORRECT, PLAIN, Fields(**known))


def _judged(clause: str) -> re.Pattern[str] | None:
    """Which of these a clause is, if any."""
    return next((one for one in (_UNSURE, _FALSE, _NO, _TRUE, _YES) if one.fullmatch(clause)), None)


def _yes_or_no(text: str) -> Answer | None:
    if _NO.match(text):
        return Answer(Act.NO, 0.9)
    if _YES.match(text):
        return Answer(Act.YES, 0.95)
    return Answer(Act.YES, 0.85) if _YES_AND.match(text) else None


def _before_sending(text: str, said: Answer | None) -> Answer | None:
    """Whether a notice goes out as it is: not where something is to be changed first; 收到 and 嗯 do not say so."""
    if _AMENDS.search(text):
        return Answer(Act.NO, PLAIN)
    return Answer(Act.YES, VAGUE) if _HEARD_ONLY.fullmatch(text) else said


def _rating(text: str) -> Answer | None:
    if _BAD.search(text):
        return Answer(Act.RATE, 0.9, satisfied=False)
    if _SO_SO.search(text):
        return Answer(Act.RATE, 0.8, satisfied=None)
    return Answer(Act.RATE, 0.9, satisfied=True) if _GOOD.match(text) else None


def _fact(scan: Scan, asked: str, context: Context) -> Answer | None:
    """A fact that was asked for: a name, a place, a phone number."""
    if asked in ("place", "area") and _NO_PLACE.search(scan.text):
        return None
    fields = extract(scan, Kind.MISSING, context)
    known = {name: value for name, value in fields.present().items() if name != "forwarded"}
    plain = _plain(scan.text, asked, known)
    if plain is not None:
        known.update(plain)
    wanted = {
        "name": ("name",),
        "phone": ("phone",),
        "place": ("place", "building", "unit", "room"),
        "area": ("place", "building"),
    }
    said = [str(known[name]) for name in wanted.get(asked, ()) if name in known]
    rest = len(scan.text) - sum(time.end - time.start for time in find_times(scan.text, context.now))
    if not said or rest > 2 * sum(len(word) + 2 for word in said):
        return None
    return Answer(Act.MORE, 0.85, Fields(**known))


def _plain(text: str, asked: str, known: dict[str, object]) -> dict[str, str] | None:
    if _NOT_A_FACT.search(text) or (asked != "name" and known.keys() & _OF_PERSON):
        return None
    if asked == "name":
        match = _PLAIN_NAME.match(text)
        if match is None or ("name" not in known and ("place" in known or not possible(match["name"]))):
            return None
        return {"name": str(known.get("name") or match["name"])}
    if asked in ("place", "area") and "place" not in known:
        match = _PLAIN_PLACE.match(text)
        place = re.split("[从在]", match["place"])[-1] if match else ""
        return {"place": place} if 2 <= len(place) <= 14 and not nowhere(place) else None
    return None

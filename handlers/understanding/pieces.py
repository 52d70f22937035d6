"""The pieces of a message that are (part of) the value of a field, and what they say."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import TypeVar

from handlers.understanding.clauses import MANY, shaped
from handlers.understanding.found import Found
from handlers.understanding.model import OF_PERSONS, Kind
from handlers.understanding.scan import Scan
from handlers.understanding.tagging import FIELDS, OF_MATTERS, Piece, tagger, trimmed

_start = attrgetter("start")
_CORRECTS = re.compile(r"打错|写错|说错|记错|不对|更正|不是[^。]{0,5}$")
CORRECTED = 12
"""How many characters before the right figure it may be said that another was wrong."""
_ILLNESS = re.compile(
    r"痴呆|阿尔[茨兹]|糊涂|精神(?:病|不|有|分裂)|智[力障]|自闭|聋|哑|耳朵?背|听力|心脏病|高血压|糖尿病|抑郁|脑梗|癫痫|失语|失忆|记性|"
    r"记不得|认不得|癌|化疗|透析|中风|偏瘫"
)
_DENIAL = r"(?:没有?|无|不是|并非|未|冇|没得|不患|从没|没啥)(?:得过?|患过?|什么|啥|任何|有)?"
_DENIED = re.compile(rf"{_DENIAL}[^,，。]{{0,3}}$")
_NO_ILLNESS = re.compile(rf"(?:{_DENIAL})?(?P<what>(?:[^,，。]{{0,6}}(?:痴呆|病|聋|哑|障碍|症|高血压|聋子|癫痫)))")
"""没有痴呆, 不是聋子: what is named, and not had; but 没记性 and 不认人 are troubles."""
_HEADED = re.compile(
    r"(?<![回出进过下常爱来])(?:[去奔]|[往朝向]着?|前往|驶[往向]|拐[进上到]?|[说要想]回)(?:了|的|到)?那?个?$"
)
"""Before where somebody was going, who need not have come there: 说去水库钓鱼."""
_AT = re.compile(r"[在从]")
_ONWARDS = re.compile(r"(?<=..)[往朝](?![东南西北]?\d|阳)")
"""Where a place or a mark ends and a direction begins: 老槐树底下往村东头."""
_PLATED = re.compile(r"[,，(（\s]{0,2}车?牌?号?[:：是]?[一-鿿][A-Z][·.]?[A-Z0-9]{5}")
"""Behind a car: 白色现代，京A12345."""
_HABIT = re.compile(r"(?:爱|喜欢|常|平时|[总老]是?|天天|每天)(?:一个人)?[去往到]$")
"""Before where somebody often goes, and need not have gone now: 他爱去河边."""
_TOWARDS = re.compile(r"(?:估计|可能|大概|也许|好像|应该)?(?:[去奔往朝]|拐[进上到])")
_THAT_WAY = re.compile(r"方向(?!盘)")
_NOT_THERE = re.compile(r"没|就|咋|怎|失联|不见|到现在")
_DOING = re.compile(
    r"(?<=..)(?:[拿写吃买取采捡刨割喂拉]|看病|打工|上班|放牛|钓鱼|回来)(?!.*[店馆场街口厂点处站部]$).*", re.DOTALL
)
"""What somebody was going to do there, which is no part of where: 坡上刨红薯."""
_NO_GOAL = re.compile(r"[捡揾拾找搵接送喂上下]|贷款|今天|瞅|看")
"""What a direction does not begin with, and where it ends."""
_SEEKERS = re.compile(r"[我俺你][^,，。]{0,5}$")
"""我刚去庙里烧香，看到…: who goes is not who is looked for."""
_HASHTAG = re.compile(r"#[^#\n]{1,30}#")
"""The topic of a post, which says nothing of anybody: #暴雨互助#."""
_NO_TROUBLE = re.compile(r"[尺寸]|失联|走失|走丢|失踪|感激|酬|重谢|转发|扩散")
"""What is no illness, however it sounds."""
_LINE = re.compile(r"在?[A-Za-z]?\d{1,3}路(?:公交)?车?")
"""A line of buses, which is no road: 在K15路."""
_STATURE = re.compile(r"个[子头][很挺比较偏不太算]{0,3}[高矮小]")
_RIDE = re.compile(r"坐?(?:地铁|公交车?|高铁|火车|大巴|班车|轻轨|轮渡|出租车?)")
_WHEELCHAIR = re.compile(r"坐着?(?:个|辆)?(?:电动)?轮椅")
_CARRIED = re.compile(r"[^,，、。\s/]{0,4}(?:书包|背包|挎包|提包|行李箱|拐杖|拐棍)")
_HEAVY = re.compile(r"[多来]?[公市]?斤")
SOUGHT = frozenset({Kind.MISSING, Kind.SIGHTING})
_SINCE = re.compile(r"[从自打]$")
"""Before the time since when a matter lasts, which is none at which it happened: 从昨晚8点停到现在."""
_Figure = TypeVar("_Figure")


def pieces_of(scan: Scan, kind: Kind, found: Found) -> dict[str, list[Piece]]:
    """The pieces of each field that the tagger and the shapes of clauses see."""
    pieces: dict[str, list[Piece]] = {}
    personal, topics = kind in OF_PERSONS, [match.span() for match in _HASHTAG.finditer(scan.text)]
    for piece in tagger().pieces(scan, found.marks, len(FIELDS if personal else OF_MATTERS)):
        if _over(piece, topics) or (piece.field == "height_cm" and _HEAVY.match(scan.text, piece.end)):
            continue
        piece = piece._replace(field=_field(scan, kind, piece), end=_end(scan, piece))
        if _unsound(scan.text, piece):
            continue
        pieces.setdefault(piece.field, []).append(piece)
    _complete(scan.text, pieces, FIELDS if personal else ("duration",), found)
    return pieces


def _complete(text: str, pieces: dict[str, list[Piece]], fields: Sequence[str], found: Found) -> None:
    """Adds to what the tagger saw what the shapes of clauses tell."""
    known = [one for some in pieces.values() for one in some]
    other = known.copy()
    known += [Piece("", start, end) for start, end in found.taken]
    for field in fields:
        if field in MANY or not any(value_of(text, one) for one in pieces.get(field, ())):
            beside = other if field == "duration" else known
            if field in pieces and field not in MANY:  # what it has says nothing
                beside = [one for one in beside if one.field != field]
            more = [one for one in shaped(text, field, beside) if not _unsound(text, one)]
            if field == "duration":
                more = [one for one in more if _since(text, one) or not _over(one, found.taken)]
            pieces[field] = sorted([*pieces.get(field, ()), *more], key=_start)
            known += more


def _unsound(text: str, piece: Piece) -> bool:
    """Whether a piece cannot be of the field that it was taken for."""
    return piece.field in _SOUND and not value_of(text, piece)


def _since(text: str, piece: Piece) -> bool:
    return _SINCE.search(text, max(0, piece.start - 2), piece.start) is not None


def _over(piece: Piece, spans: Sequence[tuple[int, int]]) -> bool:
    return any(start < piece.end and piece.start < end for start, end in spans)


def _field(scan: Scan, kind: Kind, piece: Piece) -> str:
    """The field of a piece, where what it says or what stands beside it tells better than the tagger."""
    if piece.field == "direction" and _RIDE.fullmatch(scan.text, piece.start, piece.end):
        return "transport"
    if piece.field == "place" and kind in OF_PERSONS and _LINE.fullmatch(scan.text, piece.start, piece.end):
        return "transport"
    if piece.field == "features" and _STATURE.fullmatch(scan.text, piece.start, piece.end):
        return "build"
    if piece.field == "features" and _WHEELCHAIR.fullmatch(scan.text, piece.start, piece.end):
        return "transport"
    if piece.field == "clothes" and _CARRIED.fullmatch(scan.text, piece.start, piece.end):
        return "features"
    if piece.field == "clothes" and _PLATED.match(scan.text, piece.end):
        return "transport"
    return "health" if _ails(scan, piece) else "direction" if _goal(scan.text, kind, piece) else piece.field


def _end(scan: Scan, piece: Piece) -> int:
    """Where a place ends: before a word that only begins in it (南门井盖, of which 南门 is the place)."""
    if piece.field in _STILL and (way := _ONWARDS.search(scan.text, piece.start, piece.end)):
        return way.start()
    if piece.field != "place":
        return piece.end
    cut = (token.start for token in scan.tokens if piece.start + 1 < token.start < piece.end < token.end)
    return next(cut, piece.end)


def _goal(text: str, kind: Kind, piece: Piece) -> bool:
    """Whether a place is one that somebody was going to: 说去水库钓鱼."""
    if piece.field != "place" or kind not in SOUGHT:
        return False
    before = _HEADED.search(text, max(0, piece.start - 5), piece.start)
    own = kind is Kind.SIGHTING and before and _SEEKERS.search(text, max(0, before.start() - 8), before.start())
    if _THAT_WAY.match(text, piece.end) and not _AT.search(text, max(0, piece.start - 1), piece.start):
        return True
    return (before is not None and not own) or _TOWARDS.match(text, piece.start) is not None


def _ails(scan: Scan, piece: Piece) -> bool:
    """Whether what looks like a mark of somebody is an illness: 耳朵背, 老年痴呆."""
    return piece.field == "features" and _ILLNESS.search(scan.text, piece.start, piece.end) is not None


def denied(text: str, piece: Piece) -> bool:
    """Whether it is said that somebody does not have it: 没有痴呆, 不是聋子."""
    if _NO_TROUBLE.search(text, piece.start, piece.end):
        return True
    named = _NO_ILLNESS.match(text, piece.start, piece.end)
    if named is None:
        return False
    return named.start("what") > piece.start or _DENIED.search(text, max(0, piece.start - 8), piece.start) is not None


def stated(text: str, figures: Sequence[tuple[int, _Figure]]) -> _Figure | None:
    """The first of the figures that begin at these places, unless a later one corrects it."""
    told: tuple[int, _Figure] | None = None
    for start, figure in figures:
        if told is None or _CORRECTS.search(text, max(told[0], start - CORRECTED), start):
            told = start, figure
    return told[1] if told else None


def values_of(text: str, pieces: Mapping[str, Sequence[Piece]], field: str) -> list[str]:
    """Everything that is said of a field, once each."""
    return list(dict.fromkeys(value for one in pieces.get(field, ()) if (value := value_of(text, one))))


def first_of(text: str, pieces: Mapping[str, Sequence[Piece]], field: str) -> str | None:
    """The first value that is said, unless a later one corrects it."""
    ends = [(one.start, value) for one in pieces.get(field, ()) if (value := value_of(text, one))]
    return stated(text, ends)


_LASTS = re.compile(r"[天日月年周夜宿晚时分钟早午夏冬春秋久节庆前后点期礼拜季代直号]|\d")
_SOUND = {
    "build": re.compile("^(?!体重$).*[胖瘦壮高矮个身体斤重条结实敦匀魁健满肚圆膀粗弱薄巧块等挺大]"),
    "health": re.compile("^(?!体重|身高|体型)"),
    "place": re.compile(r"^(?![A-Za-z]?\d{1,3}路(?:公交)?车?上?$)"),
}
"""What a value must be like to be one: stature is said with these; weight is no illness, and a bus no place."""
_STILL = frozenset({"place", "features", "clothes"})
_AILS = frozenset("聋哑瞎瘫疯")
_SHORT = frozenset({"direction", "build"})
"""Fields that one character may say: 南, 瘦."""


def value_of(text: str, piece: Piece) -> str:
    """What a piece says, without what stands around it; nothing where too little is left."""
    value = " ".join(trimmed(piece.field, text[piece.start : piece.end]).split())
    if piece.field == "direction" and _HABIT.search(text, max(0, piece.start - 6), piece.start):
        return ""
    if piece.field == "direction":
        value = "" if _NO_GOAL.match(value) else _NOT_THERE.split(value)[0]
        value = _DOING.sub("", value)
    if piece.field == "duration" and not _LASTS.search(value):
        return ""
    if piece.field in _SOUND and not _SOUND[piece.field].search(value):
        return ""
    return value if len(value) >= (1 if piece.field in _SHORT or value in _AILS else 2) else ""

"""Draws the fields out of a message that matters."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from operator import attrgetter
from typing import Any, TypeVar

from handlers.understanding import garments
from handlers.understanding.clauses import MANY, shaped
from handlers.understanding.looks import has_phone, height_at, heights_said, is_depth
from handlers.understanding.model import OF_PERSONS, Context, Fields, Kind, Precision
from handlers.understanding.names import callee_shapes, name_shapes, nobody, surname
from handlers.understanding.normal import fold
from handlers.understanding.people import BORN, IN_YEARS, LIKELY_YEARS, Age, age_at, age_of_birth, find_sex
from handlers.understanding.persons import REGIONS, forwarded
from handlers.understanding.phones import Phone, find_phones, find_plate
from handlers.understanding.places import House, find_house, floor_apart, known_place, nowhere
from handlers.understanding.scan import BIT, Scan
from handlers.understanding.spots import meant
from handlers.understanding.tagging import FIELDS, OF_MATTERS, Mark, Piece, tagger, trimmed
from handlers.understanding.times import Time, find_times

LONGEST_NAME = 4
"""Characters of a name without dots; what is longer holds more than a name: 家有老父尹守田."""
MOST_PIECES = 6
"""Marks, or illnesses, of one person that are told apart."""
_start = attrgetter("start")
_CORRECTS = re.compile(r"打错|写错|说错|记错|不对|更正|不是[^。]{0,5}$")
CORRECTED = 12
"""How many characters before the right figure it may be said that another was wrong."""
_OWN_AGE = re.compile(r"(?:我|俺|本人)(?:今年|都|已经|快|也|才|是)*$")
"""Before the age of who writes: 我今年40岁，我儿子6岁."""
_MIND = re.compile(r"智[力商][^,，。\s]{0,6}$|(?:怀孕|身孕|孕期|怀了?|孕)[^,，。]{0,3}$")
"""Before the age of a mind, or of the unborn: 智力像七八岁, 怀孕7个月."""
_LED = re.compile(r"(?:[带抱领牵背](?:着|走|了|上){1,2}|[跟和]着?)(?:一?个|[俩他她我的])*$")
"""Before the age of somebody who is with the missing: 带走了2岁的侄子."""
_MINE = re.compile(r"(?:我|俺|我的)$")
_OWNS = re.compile(
    r"[她他]?家?的?(?:老?[爸妈爹娘]|父亲|母亲|爷爷|奶奶|公公|婆婆|儿子|女儿|闺女|孙子|孙女|老公|老婆|媳妇|老伴)"
)
_ILLNESS = re.compile(
    r"痴呆|阿尔[茨兹]|糊涂|精神(?:病|不|有|分裂)|智[力障]|自闭|聋|哑|耳朵?背|听力|心脏病|高血压|糖尿病|抑郁|脑梗|癫痫|失语|失忆|记性|"
    r"记不得|认不得|癌|化疗|透析|中风|偏瘫"
)
_DENIAL = r"(?:没有?|无|不是|并非|未|冇|没得|不患|从没|没啥)(?:得过?|患过?|什么|啥|任何|有)?"
_DENIED = re.compile(rf"{_DENIAL}[^,，。]{{0,3}}$")
_NO_ILLNESS = re.compile(rf"(?:{_DENIAL})?(?P<what>(?:[^,，。]{{0,6}}(?:痴呆|病|聋|哑|障碍|症|高血压|聋子|癫痫)))")
"""没有痴呆, 不是聋子: what is named, and not had; but 没记性 and 不认人 are troubles."""
_NO_PLACE = re.compile(r"[了着没]|喜欢|师傅|丫头|大[姐妈爷哥]|麻将|爬|^[身手头脚脸][上里边]$")
"""What no place has in it, and others do what they do."""
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
_BUSY = re.compile(
    r"(?<=..)(?:[玩坐站蹲躺睡哭等转晃]|吃[饭面早午晚]*|喝[茶酒水]|写作业|钓鱼|下[象围]?棋|打[牌球麻将]+|看(?:电视|书|戏)|聊天|溜达|晒太阳|乘凉)"
    r"[着觉]?呢$"
)
"""What somebody does there at this moment, which is no part of where: 河边钓鱼呢."""
_BARE_ROOM = re.compile(r"^楼(?=\d{3,4}$)")
"""我们楼301: the room, of the building that the writer lives in."""
_NOT_THERE = re.compile(r"没|就|咋|怎|失联|不见|到现在")
_DOING = re.compile(
    r"(?<=..)(?:[拿写吃买取采捡刨割喂拉]|看病|打工|上班|放牛|钓鱼|回来)(?!.*[店馆场街口厂点处站部]$).*", re.DOTALL
)
"""What somebody was going to do there, which is no part of where: 坡上刨红薯."""
_NO_GOAL = re.compile(r"[捡揾拾找搵接送喂上下]|贷款|今天|瞅|看")
"""What a direction does not begin with, and where it ends."""
_SEEKERS = re.compile(r"[我俺你][^,，。]{0,5}$")
"""我刚去庙里烧香，看到…: who goes is not who is looked for."""
_CASE_OF = re.compile(
    r"(?:^\d{3,4}室? ?|(?<=[^ ,，] ))(?P<name>[一-鿿](?:奶奶|爷爷|大爷|大妈|阿姨|师傅|叔|婶|姨|伯))(?=[ ,，])"
)
"""Whom a case is about, in the form 301 张奶奶 ...: who is to be told."""
_CROSSING = re.compile(r"[与和跟][一-鿿]{1,6}?[路街道巷](?:的?交[叉汇界会]路?[口处]?|路?口)?")
"""What follows the first of two streets that meet: 翠竹路与六一路交界."""
_BESIDE = re.compile(r"的?(?:大?门[口前]|旁边?|[前后侧对]面|附近|车棚|地下(?:室|车库))")
"""Which side of a house, or what belongs to it, where the tagger sees nothing but the house."""
_HASHTAG = re.compile(r"#[^#\n]{1,30}#")
"""The topic of a post, which says nothing of anybody: #暴雨互助#."""
_OWN_PLACE = re.compile(r"(?:店|[我俺咱](?:们)?家|厂|地址|位置)(?:就)?[在是:：]")
_SCHOOL = re.compile(r"(?:学校|单位|公司|小区)[是:：叫]")
_REGION = re.compile(rf"(?:{REGIONS})省?")
"""A whole province, where nobody can look for anybody."""
_OF_PERSON = re.compile(r"[,，、 :：(（]*[男女](?![一-鿿])")
"""Behind the name of whom a report is about."""
_NO_TROUBLE = re.compile(r"[尺寸]|失联|走失|走丢|失踪|感激")
"""What is no illness, however it sounds."""
_BYNAME = re.compile(r"(?:小名|乳名|外号|绰号|网名|人称|诨名)[:： 叫是]{0,2}$")
_NO_PHONE = BIT["nophone"]
_KIN_OF_STRAY = re.compile(
    r"(?:女儿|儿子|闺女|妈妈?|爸爸?|老伴|老婆|老公|家人|媳妇|爷爷|奶奶|[孙侄][子女]|哥哥?|姐姐?)名?字?[叫是]$"
)
"""Before the name of somebody else, whom a lost person tells of: 只记得女儿叫秀梅."""
_TITLES = re.compile(r"(?<=大)[爷妈娘叔伯婶姐哥嫂舅姨]")
"""What ends a name that seems to end before: 李大爷."""
_HOME = re.compile(r"(?:送到|送回|送至|家住|住在?|家在|我是|我在|他家|她家|我家)的?$")
"""Before the number of the house where the family waits, which is not where somebody was last seen."""
_LINE = re.compile(r"在?[A-Za-z]?\d{1,3}路(?:公交)?车?")
"""A line of buses, which is no road: 在K15路."""
_STATURE = re.compile(r"个[子头][很挺比较偏不太算]{0,3}[高矮小]")
_RIDE = re.compile(r"坐?(?:地铁|公交车?|高铁|火车|大巴|班车|轻轨|轮渡|出租车?)")
_WHEELCHAIR = re.compile(r"坐着?(?:个|辆)?(?:电动)?轮椅")
_CARRIED = re.compile(r"[^,，、。\s/]{0,4}(?:书包|背包|挎包|提包|行李箱|拐杖|拐棍)")
_MAKE = re.compile(
    r"(?:车|摩托|三轮)(?:是|为|[:：])(?:一?[辆台])?"
    r"(?P<make>(?:[红橙黄绿青蓝紫黑白灰粉棕银金]色?|[深浅][一-鿿]色?)[一-鿿A-Za-z\d]{2,5})(?:的)?(?=[,，。\s]|$)"
    r"|(?P<beside>(?:[红橙黄绿青蓝紫黑白灰粉棕银金深浅]{1,2}色)[一-鿿A-Za-z\d]{2,5}?)[,，(（\s]?(?:车?牌号?)?[:：是]?"
    r"(?=[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-Z][·. ]?[A-Z0-9]{5})"
)
"""A vehicle by its make, which says more than its kind: 电动车是红色雅迪; 银色卡罗拉川A5R77X."""
_DRIVEN = re.compile(r"(?:车|摩托|三轮)[是为:：]|[A-Z][·. ]?[A-Z0-9]{5}")
"""What a text must hold to tell a vehicle's make so."""
_HEAVY = re.compile(r"[多来]?[公市]?斤")
_ANY_TIME = datetime(2026, 1, 1, 12, tzinfo=UTC)
"""Where only the places of times in a text count."""
_MET = frozenset({Kind.SIGHTING, Kind.STRAY})
_NO_NAME_ON = re.compile(r"[(（,，、/|]|小朋友")
_SOUGHT = frozenset({Kind.MISSING, Kind.SIGHTING})
_WORN = re.compile(r"(?:是|又|身上|里面|的?时候)?的?[穿戴]")
"""After the day on which somebody wore what they do: 今天穿红棉袄."""
_SINCE = re.compile(r"[从自打]$")
"""Before the time since when a matter lasts, which is none at which it happened: 从昨晚8点停到现在."""
_LATE = re.compile(r"了?[也都还就]{0,2}[没未不冇]有?见?(?:回|到|归|接|来|见|进|着|上|下|出|影)")
"""After the time at which somebody was not back yet: 到晚上也没回来, 中午没回来吃饭."""
_DUE_BACK = re.compile(r"(?:就回|回|该|都没|了没|就该|要|开会|上班|之?前(?:联系|回复|回话|给|打|告诉|通知|报))")
_PROMISED = re.compile(
    r"(?:说好|约好|讲好|都这?|这都|应该|平时|平常|往常|一般|向来|每天|现在是?|眼看|(?:现在|这会儿?|这时)[(（])$"
)
_TILL_DAY = re.compile(r"[到至]$")
"""Before a day up to which something lasts: 到今天三天了."""


_Figure = TypeVar("_Figure")

_FADING, _DAWNING = 18, 5
"""The hours from which and until which it is night."""
_FINENESS = {Precision.DAY: 0, Precision.PART_OF_DAY: 1, Precision.HOUR: 2, Precision.EXACT: 3}


def _seen(times: list[Time], text: str, context: Context) -> Time | None:
    """The time somebody was last seen: the first that has passed and is not when they were due back.

    A later and finer time without a day of its own belongs to it: 昨天在集市，下午三点.
    """
    if not times:
        return None
    born = [match.span() for match in BORN.finditer(text)]
    passed = [
        time
        for time in times
        if time.at <= context.now
        and not (time.precision is Precision.DAY and _WORN.match(text, time.end))
        and not _DUE_BACK.match(text, time.end)
        and not _PROMISED.search(text, max(0, time.start - 4), time.start)
        and not any(start < time.end and time.start < end for start, end in born)
    ]
    if not passed:
        return None
    passed = [time for time in passed if not _after_the_loss(text, time)] or passed
    first = passed[0]
    for time in passed[1:]:
        if time.start == first.end and time.at.date() == first.at.date() and _FINENESS[time.precision] > 1:
            return time  # 刚才11点, but not 四点五十放学
        if _FINENESS[time.precision] <= max(_FINENESS[first.precision], first.precision is not Precision.DAY):
            continue
        if time.at.date() == first.at.date():
            if _FINENESS[time.precision] > 1:
                return time
            first = time
            continue
        if not first.dated or time.dated:
            continue
        joined = _continued(first, time, context.now)
        if joined.at <= context.now:
            return joined
    return first


def _after_the_loss(text: str, time: Time) -> bool:
    """Whether somebody was missing already: 到晚上也没回来, 到今天三天了; but not 放学没回家."""
    if time.precision is Precision.DAY and _TILL_DAY.search(text, max(0, time.start - 1), time.start):
        return True
    return "放学" not in time.text and _LATE.match(text, time.end) is not None


def _continued(first: Time, later: Time, now: datetime) -> Time:
    """A time without a day of its own, on the day of an earlier one, and in its part: 昨晚没吃药，9点多跑的."""
    both = find_times(first.text + later.text, now)
    at = both[0].at if len(both) == 1 else datetime.combine(first.at, later.at.timetz())
    if first.precision is Precision.PART_OF_DAY and first.at.hour >= _FADING and later.at.hour < _DAWNING:
        at = datetime.combine(first.at, later.at.timetz()) + timedelta(days=1)  # 昨晚…, 凌晨一点
    return replace(later, at=at)


@dataclass(frozen=True)
class Found:
    """What is written in a shape of its own, wherever it stands: times, telephones, and the most exact house number."""

    text: str
    times: list[Time]
    phones: list[Phone]
    house: House | None

    @cached_property
    def named(self) -> list[tuple[int, int]]:
        """What has the shape of a person's name."""
        return sorted({*name_shapes(self.text)})

    @cached_property
    def callees(self) -> list[tuple[int, int]]:
        """The names of those to call."""
        return list(callee_shapes(self.text, [(one.start, one.end) for one in self.phones]))

    @property
    def taken(self) -> list[tuple[int, int]]:
        """Where the times and telephones stand."""
        return [(one.start, one.end) for one in (*self.times, *self.phones)]

    @property
    def marks(self) -> list[Mark]:
        """What the tagger is told of it."""
        marks = [Mark("t", time.start, time.end) for time in self.times]
        marks += [Mark("p", phone.start, phone.end) for phone in self.phones]
        marks += [Mark("h", self.house.start, self.house.end)] if self.house else []
        marks += [Mark("c", *span) for span in self.callees]
        return marks + [Mark("n", *span) for span in self.named]


def find_all(text: str, now: datetime = _ANY_TIME) -> Found:
    """What a folded text says in a shape of its own."""
    times, phones = find_times(text, now), find_phones(text)
    return Found(text, times, phones, find_house(text, [(one.start, one.end) for one in (*times, *phones)]))


def extract(scan: Scan, kind: Kind, context: Context) -> Fields:
    """The fields of a message of this kind; those of a person only where it is about one."""
    text, found = scan.text, find_all(scan.text, context.now)
    personal, pieces = kind in OF_PERSONS, _pieces(scan, kind, found)
    house, seen = found.house, _seen(found.times, text, context)
    place = _place(text, kind, pieces, house, context)
    known: dict[str, Any] = {
        "place": None if place and personal and nowhere(place) else place,
        "building": house.building if house else None,
        "unit": house.unit if house else None,
        "room": house.room if house else None,
        "seen_at": seen.at if seen else None,
        "seen_precision": seen.precision if seen else None,
        "duration": _first(text, pieces, "duration"),
        "phone": _told(text, [(phone.start, phone.number) for phone in found.phones]),
        "contact_name": text[slice(*found.callees[0])] if found.callees else _of_case(text),
        "plate": find_plate(text),
    }
    return Fields(**known, **_personal(scan, kind, pieces, found, context.now.date())) if personal else Fields(**known)


def _pieces(scan: Scan, kind: Kind, found: Found) -> dict[str, list[Piece]]:
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
        if field in MANY or not any(_value(text, one) for one in pieces.get(field, ())):
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
    return piece.field in _SOUND and not _value(text, piece)


def _since(text: str, piece: Piece) -> bool:
    return _SINCE.search(text, max(0, piece.start - 2), piece.start) is not None


def _over(piece: Piece, spans: Sequence[tuple[int, int]]) -> bool:
    return any(start < piece.end and piece.start < end for start, end in spans)


def _of_case(text: str) -> str | None:
    match = _CASE_OF.search(text)
    return match["name"] if match else None


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
    if piece.field != "place" or kind not in _SOUGHT:
        return False
    before = _HEADED.search(text, max(0, piece.start - 5), piece.start)
    own = kind is Kind.SIGHTING and before and _SEEKERS.search(text, max(0, before.start() - 8), before.start())
    if _THAT_WAY.match(text, piece.end) and not _AT.search(text, max(0, piece.start - 1), piece.start):
        return True
    return (before is not None and not own) or _TOWARDS.match(text, piece.start) is not None


def _ails(scan: Scan, piece: Piece) -> bool:
    """Whether what looks like a mark of somebody is an illness: 耳朵背, 老年痴呆."""
    return piece.field == "features" and _ILLNESS.search(scan.text, piece.start, piece.end) is not None


def _denied(text: str, piece: Piece) -> bool:
    """Whether it is said that somebody does not have it: 没有痴呆, 不是聋子."""
    if _NO_TROUBLE.search(text, piece.start, piece.end):
        return True
    named = _NO_ILLNESS.match(text, piece.start, piece.end)
    if named is None:
        return False
    return named.start("what") > piece.start or _DENIED.search(text, max(0, piece.start - 8), piece.start) is not None


def _told(text: str, figures: Sequence[tuple[int, _Figure]]) -> _Figure | None:
    """The first of the figures that begin at these places, unless a later one corrects it."""
    told: tuple[int, _Figure] | None = None
    for start, figure in figures:
        if told is None or _CORRECTS.search(text, max(told[0], start - CORRECTED), start):
            told = start, figure
    return told[1] if told else None


def reasons(text: str, fields: Fields) -> dict[str, list[str]]:
    """What led to each field of a folded text: of those that are learned, what spoke most; else what the rule found."""
    scan, found = Scan(text), find_all(text)
    house = [text[found.house.start : found.house.end]] if found.house else []
    ruled = {
        "seen_at": [time.text for time in found.times],
        "phone": [text[phone.start : phone.end] for phone in found.phones],
        **dict.fromkeys(("building", "unit", "room"), house),
    }
    known = {name: ruled.get(name, []) for name in fields.present()}
    for piece in tagger().pieces(scan, found.marks):
        if piece.field in known and not known[piece.field]:
            said = text[piece.start : piece.end]
            known[piece.field] = [said, *(f"“{key}”" for key in tagger().leading(scan, found.marks, piece))]
    return {name: why or ["规则"] for name, why in known.items()}


def name_in(text: str) -> str | None:
    """The name that a text says somebody has."""
    scan = Scan(fold(text))
    pieces = tagger().pieces(scan, find_all(scan.text).marks)
    return next((scan.text[start:end] for field, start, end in pieces if field == "name"), None)


def places(scan: Scan, kind: Kind, found: Found) -> list[tuple[int, int]]:
    """Where a folded text names a place, without what stands around it; a whole province is named only where nothing
    else is."""
    return _places(scan.text, _pieces(scan, kind, found))


def _places(text: str, pieces: Mapping[str, Sequence[Piece]]) -> list[tuple[int, int]]:
    spans = []
    for _, start, end in pieces.get("place", ()):
        value = trimmed("place", text[start:end])
        if len(value) > 1 and not _NO_PLACE.search(value):
            start = text.index(value, start)
            spans.append((start, start + len(value)))
    return [span for span in spans if not _REGION.fullmatch(text, *span)] or spans


def _place(
    text: str, kind: Kind, pieces: Mapping[str, Sequence[Piece]], house: House | None, context: Context
) -> str | None:
    """Where it is: what the town has a name for, else what the tagger takes for it, with the house number behind it;
    else the house."""
    marked = _places(text, pieces)
    goals = [(one.start, one.end) for one in pieces.get("direction", ()) if kind in _SOUGHT]
    named = known_place(text, context.gazetteer, context.grid, goals)
    if named:
        marked = [span for span in marked if span[0] <= named[0] and named[1] + 1 < span[1]] or [named]
    if not marked:
        if house is None:
            return None
        at_home = kind in OF_PERSONS and _HOME.search(text, max(0, house.start - 4), house.start)
        if at_home:
            return None
        beside = _BESIDE.match(text, house.end)
        return text[house.start : house.end].strip(" ,，") + (beside[0] if beside else floor_apart(text, house))
    start, end = _told_place(text, kind, marked) or meant(text, kind, marked, house.span if house else None)
    if crossing := _CROSSING.match(text, end):
        end = crossing.end()
    whole = text[start : house.end if house and start <= house.start <= end + 1 and end < house.end else end]
    return _BARE_ROOM.sub("", _BUSY.sub("", " ".join(whole.split())))


def _told_place(text: str, kind: Kind, marked: Sequence[tuple[int, int]]) -> tuple[int, int] | None:
    """Where who met the person says that they are: 店在翠竹路, 俺家在小李庄; or which school it is."""
    own = _OWN_PLACE.search(text) if kind in _MET else _SCHOOL.search(text)
    return next((span for span in marked if own and span[0] == own.end()), None)


def _all(text: str, pieces: Mapping[str, Sequence[Piece]], field: str) -> list[str]:
    return list(dict.fromkeys(value for one in pieces.get(field, ()) if (value := _value(text, one))))


def _first(text: str, pieces: Mapping[str, Sequence[Piece]], field: str) -> str | None:
    """The first value that is said, unless a later one corrects it."""
    ends = [(one.start, value) for one in pieces.get(field, ()) if (value := _value(text, one))]
    return _told(text, ends)


def _worn(text: str, pieces: Mapping[str, Sequence[Piece]]) -> str | None:
    """The garments that are told of one after the other, unless a later one corrects the first."""
    known = [one for one in pieces.get("clothes", ()) if _value(text, one)]
    told = _told(text, [(one.start, one) for one in known])
    if told is None:
        return None
    others = (one.start for name, those in pieces.items() if name != "clothes" for one in those)
    until = min((start for start in others if start >= told.end), default=len(text))
    end = garments.last(text, told.end, until)
    for one in known:
        if one.start >= end and garments.goes_on(text[end : one.start]):
            end = garments.last(text, one.end, until)
    return _value(text, told._replace(end=end))


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


def _value(text: str, piece: Piece) -> str:
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


_NO_NAME = re.compile(r"[@\n]|^老[打骂说问催吵闹叫响坏漏停找看来去往是在不没爱想要让给被]$")
"""Of whom others are called by, of two lines, and of what somebody always does (骗子老打) no name is made."""


def _name(text: str, kind: Kind, pieces: Sequence[Piece], found: Found) -> str | None:
    """Whose name it is: what the tagger takes for one, else what has the shape of one; a byname only for want of it."""
    likely = [(one.start, one.end) for one in pieces if not _owner(text, one)] or found.named
    likely = [
        _whole(found.named, span) for span in likely if not any(a < span[1] and span[0] < b for a, b in found.callees)
    ]
    if kind in _MET:
        likely = [one for one in likely if not _KIN_OF_STRAY.search(text, max(0, one[0] - 6), one[0])]
    real = [span for span in likely if not _BYNAME.search(text, max(0, span[0] - 5), span[0])]
    told = sorted(real or likely, key=lambda span: _OF_PERSON.match(text, span[1]) is None)
    told = [(_past_role(text, start), _cut(text, start, end)) for start, end in told]
    named = (value for start, end in told if len(value := trimmed("name", text[start:end])) > 1)
    return next((value for value in named if not nobody(value) and not _NO_NAME.search(value)), None) or surname(text)


_ROLE = re.compile(r"[侄孙]儿|[弟儿]媳|[妻内]弟|[党学队社]员|孩子|儿子|老[班连排]长")


def _past_role(text: str, start: int) -> int:
    """Where a name begins that seems to begin within the word for whose it is: 侄儿思源."""
    match = _ROLE.search(text, max(0, start - 2), start + 2)
    return match.end() if match and match.start() < start < match.end() else start


def _whole(shapes: Sequence[tuple[int, int]], span: tuple[int, int]) -> tuple[int, int]:
    """The shape of a name that a piece lies in (买买提·艾力 around 艾力), or that lies in a long piece."""
    inside = span[1] - span[0] > LONGEST_NAME
    return next(
        (
            one
            for one in shapes
            if (one[0] <= span[0] and span[1] <= one[1]) or (inside and span[0] <= one[0] and one[1] <= span[1])
        ),
        span,
    )


def _owner(text: str, piece: Piece) -> bool:
    """王姨她爸: the name is of somebody whose relative it is."""
    return _OWNS.match(text, piece.end) is not None or text[piece.end - 1] in "她他"


def _cut(text: str, start: int, end: int) -> int:
    """Where a name ends: not within a title (李大爷), nor behind what is put in brackets or a word for a child."""
    title = _TITLES.match(text, end)
    if title:
        return title.end()
    match = _NO_NAME_ON.search(text, start + 1, end)
    return match.start() if match else end


def _ages(text: str, figures: Mapping[int, int]) -> list[tuple[int, Age]]:
    return [
        (start, age)
        for start, end in sorted(figures.items())
        if not _MIND.search(text, max(0, start - 9), start) and (age := age_at(text, start, end))
    ]


def _likely(text: str, found: Found) -> Iterator[tuple[int, int]]:
    for match in LIKELY_YEARS.finditer(text):
        start, end = match.span("said") if match["said"] else match.span()
        if not any(a < end and start < b for a, b in found.taken):
            yield start, end


def _health(text: str, pieces: Mapping[str, Sequence[Piece]]) -> str | None:
    """The illnesses that are told and not denied."""
    return _list(text, {"health": [one for one in pieces.get("health", ()) if not _denied(text, one)]}, "health")


def _closest(values: Sequence[str]) -> str | None:
    """The first value, or a later one that says more of the same thing: 电动车 ... 黑色爱玛电动车."""
    return next((one for one in values[1:] if one.endswith(values[0])), values[0]) if values else None


def _make(text: str) -> str | None:
    match = _MAKE.search(text) if _DRIVEN.search(text) else None
    return match[match.lastgroup or 0] if match else None


def _list(text: str, pieces: Mapping[str, Sequence[Piece]], field: str) -> str | None:
    return "、".join(_all(text, pieces, field)[:MOST_PIECES]) or None


_OCLOCK = re.compile(r"\d?\s*(?:点|[:：]\d)")
"""After the figures of an hour, which are no age: 穿红棉袄，11点走的."""


def _personal(
    scan: Scan, kind: Kind, pieces: Mapping[str, Sequence[Piece]], found: Found, today: date
) -> dict[str, Any]:
    text = scan.text
    figures = {
        one.start: one.end
        for one in pieces.get("age", ())
        if not _OCLOCK.match(text, one.end) and not any(a < one.end and one.start < b for a, b in found.taken)
    }
    figures |= {match.start(): match.end() for match in IN_YEARS.finditer(text)}
    ages = _ages(text, figures) or _ages(text, dict(_likely(text, found)))
    theirs = [one for one in ages if not _OWN_AGE.search(text, max(0, one[0] - 6), one[0])]
    if any(_LED.search(text, max(0, one[0] - 8), one[0]) for one in theirs):
        figures |= dict(_likely(text, found))
        apart = [one for one in _ages(text, figures) if not _LED.search(text, max(0, one[0] - 8), one[0])]
        theirs = apart or theirs
    age = _told(text, theirs or ages) or age_of_birth(text, today)
    spans = {one.start for one in pieces.get("height_cm", ())} | heights_said(text)
    heights = [
        (start, cm)
        for start in sorted(spans)
        if not is_depth(text, start)
        and not any(a <= start < b for a, b in found.taken)
        and (cm := height_at(text, start))
    ]
    return {
        "name": _name(text, kind, pieces.get("name", ()), found),
        "sex": find_sex(text),
        "age": age.years if age else None,
        "age_precision": "about" if age and age.about else None,
        "height_cm": _told(text, heights),
        "build": _first(text, pieces, "build"),
        "clothes": _worn(text, pieces),
        "features": _list(text, pieces, "features"),
        "health": _health(text, pieces),
        "transport": _make(text) or _closest(_all(text, pieces, "transport")),
        "direction": _first(text, pieces, "direction"),
        "has_phone": has_phone(
            text, any(not _MINE.search(text, max(0, token.start - 2), token.start) for token in scan.of(_NO_PHONE))
        ),
        "forwarded": True if kind is Kind.MISSING and forwarded(text) else None,
    }

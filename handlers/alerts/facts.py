"""The facts of an alert: taken from readings, compared with each other, and what is still missing."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from rapidfuzz import fuzz

from handlers.alerts.clothing import alike, merged
from handlers.understanding import Fields
from handlers.understanding.kinship import KIN, KIN_GROUPS
from storage.matters import Alert

FACTS = (
    "name",
    "sex",
    "age",
    "age_precision",
    "height_cm",
    "build",
    "clothes",
    "features",
    "health",
    "transport",
    "direction",
    "has_phone",
    "seen_at",
    "seen_precision",
    "phone",
    "contact_name",
)
"""Columns of Alert that are called as in Fields; `place` is put together from several."""

_NOT, _PHONE, _SHOW = "(?:别|不要|不用|不想|先不|请勿)", "(?:电话|手机|号码)", "(?:发|公开|登|写|留|外传|透露)"
HIDES_PHONE = re.compile(
    f"{_NOT}(?:把|再)?(?:我的?)?(?:{_SHOW}.{{0,4}}{_PHONE}|{_PHONE}号?码?{_SHOW})|{_PHONE}号?码?(?:就|请|先)?{_NOT}再?{_SHOW}"
    f"|{_PHONE}号?码?[是:： ]*[\\d -]{{7,}}[,，。;； ]*(?:但是?|就|请|先)?{_NOT}再?(?:{_SHOW}|放|外发)"
    r"(?:[到在进上给去]|群|外|大家|$|[,，。!！])"
)
"""别发电话, 不要把我的手机号公开, 电话…，别发到群里: the phone is for the workers only."""

_OTHERS = r"(?:左邻右舍|邻居|别人|外人|旁人|人家|大家|大伙|同学|老师|亲戚|村里|村民|群里|小区|街坊|太多人)"
_QUIET = re.compile(
    rf"(?:别|不要|不想|不能|不愿意?)(?:让|被|叫|给|告诉)[他她我俺咱]?(?:们|家|的)*{_OTHERS}|(?:别|不要|不想|不愿意?|不能)(?:太)?声张|保密|"
    r"(?:别|不要|不想|不用)(?:再)?(?:公开|外传|往外[发说传]|到处[发说传]|(?:发|转)(?:到|在|去)?(?:大|居民|小区|业主|各|这个?|那个?|其他|别的)?群)"
)


def wants_quiet(text: str) -> bool:
    """Whether a family asks that others not hear of it: 不想让邻居知道, 先别发群里. A phone is
    nobody's business by itself."""
    return _QUIET.search(HIDES_PHONE.sub("", text)) is not None


FINER = frozenset({"age_precision", "seen_precision"})
"""They say how exact another fact is; a change of theirs alone is no news."""

IMPORTANT = frozenset({"name", "sex", "age", "clothes", "place", "seen_at", "phone", "picture"})
"""What everybody who was alerted must hear when it changes."""

VISIBLE = ("name", "sex", "age", "height_cm", "build", "clothes", "features", "transport", "place", "seen_at")
"""What makes a poster worth drawing where there is no photo."""

MAX_AGE = 120
MAX_TEXT = 4000
"""Characters of what was said about somebody that are kept."""
AGE_SLACK = 8
"""Years by which two people's guesses of one age may differ."""
HEIGHT_SLACK = 15


def known(fields: Fields) -> dict[str, Any]:
    """What a message says, by column of Alert; impossible values are left out."""
    found = {name: value for name in FACTS if (value := getattr(fields, name)) is not None}
    if (age := found.get("age")) is not None and not 0 <= age <= MAX_AGE:
        found.pop("age")
    if len(found.get("name", "")) > 2:
        found["name"] = found["name"].removesuffix("又").removesuffix("没")  # 王奶奶又走丢了, 见着孙广富没
    if "transport" in found:
        found["transport"] = found["transport"].removesuffix("外")  # 骑三轮车外出
    if fields.place and not (fields.place.isdigit() or fields.place.endswith("找")):  # their own house, 我们在楼下找
        found["place"] = fields.place[:100]
    return {name: str(value)[:200] if isinstance(value, str) else value for name, value in found.items()}


SETTLED = ("name", "sex", "age", "height_cm")
"""Who somebody is does not change: another word for it needs a word of correction."""
WHERE = ("place", "seen_at")
MARKS = ("features", "health")
"""Of these one more is said beside those that are known."""
_PUTS_RIGHT = re.compile(r"不是|错了|更正|应该是|其实是")
_LATER = re.compile(r"最后|后来|又|看[到见]|见过|监控|出现|路过|有人说|其实|应该是")
"""Words with which a later place or time takes the place of an earlier one."""


def take(alert: Alert, fields: Fields, text: str = "", *, corrects: bool = True) -> list[str]:
    """Put what a message (`text`) says over what was known; the names of the facts that changed.

    Unless it corrects something, what is known of who they are stays, and where and when they were seen too, if the
    message does not say that it was later.
    """
    said = known(fields)
    if alert.age is None and "age" not in said and (years := _of_grade(text)) is not None:
        said |= {"age": years, "age_precision": "about"}
    elif "age" in said:
        said.setdefault("age_precision", "")
    if not corrects:
        stays = (*SETTLED, *(() if _LATER.search(text) else WHERE))
        said = {name: value for name, value in said.items() if not (_has(alert, name) and name in stays)}
        said = {name: value for name, value in said.items() if _OF.get(name, name) in said}
    if alert.clothes and "clothes" in said:
        said["clothes"] = merged(alert.clothes, said["clothes"], text)[:200]
    if not _PUTS_RIGHT.search(text):
        said |= {name: _both(getattr(alert, name), said[name]) for name in MARKS if name in said}
    changed = [name for name, value in said.items() if getattr(alert, name) != value]
    for name in changed:
        setattr(alert, name, said[name])
    return [name for name in changed if name not in FINER]


_GRADE = re.compile(
    "(?:幼儿园)?(?P<nursery>[小中大]班)|(?P<school>[一二三四五六])年级|初(?P<junior>[一二三])(?!十)|"
    "高(?P<senior>[一二三])(?![层楼栋座])"
)
_FIRST = {"school": 6, "junior": 12, "senior": 15}


def puts_right(text: str) -> bool:
    """Whether a text corrects what somebody said."""
    return _PUTS_RIGHT.search(text) is not None


def _of_grade(text: str) -> float | None:
    """About how old a child of a class is, in years: who enters school has turned six (义务教育法, article 11)."""
    match = _GRADE.search(text)
    if match is None:
        return None
    if match["nursery"]:
        return {"小班": 4, "中班": 5, "大班": 6}[match["nursery"]]
    name = match.lastgroup or ""
    return _FIRST[name] + " 一二三四五六".index(match[name])


_OF = {"age_precision": "age", "seen_precision": "seen_at"}


def _has(alert: Alert, name: str) -> bool:
    """Whether a fact is known, and not only roughly."""
    return getattr(alert, name) not in (None, "") and not (name == "age" and alert.age_precision)


def note_changes(alert: Alert, names: list[str]) -> None:
    """Remember which facts changed since people were last told."""
    alert.changed = " ".join(dict.fromkeys([*alert.changed.split(), *names]))


def _beside(alert: Alert, other: Alert) -> list[str]:
    """What both tell of: garments that the family did not name, and other marks, are added to its own words."""
    both: dict[str, str] = {}
    if alert.clothes and other.clothes:
        both["clothes"] = merged(other.clothes, alert.clothes, "")[:200]
    for name in MARKS:
        if getattr(alert, name) and getattr(other, name):
            both[name] = _both(getattr(alert, name), getattr(other, name))
    changed = [name for name, words in both.items() if set(words) != set(getattr(alert, name))]
    for name in changed:
        setattr(alert, name, both[name])
    return changed


def _both(ours: str, theirs: str) -> str:
    """Marks that are known with another that is told."""
    if not ours or ours in theirs:
        return theirs
    return ours if theirs in ours else f"{ours}、{theirs}"[:200]


def missing(alert: Alert) -> list[str]:
    """The facts that would help most and are not known, the most useful first."""
    wanted = {
        "place": alert.place,
        "seen_at": alert.seen_at,
        "picture": alert.picture_id,
        "name": alert.name,
        "phone": alert.phone,
    }
    return [name for name, value in wanted.items() if not value]


def visible(alert: Alert) -> int:
    """How many facts a stranger could look for are known."""
    return sum(1 for name in VISIBLE if getattr(alert, name) not in (None, ""))


def contradicts(alert: Alert, said: Mapping[str, Any], *, loosely: bool = False) -> bool:
    """Whether a description cannot be of this alert's person; `loosely`, a name may be misheard or mistyped."""
    if alert.sex and said.get("sex") and alert.sex != said["sex"]:
        return True
    if alert.age is not None and said.get("age") is not None and abs(alert.age - said["age"]) > AGE_SLACK:
        return True
    height = said.get("height_cm")
    if alert.height_cm and height and abs(alert.height_cm - height) > HEIGHT_SLACK:
        return True
    return bool(alert.name and said.get("name") and not one_name(alert.name, said["name"], loosely=loosely))


_GONE = re.compile(
    rf"(?:我|俺|咱)(?:们|家|的)*[老小大二三]?(?P<kin>{KIN}){{1,2}}[^,，。!！?？]{{0,5}}"
    r"(?:没回|没到家|不见|走丢|走失|丢了|失踪|失联|联系不上|没了踪影|没了人影)"
)
_ANY_KIN = re.compile(KIN)
_MY_KIN = re.compile(rf"(?:我|俺|咱)(?:们|家|的)*[老小大二三]?({KIN})")


def other_kin(alert: Alert, text: str) -> bool:
    """Whether a text speaks of relatives of the writer, and of none that the alert's own words name."""
    said, before = set(_MY_KIN.findall(text)), set(_ANY_KIN.findall(alert.text))
    named = {words for words in KIN_GROUPS if words & said}
    return bool(named and before) and not any(words & before for words in named)


def of_kin(alert: Alert, text: str) -> bool:
    """Whether a text speaks of the writer's own relative, who may be the one that the alert's words name."""
    return _MY_KIN.search(text) is not None and not other_kin(alert, text)


_HOUSEHOLD = "(?:隔壁|邻居|别人|人家|对门|对面|楼[上下]|前院|后院)"
_OF_OTHERS = re.compile(rf"(?<![在到去从往]){_HOUSEHOLD}[^,，。在]{{0,4}}(?:家|屋)的?[^,，。在]{{0,6}}[找寻][到着见回]")
"""隔壁家孩子找到了; 在邻居家找到了 says where."""


def found_another(alert: Alert, fields: Fields, text: str) -> bool:
    """Whether words of a find may be of somebody else: another relative, name or age, or other people's child."""
    named = {"name": fields.name} if fields.name else {}
    unlike = other_kin(alert, text) or other_age(alert, text) or contradicts(alert, named)
    return unlike or _OF_OTHERS.search(text) is not None


_ABSENT = "没回|没到|不见|走丢|走失|丢了|失踪|失联|联系不上"
_SEVERAL = re.compile(
    rf"(?P<one>{KIN})(?!(?P=one))[亲]?(?:[和跟与、同]|带着?|还有)?(?:我|俺|咱|他|她)?(?:们|家|的)*(?:{KIN}|同学|朋友|孩子|老伴|邻居)[^,，。]{{0,14}}"
    rf"(?:{_ABSENT}|出去|出门)|[俩两三几2-9]个?(?:孩子|小孩|娃|老人|人|同学)[^,，。]{{0,10}}(?:{_ABSENT})|老两口|两口子"
)


def several(alert: Alert) -> bool:
    """Whether the alert's own words tell of more than one person: who finds one has not found all."""
    return _SEVERAL.search(alert.text) is not None


def somebody_else(alert: Alert, text: str) -> bool:
    """Whether a text says that another relative is gone than those the alert's own words name: 我弟也没回来."""
    gone = _GONE.search(text)
    before = set(_ANY_KIN.findall(alert.text))
    if gone is None or not before:
        return False
    same = next(words for words in KIN_GROUPS if gone["kin"] in words)
    return not before & same


_LOST = "没回|没到家|不见|走丢|走失|失踪|丢了|找不[到着]|没了踪影|没了人影"
_OWN_LOST = re.compile(rf"(?:我|俺|咱)(?:们|家|的)*[^,，。!！?？\n]{{1,8}}(?:{_LOST})")
_WHO = frozenset(FACTS) - {"sex", "has_phone", "phone", "contact_name", *FINER}
"""What tells somebody who is missing from anybody else."""


def nobody_else(alert: Alert, said: Mapping[str, Any], text: str) -> bool:
    """Whether a report beside an open alert names nobody but, at most, its person: 联系不上他家里人, 老爷子又走丢了?"""
    if said.keys() & {*_WHO, "place"} or _OWN_LOST.search(text):
        return False
    return not (re.search(_LOST, text) and (contradicts(alert, said) or other_age(alert, text)))


def asks(text: str) -> bool:
    """Whether a text is a question: 还没找到吗."""
    return re.search(r"[?？吗么呢]\s*$", text) is not None


_NOT_THEM = re.compile(
    rf"不是(?:(?:我|俺|咱)(?:们|家|的)*[老小大二三]?(?:{KIN})|[他她]|要找的人?)[啊呀的。!！~～\s]*"
    r"(?:[,，。]\s*(?:我们?)?[认看搞弄]错(?:人|了)*[。!！~～\s]*)?$"
)


def of_another(text: str) -> bool:
    """Whether a line ends with the word that somebody is not who is sought: 那人穿红夹克，不是我爸."""
    return _NOT_THEM.search(text) is not None


def says_lost(text: str) -> bool:
    """Whether a text says, and does not ask, that somebody is lost."""
    return re.search(_LOST, text) is not None and not asks(text)


OLD = re.compile(r"老(?:人|头|汉|太|大爷|大娘|奶奶|爷爷)|大爷|大妈|大娘|奶奶|爷爷")
YOUNG = re.compile(r"小(?:孩|朋友|男孩|女孩|娃)|孩子|娃|男孩|女孩|宝宝")
GROWN, GREY = 18, 45


def other_age(alert: Alert, text: str) -> bool:
    """Whether the words are of an old person where a child is sought, or the other way round."""
    if alert.age is None or (OLD.search(text) and YOUNG.search(text)):
        return False
    return bool((OLD.search(text) and alert.age < GROWN) or (YOUNG.search(text) and alert.age > GREY))


_CALLED = re.compile(
    r"(?:奶奶|爷爷|大爷|大娘|大妈|阿姨|婆婆|老师|师傅|老太|老头|先生|女士|姨|叔|伯|某+|x+)$", re.IGNORECASE
)


def one_name(first: str, second: str, *, loosely: bool = False) -> bool:
    """王秀英 and 王奶奶 may be one person, 李小明 and 小明 too; 李小明 and 李小红 only `loosely`; and 李国强 never."""
    if first in second or second in first:
        return True
    if first[0] != second[0]:
        return False
    differ = sum(a != b for a, b in zip(first, second, strict=False)) + abs(len(first) - len(second))
    return any(map(_CALLED.search, (first, second))) or (loosely and differ == 1)


def fill(alert: Alert, other: Alert, *, but: Collection[str] = ()) -> list[str]:
    """Put another report's facts (`but` some) where none is known; what the family said stays. The names of those."""
    names = [name for name in (*FACTS, "place", "picture_id") if name not in but]
    said = [name for name in names if getattr(other, name) not in (None, "")]
    new = [name for name in said if getattr(alert, _OF.get(name, name)) in (None, "")]
    values = {name: getattr(other, name) for name in new}
    for name, value in values.items():
        setattr(alert, name, value)
    if "phone" in new:
        alert.share_phone = other.share_phone
    new += _beside(alert, other)
    return ["picture" if name == "picture_id" else name for name in new if name not in FINER]


def plain(value: Any) -> Any:
    """A fact as JSON can hold it."""
    return value.isoformat() if isinstance(value, datetime) else value


def kept(alert: Alert) -> dict[str, Any]:
    """All facts as JSON can hold them, by column."""
    return {name: plain(getattr(alert, name)) for name in (*FACTS, "place", "picture_id", "share_phone")}


def points(alert: Alert, said: Mapping[str, Any]) -> float:
    """How much of a description fits what is known; 0 where nothing does."""
    total = 0.0
    if alert.name and said.get("name") and (alert.name in said["name"] or said["name"] in alert.name):
        total += 2
    if alert.phone and alert.phone == said.get("phone"):
        total += 2
    if alert.age is not None and said.get("age") is not None and abs(alert.age - said["age"]) <= AGE_SLACK:
        total += 1
    for name in ("clothes", "transport", "features", "place"):
        ours, theirs = getattr(alert, name), said.get(name)
        if ours and theirs and (like(ours, theirs) or (name == "clothes" and alike(ours, theirs))):
            total += 1
    if alert.sex and alert.sex == said.get("sex"):
        total += 0.5
    return total


_FILLING = re.compile("[个着了的只顶副根双一]|走路|手里")
"""Words in what somebody looks like that another leaves out: 走路拄个拐 and 拄拐."""


def like(ours: str, theirs: str) -> bool:
    """Whether two descriptions may be of one thing."""
    return fuzz.partial_ratio(_FILLING.sub("", ours), _FILLING.sub("", theirs)) >= 60


COMPARED = ("name", "sex", "age", "height_cm", "clothes", "features", "transport")
"""What shows whether somebody who was seen is the one; where they were says nothing of that."""


def compared(alert: Alert, said: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """The facts in which a description fits the alert's person, and those that speak against it."""
    agrees: list[str] = []
    differs: list[str] = []
    for name in COMPARED:
        ours, theirs = getattr(alert, name), said.get(name)
        if ours in (None, "") or theirs in (None, ""):
            continue
        if contradicts(alert, {name: theirs}):
            differs.append(name)
        elif points(alert, {name: theirs}) or name in ("name", "height_cm"):
            agrees.append(name)
    return agrees, differs


def same_person(alert: Alert, said: Mapping[str, Any], text: str, *, same_writer: bool) -> bool:
    """Whether a second report is of the alert's person: nothing speaks against it, and the writer or the facts for."""
    if contradicts(alert, said) or (same_writer and somebody_else(alert, text)):
        return False
    return same_writer or points(alert, said) >= 1.5

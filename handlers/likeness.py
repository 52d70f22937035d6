"""Whether two people speak of one matter: what it is about, what is wrong with it, where, and when.

Words alone mislead, as 停电 and 停水 are one character apart, so things and faults are told by classes of words.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum

from rapidfuzz import fuzz

THINGS: Mapping[str, re.Pattern[str]] = {
    name: re.compile(pattern)
    for name, pattern in (
        (
            "水",
            r"[停没断冇无缺来]水|没得水|水[管压龙]|水(?:又|都|还)?[停断]|自来水|爆管|供水|[主总]管(?:道|爆|破|裂|漏|坏)",
        ),
        ("电", r"[停没断冇无来]电|没得电|电(?:又|都|还)?[停断]|供电|电压|跳闸"),
        ("气", r"[停没断]气|燃气|煤气|天然气"),
        ("暖", r"暖气|供暖|供热|地暖|停暖"),
        ("网", r"断网|[没停]网|宽带|没信号|网络"),
        ("灯", r"路灯|[楼廊]道?的?灯|声控灯|照明灯|灯(?:都|又|全|也)?(?:坏|不亮|灭|闪)"),
        ("电梯", r"电梯"),
        ("下水", r"下水|污水|化粪池|马桶|地漏|排水"),
        ("井盖", r"井盖"),
        ("垃圾", r"垃圾"),
        ("门", r"门禁|单元门|防盗门|道闸|大门"),
        ("噪音", r"噪[音声]|吵|扰民|音响|唱歌|广场舞|喇叭|施工|装修|电钻|KTV|ktv"),
        ("狗", r"狗|犬"),
        ("摊", r"摆摊|占道|摊[贩位子]|出摊|小贩"),
        ("车", r"停车|僵尸车|堵车|乱停|挡[住着]?(?:路|道|门)|消防通道"),
        ("路", r"路面|坑|路[太都]?(?:烂|破)|塌陷|积水"),
        ("树", r"[大枯]树|树[枝倒木]"),
        ("墙", r"墙|屋顶|楼顶|天花板"),
        ("味", r"臭|异味|油烟|烧秸秆|烧塑料"),
    )
}
"""What a matter can be about."""

FAULTS: Mapping[str, re.Pattern[str]] = {
    name: re.compile(pattern)
    for name, pattern in (
        (
            "停",
            r"[停没断冇无缺][水电气暖网]|没得[水电]|水压[^,，。]{0,3}[没低小弱不]|[水电气暖网](?:又|都|还|突然|全)?[停断]|停暖|不热|不供",
        ),
        ("漏", r"[爆裂漏渗溢喷冒跑]"),
        ("坏", r"坏|不亮|不灵|失灵|打不开|关不上|卡住?|掉[了下]|缺|丢|倒了|塌|烂|破"),
        ("堵", r"堵|满"),
        ("脏", r"臭|脏|没人[清收扫]|异味|油烟|成堆|一地"),
        ("吵", r"吵|噪|扰民|响|唱|睡不"),
    )
}
"""What can be wrong with it."""

SERVED = frozenset({"水", "电", "气", "暖", "网"})
"""What comes to everybody by pipe or wire: when it stops, it stops for many."""

CONSEQUENCES: Sequence[tuple[str, str, frozenset[str]]] = (
    ("漏", "停", SERVED),
    ("坏", "停", SERVED),
    ("堵", "漏", frozenset({"下水"})),
    ("堵", "脏", frozenset({"下水", "垃圾"})),
    ("漏", "脏", frozenset({"下水"})),
)
"""(fault, what comes of it for the houses around, of which things): a burst pipe leaves them dry."""

FAR, NEAR = timedelta(hours=6), timedelta(hours=24)
"""Within what time full reports, and words that say "we too", may be about one matter."""

_ALONE = re.compile(
    r"(?:只有?|就|光|单单)(?:是)?(?:我|俺)(?:们)?(?:一?家|这一?户|自己)|(?:我|俺)一家|跳闸|欠费|"
    r"(?:别人|人家|隔壁|邻居|其他[人家]?)[^，,。]{0,4}(?:都?有|没事|正常)"
)
"""It stopped for one house only, and for a reason of its own."""
_HOME = re.compile(r"(?:我|俺)(?:们)?家(?!门口|楼[下道])|家里|屋里|厨房|卫生间|客厅|卧室")
_FRAIL = re.compile(r"呼吸机|制氧|吸氧|透析|卧床|瘫痪|孕妇|临产|急救|胰岛素|残疾")
"""Somebody to whom the same trouble is a graver one."""

_NUMBER = r"[\dA-Za-z一二三四五六七八九十]{1,4}"
_HOUSE = re.compile(
    rf"(?:(?P<building>{_NUMBER})(?:栋|幢|号楼|座))?(?:(?P<unit>{_NUMBER})单元)?(?P<room>\d{{3,4}}(?!\d)(?:室|号)?)?"
)
_ALIKE = 85


class Likeness(IntEnum):
    """How sure it is that two reports are about one matter."""

    NO = 0
    MAYBE = 1
    SAME = 2


@dataclass(frozen=True, slots=True)
class Told:
    """One report: its words, category, place (as `placing.place_of` gives it), and the path of its area."""

    text: str
    category: str
    place: str
    path: str
    at: datetime
    urgent: bool = False

    @property
    def things(self) -> frozenset[str]:
        """What it is about."""
        return frozenset(name for name, pattern in THINGS.items() if pattern.search(self.text))

    @property
    def faults(self) -> frozenset[str]:
        """What is wrong."""
        return frozenset(name for name, pattern in FAULTS.items() if pattern.search(self.text))

    @property
    def house(self) -> tuple[str | None, str | None, str | None]:
        """Building, unit and room, as far as they are told."""
        for match in _HOUSE.finditer(self.place):
            if match[0]:
                return match["building"], match["unit"], match["room"]
        return None, None, None


def _named(text: str, classes: Mapping[str, re.Pattern[str]]) -> set[str]:
    return {name for name, pattern in classes.items() if pattern.search(text)}


def tells_what(text: str) -> bool:
    """Whether a line names a thing that a matter can be about."""
    return bool(_named(text, THINGS))


def alike(text: str, other: str) -> bool:
    """Whether both name the same thing; of a line that names none, the same fault: 又开始唱了."""
    if things := _named(text, THINGS):
        return not things.isdisjoint(_named(other, THINGS))
    return not (_named(text, FAULTS) - {"坏"}).isdisjoint(_named(other, FAULTS))


_STOPPED_HERE = re.compile(
    r"(?:我|俺|家|屋里|我们?|楼|栋|这边|现在|怎么|咋|又|也|都|突然|[,， ])*+"
    r"(?:[没停断]了?[水电气网]|[水电气网]压?(?:又|都|也|全)?(?:没|停|断|低|小|不足)[了啦]?)[了啊呀呢]*[,，。!！ ]*"
    r"(?:(?:怎么|咋|啥|什么)(?:回事|情况|了)[啊呀呢]*)?[?？。!！]*"
)
"""水压没了，怎么回事啊: all of a short line; beside a neighbour's report of it they have it too."""


def stopped_here(text: str) -> bool:
    """Whether a line says nothing but that the water, the power, ... has stopped."""
    return _STOPPED_HERE.fullmatch(text) is not None


def is_personal(text: str) -> bool:
    """Whether the trouble is one house's alone, or a graver one for somebody in it: never a neighbour's matter."""
    return _ALONE.search(text) is not None or _FRAIL.search(text) is not None


def likeness(told: Told, known: Told, *, too: bool = False) -> Likeness:
    """Whether `told` is about the matter that is `known`; `too`: it says itself that others have the same."""
    if is_personal(told.text) or abs(told.at - known.at) > (NEAR if too else FAR):
        return Likeness.NO
    what = _what(told, known)
    if what is Likeness.NO:
        return what
    if _stopped(told) and _stopped(known):
        where = _everywhere(told, known)
    elif _follows(told, known):
        near = _same_grid(told, known) and abs(told.at - known.at) <= FAR
        where = Likeness.NO if not near else Likeness.SAME if too else Likeness.MAYBE
    else:
        where = _where(told, known)
    graver = told.urgent and not known.urgent
    return min(what, where, Likeness.MAYBE) if graver else min(what, where)


def _what(told: Told, known: Told) -> Likeness:
    """Whether the same thing has the same fault."""
    if not (told.things or known.things):
        alike = told.category == known.category and fuzz.ratio(told.text, known.text) >= _ALIKE
        return Likeness.MAYBE if alike else Likeness.NO
    if not told.things & known.things:
        return Likeness.NO
    if told.faults and known.faults:
        common = told.faults & known.faults or (_stopped(told) and _stopped(known)) or _follows(told, known)
        return Likeness.SAME if common else Likeness.NO
    return Likeness.MAYBE


def _stopped(told: Told) -> bool:
    """Whether what is served has stopped, or its main has burst: 停水了, 马路上主管爆了, not 3栋水管爆了."""
    if not told.things & SERVED:
        return False
    return "停" in told.faults or ("漏" in told.faults and told.house[0] is None and not _HOME.search(told.text))


def _follows(told: Told, known: Told) -> bool:
    """Whether what is told is what comes of the fault that is known: after 3栋水管爆了 the houses around are dry."""
    common = told.things & known.things
    return any(
        cause in known.faults and effect in told.faults and cause not in told.faults and common & things
        for cause, effect, things in CONSEQUENCES
    )


def tells_of_outage(text: str) -> bool:
    """Whether a line may tell of what stops for many at once: worth a look at what the village has reported."""
    return THINGS["水"].search(text) is not None or FAULTS["停"].search(text) is not None


def _everywhere(told: Told, known: Told) -> Likeness:
    """Of what stopped for many: the same grid, or the neighbours' for some hours."""
    if _ALONE.search(known.text):
        return Likeness.NO
    if not told.things & known.things & SERVED:
        return Likeness.NO
    near = _same_grid(told, known) or abs(told.at - known.at) <= FAR
    return Likeness.SAME if near else Likeness.NO


def _where(told: Told, known: Told) -> Likeness:
    if told.place and known.place:
        return _same_place(told, known)
    if not _same_grid(told, known) or _HOME.search(told.text) or _HOME.search(known.text):
        return Likeness.NO
    return Likeness.MAYBE if told.place or known.place else Likeness.SAME


def _same_place(told: Told, known: Told) -> Likeness:
    (building, unit, room), (building2, unit2, room2) = told.house, known.house
    if building or building2:
        if building != building2 or not _same_grid(told, known) or (room and room2 and room != room2):
            return Likeness.NO
        return Likeness.SAME if unit == unit2 and not (room or room2) else Likeness.MAYBE
    short, long = sorted((told.place, known.place), key=len)
    if short == long:
        return Likeness.SAME
    return Likeness.MAYBE if len(short) > 1 and short in long else Likeness.NO


def _same_grid(told: Told, known: Told) -> bool:
    """A group of the village hears what is said in its grids, and the other way round."""
    return told.path.startswith(known.path) or known.path.startswith(told.path)

"""Where it is: names of the town, and house numbers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from handlers.understanding.gazetteer import Gazetteer
from handlers.understanding.numerals import CN, digits, number

_SPOKEN = r"[一二三四五六七八九][零〇一二三四五六七八九]{2,3}"
"""A room said figure by figure: 四零二."""
_FLAT = r"(?:[1-9]|[1-3]\d)(?:0[1-9]|[12]\d)"
"""Floor and number: 502, 1203."""
_HOUSE = re.compile(
    rf"(?=[\dA-Za-z{CN[1:]})(?:"
    rf"(?!两|一座|{CN}{{1,2}}座)(?:(?<![了起建盖有修立整某每这那哪同另共是])|(?!一))"
    rf"(?P<b>\d{{1,3}}|{CN}{{1,3}}|[A-Za-z]\d{{0,2}})(?:栋|幢|号楼|#楼|号院|座(?![位椅谈])|#(?=\d{{1,2}}单元|\d{{3,4}}(?!\d))|"
    rf"号(?={_FLAT}(?!\d|[元块米路号年])))"
    rf"(?:[,， ]?(?P<u>\d{{1,2}}|{CN}{{1,2}}|[甲乙丙丁])(?:单元|门洞|门(?!口|卫|前|外)))?"
    rf"(?:[,， ]?(?:(?P<f>\d{{1,2}}|{CN}{{1,3}})[楼层]|顶[楼层]))?"
    rf"(?:[- ,，#]?(?P<r>\d{{3,4}}|{_SPOKEN})(?:室|房|号房|号|户)?(?!\d|块|元|米|年|多|人|个|天))?"
    rf"|(?<![\d-])(?P<tb>\d{{1,3}})-(?P<tu>\d{{1,2}})-(?P<tr>\d{{3,4}})(?![\d-])"
    rf"|(?<![\d-])(?P<db>\d{{1,2}})[-#](?P<dr>\d{{3,4}})(?![\d-])"
    rf"|(?P<ou>\d{{1,2}}|{CN}{{1,2}})单元(?:[- ,，]?(?P<or>\d{{3,4}}|{_SPOKEN})(?:室|房|号|户)?)?"
    rf"|(?:^|(?<=[,，。\s@往给跟从是楼])|(?<=我们在)|(?<=我在)|(?<=我家在)|(?<=[楼隔对][上下壁门]))(?!1(?:1[0-9]|2[0-9])(?!\d))(?P<br>{_FLAT})"
    rf"(?:室|房(?!价|租)|住户|户)?(?=$|[,，。\s]|[的家那装漏养卫厨屋自把天水客这])"
    rf"|(?<=[楼隔对][上下壁门])(?P<nr>{_FLAT})(?![\d元块米路年人个天多分点:：-]))"
)
_TAIL = re.compile(
    r"(?:[东南西北正后前侧大]门(?:口)?|门口|旁边?|附近|对面|里面?|后面|前面|那边|那块儿?|边上|边|西侧|东侧|"
    r"南侧|北侧|一带|周边|路口|交叉口|十字路口|站台)?"
)
_AFTER_WORD = re.compile(r"(?:从|在|于|到|去|路过|经过|离开?|往|地点[:：]?|地址[:：]?|位于|出了|回|住)$")


@dataclass(frozen=True, slots=True)
class House:
    """A building, unit and room, as figures, and the text they were read from."""

    building: str | None
    unit: str | None
    room: str | None
    start: int
    end: int

    @property
    def span(self) -> tuple[int, int]:
        """Where in the text it stands."""
        return self.start, self.end


def _figure(said: str | None) -> str | None:
    if said is None:
        return None
    value = number(said)
    return said.upper() if value is None else str(value)


def _room(said: str | None) -> str | None:
    return digits(said) if said else None


_NOWHERE = re.compile(
    r"(?:我们?|俺|咱们?|他|她|自己|小区|单元)?的?(?:家[里中]?|屋[里头]?|房间里?|楼[上下道]|外[面边头]|路上|这[里边儿]|那[里边儿]|群里|电梯里?|门口|院子?里?)|.*[迷赶走问]路|"
    r"[是在]?(?:哪|啥|什么).*"
)


def nowhere(place: str) -> bool:
    """Whether a place is none that others could go to: 家里, 楼下, 电梯里; nor what ends in 迷路, or asks: 哪个北坡."""
    return _NOWHERE.fullmatch(place) is not None


def find_house(text: str, skip: list[tuple[int, int]]) -> House | None:
    """The most exact house number: 3栋2单元501, 6-2-401, 2单元. `skip` are spans of phones and times."""
    best: House | None = None
    others: list[House] = []
    for match in _HOUSE.finditer(text):
        if any(start < match.end() and match.start() < end for start, end in skip):
            continue
        house = House(
            _figure(match["b"] or match["tb"] or match["db"]),
            _figure(match["u"] or match["tu"] or match["ou"]),
            _room(match["r"] or match["tr"] or match["dr"] or match["or"] or match["br"] or match["nr"]),
            match.start(),
            match.end(),
        )
        others.append(house)
        if best is None or _exactness(house) > _exactness(best):
            best = house
    return best and _completed(best, [one for one in others if one is not best])


def _completed(house: House, others: list[House]) -> House:
    """A house with the part that is told apart from it: 23号楼下有人晕倒，在2单元门口; 四单元煤气味，兴华小区15栋."""
    if len(others) != 1 or _exactness(others[0]) != 1:
        return house
    other = others[0]
    if house.building is None and other.building:
        return replace(house, building=other.building)
    if house.building and house.room is None and other.room:
        return replace(house, room=other.room)
    if house.building and house.unit is None and other.unit:
        return replace(house, unit=other.unit)
    return house


_FLOOR = re.compile(rf"(?<![\d{CN[1:-1]}])(?:\d{{1,2}}|{CN}{{1,2}})[楼层](?![上下梯道栋])")


def floor_apart(text: str, house: House) -> str:
    """The floor that is said apart from a building without one: 六楼冒烟了，3栋; else nothing."""
    if house.room or house.building is None or _FLOOR.search(text, house.start, house.end):
        return ""
    floor = _FLOOR.search(text[: house.start]) or _FLOOR.search(text, house.end)
    return floor[0] if floor else ""


def _exactness(house: House) -> int:
    return sum(part is not None for part in (house.building, house.unit, house.room))


def known_place(
    text: str, gazetteer: Gazetteer | None, grid: str | None, but: Sequence[tuple[int, int]] = ()
) -> tuple[int, int] | None:
    """Where a folded `text` names a place of the town, with what follows its name: 门口, 旁边.

    `but`: where it names what is no place of this kind, as where somebody was going.
    """
    if gazetteer is None:
        return None
    hits = [
        hit for hit in gazetteer.find(text, grid) if not any(start < hit.end and hit.start < end for start, end in but)
    ]
    if not hits:
        return None
    after = [hit for hit in hits if _AFTER_WORD.search(text, max(0, hit.start - 3), hit.start)]
    hit = (after or hits)[0]
    tail = _TAIL.match(text, hit.end)
    return hit.start, tail.end() if tail else hit.end

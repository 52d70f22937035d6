"""Where it is: names of the town, house numbers, and places by the shape of their names."""

from __future__ import annotations

import re
from dataclasses import dataclass

from handlers.understanding.gazetteer import Gazetteer
from handlers.understanding.numerals import CN, number
from handlers.understanding.times import Time

_HOUSE = re.compile(
    rf"(?P<b>\d{{1,3}}|{CN}{{1,3}}|[A-Za-z]\d{{0,2}})(?:栋|幢|号楼|#楼|号院|座(?![位椅谈]))(?:[,， "
    rf"]?(?P<u>\d{{1,2}}|{CN}{{1,2}})(?:单元|门洞|门(?!口|卫|前|外)))?(?:[,， ]?(?P<f>\d{{1,2}}|"
    rf"{CN}{{1,3}})[楼层])?(?:[- ,，]?(?P<r>\d{{3,4}})(?:室|房|号房|号|户)?(?!\d|块|元|米|年|多|人|个|天))?"
    rf"|(?<![\d-])(?P<tb>\d{{1,3}})-(?P<tu>\d{{1,2}})-(?P<tr>\d{{3,4}})(?![\d-])"
    rf"|(?<![\d-])(?P<db>\d{{1,2}})-(?P<dr>\d{{3,4}})(?![\d-])"
    rf"|(?P<ou>\d{{1,2}}|{CN}{{1,2}})单元(?:[- ,，]?(?P<or>\d{{3,4}})(?:室|房|号|户)?)?"
)
_SUFFIX = (
    "菜市场|农贸市场|批发市场|市场|超市|商场|购物中心|广场|公园|游乐场|卫生院|卫生站|卫生室|医院|诊所|药店|"
    "幼儿园|小学|中学|二中|一中|三中|实验学校|学校|大学|学院|汽车站|火车站|高铁站|公交站|地铁站|车站|站台|路口|"
    "街口|巷口|桥头|桥洞|大桥|桥|"
    "河边|河堤|河道|河|水库|湖边|湖|池塘|村口|村委会|村|庄|屯|寨|镇|小区|社区|花园|家园|新城|公寓|苑|府|大厦|"
    "商城|巷子|巷|胡同|大街|街|国道|省道|高速口|大道|路|粮站|派出所|居委会|银行|邮局|网吧|面馆|饭店|餐馆|酒店|"
    "宾馆|药房|工厂|砖厂|厂|工地|加油站|"
    "敬老院|养老院|养猪场|停车场|车库|地下室|凉亭|戏台|祠堂|祠|庙|教堂|体育馆|图书馆|活动室|服务中心|保安室|"
    "门卫室|棋牌室|充电棚|小广场|林场|果园|大棚|后山|山上|铁路|铁道|码头|渡口|人行道|消防通道|楼道|电梯"
)
_TAIL = (
    r"(?:(?:[东南西北正后前侧大]门(?:口)?|门口|旁边?|附近|对面|里面?|后面|前面|那边|那块儿?|边上|边|西侧|东侧|"
    r"南侧|北侧|一带|周边|路口|交叉口|十字路口|站台))?"
)
_SHAPE = re.compile(rf"(?:{_SUFFIX}){_TAIL}")
_GENERIC = re.compile(
    r"(?:小区|村里?|单元|楼)?(?:[东南西北正后前大侧]+门口?|门口|楼下|楼顶|村口|路口|路边|河边|桥头|天台|后院|院子里?)"
)
_STOP = frozenset(
    "的了在从到于往去和跟是有个我你他她们这那就都还没不看见找说被把给让向朝奔沿经过出进离住上下来刚又也才很请帮家"
    "名叫问吗吧呢啊得着以及每一二三四五六七八九十两几只条位时候点号分前后今昨天早晚，。、,.!！?？:：;；（）()【】"
    "#@ \n\t“”\"'|/…~～"
)
_AFTER_WORD = re.compile(r"(?:从|在|于|到|去|路过|经过|离开?|往|地点[:：]?|地址[:：]?|位于|出了|回|住)$")
_HEAD = 7
_GRADE = re.compile(rf"(?:{CN}|\d)(?:年级|[（(]?\d?[)）]?班)|生|毕业")
"""小学三年级 says how old a child is, not where."""
_WING = re.compile(
    r"(?:[东南西北中新老前后]{1,2}|[A-Za-z]|[一二三四五六七八九十]|(?<!\d)\d{1,2})(?:区|期|院|苑)[的,， ]?$"
)
"""The part of an estate that stands before a house number: 南区5栋, 二期8号楼."""
_LAMP = re.compile(r"[灯面人况障]")
_ROAD = re.compile(r"[^\d栋幢楼号口门路]{2}$")
"""3栋路灯 is a lamp, 人民路路面 a road."""
_LONE = frozenset(
    {
        "路",
        "街",
        "村",
        "镇",
        "河",
        "桥",
        "厂",
        "庄",
        "巷",
        "府",
        "苑",
        "寨",
        "屯",
        "湖",
        "祠",
        "庙",
        "二中",
        "一中",
        "三中",
        "电梯",
        "楼道",
    }
)


@dataclass(frozen=True, slots=True)
class House:
    """A building, unit and room, as figures, and the text they were read from."""

    building: str | None
    unit: str | None
    room: str | None
    start: int
    end: int


def _figure(said: str | None) -> str | None:
    if said is None:
        return None
    value = number(said)
    return said.upper() if value is None else str(value)


_NOWHERE = re.compile(
    r"(?:我们?|俺|咱们?|他|她|自己|小区|单元)?的?(?:家[里中]?|屋[里头]?|房间里?|楼[上下道]|外[面边头]|电梯里?|门口|院子?里?)"
)


def nowhere(place: str) -> bool:
    """Whether a place is none that others could go to: 家里, 楼下, 电梯里."""
    return _NOWHERE.fullmatch(place) is not None


def find_house(text: str, skip: list[tuple[int, int]]) -> House | None:
    """The most exact house number: 3栋2单元501, 6-2-401, 2单元. `skip` are spans of phones and times."""
    best: House | None = None
    for match in _HOUSE.finditer(text):
        if any(start < match.end() and match.start() < end for start, end in skip):
            continue
        house = House(
            _figure(match["b"] or match["tb"] or match["db"]),
            _figure(match["u"] or match["tu"] or match["ou"]),
            match["r"] or match["tr"] or match["dr"] or match["or"],
            match.start(),
            match.end(),
        )
        if best is None or _exactness(house) > _exactness(best):
            best = house
    return best


def _exactness(house: House) -> int:
    return sum(part is not None for part in (house.building, house.unit, house.room))


def _left(text: str, start: int, floor: int) -> int:
    """Where a name that ends in a known suffix begins."""
    at = start
    while at > floor and start - at < _HEAD and text[at - 1] not in _STOP:
        at -= 1
    return at


def _shaped(text: str, taken: list[tuple[int, int]]) -> list[tuple[int, int, int]]:
    """Candidates (rank, start, end) by the shape of the name."""
    found = []
    for match in _SHAPE.finditer(text):
        if any(begin < match.end() and match.start() < end for begin, end in taken):
            continue
        floor = max((end for _, end in taken if end <= match.start()), default=0)
        start = _left(text, match.start(), floor)
        if match[0] in ("路", "街") and match.start() and text[match.start() - 1] in "走迷问赶认上让引带拦逛":
            continue
        if start == match.start() and (match[0] in _LONE or _GRADE.match(text, match.end())):
            continue
        if match[0] == "路" and _LAMP.match(text, match.end()) and not _ROAD.search(text, start, match.start()):
            continue
        named = start < match.start()
        after = _AFTER_WORD.search(text, max(0, start - 3), start) is not None
        found.append((2 * after + named, start, match.end()))
    return found


def find_place(
    text: str, gazetteer: Gazetteer | None, grid: str | None, taken: list[tuple[int, int]], house: House | None
) -> str | None:
    """The place that a folded `text` names: one of the town first, else by its shape, else the house, else a corner."""
    known = _known(text, gazetteer, grid, house)
    if known:
        return known
    shaped = _shaped(text, taken)
    if shaped:
        best = max(shaped, key=lambda hit: (hit[0], -hit[1], hit[2]))
        if best[0] or house is None:
            return _with_house(text, best[1], best[2], house)
    if house is not None and (house.building or house.room):
        wing = _WING.search(text, max(0, house.start - 5), house.start)
        return text[wing.start() if wing else house.start : house.end].strip(" ,，")
    corners = (match for match in _GENERIC.finditer(text) if not _within(match.start(), taken))
    corner = next(corners, None)
    return corner[0] if corner else None


def _within(position: int, spans: list[tuple[int, int]]) -> bool:
    return any(start <= position < end for start, end in spans)


def _with_house(text: str, start: int, end: int, house: House | None) -> str:
    if house is not None and 0 <= house.start - end <= 1:
        end = house.end
    return text[start:end]


def _known(text: str, gazetteer: Gazetteer | None, grid: str | None, house: House | None) -> str | None:
    if gazetteer is None:
        return None
    hits = gazetteer.find(text, grid)
    if not hits:
        return None
    after = [hit for hit in hits if _AFTER_WORD.search(text, max(0, hit.start - 3), hit.start)]
    hit = (after or hits)[0]
    tail = re.compile(_TAIL).match(text, hit.end)
    return _with_house(text, hit.start, tail.end() if tail else hit.end, house)


def spans(times: list[Time]) -> list[tuple[int, int]]:
    """Where the times stand."""
    return [(time.start, time.end) for time in times]

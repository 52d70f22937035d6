"""Where it is that a message tells of."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from handlers.understanding.found import Found
from handlers.understanding.model import OF_PERSONS, Context, Kind
from handlers.understanding.persons import REGIONS
from handlers.understanding.pieces import SOUGHT, pieces_of
from handlers.understanding.places import House, floor_apart, known_place
from handlers.understanding.scan import Scan
from handlers.understanding.spots import meant
from handlers.understanding.tagging import Piece, trimmed

_NO_PLACE = re.compile(r"[了着没]|喜欢|师傅|丫头|大[姐妈爷哥]|麻将|爬|^[身手头脚脸][上里边]$")
"""What no place has in it, and others do what they do."""
_BUSY = re.compile(
    r"(?<=..)(?:[玩坐站蹲躺睡哭等转晃]|吃[饭面早午晚]*|喝[茶酒水]|写作业|钓鱼|下[象围]?棋|打[牌球麻将]+|看(?:电视|书|戏)|聊天|溜达|晒太阳|乘凉)"
    r"[着觉]?呢$|(?<=..)(?:玩耍?|遛弯儿?|散步|溜达|晒太阳|乘凉|下棋|打牌|钓鱼|跳绳|踢球|跳舞|写作业)$"
)
"""What somebody does there at this moment, which is no part of where: 河边钓鱼呢, 楼下玩."""
_BARE_ROOM = re.compile(r"^楼(?=\d{3,4}$)")
"""我们楼301: the room, of the building that the writer lives in."""
_CROSSING = re.compile(r"[与和跟][一-鿿]{1,6}?[路街道巷](?:的?交[叉汇界会]路?[口处]?|路?口)?")
"""What follows the first of two streets that meet: 翠竹路与六一路交界."""
_BESIDE = re.compile(r"的?(?:大?门[口前]|旁边?|[前后侧对]面|附近|车棚|地下(?:室|车库))")
"""Which side of a house, or what belongs to it, where the tagger sees nothing but the house."""
_OWN_PLACE = re.compile(r"(?:店|[我俺咱](?:们)?家|厂|地址|位置)(?:就)?[在是:：]")
_SCHOOL = re.compile(r"(?:学校|单位|公司|小区)[是:：叫]")
_REGION = re.compile(rf"(?:{REGIONS})省?")
"""A whole province, where nobody can look for anybody."""
_HOME = re.compile(r"(?:送到|送回|送至|家住|住在?|家在|我是|我在|他家|她家|我家)的?$")
"""Before the number of the house where the family waits, which is not where somebody was last seen."""
MET = frozenset({Kind.SIGHTING, Kind.STRAY})


def places(scan: Scan, kind: Kind, found: Found) -> list[tuple[int, int]]:
    """Where a folded text names a place, without what stands around it; a whole province is named only where nothing
    else is."""
    return _named(scan.text, pieces_of(scan, kind, found))


def _named(text: str, pieces: Mapping[str, Sequence[Piece]]) -> list[tuple[int, int]]:
    spans = []
    for _, start, end in pieces.get("place", ()):
        value = trimmed("place", text[start:end])
        if len(value) > 1 and not _NO_PLACE.search(value):
            start = text.index(value, start)
            spans.append((start, start + len(value)))
    return [span for span in spans if not _REGION.fullmatch(text, *span)] or spans


def place_of(
    text: str, kind: Kind, pieces: Mapping[str, Sequence[Piece]], house: House | None, context: Context
) -> str | None:
    """Where it is: what the town has a name for, else what the tagger takes for it, with the house number behind it;
    else the house."""
    marked = _named(text, pieces)
    goals = [(one.start, one.end) for one in pieces.get("direction", ()) if kind in SOUGHT]
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
    own = _OWN_PLACE.search(text) if kind in MET else _SCHOOL.search(text)
    return next((span for span in marked if own and span[0] == own.end()), None)

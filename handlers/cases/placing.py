"""Where a case is: what a later line says, put into the place that was known."""

from __future__ import annotations

import re

from handlers.understanding.model import Fields
from handlers.understanding.places import find_house

_NUMBER = r"[\dA-Za-z一二三四五六七八九十]{1,4}"
_ADDRESS = re.compile(
    f"(?P<before>.*?)(?P<building>{_NUMBER}(?:栋|幢|号楼|座))?(?P<unit>{_NUMBER}单元)?(?P<floor>{_NUMBER}(?:楼|层))?"
    r"(?P<door>\d{3,4}(?:室|号)?)?"
)
_VAGUE = re.compile(r"(?:我家|我们|咱们)?(?:楼[上下道里]|门口|家里|附近|旁边|这里|这边|院里|院子|小区)?里?")
_PARTS = ("building", "unit", "floor", "door")


_SPOT = re.compile(
    rf"{_NUMBER}[楼层]|(?:.{{0,2}}(?:楼[道梯上下顶]|电梯|车库|地库|车棚|单元|大堂|走廊|过道|阳台|天台|门口|院[里子]|架空层|配电|水房).{{0,4}})"
)
"""A place that every house has: it means little without the number of the house."""


def place_of(fields: Fields) -> str:
    """The place of a case down to the room, as people would say it: 3栋2单元501, 3栋电梯里."""
    house = "".join(
        (
            f"{fields.building}栋" if fields.building else "",
            f"{fields.unit}单元" if fields.unit else "",
            fields.room or "",
        )
    )
    place = fields.place or ""
    if place and not _SPOT.fullmatch(place):
        return place
    inside = find_house(place, [])
    if inside is None:
        return house + place
    return f"{fields.building}栋{place}" if fields.building and not inside.building else place


def place_after(known: str, said: str) -> str:
    """The place of a case after a line that names `said`: 5栋 makes 5栋2单元 of 3栋2单元; other words replace it."""
    old, new = _ADDRESS.fullmatch(known), _ADDRESS.fullmatch(said)
    if old is None or new is None or new["before"] or not any(new[part] for part in _PARTS):
        return said or known
    before = "" if _VAGUE.fullmatch(old["before"]) else old["before"]
    return before + "".join(new[part] or old[part] or "" for part in _PARTS)

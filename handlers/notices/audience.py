"""For whom a notice is: areas, all groups of a level, staff rooms, everybody with a role, and who is left out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, or_, select
from sqlmodel import col

from handlers.helping import addressed
from handlers.matters import Refusal
from handlers.places.naming import (
    area_at_start,
    find_area,
    level_named,
    longest_area,
    nearly_at_start,
    unknown_area,
)
from handlers.refs import fold
from handlers.turn import ROLE_NAMES, SENDERS, Turn
from storage.areas import Area, Purpose, below
from storage.matters import Notice
from storage.people import Appointment, Contact, Role

PLACE_ENDS = ("村", "格", "镇", "乡", "县", "区", "街道", "组")
"""What ends like this was meant as an area, though none is called so."""

SHORT_NAME = 8
"""Characters up to which what ends like a place is one name, and not one with words after it."""

MOST_AREAS = 20
"""Areas that one notice may name."""

_PURPOSES = {
    "工作群": Purpose.STAFF,
    "部门群": Purpose.DEPARTMENT,
    "居民群": Purpose.RESIDENTS,
    "群": Purpose.RESIDENTS,
}
_PURPOSE_NAMES = {Purpose.STAFF: "工作群", Purpose.DEPARTMENT: "部门群", Purpose.RESIDENTS: "居民群"}
_ROLES = {ROLE_NAMES[role]: role for role in (Role.VOLUNTEER, Role.WORKER, Role.LEAD, Role.ADMIN, Role.POLICE)}
_EVERY = "全体|所有|全部|各位|各|每个"
_TOKEN = re.compile(r"[^\s:：,，]{0,200}")
_SEPARATOR = re.compile(r"[\s:：,，、]*")
_OF_ROLE = re.compile(rf"(?P<area>.*?)的?(?P<every>{_EVERY})(?P<role>{'|'.join(_ROLES)})们?")
_ROLE = re.compile(rf"(?P<area>.{{2,}}?)??的?(?P<role>{'|'.join(_ROLES)})们?")
_ROOMS = re.compile(
    rf"(?P<area>.*?)的?(?:(?P<every>{_EVERY})(?P<level>[^\s群]{{0,4}}?))?的?(?P<kind>{'|'.join(_PURPOSES)})"
)
_PEOPLE = re.compile(
    rf"(?P<area>.{{2,}}?)??的?(?:{_EVERY}|广大)?(?:居民|村民|住户|业主|群众|家庭|农户|商户)(?:朋友|同志)?们?"
)
"""All who live there: the residents' groups."""
_THIS_GROUP = re.compile(r"(?:本|这个?|我们?这?个?|咱们?这?个?)(?:居民)?群里?")
_LIST, _COMMA = re.compile(r"[、和及与;；/+&]"), re.compile(r"[、;；/+&]")
_NUMBERED = re.compile(r"第?[\d一二三四五六七八九十]+号?(?:网?格|组|队|村|社区|小区|栋|楼)")
"""After a name: it may be part of another."""
_BUT = re.compile(r"[（(]?(?:除了?|不含|不包括)")
_WITHOUT = re.compile(
    rf"{_BUT.pattern}\s*(?P<names>[^\s:：,，（）()]{{2,600}}?)(?:(?:之外|以外|外)[）)]?|[）)]|(?=[\s:：,，]|$))"
)


@dataclass(frozen=True, slots=True)
class Audience:
    """The groups of a purpose at or below `areas` (only of areas of `level`, if given), or who holds `role` there.

    Nothing at or below the areas `but` belongs to it.
    """

    areas: tuple[Area, ...]
    but: tuple[Area, ...] = ()
    purpose: str = Purpose.RESIDENTS
    level: int | None = None
    role: str | None = None

    @property
    def plain(self) -> bool:
        """Whether nothing but areas was named yet."""
        return not self.but and self.level is None and self.role is None and self.purpose == Purpose.RESIDENTS

    @property
    def top(self) -> Area:
        """The first area: where a notice to several is counted."""
        return self.areas[0]

    def name(self, levels: Sequence[str]) -> str:
        """As people read it: 柳河镇各村社区的工作群（除柳树村）."""
        where = "、".join(area.name for area in self.areas)
        what = ""
        if self.role is not None:
            what = f"全体{ROLE_NAMES[self.role]}"
        elif self.level is not None:
            what = f"各{levels[self.level]}的{_PURPOSE_NAMES[Purpose(self.purpose)]}"
        elif self.purpose != Purpose.RESIDENTS:
            what = f"的{_PURPOSE_NAMES[Purpose(self.purpose)]}"
        without = f"（除{'、'.join(area.name for area in self.but)}）" if self.but else ""
        return f"{where}{what}{without}"

    def stored(self) -> dict[str, Any]:
        """As `Notice.audience` keeps it."""
        return {
            "areas": [area.id for area in self.areas],
            "but": [area.id for area in self.but],
            "purpose": str(self.purpose),
            "level": self.level,
            "role": self.role,
        }

    def covers(self, path: str) -> bool:
        """Whether an area with this path belongs to it, whatever its level."""
        inside = any(path.startswith(area.path) for area in self.areas)
        return inside and not any(path.startswith(area.path) for area in self.but)


async def audience_of(turn: Turn, notice: Notice) -> Audience:
    """The audience of a notice as it was written down."""
    kept = notice.audience or {"areas": [notice.area_id]}
    areas = [await turn.session.get_one(Area, one) for one in kept["areas"]]
    but = [await turn.session.get_one(Area, one) for one in kept.get("but", ())]
    purpose = kept.get("purpose", Purpose.RESIDENTS)
    return Audience(tuple(areas), tuple(but), purpose, kept.get("level"), kept.get("role"))


async def audience_at_start(turn: Turn, text: str) -> tuple[Audience, str] | None:
    """The audience that a text begins with, and what follows it; None if it begins with none.

    Refusal where an area is misspelt, or what is left out lies outside.
    """
    token = fold(_TOKEN.match(text)[0])  # type: ignore[index]
    base = _BUT.split(token, maxsplit=1)[0]
    audience = await _this_group(turn, base) or await _described(turn, base) or await _listed(turn, base)
    if audience is not None:
        rest = _after(text, len(base))
    else:
        found = await area_at_start(turn, text)
        if found is None:
            return None
        audience, rest = Audience((found[0],)), found[1]
    if audience.plain:
        audience, rest = await _narrowed(turn, audience, rest)
    return await _without(turn, audience, rest)


async def _this_group(turn: Turn, token: str) -> Audience | None:
    """本群, 我们群: the area of the group it is said in, in private the speaker's only one.

    Said to the group itself, and not to the bot, it is the speaker's own notice.
    """
    if not _THIS_GROUP.fullmatch(token) or not addressed(turn):
        return None
    room, area = turn.here.room, turn.here.area
    if room is not None and area is not None:
        return Audience((area,), purpose=Purpose(room.purpose))
    own = await _own(turn)
    if len(own) != 1:
        raise Refusal("您管几个地方，请写明发到哪里，如“通知 柳树村 …”。")
    return Audience(tuple(own))


def role_meant(text: str) -> str:
    """The role with which the words of a notice to groups begin, standing apart: 网格员 明早开会."""
    first = fold(_TOKEN.match(text)[0])  # type: ignore[index]
    match = _ROLE.fullmatch(first) if len(first) < len(text) else None
    return match["role"] if match and not match["area"] else ""


async def other_area(turn: Turn, audience: Audience, text: str) -> str:
    """The name of an area with which the words of a notice begin, standing apart, and to which it does not go."""
    first = fold(_TOKEN.match(text)[0])  # type: ignore[index]
    if not 1 < len(first) <= SHORT_NAME or len(first) == len(text):
        return ""
    try:
        area = await find_area(turn, first)
    except Refusal:
        return ""
    return area.name if area is not None and not audience.covers(area.path) else ""


async def _narrowed(turn: Turn, audience: Audience, rest: str) -> tuple[Audience, str]:
    """全镇 全体网格员 …, 全镇 各村工作群 …: said in two words."""
    token = fold(_TOKEN.match(rest)[0])  # type: ignore[index]
    base = _BUT.split(token, maxsplit=1)[0]
    for pattern in (_OF_ROLE, _ROOMS):
        match = pattern.fullmatch(base)
        if match is not None and not match["area"] and base not in ("群", ""):
            narrowed = _as_described(turn, audience.areas, match)
            if narrowed is not None:
                return narrowed, _after(rest, len(base))
    return audience, rest


async def _described(turn: Turn, token: str) -> Audience | None:
    """全体网格员, 柳河镇全体网格员, 各村工作群, 全镇工作群, 所有居民群, 全体居民; None for other words."""
    for pattern in (_OF_ROLE, _ROLE, _ROOMS, _PEOPLE):
        match = pattern.fullmatch(token)
        if match is None or (_bare(match) and (token == "群" or _among_residents(turn))):
            continue
        areas = await _areas(turn, match["area"]) if match["area"] else await _own(turn)
        if areas and (found := _as_described(turn, areas, match)) is not None:
            return found
    return None


def _bare(match: re.Match[str]) -> bool:
    """Whether it may be meant for those who read it there: 全体居民, 工作群."""
    every = match.re.groupindex.keys() >= {"every"} and match["every"]
    return not match["area"] and not every


def _among_residents(turn: Turn) -> bool:
    room = turn.here.room
    return room is not None and room.purpose == Purpose.RESIDENTS and not addressed(turn)


def _as_described(turn: Turn, areas: Sequence[Area], match: re.Match[str]) -> Audience | None:
    if "role" in match.re.groupindex:
        return Audience(tuple(areas), role=_ROLES[match["role"]])
    if match.re is _PEOPLE:
        return Audience(tuple(areas))
    level = level_named(turn, match["level"]) if match["level"] else None
    if match["level"] and level is None:
        return None
    return Audience(tuple(areas), purpose=_PURPOSES[match["kind"]], level=level)


async def _own(turn: Turn) -> list[Area]:
    """The areas for which the speaker may send, without those that lie within another of them."""
    ids = {held.area_id for held in turn.me.roles if held.role in SENDERS}
    rows = list(await turn.session.scalars(select(Area).where(col(Area.id).in_(ids)).order_by(col(Area.id))))
    return [area for area in rows if not any(area.path != one.path and area.path.startswith(one.path) for one in rows)]


async def _listed(turn: Turn, token: str) -> Audience | None:
    """柳树村、北关社区: two areas or more; None where the first is none, or nothing joins them."""
    areas = await _areas(turn, token) if _LIST.search(token) else None
    return Audience(tuple(areas)) if areas and len(areas) > 1 else None


async def _areas(turn: Turn, words: str) -> list[Area] | None:
    """The areas that joined names mean; None if one is no area. Refusal if it was meant as one, beside others."""
    if (area := await find_area(turn, words)) is not None:
        return [area]
    first = _LIST.split(words)[:MOST_AREAS] if len(_LIST.findall(words)) >= MOST_AREAS else []
    if any([await find_area(turn, name) for name in first if name]):
        raise Refusal(f"一次最多写 {MOST_AREAS} 处，请写大一级的区域，或分几次发。")
    if first:
        return None
    strange = ""
    for joint in (_LIST, _COMMA):  # a name may have 和 in it, none has 、
        names = [name for name in joint.split(words) if name]
        found = [await find_area(turn, name) for name in names] if len(names) > 1 else []
        areas = {area.id: area for area in found if area is not None}
        unknown = [name for name, area in zip(names, found, strict=False) if area is None]
        if areas and not unknown:
            return list(areas.values())
        if areas:
            strange = next((name for name in unknown if name.endswith(PLACE_ENDS)), "")
    if strange:
        raise await unknown_area(turn, strange)
    return None


async def _without(turn: Turn, audience: Audience, rest: str) -> tuple[Audience, str]:
    """除柳树村, 除柳树村、北关社区外: what is left out; 除夕, 除雪 and the like are words of the notice."""
    match = _WITHOUT.match(fold(rest))
    if match is None:
        return audience, rest
    await _no_person(turn, audience, match["names"])
    but, end = await _areas(turn, match["names"]), match.end()
    named = match["names"].endswith(PLACE_ENDS)
    if but is None and not (named and len(match["names"]) <= SHORT_NAME):
        but, length = await _glued(turn, audience, match["names"])
        end = match.start("names") + length
    if not but:
        if named:
            raise await unknown_area(turn, match["names"])
        return audience, rest
    for area in but:
        if not audience.covers(area.path):
            raise Refusal(f"{area.name}本来就不在{audience.name(turn.rules.levels)}里，不用除；请核对范围。")
    return replace(audience, but=tuple(but)), _after(rest, end)


async def _no_person(turn: Turn, audience: Audience, words: str) -> None:
    """Refusal for 全体网格员除小耿: only areas are left out."""
    if audience.role is None:
        return
    named = (
        select(col(Contact.name))
        .join(Appointment, col(Appointment.contact_id) == col(Contact.id))
        .where(col(Contact.name).in_(_LIST.split(words)), Appointment.role == audience.role)
    )
    if name := await turn.session.scalar(named.limit(1)):
        raise Refusal(f"只能除去村、网格，不能除去哪个人（{name}），没有发。")


async def _glued(turn: Turn, audience: Audience, words: str) -> tuple[list[Area], int]:
    """The areas with which words begin that go on without a gap, 柳树村和北关社区明早停水, and how long they are.

    None of them: all are words of the notice. Refusal where it cannot be told where the last name ends.
    """
    found: list[Area] = []
    end = 0
    while len(found) < MOST_AREAS and (one := await longest_area(turn, words[end:], audience.covers)) is not None:
        found.append(one[0])
        end += one[1]
        joint = _LIST.match(words, end)
        if joint is None:
            if _NUMBERED.match(words, end):
                break
            return found, end
        end = joint.end()
    name = found[-1].name if found else await nearly_at_start(turn, words, audience.covers)
    if name is None:
        return [], 0
    raise Refusal(f"除去哪里没看清，没有发。请写成“除{name} …”，后面空一格。")


def _after(text: str, end: int) -> str:
    return text[end + _SEPARATOR.match(text[end:]).end() :]  # type: ignore[union-attr]


def overlap(one: Audience, other: Audience) -> bool:
    """Whether somebody may hear both."""
    if (one.role, one.purpose) != (other.role, other.purpose):
        return False
    pairs = [(left.path, right.path) for left in one.areas for right in other.areas]
    return any(left.startswith(right) or right.startswith(left) for left, right in pairs)


def within(audience: Audience) -> ColumnElement[bool]:
    """The condition on `Area` that a row lies at or below the audience's areas; `but` and `level` do not count."""
    return or_(*(below(area.path) for area in audience.areas))

"""Departments (供电所, 物业, 社工): who they are around an area, what people call them, and who speaks for one."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import ColumnElement, Update, bindparam, or_, select, update
from sqlmodel import col

from handlers import quiet_hours
from handlers.cases import texts
from handlers.cases.deadlines import on_the_clock
from handlers.cases.privacy import CATEGORIES
from handlers.matters import Refusal
from handlers.posting import Piece, Target, post, responsible, whisper
from handlers.turn import WORKERS, Speaker, Turn, Where
from storage.areas import Area, Chat, Purpose, Room
from storage.matters import Case, CaseCall
from storage.outbox import Sort
from storage.people import Appointment, Held, Role, names_of, private_chats, roles_of

POLICE = "派出所"
"""The police of a town can be called like a department."""

ELDERS = "三老"
"""What stands in a call of a mediator in the place of a department."""

LISTED = 10
"""Departments that a refusal names at most."""

_ROOM = re.compile(r"(?:工作|联络|部门|值班|微信)?群$")
_BETWEEN = re.compile(r"[\s,，、;；。.和及与@＠\u2005]+")
_ALIKE: tuple[tuple[str, ...], ...] = (
    ("派出所", "民警", "警察", "公安", "警务"),
    ("执法", "城管"),
    ("市场监管", "工商", "食药监"),
    ("供电", "电力", "电网", "电工"),
    ("供水", "自来水", "水厂"),
    ("燃气", "天然气", "煤气"),
    ("环卫", "保洁"),
    ("社工", "社会工作"),
    ("卫生院", "医生", "卫生服务"),
)
"""Words for one and the same service: who writes one of them means the department that is called by another."""


@dataclass(frozen=True, slots=True)
class Department:
    """One department: its name, the people who speak for it, and the chats of its rooms."""

    name: str
    people: tuple[int, ...] = ()
    rooms: tuple[int, ...] = ()


def of_room(room: Room) -> str:
    """The department a room is for: 供电所工作群 is that of 供电所."""
    return _ROOM.sub("", room.name) or room.name


def speaking(speaker: Speaker, where: Where) -> Speaker:
    """Who writes in a department's own room, which an admin bound, speaks for that department there."""
    room, area = where.room, where.area
    if room is None or area is None or room.purpose != Purpose.DEPARTMENT:
        return speaker
    held = Held(speaker.contact_id, Role.DEPARTMENT, area.id or 0, area.path, area.level, None, of_room(room))
    return replace(speaker, roles=(*speaker.roles, held))


def name_of(held: Held) -> str:
    """The department that somebody with this role speaks for; empty if for none."""
    return held.title if held.role == Role.DEPARTMENT else POLICE if held.role == Role.POLICE else ""


def has_in_hand(turn: Turn, case: Case, path: str) -> bool:
    """Whether the speaker is of the department that has the case, which lies at an area with this path."""
    return bool(case.department) and any(name_of(one) == case.department and one.covers(path) for one in turn.me.roles)


def speaks_for(turn: Turn, case: Case) -> bool:
    """Whether the speaker is of the department that has the case; of the grid's staff where none has it."""
    return any(name_of(one) == case.department for one in turn.me.roles)


def called(roles: Iterable[Held], contact_id: int) -> ColumnElement[bool]:
    """Cases (joined with their `Area`) to which somebody with these roles was called."""
    mine = [
        (col(CaseCall.department) == name) & col(Area.path).startswith(one.path, autoescape=True)
        for one in roles
        if (name := name_of(one))
    ]
    mine.append(col(CaseCall.contact_id) == contact_id)
    standing = select(CaseCall.id).where(CaseCall.case_id == Case.id, col(CaseCall.returned_at).is_(None), or_(*mine))
    return standing.correlate(Case, Area).exists()


async def around(turn: Turn, area: Area) -> list[Department]:
    """The departments that serve an area: those of it and above it, those of the nearest first."""
    above = [int(part) for part in area.path.strip("/").split("/") if part]
    people = (
        select(col(Area.level), col(Appointment.role), col(Appointment.title), col(Appointment.contact_id))
        .join(Area, col(Appointment.area_id) == col(Area.id))
        .where(
            col(Appointment.area_id).in_(above),
            col(Appointment.role).in_((Role.DEPARTMENT, Role.POLICE)),
            or_(col(Appointment.until).is_(None), col(Appointment.until) > turn.now),
        )
        .order_by(col(Area.level).desc(), col(Appointment.id))
    )
    rooms = (
        select(col(Area.level), Room, col(Chat.id))
        .join(Area, col(Room.area_id) == col(Area.id))
        .join(Chat, col(Chat.room_id) == col(Room.id))
        .where(col(Room.area_id).in_(above), Room.purpose == Purpose.DEPARTMENT, col(Room.bound_at).is_not(None))
        .order_by(col(Area.level).desc(), col(Room.id))
    )
    speakers: dict[tuple[int, str], list[int]] = defaultdict(list)
    chats: dict[tuple[int, str], list[int]] = defaultdict(list)
    for level, role, title, contact_id in await turn.session.execute(people):
        speakers[level, POLICE if role == Role.POLICE else title].append(contact_id)
    for level, room, chat_id in await turn.session.execute(rooms):
        chats[level, of_room(room)].append(chat_id)
    found: dict[str, Department] = {}
    for level, name in sorted({*speakers, *chats}, key=lambda one: -one[0]):
        key = (level, name)
        found.setdefault(name, Department(name, tuple(dict.fromkeys(speakers[key])), tuple(chats[key])))
    return sorted(found.values(), key=lambda one: one.name)


async def of_case(turn: Turn, case: Case, area: Area) -> Department | None:
    """The department that has the case, if anybody still speaks for it."""
    there = await around(turn, area) if case.department else ()
    return next((one for one in there if one.name == case.department), None)


async def named(turn: Turn, area: Area, words: str, usage: str) -> list[Department]:
    """The departments that words name, each once, in their order; Refusal for one that is unknown or not the only one.

    `usage` is how the command is written, with `{}` for their names.
    """
    there = await around(turn, area)
    if not there:
        raise Refusal("这里还没有登记部门。请管理员发“任命 部门 李工 供电所 柳河镇”这样的话，或者绑定部门群。")
    found: dict[str, Department] = {}
    for word in filter(None, _BETWEEN.split(words.strip())):
        for one in _meant(word[:40], there, usage):
            found[one.name] = one
    if not found:
        raise Refusal(f"请写明哪个部门，如：{usage.format(there[0].name)}。{_list(there)}")
    return list(found.values())


def _meant(word: str, there: Sequence[Department], usage: str) -> list[Department]:
    """What one word means: a whole name, part of one, several written together, another word for it."""
    if exact := [one for one in there if one.name == word]:
        return exact
    fitting = [one for one in there if word in one.name] or _glued(word, there) or _alike(word, there)
    if len(fitting) == 1 or (fitting and sum(len(one.name) for one in fitting) == len(word)):
        return fitting
    if fitting:
        names = "、".join(one.name for one in fitting[:LISTED])
        raise Refusal(f"“{word}”可以是{names}，请写全，如：{usage.format(fitting[0].name)}")
    raise Refusal(f"没有叫“{word[:20]}”的部门。{_list(there)}")


def _glued(word: str, there: Sequence[Department]) -> list[Department]:
    """Names that stand in the word, the longest first: 供电所市场监管所, 镇供电所."""
    found: dict[int, Department] = {}
    for one in sorted(there, key=lambda one: -len(one.name)):
        if one.name in word:
            found[word.index(one.name)] = one
            word = word.replace(one.name, "\n" * len(one.name))
    return [found[at] for at in sorted(found)]


def _alike(word: str, there: Sequence[Department]) -> list[Department]:
    words = [other for group in _ALIKE if any(one in word for one in group) for other in group]
    return [one for one in there if any(other in one.name for other in words)]


def _list(there: Sequence[Department]) -> str:
    more = "等" if len(there) > LISTED else ""
    return f"这里有：{'、'.join(one.name for one in there[:LISTED])}{more}。"


async def let_go(turn: Turn, case: Case, why: str) -> None:
    """The department that had it in hand until now has not any more, and hears `why`: somebody else takes it up."""
    if case.department:
        gone = _standing(case).where(CaseCall.department == case.department)
        await turn.session.execute(gone.values(returned_at=turn.now))
        chats = await _chats_of(turn, case, {case.department})
        text = f"{texts.name(case)}{why}，{case.department}不用再来了。"
        await post(turn, str(case.id), Sort.STAFF, [Piece(text)], [Target(one) for one in chats])
        case.department = ""


async def came(turn: Turn, case: Case) -> None:
    """The department that has the case goes to work without a 报到: it is not asked for one any more."""
    there = _standing(case).where(CaseCall.department == case.department, col(CaseCall.reported_at).is_(None))
    await turn.session.execute(there.values(reported_at=turn.now, reported_by=turn.me.contact_id))


async def dismiss(turn: Turn, case: Case) -> None:
    """An elder who has the case has it no more."""
    if case.category in CATEGORIES and case.owner_id is not None:
        mine = _standing(case).where(CaseCall.contact_id == case.owner_id)
        await turn.session.execute(mine.values(returned_at=turn.now))


def _standing(case: Case) -> Update:
    """The calls to a case that were not given back, to be changed."""
    return update(CaseCall).where(col(CaseCall.case_id) == case.id, col(CaseCall.returned_at).is_(None))


async def at_work(turn: Turn, people: Collection[int], area: Area) -> set[int]:
    """Those of these people who still hold a role that covers the area."""
    held = await roles_of(turn.session, people, turn.now) if people else []
    return {one.contact_id for one in held if one.role in (*WORKERS, Role.VOLUNTEER) and one.covers(area.path)}


async def keep_informed(turn: Turn, case: Case, area: Area, text: str) -> None:
    """Who handed it over, and the grid's worker, hear in private how the department gets on."""
    if not case.department:
        return
    by = select(col(CaseCall.called_by)).where(
        CaseCall.case_id == case.id, CaseCall.department == case.department, col(CaseCall.returned_at).is_(None)
    )
    hold = None if on_the_clock(case) else quiet_hours.ends(turn)
    callers = await at_work(turn, set(await turn.session.scalars(by)), area)
    people = {*callers, *(await responsible(turn, area, (Role.WORKER,)))[:1]}
    for contact_id in sorted(people - {turn.me.contact_id, case.owner_id, case.reporter_id}):
        await whisper(turn, contact_id, text, ref=str(case.id), hold=hold)


_CALLS = (
    select(CaseCall)
    .where(CaseCall.case_id == bindparam("case"), col(CaseCall.returned_at).is_(None))
    .order_by(col(CaseCall.id))
)


async def calls_of(turn: Turn, case: Case) -> Sequence[CaseCall]:
    """Who was called to a case and has not given it back, in the order in which they were."""
    return (await turn.session.scalars(_CALLS, {"case": case.id})).all()


async def tell_callers(turn: Turn, case: Case, text: str) -> None:
    """Who called somebody to the case hears this in private."""
    callers = {one.called_by for one in await calls_of(turn, case)} - {turn.me.contact_id}
    area = await turn.session.get_one(Area, case.area_id)
    for contact_id in sorted(await at_work(turn, callers, area)):
        await whisper(turn, contact_id, text, ref=str(case.id))


async def reporter_name(turn: Turn, case: Case) -> str:
    """Who reported the case."""
    return (await names_of(turn.session, [case.reporter_id])).get(case.reporter_id, "")


async def call_off(turn: Turn, case: Case, text: str) -> None:
    """Departments and elders who were called hear that nothing is left to do, unless it was they who ended it."""
    calls = await calls_of(turn, case)
    names = {one.department for one in calls} - {case.department, ELDERS}
    chats = set(await _chats_of(turn, case, names)) if names else set()
    if elders := {one.contact_id for one in calls if one.contact_id} - {case.owner_id, turn.me.contact_id}:
        chats |= set((await private_chats(turn.session, sorted(elders))).values())
    await post(turn, str(case.id), Sort.STAFF, [Piece(text)], [Target(one) for one in sorted(chats)])


async def _chats_of(turn: Turn, case: Case, names: Collection[str]) -> list[int]:
    """Where the departments with these names are told of a case: their people's chats and their rooms."""
    area = await turn.session.get_one(Area, case.area_id)
    there = [one for one in await around(turn, area) if one.name in names]
    return [chat for one in there for chat in (*(await reached(turn, one)).values(), *one.rooms)]


async def reached(turn: Turn, one: Department) -> dict[int, int]:
    """Its people who read what the bot tells them in private: contact id -> chat id."""
    return await private_chats(turn.session, one.people) if one.people else {}

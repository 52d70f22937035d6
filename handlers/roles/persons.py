"""Finding the person an order is about: by mention, or by name among those known here."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import false, or_, select
from sqlmodel import col

from handlers.matters import Refusal
from handlers.roles import texts
from handlers.turn import Turn
from storage.areas import Area, Room
from storage.inbox import InboxEvent
from storage.people import Appointment, Contact, ContactBinding, Held, Role, Seen, roles_of

MAX_NAME = 20
ONESELF = frozenset({"我", "我自己", "自己", "本人"})
LISTED = 5

ROLE_WORDS: dict[str, Role] = {
    "志愿者": Role.VOLUNTEER,
    "志愿网格员": Role.VOLUNTEER,
    "专职网格员": Role.WORKER,
    "网格员": Role.WORKER,
    "网格长": Role.LEAD,
    "管理员": Role.ADMIN,
    "社区民警": Role.POLICE,
    "片警": Role.POLICE,
    "民警": Role.POLICE,
    "部门": Role.DEPARTMENT,
    "三老": Role.MEDIATOR,
    "人民调解员": Role.MEDIATOR,
    "调解员": Role.MEDIATOR,
    "老党员": Role.MEDIATOR,
    "老干部": Role.MEDIATOR,
    "老模范": Role.MEDIATOR,
}
_ROLE = re.compile("|".join(sorted(ROLE_WORDS, key=len, reverse=True)))
_SEPARATOR = re.compile(r"[\s,，、;；:：。@＠\u2005]+")
_AS = re.compile(r"(?:担任|为|当|做|任|的)$")
_GLUED = re.compile(r"^(.{2,4}?)(?:担任|为|当|做|任)(.+)$")
_TAIL = re.compile(r"\d{4}|\d{11}")


class Nobody(Refusal):
    """No person of that name is known here."""


@dataclass(frozen=True, slots=True)
class Asked:
    """An order about a person, taken apart: role, phone tail, and the other words in order."""

    role: Role | None
    tail: str
    words: tuple[str, ...]
    said: str = ""  # the role as it was written: 老党员

    def readings(self) -> Iterator[tuple[str, str]]:
        """(name, area words): each word may be the name; what people glue together (王强为一格) is tried after."""
        for words in (self.words, *self._unglued()):
            for index, name in enumerate(words):
                yield name, " ".join((*words[:index], *words[index + 1 :]))

    def _unglued(self) -> Iterator[tuple[str, ...]]:
        for index, word in enumerate(self.words):
            before, after = self.words[:index], self.words[index + 1 :]
            if (short := _AS.sub("", word)) != word:
                yield (*before, short, *after)
            if match := _GLUED.match(word):
                yield (*before, match[1], match[2], *after)


def take_apart(rest: str) -> Asked:
    """王强 为 一格 网格员, 网格员 @王强 一格, 王强为一格网格员: in any order."""
    match = _ROLE.search(rest)
    role = ROLE_WORDS[match[0]] if match else None
    left = f"{rest[: match.start()]} {rest[match.end() :]}" if match else rest
    words = [word for word in _SEPARATOR.split(left) if word and not _AS.fullmatch(word)]
    tail = next((word for word in words if _TAIL.fullmatch(word)), "")
    return Asked(role, tail[-4:], tuple(word for word in words if word != tail or not tail), match[0] if match else "")


async def whom(turn: Turn, asked: Asked, paths: Collection[str]) -> tuple[Contact, str]:
    """The person meant and the words that remain for the area; Refusal when nobody or several are meant."""
    if person := await _mentioned(turn):
        names = {person.name, *_SEPARATOR.split(await _shown(turn))}
        return person, " ".join(word for word in asked.words if word not in names)
    if ONESELF & set(asked.words):
        myself = await turn.session.get_one(Contact, turn.me.contact_id)
        return myself, " ".join(word for word in asked.words if word not in ONESELF)
    for name, area in asked.readings():
        if people := await named(turn, name, paths, asked.tail):
            return await _only(turn, name, people), area
    raise Nobody(texts.unknown_person(asked.words[0] if asked.words else ""))


async def _mentioned(turn: Turn) -> Contact | None:
    """The one person mentioned in the message, if the chat system gave ids."""
    found = await _mentions(turn)
    people = {binding.contact_id for binding in found}
    if len(people) > 1:
        raise Refusal("一次只写一个人，请分开发。")
    return await turn.session.get(Contact, people.pop()) if people else None


async def _mentions(turn: Turn) -> Sequence[ContactBinding]:
    if turn.event is None or not turn.event.mentions:
        return ()
    stored = await turn.session.get(InboxEvent, turn.inbox_id) if turn.inbox_id else None
    query = select(ContactBinding).where(col(ContactBinding.external_id).in_(turn.event.mentions))
    if stored is not None:
        query = query.where(ContactBinding.account_id == stored.account_id)
    return (await turn.session.scalars(query)).all()


async def _shown(turn: Turn) -> str:
    """The nickname under which the mentioned person stands in the text."""
    return next((one.shown_name for one in await _mentions(turn)), "")


async def named(turn: Turn, name: str, paths: Collection[str], tail: str = "") -> list[Contact]:
    """People of this name who stand in the list, hold a role, or were seen in a room of these areas."""
    if not name or len(name) > MAX_NAME:
        return []
    inside = [false(), *(col(Area.path).startswith(path, autoescape=True) for path in paths)]
    seen = (
        select(col(Seen.contact_id))
        .join(Room, col(Seen.room_id) == col(Room.id))
        .join(Area, col(Room.area_id) == col(Area.id))
        .where(or_(*inside))
    )
    appointed = (
        select(col(Appointment.contact_id)).join(Area, col(Appointment.area_id) == col(Area.id)).where(or_(*inside))
    )
    known = or_(col(Contact.key).is_not(None), col(Contact.id).in_(seen), col(Contact.id).in_(appointed))
    query = select(Contact).where(Contact.name == name, known).order_by(col(Contact.id)).limit(20)
    people = list((await turn.session.scalars(query)).all())
    return [one for one in people if one.phone.endswith(tail)] if tail else people


async def _only(turn: Turn, name: str, people: Sequence[Contact]) -> Contact:
    if len(people) == 1:
        return people[0]
    held = await roles_of(turn.session, [one.id or 0 for one in people], turn.now)
    lines = [await _told_apart(turn, one, held) for one in people[:LISTED]]
    raise Refusal(texts.several_people(name, lines, turn.here.private))


async def _told_apart(turn: Turn, person: Contact, held: Sequence[Held]) -> str:
    """What distinguishes a person: roles, a room, and in private the end of the phone number."""
    marks = [await title(turn, one) for one in held if one.contact_id == person.id]
    query = (
        select(col(Room.name)).join(Seen, col(Seen.room_id) == col(Room.id)).where(col(Seen.contact_id) == person.id)
    )
    if room := await turn.session.scalar(query.order_by(col(Room.id)).limit(1)):
        marks.append(f"在“{room}”")
    if person.phone and turn.here.private:
        marks.append(f"电话尾号 {person.phone[-4:]}")
    return f"{person.name}：{'，'.join(marks) or '名单里的人'}"


async def title(turn: Turn, held: Held) -> str:
    """一格网格员, with 代班 for a substitute."""
    area = await turn.session.get_one(Area, held.area_id)
    return f"{area.name}{texts.ROLE_NAMES[held.role]}{'（代班）' if held.stands_in_for else ''}"

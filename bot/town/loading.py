"""From the tables to a `Town`: what `export` writes, and what an import may refer to."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from bot.town.rows import AreaRow, PersonRow, PlaceRow, RoomRow, Town
from storage.areas import Area, LocalPlace, Mode, Purpose, Room
from storage.people import Appointment, Contact, Role, Seen


async def load_town(session: AsyncSession, *, now: datetime) -> Town:
    """The town as it is stored, with the roles that are held now.

    People are those with a key, and those without one who hold a role (`contact-<id>`); the rest are only
    known from chats, and stay there. A resident's area is that of the first group of theirs.
    """
    areas = sorted(await session.scalars(select(Area)), key=_branch)
    codes = {area.id or 0: area.code for area in areas}
    rooms = list((await session.scalars(select(Room).order_by(col(Room.id)))).all())
    places = await session.scalars(select(LocalPlace).order_by(col(LocalPlace.id)))
    return Town(
        areas=tuple(_area(area, codes) for area in areas),
        rooms=tuple(_room(room, codes) for room in rooms),
        people=tuple(await _people(session, codes, {room.id or 0: room for room in rooms}, now)),
        places=tuple(_place(place, codes) for place in places),
    )


def _branch(area: Area) -> list[int]:
    """Sorts each area right behind what is above it, as people write such a list."""
    return [int(part) for part in area.path.strip("/").split("/")]


def _area(area: Area, codes: dict[int, str]) -> AreaRow:
    return AreaRow(
        key=area.code,
        name=area.name,
        level=area.level,
        parent=codes[area.parent_id] if area.parent_id else "",
        kind=area.kind,
        police_name=area.police_name,
        police_phone=area.police_phone,
        neighbours=tuple(area.neighbours.split()),
    )


def _room(room: Room, codes: dict[int, str]) -> RoomRow:
    return RoomRow(
        key=room.key,
        area=codes[room.area_id],
        name=room.name,
        purpose=Purpose(room.purpose),
        mode=Mode(room.mode),
        bind_code=room.bind_code or "",
    )


def _place(place: LocalPlace, codes: dict[int, str]) -> PlaceRow:
    return PlaceRow(place.name, codes[place.area_id], tuple(place.aliases.split()), place.x, place.y)


async def _people(
    session: AsyncSession, codes: dict[int, str], rooms: dict[int, Room], now: datetime
) -> list[PersonRow]:
    posts = await _posts(session, now)
    seen = await _seen(session)
    involved = set(posts) | {post.stands_in_for for held in posts.values() for post in held if post.stands_in_for}
    contacts = await _contacts(session, involved)
    keys = {contact.id or 0: contact.key or f"contact-{contact.id}" for contact in contacts}
    found: list[PersonRow] = []
    for contact in contacts:
        contact_id = contact.id or 0
        own = tuple(rooms[room_id] for room_id in seen[contact_id])
        person = PersonRow(
            key=keys[contact_id],
            name=contact.name or keys[contact_id],
            area=codes[own[0].area_id] if own else "",
            phone=contact.phone,
            rooms=tuple(room.key for room in own),
        )
        found.extend(_in_posts(person, posts.get(contact_id, []), codes, keys))
    return found


def _in_posts(
    person: PersonRow, posts: list[Appointment], codes: dict[int, str], keys: dict[int, str]
) -> list[PersonRow]:
    if not posts:
        return [person]
    return [
        PersonRow(
            key=person.key,
            name=person.name,
            role=Role(post.role),
            area=codes[post.area_id],
            phone=person.phone,
            rooms=person.rooms,
            stands_in_for=keys[post.stands_in_for] if post.stands_in_for else "",
            until=post.until,
            title=post.title,
        )
        for post in posts
    ]


async def _posts(session: AsyncSession, now: datetime) -> dict[int, list[Appointment]]:
    query = select(Appointment).where(or_(col(Appointment.until).is_(None), col(Appointment.until) > now))
    found: dict[int, list[Appointment]] = defaultdict(list)
    for post in await session.scalars(query.order_by(col(Appointment.id))):
        found[post.contact_id].append(post)
    return found


async def _seen(session: AsyncSession) -> dict[int, list[int]]:
    query = select(col(Seen.contact_id), col(Seen.room_id)).order_by(col(Seen.contact_id), col(Seen.room_id))
    found: dict[int, list[int]] = defaultdict(list)
    for contact_id, room_id in await session.execute(query):
        found[contact_id].append(room_id)
    return found


async def _contacts(session: AsyncSession, involved: set[int]) -> list[Contact]:
    """Those with a key, and the few without one that a role needs."""
    query = select(Contact).where(col(Contact.key).is_not(None), col(Contact.key).not_like("@%"))  # those are ours
    keyed = list((await session.scalars(query)).all())
    missing = involved - {contact.id for contact in keyed}
    # One by one by primary key: few, and a long list of ids could be more than a statement may hold.
    others = [contact for contact_id in missing if (contact := await session.get(Contact, contact_id))]
    return sorted([*keyed, *others], key=lambda contact: contact.id or 0)

"""From a `Town` into the tables, by key: what is new is added, what differs is changed, the rest is left alone."""

from __future__ import annotations

import random
import re
import secrets
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Table, bindparam, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel

from bot.town.rows import AreaRow, PersonRow, Town
from handlers.places import MODE_IMPORTED
from handlers.ports import Rules
from storage.agenda import DueItem
from storage.areas import Area, AreaMap, Chat, LocalPlace, Mode, Room, RoomBinding
from storage.inbox import Picture
from storage.people import Appointment, Contact, ContactBinding, Seen

CODE_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Without 0 O, 1 I L: a bind code is read aloud and typed on a phone."""

CODE_LENGTH = 8
KEYLESS = re.compile(r"contact-(\d{1,9})")
"""The key under which a person without one is exported, with the id."""

Values = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Change:
    """How many rows of a kind an import added and changed."""

    added: int = 0
    changed: int = 0


@dataclass(frozen=True, slots=True)
class Counts:
    """What an import did."""

    areas: Change = field(default_factory=Change)
    rooms: Change = field(default_factory=Change)
    people: Change = field(default_factory=Change)
    appointments: Change = field(default_factory=Change)
    places: Change = field(default_factory=Change)
    maps: Change = field(default_factory=Change)

    def __str__(self) -> str:
        titles = {"areas": "区划", "rooms": "群", "people": "人员", "appointments": "任命", "places": "地点"}
        if self.maps != Change():
            titles["maps"] = "网格图"
        changes = ((title, getattr(self, name)) for name, title in titles.items())
        return "；".join(f"{title}新增 {change.added}、更新 {change.changed}" for title, change in changes)


def new_bind_code(rng: random.Random | None = None) -> str:
    """A code that nobody guesses; from `rng` only where the same run must give the same bytes."""
    pick = rng.choice if rng else secrets.choice
    return "".join(pick(CODE_LETTERS) for _ in range(CODE_LENGTH))


async def import_town(
    session: AsyncSession,
    town: Town,
    rules: Rules,
    *,
    now: datetime,
    account_id: int | None = None,
    start_mode: Mode | None = None,
    rng: random.Random | None = None,
) -> Counts:
    """Put the town into the tables, in the caller's transaction; twice the same changes nothing.

    Empty cells leave what is stored as it is, and nothing is ever deleted or dismissed. A new room without
    a mode gets `start_mode`, or else the rules'. With `account_id` the groups count as bound and greeted,
    and the people as friends, under their own keys as external ids: gateway `local` and `replay`.
    """
    areas, area_ids = await _areas(session, town)
    rooms, room_ids = await _rooms(session, town, area_ids, start_mode or Mode(rules.rooms.start_mode), now, rng)
    people, contact_ids = await _people(session, town)
    appointments = await _appointments(session, town, area_ids, contact_ids, now)
    await _seen(session, town, room_ids, contact_ids)
    places = await _places(session, town, area_ids)
    maps = await _maps(session, town, area_ids, now)
    if account_id is not None:
        await _bind_rooms(session, town, account_id, room_ids, now)
        await _bind_people(session, town, account_id, contact_ids)
    return Counts(areas, rooms, people, appointments, places, maps)


def _table(model: type[SQLModel]) -> Table:
    table: Table = model.__table__  # type: ignore[attr-defined]
    return table


@dataclass(slots=True)
class _Stored:
    """The rows of a table by their natural key, as they are after `put`."""

    model: type[SQLModel]
    keys: tuple[str, ...]
    rows: dict[tuple[Any, ...], Values] = field(default_factory=dict)

    async def load(self, session: AsyncSession, *where: Any) -> _Stored:
        """Read what is there."""
        table = _table(self.model)
        for row in (await session.execute(select(table).where(*where))).mappings():
            self.rows[tuple(row[key] for key in self.keys)] = dict(row)
        return self

    async def put(
        self,
        session: AsyncSession,
        wanted: Iterable[Values],
        fresh: Callable[[Values], Values] = lambda values: {},
        nullable: Collection[str] = (),
    ) -> Change:
        """Insert what is missing, with the further values of `fresh`, and update what differs.

        None means "not stated", except in `nullable` columns: a stored value stays, a new row has its default.
        """
        added: dict[tuple[Any, ...], Values] = {}
        changed: dict[tuple[Any, ...], Values] = {}
        for values in wanted:
            key = tuple(values[name] for name in self.keys)
            stated = {name: value for name, value in values.items() if value is not None or name in nullable}
            row = self.rows.get(key)
            if row is None:
                added[key] = self._defaults() | stated | fresh(values)
            elif any(row[name] != value for name, value in stated.items()):
                changed[key] = {name: stated.get(name, row[name]) for name in values} | {"id": row["id"]}
        await self._insert(session, added)
        await self._update(session, changed)
        return Change(len(added), len(changed))

    def _defaults(self) -> Values:
        fields = self.model.model_fields.items()
        return {
            name: info.get_default(call_default_factory=True)
            for name, info in fields
            if name != "id" and not info.is_required()
        }

    async def _insert(self, session: AsyncSession, added: dict[tuple[Any, ...], Values]) -> None:
        if not added:
            return
        statement = insert(_table(self.model)).returning(_table(self.model))
        for row in (await session.execute(statement, list(added.values()))).mappings():
            self.rows[tuple(row[key] for key in self.keys)] = dict(row)

    async def _update(self, session: AsyncSession, changed: dict[tuple[Any, ...], Values]) -> None:
        if not changed:
            return
        table = _table(self.model)
        rows = [{f"_{name}": value for name, value in values.items()} for values in changed.values()]
        stated = [name for name in next(iter(changed.values())) if name != "id"]
        statement = update(table).where(table.c.id == bindparam("_id"))
        # On the connection: the session would take an update of many rows for one by primary key.
        connection = await session.connection()
        await connection.execute(statement.values({name: bindparam(f"_{name}") for name in stated}), rows)
        for key, values in changed.items():
            self.rows[key] = self.rows[key] | values

    def ids(self) -> dict[Any, int]:
        """The ids by key (of tables with a key of one column)."""
        return {key[0]: row["id"] for key, row in self.rows.items()}


def _kept(text: str) -> str | None:
    return text or None


async def _areas(session: AsyncSession, town: Town) -> tuple[Change, dict[str, int]]:
    stored = await _Stored(Area, ("code",)).load(session)
    before = {key[0]: dict(row) for key, row in stored.rows.items()}
    # First without parents: a path needs ids, its own among them.
    await stored.put(session, [{"code": area.key} for area in town.areas], lambda _: {"name": "", "level": 0})
    ids = stored.ids()
    await stored.put(session, [_area_values(area, ids) for area in town.areas], nullable=("parent_id",))
    await stored.put(session, _paths(stored))
    keys = {area.key for area in town.areas}
    changed = sum(1 for key in keys if key in before and stored.rows[key,] != before[key])
    return Change(sum(1 for key in keys if key not in before), changed), ids


def _area_values(area: AreaRow, ids: Mapping[str, int]) -> Values:
    return {
        "code": area.key,
        "name": area.name,
        "level": area.level,
        "parent_id": ids[area.parent] if area.parent else None,
        "kind": _kept(area.kind),
        "police_name": _kept(area.police_name),
        "police_phone": _kept(area.police_phone),
        "neighbours": _kept(" ".join(area.neighbours)),
    }


def _paths(stored: _Stored) -> list[Values]:
    """The path of every area, also of those below a moved one."""
    by_id = {row["id"]: row for row in stored.rows.values()}
    paths: dict[int, str] = {}
    for start in by_id:
        way: list[int] = []
        area_id: int | None = start
        while area_id is not None and area_id not in paths:
            way.append(area_id)
            area_id = by_id[area_id]["parent_id"]
        for below in reversed(way):
            parent = by_id[below]["parent_id"]
            paths[below] = f"{paths[parent] if parent else '/'}{below}/"
    return [{"code": by_id[area_id]["code"], "path": path} for area_id, path in paths.items()]


async def _rooms(
    session: AsyncSession,
    town: Town,
    areas: Mapping[str, int],
    start_mode: Mode,
    now: datetime,
    rng: random.Random | None,
) -> tuple[Change, dict[str, int]]:
    stored = await _Stored(Room, ("key",)).load(session)
    taken = {row["bind_code"] for row in stored.rows.values()}
    modes = {row["id"]: row["mode"] for row in stored.rows.values()}

    def fresh(values: Values) -> Values:
        code = new_bind_code(rng)
        while code in taken:
            code = new_bind_code(rng)
        taken.add(code)
        return {"bind_code": code, "mode": values["mode"] or start_mode.value}

    wanted = [
        {
            "key": room.key,
            "area_id": areas[room.area],
            "name": room.name,
            "purpose": room.purpose.value,
            "mode": room.mode.value if room.mode else None,
        }
        for room in town.rooms
    ]
    change = await stored.put(session, wanted, fresh)
    moved = [row["id"] for row in stored.rows.values() if modes.get(row["id"], row["mode"]) != row["mode"]]
    await _modes_moved(session, moved, now)
    return change, stored.ids()


async def _modes_moved(session: AsyncSession, room_ids: Sequence[int], now: datetime) -> None:
    """What follows from another mode is the bot's to do, as after the command: cards that were missed, for one."""
    due = await _Stored(DueItem, ("kind", "ref")).load(session, _table(DueItem).c.kind == MODE_IMPORTED)
    wanted = [{"kind": MODE_IMPORTED, "ref": str(one), "due_at": now, "tries": 0} for one in room_ids]
    await due.put(session, wanted)


async def _people(session: AsyncSession, town: Town) -> tuple[Change, dict[str, int]]:
    await _give_keys(session, town)
    stored = await _Stored(Contact, ("key",)).load(session, _table(Contact).c.key.is_not(None))
    phones: dict[str, str] = {}
    for person in town.people:
        phones[person.key] = phones.get(person.key) or person.phone
    wanted = [{"key": key, "name": name, "phone": _kept(phones[key])} for key, name in town.names.items()]
    return await stored.put(session, wanted), stored.ids()


async def _give_keys(session: AsyncSession, town: Town) -> None:
    """Who had no key was exported as `contact-<id>`: coming back, that is the same person, if the name fits."""
    named = {int(match[1]): key for key in town.names if (match := KEYLESS.fullmatch(key))}
    if not named:
        return
    table = _table(Contact)
    query = select(table.c.id, table.c.name).where(table.c.key.is_(None), table.c.id.in_(named))
    for contact_id, name in (await session.execute(query)).all():
        if town.names[named[contact_id]] == name:
            await session.execute(update(table).where(table.c.id == contact_id).values(key=named[contact_id]))


async def _appointments(
    session: AsyncSession, town: Town, areas: Mapping[str, int], contacts: Mapping[str, int], now: datetime
) -> Change:
    appointment = _table(Appointment).c
    stored = _Stored(Appointment, ("contact_id", "area_id", "role", "stands_in_for"))
    await stored.load(session, appointment.until.is_(None) | (appointment.until > now))
    current = [person for person in town.people if person.role and (person.until is None or person.until > now)]
    wanted = [_appointment(person, areas, contacts) for person in current]
    return await stored.put(session, wanted, lambda _: {"since": now})


def _appointment(person: PersonRow, areas: Mapping[str, int], contacts: Mapping[str, int]) -> Values:
    return {
        "contact_id": contacts[person.key],
        "area_id": areas[person.area],
        "role": person.role.value if person.role else "",
        "stands_in_for": contacts[person.stands_in_for] if person.stands_in_for else None,
        "until": person.until,
        "title": _kept(person.title),
    }


async def _seen(session: AsyncSession, town: Town, rooms: Mapping[str, int], contacts: Mapping[str, int]) -> None:
    """Being listed in a group serves as well as having been seen there: a private message has an area."""
    stored = await _Stored(Seen, ("contact_id", "room_id")).load(session)
    pairs = [
        {"contact_id": contacts[person], "room_id": rooms[room]}
        for room, people in town.members.items()
        for person in people
    ]
    await stored.put(session, pairs)


async def _places(session: AsyncSession, town: Town, areas: Mapping[str, int]) -> Change:
    stored = await _Stored(LocalPlace, ("area_id", "name")).load(session)
    wanted = [
        {
            "area_id": areas[place.area],
            "name": place.name,
            "aliases": _kept(" ".join(place.aliases)),
            "x": place.x,
            "y": place.y,
        }
        for place in town.places
    ]
    return await stored.put(session, wanted)


async def _maps(session: AsyncSession, town: Town, areas: Mapping[str, int], now: datetime) -> Change:
    """The same picture again changes nothing; another takes the place of the old one, whose bytes go."""
    added = changed = 0
    for row in town.maps:
        digest, (width, height) = sha256(row.data).hexdigest(), row.stored
        stored = await session.get(AreaMap, areas[row.area], with_for_update=True)
        before = await session.get(Picture, stored.picture_id) if stored and stored.picture_id else None
        if stored and before and (before.digest, stored.width, stored.height) == (digest, row.width, row.height):
            continue
        if before is not None:
            before.data, before.digest, before.state = None, "", "wiped"
        picture = Picture(state="ready", at=now, digest=digest, mime="image/jpeg", width=width, height=height)
        picture.data = row.data
        session.add(picture)
        await session.flush()
        added, changed = added + (stored is None), changed + (stored is not None)
        fresh = stored or AreaMap(area_id=areas[row.area])
        fresh.picture_id, fresh.width, fresh.height = picture.id, row.width, row.height
        session.add(fresh)
    await session.flush()
    return Change(added, changed)


async def _bind_rooms(
    session: AsyncSession, town: Town, account_id: int, rooms: Mapping[str, int], now: datetime
) -> None:
    chats = await _Stored(Chat, ("room_id",)).load(session, _table(Chat).c.room_id.is_not(None))
    await chats.put(
        session, [{"room_id": rooms[room.key]} for room in town.rooms], lambda _: {"account_id": account_id}
    )
    bindings = _Stored(RoomBinding, ("external_id",))
    await bindings.load(session, _table(RoomBinding).c.account_id == account_id)
    chat_ids = chats.ids()
    wanted = [
        {
            "account_id": account_id,
            "external_id": room.key,
            "chat_id": chat_ids[rooms[room.key]],
            "name": room.name,
        }
        for room in town.rooms
    ]
    await bindings.put(session, wanted)
    table = _table(Room)
    names = [room.key for room in town.rooms]
    for column in (table.c.bound_at, table.c.greeted_at):
        query = update(table).where(column.is_(None), table.c.key == bindparam("_key"))
        if names:
            connection = await session.connection()
            await connection.execute(query.values({column.name: now}), [{"_key": name} for name in names])


async def _bind_people(session: AsyncSession, town: Town, account_id: int, contacts: Mapping[str, int]) -> None:
    chats = await _Stored(Chat, ("contact_id",)).load(session, _table(Chat).c.contact_id.is_not(None))
    wanted = [{"contact_id": contacts[key]} for key in town.names]
    await chats.put(session, wanted, lambda _: {"account_id": account_id})
    bindings = _Stored(ContactBinding, ("external_id",))
    await bindings.load(session, _table(ContactBinding).c.account_id == account_id)
    wanted = [
        {
            "account_id": account_id,
            "external_id": key,
            "contact_id": contacts[key],
            "shown_name": name,
            "friend": True,
        }
        for key, name in town.names.items()
    ]
    await bindings.put(session, wanted)

"""The town in the local chat: the chat's file, and the groups and people that it shows."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from bot.config import ConfigError, reason
from bot.gateways.local import LocalChat, LocalPerson, LocalRoom, key_fault
from bot.town import Counts, Town, import_town, load_town
from handlers.ports import Rules
from handlers.turn import ROLE_NAMES
from storage.areas import Chat, Room, RoomBinding
from storage.engine import Database
from storage.people import Role


@asynccontextmanager
async def open_chat(path: Path, bot_name: str) -> AsyncIterator[LocalChat]:
    """The chat, open; ConfigError if its file cannot be used."""
    chat = LocalChat(path, bot_name=bot_name)
    try:
        try:
            await chat.start()
        except (OSError, sqlite3.Error, ValueError) as error:
            why = reason(error) if isinstance(error, OSError) else str(error)
            raise ConfigError(f"local.chat：{path} 打不开（{why}）") from error
        yield chat
    finally:
        await chat.close()


async def fill_chat(session: AsyncSession, chat: LocalChat, account_id: int, rules: Rules, now: datetime) -> None:
    """Give the chat the groups and people that the database has; what was changed in the chat stays as it is."""
    await chat.populate(*await groups_and_people(session, account_id, rules, now))


async def groups_and_people(
    session: AsyncSession, account_id: int, rules: Rules, now: datetime
) -> tuple[list[LocalRoom], list[LocalPerson]]:
    """The town as the chat takes it; ConfigError if it cannot take a key."""
    town = await load_town(session, now=now)
    ids, left = await _names_of_rooms(session, account_id)
    rooms = [
        LocalRoom(ids.get(room.key, room.key), room.name, town.members[room.key], room.key not in left)
        for room in town.rooms
    ]
    people = _people(town, rules)
    for key in (*(room.key for room in rooms), *(person.key for person in people)):
        if fault := key_fault(key):
            raise ConfigError(f"数据库里的群和人放不进内置聊天：{fault}")
    return rooms, people


async def move_in(
    database: Database, chat: LocalChat, account_id: int, town: Town, rules: Rules, now: datetime
) -> Counts:
    """Put a town into the database, bound to the account, and then into the chat: both or neither."""
    async with database.write() as session:
        counts = await import_town(session, town, rules, now=now, account_id=account_id)
        await fill_chat(session, chat, account_id, rules, now)
    return counts


async def lacks_town(session: AsyncSession, chat: LocalChat, account_id: int) -> bool:
    """Whether this is not the town's chat: groups are missing, as in a new file."""
    ids, _ = await _names_of_rooms(session, account_id)
    there = await chat.rooms()
    return not there or not there.issuperset(ids.values())


def _people(town: Town, rules: Rules) -> list[LocalPerson]:
    """Everybody once, each under the last role of the list."""
    areas = {area.key: area for area in town.areas}
    people: dict[str, LocalPerson] = {}
    for row in town.people:
        if row.role is None and row.key in people:
            continue
        area = areas.get(row.area)
        role = ROLE_NAMES.get(row.role, "居民") if row.role else "居民"
        if row.role == Role.ADMIN and area is not None:
            role = f"{rules.levels[area.level][:1]}管理员"
        people[row.key] = LocalPerson(row.key, row.name, role, area.name if area else "")
    return list(people.values())


async def _names_of_rooms(session: AsyncSession, account_id: int) -> tuple[dict[str, str], set[str]]:
    """What the chat calls the rooms, by their keys, and those which the bot has left."""
    query = (
        select(col(Room.key), col(RoomBinding.external_id), col(RoomBinding.left_at))
        .join(Chat, col(Chat.room_id) == col(Room.id))
        .join(RoomBinding, col(RoomBinding.chat_id) == col(Chat.id))
        .where(RoomBinding.account_id == account_id)
        .order_by(col(RoomBinding.id))
    )
    rows = (await session.execute(query)).all()
    return {key: name for key, name, _ in rows}, {key for key, _, left_at in rows if left_at}

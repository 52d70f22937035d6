"""Sends a second of four accounts, each in a process of its own, on one PostgreSQL, beside those of one."""

from __future__ import annotations

import asyncio
import statistics
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select, update
from sqlmodel import col

from bot.machine import open_account
from bot.town import import_town
from handlers.ports import Rules
from storage.areas import Chat, RoomBinding
from storage.engine import Database
from tests.bench.burst import RESIDENTS, WORKERS, make_town
from tests.bench.sending import ORDER
from tests.bench.slow import SlowChats
from tests.bench.through import LONGEST, bot_process

ACCOUNTS = "ABCD"


@dataclass(frozen=True, slots=True)
class Scaling:
    """Sends a second, medians; `rooms` had the alert each time."""

    four: float
    one: float
    ratio: float
    rooms: int


def measure(new_database: Callable[[], str], rooms: int, repetitions: int) -> Scaling:
    """Both in turns, each on a database of its own of one server."""
    pairs = [
        tuple(asyncio.run(_rate(new_database(), rooms, accounts)) for accounts in (ACCOUNTS, ACCOUNTS[:1]))
        for _ in range(repetitions)
    ]
    four, one = zip(*pairs, strict=True)
    ratio = statistics.median(many / single for many, single in pairs)
    return Scaling(statistics.median(four), statistics.median(one), ratio, rooms)


async def _rate(url: str, count: int, accounts: str) -> float:
    """Sends a second of one alert to all rooms, from the first of the alert's to the last."""
    rooms = [f"r{number}" for number in range(count)]
    people = [f"p{number}" for number in range(RESIDENTS + WORKERS)]
    await _prepare(url, rooms, people, accounts)
    async with AsyncExitStack() as stack:
        chats = await stack.enter_async_context(SlowChats().open())
        for name in accounts:
            await stack.enter_async_context(bot_process("tests.bench.slow", url, name, str(chats.port)))
        async with asyncio.timeout(LONGEST + count):
            await chats.listened(len(accounts))
            await chats.say(accounts[0], rooms[0], people[RESIDENTS], ORDER)
            return (count - 1) / await chats.heard_in(rooms)


async def _prepare(url: str, rooms: list[str], people: list[str], accounts: str) -> None:
    """The town, its rooms dealt out to the accounts in turn."""
    database = Database(url)
    await database.open()
    town = make_town(rooms, {room: f"第{number}网格居民群" for number, room in enumerate(rooms)}, people)
    ids = [await open_account(database, name, "wechaty") for name in accounts]
    async with database.write() as session:
        await import_town(session, town, Rules(), now=datetime.now(UTC), account_id=ids[0])
        chats = await session.scalars(select(col(Chat.id)).where(col(Chat.room_id).is_not(None)).order_by(col(Chat.id)))
        for number, chat_id in enumerate(chats.all()):
            account = ids[number % len(ids)]
            for table, which in ((Chat, Chat.id), (RoomBinding, RoomBinding.chat_id)):
                await session.execute(update(table).where(col(which) == chat_id).values(account_id=account))
    await database.close()

"""The whole bot behind a real WeChat gateway process: 160 groups alerted, 160 groups cleared."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlmodel import col

from bot.machine import Machine, SystemClock, make_pacer, open_account
from bot.town import import_town, read_town
from handlers.ports import Quiet, Rules
from storage.areas import Chat, Mode, Room, RoomBinding
from storage.engine import Database
from storage.outbox import DeliveryPart, PartState
from storage.people import Account, Contact, ContactBinding
from tests.gateways.wechaty_world import WechatyWorld

pytestmark = pytest.mark.gateway

RULES = Rules(quiet=Quiet(start="00:00", end="00:00"))
REPORT = "我爸今天上午9点从老粮站出去到现在没回来，72岁，灰夹克黑布鞋，有没有人看到，电话13900000001"


def write_town(folder: Path, rooms: int) -> Path:
    """One town with a grid for each room; `p0` reports, `p1` is the first grid's worker."""
    folder.mkdir()
    grids = "".join(f"G{n},第{n}网格,网格,V\n" for n in range(rooms))
    (folder / "areas.csv").write_text(f"key,name,level,parent\nQ,区,区,\nT,柳河镇,镇街,Q\nV,柳树村,村社区,T\n{grids}")
    (folder / "rooms.csv").write_text("key,area\n" + "".join(f"g{n},G{n}\n" for n in range(rooms)))
    (folder / "people.csv").write_text("key,name,role,area\np0,王姨,居民,G0\np1,小耿,网格员,G0\n")
    (folder / "places.csv").write_text("name,area\n老粮站,G1\n")
    return folder


async def bind(database: Database, account_id: int, world: WechatyWorld) -> None:
    """Bind the town's rooms and two people to the ids of this login."""
    clock = SystemClock()
    async with database.write() as session:
        rooms = (await session.scalars(select(Room).order_by(col(Room.id)))).all()
        for room, external_id in zip(rooms, world.rooms, strict=True):
            chat = Chat(room_id=room.id, account_id=account_id)
            session.add(chat)
            await session.flush()
            session.add(RoomBinding(account_id=account_id, external_id=external_id, chat_id=chat.id or 0))
            room.bound_at = room.greeted_at = clock.now()
        people = (await session.scalars(select(Contact).order_by(col(Contact.id)))).all()
        for person, external_id in zip(people, world.people, strict=False):
            session.add(ContactBinding(account_id=account_id, external_id=external_id, contact_id=person.id or 0))


@asynccontextmanager
async def running_bot(world: WechatyWorld, folder: Path) -> AsyncIterator[Machine]:
    """The machine on the npm gateway, unpaced, its database on disk."""
    database = Database(f"sqlite:///{folder}/bot.db")
    await database.open()
    clock = SystemClock()
    account_id = await open_account(database, "A", "wechaty")
    town = read_town(write_town(folder / "town", len(world.rooms)), RULES)
    async with database.write() as session:
        await import_town(session, town, RULES, now=clock.now(), start_mode=Mode.FULL)
    await bind(database, account_id, world)
    pacer = await make_pacer(database, account_id, None, random.Random(0), clock.now())
    machine = Machine(database, world.gateway, account_id, RULES, clock, pacer=pacer)
    task = asyncio.create_task(machine.run())
    try:
        yield machine
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await database.close()


async def states_of(machine: Machine) -> dict[str, int]:
    """How many parts are in which state."""
    query = select(col(DeliveryPart.state), func.count()).group_by(col(DeliveryPart.state))
    async with machine.database.read() as session:
        return dict((await session.execute(query)).all())


async def until(machine: Machine, done: Callable[[dict[str, int]], bool]) -> None:
    """Wait for a state of the queue."""
    async with asyncio.timeout(120):
        while not done(await states_of(machine)):
            await asyncio.sleep(0.05)


def idle_with(sent: int) -> Callable[[dict[str, int]], bool]:
    """Nothing waits, and at least so many parts were sent."""
    return lambda states: (
        states.get(PartState.SENT, 0) >= sent
        and not states.get(PartState.QUEUED, 0)
        and not states.get(PartState.SENDING, 0)
    )


async def test_groups_alerted_are_groups_cleared(wechat: WechatyWorld, tmp_path: Path) -> None:
    rooms = len(wechat.rooms)
    async with running_bot(wechat, tmp_path) as machine:
        await until_online(machine)
        await wechat.say(wechat.rooms[0], wechat.people[0], REPORT)
        await until(machine, idle_with(1))
        await wechat.say(wechat.rooms[0], wechat.people[1], "确认 M1")
        await until(machine, idle_with(rooms + 1))
        alerted = (await states_of(machine))[PartState.SENT]
        await wechat.say(wechat.rooms[0], wechat.people[1], "找到 M1 在老粮站，人没事")
        await until(machine, idle_with(alerted + rooms))
    for room in wechat.rooms:
        got = [one.text for one in await wechat.received(room)]
        assert sum("紧急寻人" in text for text in got) == 1
        assert sum("好消息" in text for text in got) == 1


async def test_a_case_through_the_gateway_mentions_the_reporter(wechat: WechatyWorld, tmp_path: Path) -> None:
    async with running_bot(wechat, tmp_path) as machine:
        await until_online(machine)
        room, resident, worker = wechat.rooms[0], wechat.people[0], wechat.people[1]
        await wechat.say(room, resident, "3栋2单元的水管爆了，水流到楼道里了，麻烦来人看看")
        await until(machine, idle_with(1))
        await wechat.say(room, worker, "接单 1")
        await until(machine, idle_with(2))
    got = await wechat.received(room)
    assert ["【事项 1】" in one.text for one in got] == [True, True]
    assert all(one.mentions == (resident,) for one in got)


async def test_the_gateway_going_away_in_a_fan_out_loses_nothing(wechat: WechatyWorld, tmp_path: Path) -> None:
    rooms = len(wechat.rooms)
    async with running_bot(wechat, tmp_path) as machine:
        await until_online(machine)
        await wechat.say(wechat.rooms[0], wechat.people[0], REPORT)
        await until(machine, idle_with(1))
        await wechat.say(wechat.rooms[0], wechat.people[1], "确认 M1")
        await until(machine, lambda states: states.get(PartState.SENT, 0) > rooms // 4)
        await wechat.go_away()
        await asyncio.sleep(0.5)
        await wechat.come_back()
        await until(machine, idle_with(rooms))
        async with machine.database.read() as session:
            account = await session.get(Account, machine.account_id)
            assert account is not None
            assert account.state == "online"
    cards = [sum("紧急寻人" in one.text for one in await wechat.received(room)) for room in wechat.rooms]
    assert min(cards) == 1
    assert sum(cards) <= rooms + 1, "an urgent post is repeated once at most, for the one call that was cut"


async def until_online(machine: Machine) -> None:
    """Wait for the login."""
    async with asyncio.timeout(60):
        while machine.gateway.state != "online":
            await asyncio.sleep(0.05)

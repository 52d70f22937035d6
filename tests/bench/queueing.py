"""How long an alert for a district's rooms takes to be read and queued, beside that many bare rows in one commit."""

from __future__ import annotations

import asyncio
import gc
import statistics
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Column, Integer, MetaData, String, Table, func, insert, select

from bot.gateways.wechaty import WechatyGateway
from bot.inbox import Inbox
from bot.machine import SystemClock, open_account
from bot.town import import_town
from bot.watching import Watching
from handlers.dispatch import Dispatch
from handlers.ports import Event, EventKind, Outside, Rules
from storage.engine import Database
from storage.outbox import Delivery
from tests.bench.burst import RESIDENTS, WORKERS, make_town

ROOMS = 3170
"""The rooms of a district."""

BARE = Table("bare", MetaData(), Column("id", Integer, primary_key=True), Column("a", Integer), Column("b", String))


@dataclass(frozen=True, slots=True)
class Queueing:
    """Milliseconds, medians: an alert from the stored message to the commit, and `rows` bare rows in one commit."""

    alert: float
    bare: float
    rows: int


def measure(url: str | None, rooms: int, repetitions: int) -> Queueing:
    """In turns on one empty database: a file of its own, or the one named."""
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(_measure(Database(url or f"sqlite:///{folder}/bench.db"), rooms, repetitions))


async def _measure(database: Database, rooms: int, repetitions: int) -> Queueing:
    await database.open()
    account = await open_account(database, "A", "wechaty")
    keys, people = [f"r{n}" for n in range(rooms)], [f"p{n}" for n in range(RESIDENTS + WORKERS)]
    town = make_town(keys, {key: f"第{n}网格居民群" for n, key in enumerate(keys)}, people)
    clock = SystemClock()
    async with database.write() as session:
        await import_town(session, town, Rules(), now=clock.now(), account_id=account)
        await session.run_sync(lambda sync: BARE.metadata.create_all(sync.connection()))
    outside = Outside(Rules(), WechatyGateway("127.0.0.1:9", "t").capabilities)
    inbox = Inbox(database, account, clock, lambda: None, Watching(), wipe_after=timedelta(minutes=15))
    dispatch = Dispatch(database, outside, account, lambda: None)
    gc.freeze()  # as `run` does once it is up
    pairs = []
    for number in range(repetitions + 1):
        await inbox.store([_alert(number, people[RESIDENTS])])
        pairs.append((await _timed(dispatch.step(clock.now())), await _timed(_bare(database, 2 * rooms))))
    async with database.read() as session:
        queued = await session.scalar(select(func.count()).select_from(Delivery))
    await database.close()
    assert queued is not None and queued >= rooms * (repetitions + 1), "not every alert was queued for every room"
    alert, bare = zip(*pairs[1:], strict=True)  # the first one warms up
    return Queueing(statistics.median(alert), statistics.median(bare), 2 * rooms)


def _alert(number: int, worker: str) -> Event:
    """A worker's own order, which needs no confirmation."""
    names = "王秀英 李建国 陈小宝 刘桂花 孙明亮 周玉兰 吴德明 徐春梅"
    text = f"寻人 {names.split()[number % 8]} 男 {60 + number}岁 灰夹克 早上8点从老粮站走的"
    return Event(f"m{number}", EventKind.MESSAGE, datetime.now(UTC), room="r0", sender=worker, text=text)


async def _timed(work: object) -> float:
    began = time.perf_counter()
    await work  # type: ignore[misc]
    return (time.perf_counter() - began) * 1000


async def _bare(database: Database, count: int) -> None:
    """As many rows as the alert has deliveries and parts, without anything around them."""
    async with database.connect() as connection:
        await connection.execute(insert(BARE), [{"a": n, "b": "queued"} for n in range(count)])

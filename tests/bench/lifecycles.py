"""Whole cases a second: reported, taken, worked on, done, rated; on an empty database and on one full of old cases."""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, insert, select, text, update
from sqlmodel import col

from bot.gateways.wechaty import WechatyGateway
from bot.inbox import Inbox
from bot.machine import SystemClock, open_account
from bot.town import import_town
from bot.watching import Watching
from handlers.dispatch import Dispatch
from handlers.ports import Event, EventKind, Outside, Rules
from storage.engine import Database
from storage.matters import Case, CaseState
from tests.bench.burst import RESIDENTS, WORKERS, make_town
from tests.bench.queueing import BARE

ROOMS, STORED = 160, 1_000_000
WORDS = ("接单 {}", "进展 {} 师傅在路上", "办结 {} 换了新灯泡")
"""What the worker says between the report and the rating."""


@dataclass(frozen=True, slots=True)
class Lifecycles:
    """A second, medians: whole cases on the empty and on the full database (`stored` cases), and bare commits."""

    empty: float
    full: float
    bare: float
    stored: int


def measure(url: str | None, rooms: int, rounds: int, stored: int) -> Lifecycles:
    """`rounds` times a case in each room, before and after `stored` old cases are put in."""
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(_measure(Database(url or f"sqlite:///{folder}/bench.db"), rooms, rounds, stored))


class _Town:
    """A town whose rooms all have one case at a time."""

    def __init__(self, database: Database, account: int, rooms: int) -> None:
        outside = Outside(Rules(), WechatyGateway("127.0.0.1:9", "t").capabilities)
        self._clock = SystemClock()
        self._inbox = Inbox(database, account, self._clock, lambda: None, Watching(), wipe_after=timedelta(minutes=15))
        self._dispatch = Dispatch(database, outside, account, lambda: None)
        self._database, self._rooms, self._said = database, rooms, 0

    async def lifecycles(self) -> float:
        """One in each room; a second."""
        began = time.perf_counter()
        first = await self._last() + 1
        await self._say(
            [
                (room, room % RESIDENTS, f"{room}栋的路灯坏了，第{self._said}天了，麻烦来修")
                for room in range(self._rooms)
            ]
        )
        numbers = range(first, first + self._rooms)
        for words in WORDS:
            await self._say([(room, RESIDENTS + room % WORKERS, words.format(n)) for room, n in enumerate(numbers)])
        await self._say([(room, room % RESIDENTS, f"满意 {n}") for room, n in enumerate(numbers)])
        return self._rooms / (time.perf_counter() - began)

    async def _say(self, lines: list[tuple[int, int, str]]) -> None:
        """All at once, as on a busy morning, and handled."""
        events = []
        for room, person, words in lines:
            self._said += 1
            now = datetime.now(UTC)
            events.append(
                Event(f"m{self._said}", EventKind.MESSAGE, now, room=f"r{room}", sender=f"p{person}", text=words)
            )
        await self._inbox.store(events)
        while await self._dispatch.step(self._clock.now()):
            pass

    async def _last(self) -> int:
        async with self._database.read() as session:
            return await session.scalar(select(func.max(col(Case.id)))) or 0


async def _measure(database: Database, rooms: int, rounds: int, stored: int) -> Lifecycles:
    await database.open()
    account = await open_account(database, "A", "wechaty")
    keys, people = [f"r{n}" for n in range(rooms)], [f"p{n}" for n in range(RESIDENTS + WORKERS)]
    town = make_town(keys, {key: f"第{n}网格居民群" for n, key in enumerate(keys)}, people)
    async with database.write() as session:
        await import_town(session, town, Rules(), now=SystemClock().now(), account_id=account)
        await session.run_sync(lambda sync: BARE.metadata.create_all(sync.connection()))
    work = _Town(database, account, rooms)
    await work.lifecycles()  # warms up, and leaves cases to copy
    bare = [await _commits(database, rooms)]
    empty = [await work.lifecycles() for _ in range(rounds)]
    bare.append(await _commits(database, rooms))
    await _fill(database, rooms, stored)
    await work.lifecycles()
    full = [await work.lifecycles() for _ in range(rounds)]
    bare.append(await _commits(database, rooms))
    async with database.read() as session:
        ended = await session.scalar(select(func.count()).where(col(Case.state) == CaseState.CONFIRMED))
    await database.close()
    assert ended == rooms * (2 * rounds + 2) + stored // rooms * rooms, "not every case came to its end"
    return Lifecycles(*map(statistics.median, (empty, full, bare)), stored)


async def _fill(database: Database, rooms: int, stored: int) -> None:
    """Copies of the first cases, ended a year ago: as many in each room."""
    names = [column.name for column in Case.__table__.columns if column.name != "id"]  # type: ignore[attr-defined]
    columns = ", ".join(f'"{name}"' for name in names)
    taken = ", ".join(f'c."{name}"' for name in names)
    count = stored // rooms
    counted = (
        f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count}) "
        if database.sqlite
        else f"WITH n AS (SELECT generate_series(1, {count})) "
    )
    long_ago = datetime.now(UTC) - timedelta(days=365)
    async with database.write() as session:
        first = (await session.scalars(select(col(Case.id)).order_by(col(Case.id)).limit(rooms))).all()
        dates = {"created_at": long_ago, "updated_at": long_ago, "ended_at": long_ago}
        await session.execute(update(Case).where(col(Case.id).in_(first)).values(**dates))
    async with database.connect() as connection:
        copied = f'{counted}INSERT INTO "case" ({columns}) SELECT {taken} FROM "case" c, n WHERE c.id <= {max(first)}'
        await connection.execute(text(copied))
        await connection.execute(text("ANALYZE"))


async def _commits(database: Database, count: int) -> float:
    """Bare rows a second, a durable commit each."""
    began = time.perf_counter()
    for n in range(count):
        async with database.connect() as connection:
            await connection.execute(insert(BARE), {"a": n, "b": "done"})
    return count / (time.perf_counter() - began)

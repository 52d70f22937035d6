"""SQLite statements run where they are called; only what waits goes elsewhere."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import delete, select, text
from sqlalchemy.exc import OperationalError
from sqlmodel import col

import storage.engine
from storage.areas import Area, Silence
from storage.engine import Database, run

NAMES = select(col(Area.code))


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    made = Database(f"sqlite:///{tmp_path}/a.db")
    await made.open()
    yield made
    await made.close()


async def count(database: Database) -> int:
    async with database.read() as session:
        return int(await session.scalar(text("SELECT COUNT(*) FROM silence")) or 0)


async def silence(database: Database, number: int) -> None:
    async with database.write() as session:
        area = Area(code=f"A{number}", name="", level=0)
        session.add(area)
        await session.flush()
        session.add(Silence(area_id=area.id, since=datetime.now(UTC)))


async def test_a_writer_waits_for_another_process_and_the_loop_goes_on(database: Database, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "a.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        writing = asyncio.create_task(silence(database, 1))
        await asyncio.sleep(0.05)
        assert not writing.done() and await count(database) == 0
        other.execute("COMMIT")
    await writing
    assert await count(database) == 1


async def test_a_writer_gives_up_after_a_while(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage.engine, "BUSY_MS", 30)
    with closing(sqlite3.connect(tmp_path / "a.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(OperationalError, match="locked"):
            await silence(database, 1)
    await silence(database, 2)
    assert await count(database) == 1


async def test_cancelling_while_it_commits_leaves_a_usable_connection(database: Database) -> None:
    for number in range(1, 21):
        writing = asyncio.create_task(silence(database, number))
        for _ in range(number):
            await asyncio.sleep(0)
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)
    before = await count(database)
    await silence(database, 100)
    assert await count(database) == before + 1


async def test_many_writers_and_readers_at_once(database: Database) -> None:
    await asyncio.gather(*(silence(database, number) for number in range(1, 31)), *(count(database) for _ in range(30)))
    assert await count(database) == 30


async def test_a_statement_makes_no_greenlet(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    def spawned(*_: object, **__: object) -> None:
        raise AssertionError("a greenlet was made")

    async with database.write() as session:
        with monkeypatch.context() as patched:
            patched.setattr("sqlalchemy.ext.asyncio.session.greenlet_spawn", spawned)
            area = Area(code="A1", name="", level=0)
            session.add(area)
            await session.flush()
            found = [await session.get(Area, area.id), await session.scalar(select(Area)), *await run(session, NAMES)]
            assert found == [area, area, ("A1",)]
            await session.execute(delete(Area))
        assert await session.run_sync(lambda sync: sync.scalar(select(Area))) is None


async def test_a_result_is_read_after_its_session(database: Database) -> None:
    await silence(database, 1)
    async with database.read() as session:
        found = await session.scalars(select(Area))
    assert [area.code for area in found] == ["A1"]


async def test_a_session_goes_on_after_going_back(database: Database) -> None:
    async with database.read() as session:
        assert await session.scalar(select(Area)) is None
        await session.rollback()
        await silence(database, 1)
        assert (await session.scalars(select(col(Area.code)))).all() == ["A1"]

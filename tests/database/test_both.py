"""The same code on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel, col

import storage.tables  # noqa: F401
from bot.pacing import PaceRules
from handlers.ports import Outside, Rules
from handlers.turn import Turn
from storage.agenda import DueItem
from storage.engine import Database, DatabaseError
from storage.inbox import InboxEvent, InboxState
from storage.matters import Case, CaseState
from tests.harness import NOON, Talk, rooms, texts


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/both.db"
    new_database = request.getfixturevalue("postgres")
    return str(new_database())


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    """It, opened and migrated."""
    made = Database(url)
    await made.open()
    yield made
    await made.close()


async def test_the_migrations_make_the_tables(database: Database) -> None:
    def differences(connection: Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection), SQLModel.metadata))

    async with database.connect() as connection:
        assert await connection.run_sync(differences) == []


async def test_opening_twice_changes_nothing(database: Database, url: str) -> None:
    again = Database(url)
    await again.open()
    await again.close()


async def test_a_whole_case(url: str, tmp_path: Path) -> None:
    talk = await Talk(tmp_path, url=url).open()
    said = await talk.say("r1", "g1", "3栋2单元的水管爆了，水流到楼道里了，麻烦来人看看")
    assert rooms(said) == {"g1", "@w1"}
    await talk.say("w1", "g1", "接单 1")
    await talk.say("w1", "g1", "办结 1 换了新管")
    said = await talk.say("r1", "g1", "满意")
    assert "谢谢评价" in texts(said, "g1")[0]
    assert await talk.rows(select(Case.state)) == [CaseState.CONFIRMED]
    assert set(await talk.rows(select(InboxEvent.state))) == {InboxState.DONE}
    await talk.close()


async def test_a_whole_alert(url: str, tmp_path: Path) -> None:
    talk = await Talk(tmp_path, url=url).open()
    await talk.say("r1", "g1", "我爸今天上午9点从柳树巷出去到现在没回来，72岁，灰夹克黑布鞋，耳朵背，看到打13900000001")
    said = await talk.say("w1", None, "确认 M1")
    assert {"g1", "g2", "g3"} <= rooms(said)
    assert "g4" not in rooms(said)
    said = await talk.say("w1", None, "找到 M1 在老粮站，人没事")
    assert {"g1", "g2", "g3"} <= rooms(said)
    assert "g4" not in rooms(said)
    await talk.close()


@pytest.mark.parametrize(
    ("address", "named"),
    [
        ("mysql://x/y", "mysql"),
        ("nonsense", "nonsense"),
        ("postgresql://nobody:secret@127.0.0.1:1/none", "127.0.0.1:1"),
        ("sqlite:////proc/none/x.db", "/proc/none"),
        ("postgresql://u:secret@127.0.0.1:1/x?sslmode=require", "127.0.0.1:1"),
        ("postgresql://u:secret@127.0.0.1:1/x?sslmode=perhaps", "sslmode"),
        ("postgresql://u:secret@127.0.0.1:1/x?colour=red", "colour"),
        ("postgresql://u:secret@h:abc/x", "h:abc"),
        ("postgresql://u:secret@h:99999/x", "99999"),
        ("postgresql//u:secret@h/x", "h/x"),
        ("postgresql//u:sec@secret@h/x", "h/x"),
        ("postgresql://h:0/x", "端口 0"),
        ("postgresql://a@h/x?host=a:b&host=c:d", "只能有一个 host"),
        (f"postgresql://{'h' * 100}/x", "hhh"),
        ("sqlite:///\0x", "sqlite"),
        ("sqlite://", "sqlite"),
        ("sqlite:///:memory:", "sqlite"),
        ("sqlite:///x.db?timeout=soon", "sqlite"),
    ],
)
async def test_an_unusable_database_is_one_sentence(address: str, named: str) -> None:
    with pytest.raises((DatabaseError, OSError)) as caught:
        await Database(address).open()
    text = str(caught.value)
    assert isinstance(caught.value, DatabaseError)
    assert named in text
    assert "secret" not in text
    assert "\n" not in text


async def test_a_paced_fan_out_in_which_rooms_rest(url: str, tmp_path: Path) -> None:
    talk = Talk(tmp_path, url=url)
    await talk.open(pace=PaceRules(routine_gap=(5.0, 5.0), room_gap=60.0))
    for number in (1, 2):
        await talk.say("t1", None, f"通知 全镇 第{number}件事")
        await talk.say("t1", None, f"确认 N{number}")
    await talk.wait(minutes=5)
    assert [len([one for one in talk.outputs if one.room == room]) for room in ("g1", "g2", "g3")] == [2, 2, 2]
    await talk.close()


async def test_what_is_written_behind_is_there_for_whoever_asks(database: Database) -> None:
    """At the next look, at the end, and not after a rollback, be it of a part in which it was written already."""
    kinds = select(col(DueItem.kind)).order_by(col(DueItem.id))

    def turn(session: AsyncSession) -> Turn:
        return Turn(session, NOON, Outside(Rules()))

    async with database.write() as session:
        now = turn(session)
        await now.schedule("a", "1", NOON)
        assert list(await session.scalars(kinds)) == ["a"]
        await now.schedule("b", "1", NOON)
        with pytest.raises(KeyError):
            async with now.attempt():
                await now.unschedule("a", "1")
                await now.schedule("c", "1", NOON)
                assert list(await session.scalars(kinds)) == ["b", "c"]
                raise KeyError
        await now.schedule("d", "1", NOON)
        await now.unschedule("d", "1", "2")
    async with database.read() as session:
        assert list(await session.scalars(kinds)) == ["a", "b"]
    with pytest.raises(KeyError):
        async with database.write() as session:
            await turn(session).unschedule("a", "1")
            raise KeyError
    async with database.connect() as connection:
        assert (await connection.execute(kinds)).scalars().all() == ["a", "b"]

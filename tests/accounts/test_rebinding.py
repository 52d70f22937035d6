"""绑定 in groups where two accounts of ours are: one code binds both, and no standby stays behind in an old group."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import col

from handlers.ports import Event, EventKind
from storage.areas import Chat, Room, RoomBinding
from storage.people import Account
from tests.accounts.pair import Pair
from tests.harness import rooms, texts

REPAIR = "3栋2单元的水管爆了，水流到楼道里了，麻烦来人看看"
CODE, OTHER = "K7Q2ABCD", "M4N5PQRS"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
async def pair(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Pair]:
    """Both accounts in every group, A speaking; the chat systems of the two call groups differently from now on."""
    url = f"sqlite:///{tmp_path}/pair.db" if request.param == "sqlite" else request.getfixturevalue("postgres")()
    made = await Pair(str(url)).open()
    for side in made.sides.values():
        side.machine.inbox._stable = False
    await give_code(made, "g1", CODE)
    await give_code(made, "g2", OTHER)
    yield made
    await made.close()


async def give_code(pair: Pair, key: str, code: str) -> None:
    async with pair.database.write() as session:
        room = await session.scalar(select(Room).where(Room.key == key))
        assert room is not None
        room.bind_code = code


async def hear(pair: Pair, name: str, group: str, text: str, person: str = "w1", **more: Any) -> None:
    """One account hears something in a group that only it calls so."""
    pair._count += 1
    event = Event(
        f"{name}-{pair._count}", EventKind.MESSAGE, more.get("at", pair.clock.now()),
        room=group, room_name=more.get("called", group),
        sender=person, sender_name=person, text=text,
    )  # fmt: skip
    await pair.sides[name].machine.inbox.store([event])


async def groups(pair: Pair, key: str) -> set[tuple[str, str]]:
    """(account, what it calls the group) for each account in a room's group."""
    query = (
        select(col(Account.name), col(RoomBinding.external_id))
        .select_from(RoomBinding)
        .join(Account, col(RoomBinding.account_id) == col(Account.id))
        .join(Chat, col(RoomBinding.chat_id) == col(Chat.id))
        .join(Room, col(Chat.room_id) == col(Room.id))
        .where(Room.key == key, col(RoomBinding.left_at).is_(None))
    )
    async with pair.database.read() as session:
        return {(name, external) for name, external in (await session.execute(query)).all()}


@pytest.mark.parametrize("first", ["A", "B"])
async def test_a_room_that_gets_another_group_takes_the_standby_along_that_hears_it(pair: Pair, first: str) -> None:
    for name in (first, "B" if first == "A" else "A"):
        await hear(pair, name, f"{name}:new", f"绑定 {CODE}")
        await pair.sides[name].machine.settle(pair.clock.now())
    assert await groups(pair, "g1") == {("A", "A:new"), ("B", "B:new")}
    said = pair.sides["A"].gateway.sent
    assert [one.room for one in said] == ["A:new"]
    assert "绑好了" in said[0].text
    assert not pair.sides["B"].gateway.sent
    assert not await pair.wait(minutes=3), "nobody is asked to bind again"
    pair.sides["A"].alive = False
    await pair.wait(minutes=7)
    await hear(pair, "B", "B:new", REPAIR, "r1")
    assert "B:new" in rooms(await pair.settle())


async def test_a_standby_that_stayed_behind_does_not_speak_in_the_old_group(pair: Pair) -> None:
    await pair.say("a1", None, "帮助", hears="A")
    await hear(pair, "B", "g1", REPAIR, "r1")
    await hear(pair, "A", "A:new", f"绑定 {CODE}")
    await pair.settle()
    assert await groups(pair, "g1") == {("A", "A:new")}
    [asked] = texts(await pair.wait(minutes=3), "@a1")
    [code] = await pair.rows(select(Room.bind_code).where(Room.key == "g1"))
    assert "备用号B" in asked
    assert f"绑定 {code}" in asked
    pair.sides["A"].alive = False
    await pair.wait(minutes=7)
    await hear(pair, "B", "g1", REPAIR, "r1")
    await pair.wait(minutes=40)
    assert "g1" not in rooms(pair.sides["B"].gateway.sent)


async def test_a_standby_whose_copy_of_the_code_came_first_keeps_its_place(pair: Pair) -> None:
    await hear(pair, "B", "g1", f"绑定 {CODE}")  # A has logged in anew and calls the group otherwise
    await hear(pair, "A", "A:again", f"绑定 {CODE}")
    await pair.settle()
    assert await groups(pair, "g1") == {("A", "A:again"), ("B", "g1")}


async def test_a_group_that_becomes_another_room_takes_its_standby_along(pair: Pair) -> None:
    for name in "AB":
        await hear(pair, name, "g1", f"绑定 {OTHER}")
    said = await pair.settle()
    assert [one.room for one in said] == ["g1"]
    assert await groups(pair, "g2") == {("A", "g1"), ("B", "g1")}
    assert not await groups(pair, "g1")
    pair.sides["A"].alive = False
    await pair.wait(minutes=7)
    speaking = select(Chat.account_id).join(Room).where(Room.key == "g2")
    assert await pair.rows(speaking) == [pair.sides["B"].account_id]
    await hear(pair, "B", "g1", REPAIR, "r1")
    assert "g1" in rooms(await pair.settle())


@pytest.mark.parametrize("first", ["A", "B"])
async def test_the_first_binding_of_a_group_with_two_accounts_scolds_nobody(pair: Pair, first: str) -> None:
    second = "B" if first == "A" else "A"
    [text] = texts(await pair.say("a1", None, "群码 新 柳树一格", hears="A"), "@a1")
    code = text.split("绑定 ")[-1]
    for name in (first, second):
        await hear(pair, name, f"{name}:new", f"绑定 {code}")
        await pair.sides[name].machine.settle(pair.clock.now())
    [said] = [one for side in pair.sides.values() for one in side.gateway.sent if not one.room.startswith("@")]
    assert (said.room, "大家好" in said.text) == (f"{first}:new", True)
    assert await groups(pair, "G1-1") == {("A", "A:new"), ("B", "B:new")}
    [now] = await pair.rows(select(Room.bind_code).where(Room.key == "G1-1"))
    assert now != code


async def test_a_used_code_binds_a_standby_for_two_minutes_only(pair: Pair) -> None:
    await pair.say("a1", None, "帮助", hears="A")
    await hear(pair, "A", "A:new", f"绑定 {CODE}")
    await pair.settle()
    await pair.wait(minutes=3)
    await hear(pair, "B", "B:new", f"绑定 {CODE}")
    said = await pair.settle()
    assert rooms(said) == {"@a1"}, "a standby that hears the code late says nothing in the group"
    [code] = await pair.rows(select(Room.bind_code).where(Room.key == "g1"))
    assert "备用号B" in said[0].text
    assert f"绑定 {code}" in said[0].text
    assert await groups(pair, "g1") == {("A", "A:new")}


async def test_a_copy_of_the_code_that_is_heard_late_binds_the_standby_all_the_same(pair: Pair) -> None:
    said_at = pair.clock.now()
    await hear(pair, "A", "A:new", f"绑定 {CODE}")
    await pair.settle()
    await pair.wait(minutes=5)
    before = len(pair.sides["B"].gateway.sent)
    await hear(pair, "B", "B:new", f"绑定 {CODE}", at=said_at + timedelta(seconds=2))
    await pair.settle()
    assert len(pair.sides["B"].gateway.sent) == before
    assert await groups(pair, "g1") == {("A", "A:new"), ("B", "B:new")}


async def test_after_a_day_a_used_code_is_a_wrong_one(pair: Pair) -> None:
    await hear(pair, "A", "A:new", f"绑定 {CODE}")
    await pair.settle()
    await pair.wait(minutes=3)
    await pair.wait(hours=25)
    await hear(pair, "B", "B:new", f"绑定 {CODE}")
    assert any(one.room == "B:new" and "不对或已用过" in one.text for one in await pair.settle())


async def test_the_admin_hears_that_a_standby_alone_was_bound(pair: Pair) -> None:
    await pair.say("a1", None, "帮助", hears="A")
    await hear(pair, "B", "B:new", f"绑定 {CODE}")
    assert not await pair.settle()
    [told] = texts(await pair.wait(minutes=3), "@a1")
    assert "主号A没听到" in told


async def test_one_group_that_became_two_rooms_is_shown_to_the_admin(pair: Pair) -> None:
    await pair.say("a1", None, "帮助", hears="A")
    codes = {}
    for name in "AB":
        [text] = texts(await pair.say("a1", None, "群码 新 柳树一格", hears="A"), "@a1")
        codes[name] = text.split("绑定 ")[-1]
        await pair.wait(minutes=2)  # at once it would be the same order sent twice
    for name in "AB":
        await hear(pair, name, f"{name}:new", f"绑定 {codes[name]}", called="柳树一格二群")
    await pair.settle()
    told = texts(await pair.wait(minutes=3), "@a1")
    assert sum("可能是同一个群" in text for text in told) == 2


async def test_a_used_code_takes_no_group_from_its_room_and_no_account_from_its_group(pair: Pair) -> None:
    for name in "AB":
        await hear(pair, name, "g1", f"绑定 {CODE}")
    await pair.settle()
    async with pair.database.write() as session:
        chat = await session.scalar(select(Chat).join(Room).where(Room.key == "g3"))
        assert chat is not None
        chat.account_id = pair.sides["B"].account_id
    for group in ("g3", "B:elsewhere"):
        await hear(pair, "B", group, f"绑定 {CODE}")
        [said] = await pair.settle()
        assert (said.room, "不对或已用过" in said.text) == (group, True)
    assert await groups(pair, "g1") == {("A", "g1"), ("B", "g1")}
    assert await groups(pair, "g3") == {("A", "g3"), ("B", "g3")}


async def test_two_processes_that_hear_the_first_code_at_once_bind_one_group(pair: Pair) -> None:
    [text] = texts(await pair.say("a1", None, "群码 新 柳树一格", hears="A"), "@a1")
    for name in "AB":
        await hear(pair, name, f"{name}:new", f"绑定 {text.split('绑定 ')[-1]}")
    await asyncio.gather(*(side.machine.settle(pair.clock.now()) for side in pair.sides.values()))
    sent = [one.text for side in pair.sides.values() for one in side.gateway.sent if not one.room.startswith("@")]
    assert ["大家好" in one for one in sent] == [True]
    assert await groups(pair, "G1-1") == {("A", "A:new"), ("B", "B:new")}

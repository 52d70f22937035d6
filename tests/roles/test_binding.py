"""绑定 and 群码: a group becomes a room."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import select, update

from handlers.ports import Rules
from storage.areas import Area, Chat, Mode, Room, RoomBinding
from storage.inbox import InboxEvent
from storage.people import Contact
from tests.harness import Talk, rooms, texts

LEAK = "3栋2单元的水管爆了，水流到楼道里了，麻烦来人看看"


async def room(talk: Talk, key: str) -> Room:
    (found,) = await talk.rows(select(Room).where(Room.key == key))
    return found


async def new_code(talk: Talk, person: str, text: str) -> str:
    (answer,) = texts(await talk.say(person, None, text), f"@{person}")
    return answer.split("绑定 ")[-1].split()[0]


async def binding(talk: Talk, external: str) -> RoomBinding | None:
    found = await talk.rows(select(RoomBinding).where(RoomBinding.external_id == external))
    return found[0] if found else None


async def test_a_new_group_is_bound_and_greeted_once(talk: Talk) -> None:
    code = await new_code(talk, "a1", "群码 新 柳树一格")
    assert await talk.say("r9", "new", "大家好，有人吗") == []
    said = await talk.say("anyone", "new", f"绑定 {code}")
    assert rooms(said) == {"new"}
    (greeting,) = texts(said, "new")
    assert "柳树一格" in greeting
    assert "15 分钟后就删" in greeting
    assert "谁管我" in greeting
    assert "小耿" in greeting
    made = await room(talk, "G1-1")
    assert (made.mode, made.bind_code != code, made.greeted_at) == (Mode.TRIAL, True, made.bound_at)
    said = await talk.say("r9", "new", "谁管我")
    assert "小耿" in texts(said, "new")[0]
    said = await talk.say("w1", None, "通知 本格 停水")
    assert "2 个群" in texts(said, "@w1")[0]


async def test_the_code_is_good_once(talk: Talk) -> None:
    code = await new_code(talk, "a1", "群码 新 柳树一格")
    await talk.say("w1", "new", f"绑定 {code}")
    said = await talk.say("w1", "other", f"绑定 {code}")
    assert texts(said, "other") == ["@小耿 这个绑定码不对或已用过，请让管理员私聊我发“群码”，拿最新的再试。"]
    assert (await talk.rows(select(Chat).join(RoomBinding).where(RoomBinding.external_id == "other")))[
        0
    ].room_id is None


@pytest.mark.parametrize("form", ["绑定{}", "绑定：{}", "绑定　{}", "@格格 绑定 {}", " 绑定  {} ", "绑定 {}。"])
async def test_forms(talk: Talk, form: str) -> None:
    code = await new_code(talk, "a1", "群码 新 柳树一格")
    await talk.say("w1", "new", form.format(code.lower()))
    (made,) = await talk.rows(select(Room).where(Room.key == "G1-1"))
    if form in ("绑定{}", "绑定 {}。"):  # the inbox and the grammar ask for a space, and for nothing after it
        return
    assert made.bound_at is not None


async def test_wrong_codes_are_limited(talk: Talk) -> None:
    code = await new_code(talk, "a1", "群码 新 柳树一格")
    for letter in "23456":
        said = await talk.say("x", "new", f"绑定 K7Q2ABC{letter}")
        assert "不对或已用过" in texts(said, "new")[0]
    assert "一小时后" in texts(await talk.say("x", "new", f"绑定 {code}"), "new")[0]
    await talk.wait(hours=1)
    assert "大家好" in texts(await talk.say("x", "new", f"绑定 {code}"), "new")[0]


async def test_again_after_the_room_id_changed(talk: Talk) -> None:
    await talk.say("r1", "g1", LEAK)
    before = (await binding(talk, "g1"), await room(talk, "g1"))
    code = await new_code(talk, "a1", "群码 柳树一格")
    said = await talk.say("w1", "g1-again", f"绑定 {code}")
    assert texts(said, "g1-again") == ["@小耿 绑好了：本群是柳树一格的居民群，正式模式。"]
    after = await binding(talk, "g1-again")
    assert after is not None and before[0] is not None
    assert after.chat_id == before[0].chat_id
    assert await binding(talk, "g1") is None
    events = await talk.rows(select(InboxEvent).where(InboxEvent.chat_id == after.chat_id))
    assert len(events) == 2
    said = await talk.say("w1", "g1-again", "接单 1")
    assert "【事项 1】小耿已接单" in texts(said, "g1-again")[0]
    assert (await room(talk, "g1")).bind_code != code


async def test_already_bound_here(talk: Talk) -> None:
    code = await new_code(talk, "a1", "群码 柳树一格")
    said = await talk.say("w1", "g1", f"绑定 {code}")
    assert "不用再绑" in texts(said, "g1")[0]
    assert (await room(talk, "g1")).bind_code != code


async def test_a_group_bound_to_the_wrong_grid_moves(talk: Talk) -> None:
    code = await new_code(talk, "a1", "群码 新 柳树二格")
    said = await talk.say("w1", "g1", f"绑定 {code}")
    assert "柳树二格" in texts(said, "g1")[0]
    assert (await room(talk, "g1")).bound_at is None
    said = await talk.say("r9", "g1", "谁管我")
    assert "李珍" in texts(said, "g1")[0]
    unbound = await talk.say("a1", None, "群码")
    assert "柳树一格群：绑定" in texts(unbound, "@a1")[0]


async def test_whose_group_it_was_hears_that_a_code_was_said_in_the_wrong_group(talk: Talk) -> None:
    code = await new_code(talk, "a1", "群码 柳树一格")
    said = await talk.say("w1", "g3", f"绑定 {code}")
    assert texts(said, "g3") == ["@小耿 绑好了：本群是柳树一格的居民群，正式模式。"]
    (worker,), (admin,) = texts(said, "@w3"), texts(said, "@a2")
    assert worker == admin
    assert worker.startswith("小耿把“北关一格群”改绑到了柳树一格，北关一格没有这个群了")
    again = await new_code(talk, "a2", "群码 北关一格")
    said = await talk.say("w3", "g3", f"绑定 {again}")
    assert "本群是北关一格的居民群" in texts(said, "g3")[0]
    assert rooms(said) == {"g3", "@w1", "@a1"}


async def test_ordinary_words_after_bind(talk: Talk) -> None:
    assert await talk.say("r1", "g1", "绑定 银行卡怎么弄") == []
    assert await talk.say("x", "new", "绑定 银行卡怎么弄") == []
    assert await talk.rows(select(InboxEvent).where(InboxEvent.error != "")) == []


async def test_bind_in_private(talk: Talk) -> None:
    said = await talk.say("w1", None, "绑定 K7Q2ABCD")
    assert "要在群里发" in texts(said, "@w1")[0]
    assert "请写上绑定码" in texts(await talk.say("w1", None, "绑定"), "@w1")[0]


async def test_at_night_the_greeting_waits(talk: Talk) -> None:
    code = await new_code(talk, "a1", "群码 新 柳树一格")
    await talk.wait(hours=10)
    said = await talk.say("w1", "new", f"绑定 {code}")
    assert texts(said, "new") == ["@小耿 绑好了：本群是柳树一格的居民群，试点模式。"]
    said = await talk.wait(hours=12)
    assert "大家好" in texts(said, "new")[0]


async def test_codes_only_for_the_admin_in_private(talk: Talk) -> None:
    assert "请私聊我" in texts(await talk.say("a1", "g1", "群码"), "g1")[0]
    assert "只有管理员" in texts(await talk.say("w1", None, "群码"), "@w1")[0]
    assert "不在您管的范围" in texts(await talk.say("a1", None, "群码 北关社区"), "@a1")[0]


async def test_codes_of_what_is_not_bound(talk: Talk) -> None:
    said = await talk.say("a1", None, "群码")
    assert "柳树村的群都绑好了" in texts(said, "@a1")[0]
    async with talk.database.write() as session:
        village = await session.scalar(select(Area).where(Area.code == "V1"))
        for number in (3, 4):
            grid = Area(code=f"G1{number}", name=f"柳树{number}格", level=3, parent_id=village.id)
            session.add(grid)
            await session.flush()
            grid.path = f"{village.path}{grid.id}/"
    (answer,) = texts(await talk.say("a1", None, "群码"), "@a1")
    lines = [line for line in answer.splitlines() if "：绑定 " in line]
    assert len(lines) == 2
    assert len({line.split("绑定 ")[1] for line in lines}) == 2
    again = texts(await talk.say("a1", None, "群码 柳树村"), "@a1")[0]
    assert again == answer
    everything = texts(await talk.say("a1", None, "群码 全部"), "@a1")[0]
    assert everything.count("：绑定 ") == 4
    assert everything.count("已绑") == 2


async def test_staff_room(talk: Talk) -> None:
    code = await new_code(talk, "t1", "群码 新 柳河镇 工作群")
    said = await talk.say("t1", "staff", f"绑定 {code}")
    assert "柳河镇的工作群" in texts(said, "staff")[0]


async def test_list_of_rooms(talk: Talk) -> None:
    first = texts(await talk.say("a1", None, "群码 新 柳树一格"), "@a1")
    assert texts(await talk.say("a1", None, "群码 新 柳树一格"), "@a1") == first  # a second tap
    await talk.say("w2", "g2", "模式 静默")
    (answer,) = texts(await talk.say("a1", None, "群列表"), "@a1")
    assert "柳树村共 3 个群，已绑 2 个，静默 1 个" in answer
    assert "没绑：柳树一格居民群2" in answer
    assert "静默：柳树二格群" in answer
    assert "只有" in texts(await talk.say("r1", None, "群列表"), "@r1")[0]
    assert "不在您负责的范围" in texts(await talk.say("w1", None, "群列表 全镇"), "@w1")[0]


async def test_somebody_who_left_and_came_back(talk: Talk) -> None:
    async with talk.database.write() as session:
        await session.execute(update(RoomBinding).where(RoomBinding.external_id == "g1").values(left_at=talk.now))
    code = await new_code(talk, "a1", "群码 柳树一格")
    said = await talk.say("w1", "g1", f"绑定 {code}")
    assert "不用再绑" in texts(said, "g1")[0]


@pytest.fixture
async def silent(tmp_path: Path) -> AsyncIterator[Talk]:
    """A town in which new groups start silent."""
    made = await Talk(tmp_path, Rules.model_validate({"rooms": {"start_mode": "静默"}})).open()
    yield made
    await made.close()


async def test_a_silent_start_greets_when_it_is_lifted(silent: Talk) -> None:
    code = await new_code(silent, "a1", "群码 新 柳树一格")
    said = await silent.say("w1", "new", f"绑定 {code}")
    assert rooms(said) == {"@w1"}
    assert "静默模式" in texts(said, "@w1")[0]
    said = await silent.say("w1", "new", "模式 试点")
    assert any("大家好" in text for text in texts(said, "new"))
    assert await silent.rows(select(Contact).where(Contact.name == "")) is not None

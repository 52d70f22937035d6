"""模式 静默|试点|正式, and the switch above the rooms."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from bot.town import import_town, load_town, read_town
from handlers.places import MODE_IMPORTED
from storage.agenda import DueItem
from storage.areas import Mode, Room, Silence
from tests.harness import Talk, rooms, texts

LEAK = "3栋2单元的水管爆了，水流到楼道里了，麻烦来人看看"


async def mode(talk: Talk, key: str) -> str:
    (room,) = await talk.rows(select(Room).where(Room.key == key))
    return room.mode


async def test_a_worker_silences_his_room(talk: Talk) -> None:
    said = await talk.say("w1", "g1", "模式 静默")
    assert rooms(said) == {"@w1"}
    assert "柳树一格群改为静默模式" in texts(said, "@w1")[0]
    assert await mode(talk, "g1") == Mode.SILENT
    said = await talk.say("r1", "g1", LEAK)
    assert "g1" not in rooms(said)
    assert "@w1" in rooms(said)
    said = await talk.say("w1", "g1", "模式 正式")
    assert "g1" in rooms(said)


@pytest.mark.parametrize(
    ("person", "room", "text", "key", "wanted"),
    [
        ("w1", None, "模式 静默 柳树一格", "g1", Mode.SILENT),
        ("w1", None, "模式 静默 本格", "g1", Mode.SILENT),
        ("w1", None, "模式 试点", "g1", Mode.TRIAL),
        ("w1", None, "模式：试点", "g1", Mode.TRIAL),
        ("w1", None, "模式　静音", "g1", Mode.SILENT),
        ("w1", "g1", "模式 试点 本群", "g1", Mode.TRIAL),
        ("a1", None, "模式 试点 全村", "g2", Mode.TRIAL),
        ("a1", "g2", "模式 试点", "g2", Mode.TRIAL),
        ("a1", None, "模式 柳树二格 试点", "g2", Mode.TRIAL),
        ("t1", None, "模式 试点 全镇", "s1", Mode.TRIAL),
    ],
)
async def test_forms(talk: Talk, person: str, room: str | None, text: str, key: str, wanted: Mode) -> None:
    await talk.say(person, room, text)
    assert await mode(talk, key) == wanted


@pytest.mark.parametrize(
    ("person", "room", "text", "answer"),
    [
        ("r1", "g1", "模式 静默", "只有网格员、网格长、管理员能用"),
        ("w2", "g1", "模式 静默", "不在您负责的范围"),
        ("w1", None, "模式 静默 柳树二格", "不在您负责的范围"),
        ("w1", None, "模式 静默 全镇", "只有那里的管理员能设"),
        ("l1", None, "模式 静默 全村", "只有那里的管理员能设"),
        ("a1", None, "模式 静默 全镇", "只有那里的管理员能设"),
        ("w1", None, "模式 恢复 全镇", "只有那里的管理员能设"),
        ("a1", None, "模式 恢复 全村", "没有可解除的静默"),
        ("a1", None, "模式 恢复", "请写明恢复哪里"),
        ("a1", None, "模式 试点", "下面不止一个群"),
        ("w1", None, "模式 静默 火星村", "没有叫“火星村”的区域"),
        ("w1", None, "模式 热闹", "请这样写"),
        ("w1", None, "模式", "请这样写"),
    ],
)
async def test_refused(talk: Talk, person: str, room: str | None, text: str, answer: str) -> None:
    said = await talk.say(person, room, text)
    assert answer in texts(said, room or f"@{person}")[0]
    assert {one.mode for one in await talk.rows(select(Room))} == {Mode.FULL}
    assert await talk.rows(select(Silence)) == []


async def test_alone_it_shows_the_mode(talk: Talk) -> None:
    said = await talk.say("w1", "g1", "模式")
    assert "柳树一格群是正式模式" in texts(said, "g1")[0]


async def test_the_switch_above(talk: Talk) -> None:
    await talk.say("w1", "g1", "模式 试点")
    said = await talk.say("t1", None, "模式 静默 全镇")
    assert "柳河镇 4 个群现在全部静默" in texts(said, "@t1")[0]
    assert "g1" not in rooms(await talk.say("r1", "g1", LEAK))
    assert "g4" in rooms(await talk.say("r5", "g4", LEAK))
    said = await talk.say("w1", "g1", "模式")
    assert "上级设为全部静默" in texts(said, "@w1")[0]
    said = await talk.say("t1", None, "模式 恢复 全镇")
    assert "已解除，4 个群回到各自的模式" in texts(said, "@t1")[0]
    assert await mode(talk, "g1") == Mode.TRIAL
    assert "g1" in rooms(await talk.say("w1", "g1", "接单 1"))


@pytest.mark.parametrize("words", ["全镇静默", "静默 全镇", "静默全镇！"])
async def test_in_a_hurry_the_switch_needs_no_command(talk: Talk, words: str) -> None:
    assert "全部静默" in texts(await talk.say("t1", None, words), "@t1")[0]
    assert len(await talk.rows(select(Silence))) == 1
    assert "已解除" in texts(await talk.say("t1", None, "解除静默 全镇"), "@t1")[0]
    for person, said in (("r1", "静默"), ("w1", "静默三分钟"), ("w1", "请大家静默")):
        assert rooms(await talk.say(person, "g1", said)) == set()
    assert await mode(talk, "g1") == Mode.FULL


async def test_a_switch_above_a_switch(talk: Talk) -> None:
    await talk.say("a1", None, "模式 静默 全村")
    await talk.say("d1", None, "模式 静默 全区")
    said = await talk.say("a1", None, "模式 恢复 全村")
    assert "上级“清江区”仍设着静默" in texts(said, "@a1")[0]
    said = await talk.say("a1", None, "模式 恢复 全村")
    assert "要等那边恢复" in texts(said, "@a1")[0]
    await talk.say("d1", None, "模式 恢复 全区")
    assert "g1" in rooms(await talk.say("r1", "g1", "谁管我"))


async def test_silent_twice_is_no_fault(talk: Talk) -> None:
    await talk.say("t1", None, "模式 静默 全镇")
    said = await talk.say("t1", None, "模式 静默 全镇")
    assert "全部静默" in texts(said, "@t1")[0]
    assert len(await talk.rows(select(Silence))) == 1


async def imported(talk: Talk, folder: Path, key: str, word: Mode) -> None:
    """The room's row comes in again with another mode."""
    (folder / "rooms.csv").write_text(
        f"key,area,name,purpose,mode\n{key},G2,柳树二格群,居民,{word}\n", encoding="utf-8"
    )
    async with talk.database.read() as session:
        base = await load_town(session, now=talk.now)
    async with talk.database.write() as session:
        await import_town(session, read_town(folder, talk.rules, base), talk.rules, now=talk.now)


async def test_an_import_that_ends_silence_sent_no_late_cards(talk: Talk, tmp_path: Path) -> None:
    await talk.say("w2", "g2", "模式 静默")
    await talk.say("r1", "g1", "我爸走丢了，70岁，蓝棉袄，找了一上午")
    assert "g2" not in rooms(await talk.say("w1", None, "确认 M1"))
    (tmp_path / "more").mkdir()
    await imported(talk, tmp_path / "more", "g2", Mode.FULL)
    said = await talk.wait(minutes=1)
    assert "M1" in texts(said, "g2")[0] and not {"g3", "s1"} & rooms(said)
    await imported(talk, tmp_path / "more", "g2", Mode.FULL)
    assert await talk.wait(minutes=1) == []


async def test_an_import_that_silences_a_room_cancels_what_waits_there(talk: Talk, tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    await imported(talk, tmp_path / "more", "g2", Mode.SILENT)
    assert await mode(talk, "g2") == Mode.SILENT
    await talk.wait(minutes=1)
    assert await talk.rows(select(DueItem).where(DueItem.kind == MODE_IMPORTED)) == []

"""Who hears what came of a notice: its author, and whoever confirmed, dropped, stopped or recalled it."""

from __future__ import annotations

from sqlalchemy import update
from sqlmodel import col

from storage.people import ContactBinding
from tests.harness import Talk, rooms, texts


async def test_who_confirmed_what_another_wrote_hears_the_result_too(talk: Talk) -> None:
    await talk.say("w1", None, "通知 本格 停水")
    await talk.say("a1", None, "确认 N1")
    said = await talk.wait(minutes=2)
    assert rooms(said) == {"@w1", "@a1"}
    assert "送达 1 个群" in texts(said, "@a1")[0]


async def test_who_recalled_what_another_sent_hears_the_result_too(talk: Talk) -> None:
    await talk.say("w1", None, "通知 本格 停水")
    await talk.say("w1", None, "确认 N1")
    await talk.say("a1", None, "撤回 N1")
    said = await talk.wait(minutes=5)
    assert "收回 1 个群" in texts(said, "@w1")[0]
    assert "收回 1 个群" in texts(said, "@a1")[0]


async def test_in_one_staff_room_both_read_one_post(talk: Talk) -> None:
    await talk.say("w1", "s1", "通知 柳树一格 停水")
    await talk.say("t1", "s1", "确认 N1")
    (told,) = await talk.wait(minutes=2)
    assert told.room == "s1" and set(told.mentions) == {"w1", "t1"}


async def test_who_wrote_what_another_dropped_is_told(talk: Talk) -> None:
    await talk.say("w1", None, "通知 本格 停水")
    said = await talk.say("a1", None, "停止 N1")
    assert "被钱村长作废了，没有发出：“停水”" in texts(said, "@w1")[0]


async def test_people_are_counted_as_people(talk: Talk) -> None:
    async with talk.database.write() as session:
        stranger = col(ContactBinding.external_id) == "w3"
        await session.execute(update(ContactBinding).where(stranger).values(friend=False))
    await talk.say("t1", None, "通知 全体网格员 周五开会")
    await talk.say("t1", None, "确认 N1")
    assert "送达 2 人、1 个群。" in texts(await talk.wait(minutes=2), "@t1")[0]
    (preview,) = texts(await talk.say("t1", None, "更正 N1 周六开会"), "@t1")
    assert "全体网格员 2 人、1 个群" in preview
    await talk.say("t1", None, "撤回 N1")
    assert "收回 0 人。还有 2 人、1 个群收不回" in texts(await talk.wait(minutes=5), "@t1")[0]


async def test_two_who_write_the_same_at_once_are_asked_before_it_goes_out_twice(talk: Talk) -> None:
    for person in ("t1", "d1"):
        assert "几乎一样" not in texts(await talk.say(person, None, "通知 柳河镇 明早停水"), f"@{person}")[0]
    assert "g1" in rooms(await talk.say("t1", None, "确认"))
    said = await talk.say("d1", None, "确认")
    assert rooms(said) == {"@d1"} and "先没有发" in texts(said, "@d1")[0] and "（N1）" in texts(said, "@d1")[0]
    assert "g1" in rooms(await talk.say("d1", None, "确认"))


async def test_several_are_stopped_in_one_line(talk: Talk) -> None:
    for words in ("停水", "收卫生费"):
        await talk.say("t1", None, f"通知 全镇 定时明早9点 {words}")
    said = texts(await talk.say("t1", None, "停止 N1 N2"), "@t1")
    assert [line[:8] for line in said] == ["【通知 N1】作", "【通知 N2】作"]

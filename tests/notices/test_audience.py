"""For whom a notice is: several areas, levels, staff rooms, roles, exclusions, and everything by mistake."""

from __future__ import annotations

from time import process_time

import pytest
from sqlalchemy import select, update
from sqlmodel import col

from storage.areas import Room
from storage.matters import Notice
from storage.people import ContactBinding
from tests.harness import Talk, rooms, texts


async def sent_to(talk: Talk, person: str, text: str) -> set[str]:
    """Draft and confirm; who got the words, the sender's own chat aside."""
    (preview,) = texts(await talk.say(person, None, text), f"@{person}")
    assert "预览" in preview, preview
    said = await talk.say(person, None, "确认")
    return {one.room for one in said if one.text.startswith("【通知 N") and "：\n" in one.text}


@pytest.mark.parametrize(
    ("text", "heard"),
    [
        ("通知 柳树村、北关社区 开会", {"g1", "g2", "g3"}),
        ("通知 柳树村和北关社区 开会", {"g1", "g2", "g3"}),
        ("通知 柳树一格、北关一格：开会", {"g1", "g3"}),
        ("通知 全镇除柳树村 开会", {"g3"}),
        ("通知 全镇 除柳树村 开会", {"g3"}),
        ("通知 全镇（除柳树村外）开会", {"g3"}),
        ("通知 全镇 除柳树村外开会", {"g3"}),
        ("通知 全镇 除柳树村明早停水", {"g3"}),
        ("通知 全镇除柳树一格明早停水", {"g2", "g3"}),
        ("通知 全镇 除了柳树村柳树1格明早停水", {"g2", "g3"}),
        ("通知 全镇 不含北关社区、柳树二格明早停水", {"g1"}),
        ("通知 全镇 除柳树一格和北关社区停水，外出注意", {"g2"}),
        ("通知 全镇 除雪通告", {"g1", "g2", "g3"}),
        ("通知 全镇 除四害，村里统一投药", {"g1", "g2", "g3"}),
        ("通知 全镇 除柳树一格、北关社区以外 开会", {"g2"}),
        ("通知 柳树村、北关社区 不含柳树二格 开会", {"g1", "g3"}),
        ("通知 全镇工作群 开会", {"s1"}),
        ("通知 各网格群 开会", {"g1", "g2", "g3"}),
        ("通知 全镇 各网格居民群 开会", {"g1", "g2", "g3"}),
        ("通知 柳树村 除夕夜禁放烟花", {"g1", "g2"}),
        ("通知 全体网格员 开会", {"@w1", "@w2", "@w3"}),
        ("通知 柳树村全体网格员 开会", {"@w1", "@w2"}),
        ("通知 全镇 全体网格员 除柳树二格 开会", {"@w1", "@w3"}),
        ("通知 全体志愿者 集合", {"@v1", "@v2"}),
    ],
)
async def test_who_hears_it(talk: Talk, text: str, heard: set[str]) -> None:
    assert await sent_to(talk, "t1", text) == heard


async def test_words_right_after_what_is_left_out_are_the_notice(talk: Talk) -> None:
    (preview,) = texts(await talk.say("t1", None, "通知 全镇 除柳树村明早停水"), "@t1")
    assert "柳河镇（除柳树村）" in preview and "柳河镇：\n明早停水\n" in preview


async def test_what_is_left_out_is_named(talk: Talk) -> None:
    async with talk.database.write() as session:
        await session.execute(update(Room).where(col(Room.key) == "g3").values(bound_at=None))
    (preview,) = texts(await talk.say("t1", None, "通知 全镇 除柳树一格 停水"), "@t1")
    assert "柳河镇（除柳树一格） 1 个群（1 个群还没绑定，发不到；按您写的除去 1 个群）" in preview


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("通知 柳树村、北官社区 开会", "没有叫“北官社区”"),
        ("通知 全镇 除柳叔村 开会", "没有叫“柳叔村”"),
        ("通知 柳树村 除北关社区 开会", "本来就不在"),
        ("通知 柳树村 除北关社区明早停水", "本来就不在"),
        ("通知 全镇 除柳树明早停水", "请写成“除柳树村 …”，后面空一格"),
        ("通知 全镇 除柳叔村明早停水", "请写成“除柳树村 …”，后面空一格"),
        ("通知 全镇 除柳树村三组明早停水", "后面空一格"),
        ("通知 全镇 除柳树村、北官社区明早停水", "后面空一格"),
        ("通知 柳树村 除柳树村 开会", "没有剩下的群"),
        ("通知 各村工作群 开会", "还没有绑定的群"),
        ("通知 柳树一格全体民警 开会", "还没有人"),
        ("通知 柳树村、石桥村 开会", "石桥村不在您负责的范围"),
        ("通知 各村群", "没有正文"),
        ("通知 全镇 。", "没有正文"),
        ("通知 全镇 回执", "没有正文"),
        ("通知 全体网格员除小耿 开会", "不能除去哪个人（小耿）"),
        (f"通知 全镇 除{'柳树村、' * 30}开会", "一次最多写 20 处"),
        (f"通知 {'柳树村、' * 30} 开会", "一次最多写 20 处"),
    ],
)
async def test_one_line_for_what_cannot_be(talk: Talk, text: str, answer: str) -> None:
    said = await talk.say("t1", None, text)
    assert rooms(said) == {"@t1"}
    assert answer in texts(said, "@t1")[0]
    assert await talk.rows(select(Notice)) == []


async def test_workers_that_are_no_friends_are_mentioned_in_the_staff_room(talk: Talk) -> None:
    async with talk.database.write() as session:
        strangers = col(ContactBinding.external_id).in_(("w2", "w3"))
        await session.execute(update(ContactBinding).where(strangers).values(friend=False))
    (preview,) = texts(await talk.say("t1", None, "通知 全体网格员 周五开会"), "@t1")
    assert "全体网格员 3 人（不是好友的在 1 个工作群里@）" in preview
    said = await talk.say("t1", None, "确认")
    (staff,) = [one for one in said if one.room == "s1"]
    assert set(staff.mentions) == {"w2", "w3"}
    assert "周五开会" in staff.text
    assert texts(said, "@w1") and not texts(said, "@w2")
    assert "送达 1 人、1 个群" in texts(await talk.wait(minutes=5), "@t1")[0]


async def test_a_worker_may_reach_only_who_is_below(talk: Talk) -> None:
    assert await sent_to(talk, "w1", "通知 全体志愿者 集合") == {"@v1", "@v2"}
    said = await talk.say("w1", None, "通知 全镇全体网格员 集合")
    assert "不在您负责的范围" in texts(said, "@w1")[0]


async def test_every_group_there_is_is_said_twice(talk: Talk) -> None:
    (preview,) = texts(await talk.say("d1", None, "通知 全区 停水"), "@d1")
    assert "这是全部 4 个群" in preview
    (preview,) = texts(await talk.say("t1", None, "通知 全镇 停水"), "@t1")
    assert "这是全部" not in preview


async def test_the_same_words_on_the_same_day_are_asked_about(talk: Talk) -> None:
    await talk.say("t1", None, "通知 柳树村 明早6点到10点停水，请提前接水")
    await talk.say("t1", None, "确认")
    (preview,) = texts(await talk.say("t1", None, "通知 全镇 明早6点到10点停水，请提前接水！"), "@t1")
    assert "几乎一样" in preview and "N1" in preview
    for other in ("通知 全镇 明早6点到10点停电，请提前接水", "通知 北关社区 明早6点到10点停水，请提前接水"):
        (preview,) = texts(await talk.say("t1", None, other), "@t1")
        assert "几乎一样" not in preview
    await talk.wait(hours=25)
    (preview,) = texts(await talk.say("t1", None, "通知 柳树村 明早6点到10点停水，请提前接水"), "@t1")
    assert "几乎一样" not in preview


async def test_a_hundred_thousand_characters_are_refused_in_one_line(talk: Talk) -> None:
    said = await talk.say("t1", None, "通知 全镇 " + "停水\n" * 33_000)
    assert rooms(said) == {"@t1"}
    (line,) = texts(said, "@t1")
    assert "最多 2000 字" in line
    assert await talk.rows(select(Notice)) == []


@pytest.mark.parametrize(
    "text", ["通知 全镇 回" + " " * 99_000 + "x", "通知 " + "柳树村、" * 24_000, "通知 " + "全" * 99_000]
)
async def test_long_and_odd_texts_are_read_at_once(talk: Talk, text: str) -> None:
    began = process_time()
    said = await talk.say("t1", None, text)
    assert process_time() - began < 10
    assert rooms(said) == {"@t1"} and len(said) == 1
    assert await talk.rows(select(Notice)) == []


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("通知 柳树村 北关社区 停水", "“北关社区”算正文，不发到那里"),
        ("通知 柳树村北关社区 停水", "请重新写“通知 柳树村、北关社区 …”"),
        ("通知 全镇 网格员 明早开会", "请重新写“通知 柳河镇全体网格员 …”"),
    ],
)
async def test_what_may_have_been_meant_otherwise_is_pointed_out(talk: Talk, text: str, note: str) -> None:
    (preview,) = texts(await talk.say("t1", None, text), "@t1")
    assert note in preview


@pytest.mark.parametrize(
    ("text", "to"),
    [
        ("通知 柳树村/北关社区 停水", "发到柳树村、北关社区 3 个群"),
        ("通知 柳树村；北关社区 停水", "发到柳树村、北关社区 3 个群"),
        ("通知 全镇网格员 开会", "发到柳河镇全体网格员 3 人"),
        ("通知 网格员 开会", "发到柳河镇全体网格员 3 人"),
        ("通知 柳树村 全镇明天停水", "发到柳树村 2 个群，"),
    ],
)
async def test_short_ways_to_say_for_whom(talk: Talk, text: str, to: str) -> None:
    (preview,) = texts(await talk.say("t1", None, text), "@t1")
    assert to in preview and "注意" not in preview

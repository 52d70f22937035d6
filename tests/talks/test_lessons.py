"""What workers decide is kept as lessons, learned from, and used by the running bot."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from handlers import lessons
from handlers.retention import wipe_old
from handlers.turn import Turn
from handlers.understanding import Kind
from storage.matters import Case
from storage.reading import Correction, Taught
from tests.bugs.test_questions import LEAK, doubtful
from tests.harness import Talk, rooms, texts
from tests.understanding.test_taught import LOCAL


async def kept(talk: Talk) -> list[tuple[str, str, str]]:
    rows = await talk.rows(select(Correction).order_by(Correction.id))
    return [(row.was, row.should, row.seen) for row in rows]


async def learn(talk: Talk) -> str:
    async with talk.database.write() as session:
        return await lessons.learn(session, talk.now)


async def test_the_worker_s_yes_and_no_are_lessons(talk: Talk) -> None:
    await talk.say("w1", None, "帮助")
    first = await doubtful(talk, "r1", LEAK)
    second = await doubtful(talk, "r2", "阳台的花开得真好")
    await talk.say("w1", None, "是", quote=first[0].ref)
    if second:
        await talk.say("w1", None, "不是", quote=second[0].ref)
    found = await kept(talk)
    assert found[0][:2] == ("request", "request")
    assert "水管爆了" in found[0][2]
    assert all(should == "chat" for _, should, _ in found[1:])


async def test_misread_by_the_worker_is_a_lesson_and_by_the_writer_is_none(talk: Talk) -> None:
    await talk.say("r1", "g1", f"{LEAK}，电话13900000001")
    await talk.say("w1", None, "误判 1")
    await talk.say("r2", "g1", "路灯坏了，晚上看不见路，能不能修一下")
    await talk.say("r2", "g1", "不是", quote="2.1")
    (one, other) = await kept(talk)
    assert one[1] == "chat"
    assert "水管爆了" in one[2]
    assert "13900000001" not in one[2]
    assert other[1:] == ("chat", "")


async def test_a_false_report_is_kept_but_teaches_nothing(talk: Talk) -> None:
    await talk.say("r1", "g1", "我爸今天上午9点从柳树巷走丢了，72岁，灰夹克，电话13900000001")
    await talk.say("w1", None, "误报 M1")
    assert await kept(talk) == [("missing", "chat", "")]


async def test_what_was_learned_is_used_within_a_minute_and_can_be_forgotten(talk: Talk) -> None:
    text = "井台那边的铁疙瘩又闹脾气咯"
    assert await talk.say("r1", "g1", text) == []
    assert "共 0 条" in await learn(talk)
    async with talk.database.write() as session:
        for said in LOCAL:
            turn = Turn(session, talk.now, talk.replay.machine.outside)
            lessons.keep(turn, Kind.CHAT, Kind.REQUEST, text=said)
    assert "已学会" in await learn(talk)
    assert len(await talk.rows(select(Taught))) == 1
    assert "已学会" in await learn(talk)  # what was learned before is replaced
    assert len(await talk.rows(select(Taught))) == 1
    await talk.wait(minutes=2)
    assert rooms(await talk.say("r2", "g1", text)) == {"g1", "@w1"}
    async with talk.database.write() as session:
        assert await lessons.forget(session) == 1
    await talk.wait(minutes=2)
    assert await talk.say("r3", "g2", "水塔那边的铁疙瘩又闹脾气咯") == []
    assert len(await talk.rows(select(Case))) == 1


async def test_lessons_are_wiped_when_their_days_are_over(talk: Talk) -> None:
    await talk.say("r1", "g1", LEAK)
    await talk.say("w1", None, "误判 1")
    async with talk.database.write() as session:
        await wipe_old(Turn(session, talk.now + timedelta(days=182), talk.replay.machine.outside), "daily")
    assert await kept(talk) == [("request", "chat", "")]
    assert "共 0 条" in await learn(talk)


async def test_nothing_of_a_lesson_is_said_in_the_group(talk: Talk) -> None:
    await talk.say("r1", "g1", LEAK)
    said = await talk.say("w1", None, "误判 1")
    assert not any("水管" in text for text in texts(said, "g1"))


async def test_what_was_read_with_the_line_before_is_taken_up_with_it(talk: Talk) -> None:
    await talk.say("r2", "g1", "楼下广场舞几点结束")
    assert "我拿不准" in texts(await talk.say("r2", "g1", "都十点了还在跳"), "@w1")[0]
    assert "楼下广场舞几点结束 都十点了还在跳" in texts(await talk.say("w1", None, "是"), "g1")[0]


async def test_who_asks_the_bot_to_see_to_it_need_not_wait_for_the_worker(talk: Talk) -> None:
    await talk.say("r2", "g1", "楼下广场舞几点结束")
    await talk.say("r2", "g1", "都十点了还在跳")
    assert await talk.say("r3", "g1", "@格格 管不管") == []
    said = await talk.say("r2", "g1", "@格格 管不管")
    assert "【事项 1】已记下：噪音" in texts(said, "g1")[0] and "办结 1 结果" in texts(said, "@w1")[0]

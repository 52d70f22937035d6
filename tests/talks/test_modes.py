"""What a room hears in each mode, checked when a post is written and right before the send."""

from __future__ import annotations

from sqlalchemy import select

from handlers.ports import EventKind
from storage.outbox import DeliveryPart, PartState
from tests.harness import Talk, rooms, texts

REPAIR = "3栋楼道灯坏了，晚上看不见，能不能来修一下"
MISSING = "我爸今天上午9点从柳树巷出去到现在没回来，72岁，灰夹克黑布鞋，有没有人看到，电话13900000001"


async def test_trial_shows_a_case_once_it_is_taken(talk: Talk) -> None:
    await talk.say("w1", None, "模式 试点")
    said = await talk.say("r1", "g1", REPAIR)
    assert rooms(said) == {"@w1"}
    said = await talk.say("w1", None, "接单 1")
    assert "小耿已接单" in texts(said, "g1")[0]


async def test_silent_passes_cases_on_and_answers_commands_in_private(talk: Talk) -> None:
    await talk.say("w1", None, "模式 静默")
    assert rooms(await talk.say("r1", "g1", REPAIR)) == {"@w1"}
    said = await talk.say("r1", "g1", "进度 1")
    assert rooms(said) == {"@r1"}


async def test_a_silent_room_gets_the_end_of_what_it_got(talk: Talk) -> None:
    await talk.say("r1", "g1", MISSING)
    await talk.say("w1", None, "确认 M1")
    await talk.say("w2", None, "模式 静默")
    said = await talk.say("w1", None, "找到 M1")
    assert {"g1", "g2", "g3"} <= rooms(said)


async def test_a_room_silent_from_the_start_gets_neither(talk: Talk) -> None:
    await talk.say("w2", None, "模式 静默")
    await talk.say("r1", "g1", MISSING)
    said = await talk.say("w1", None, "确认 M1")
    assert "g2" not in rooms(said)
    assert "静默" in "".join(texts(said, "g1"))
    said = await talk.say("w1", None, "找到 M1")
    assert "g2" not in rooms(said)
    assert {"g1", "g3"} <= rooms(said)


async def test_what_is_queued_for_a_room_gone_silent_is_cancelled(talk: Talk) -> None:
    talk.replay.gateway.state = "gone"
    await talk.say("r1", "g1", REPAIR)
    await talk.say("w1", None, "模式 静默")
    talk.replay.gateway.state = "online"
    said = await talk.wait(minutes=1)
    assert "g1" not in rooms(said)
    assert PartState.CANCELLED in await talk.rows(select(DeliveryPart.state))


async def test_a_switch_above_all_rooms_of_the_town(talk: Talk) -> None:
    await talk.say("t1", None, "模式 静默 全镇")
    assert rooms(await talk.say("r1", "g1", REPAIR)) == {"@w1"}
    assert "g4" in rooms(await talk.say("r5", "g4", REPAIR))
    await talk.say("t1", None, "模式 恢复 全镇")
    assert "g1" in rooms(await talk.say("r2", "g1", "小区大门口的垃圾堆了三天没人清，臭得很，麻烦派人清一下"))


async def test_leaving_a_room_is_noted(talk: Talk) -> None:
    await talk.happen(EventKind.LEFT, "r1", "g1")
    said = await talk.say("w1", None, "进展 99 x")
    assert rooms(said) == {"@w1"}

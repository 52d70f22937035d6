"""恢复: an end that was a slip is taken back."""

from __future__ import annotations

import pytest

from tests.harness import Talk, rooms, texts

LAMP = "柳树巷3栋路灯坏了，晚上黑乎乎的"


@pytest.mark.parametrize("end", ["误判 1", "驳回 1 不归我们管", "撤销 1"])
@pytest.mark.parametrize("back", ["恢复 1", "1号恢复一下", "恢复#1", "1撤错了", "驳回错了 1"])
async def test_the_worker_takes_an_end_back(talk: Talk, end: str, back: str) -> None:
    await talk.say("r1", "g1", LAMP)
    await talk.say("w1", None, end)
    said = await talk.say("w1", None, back)
    assert "接着办" in texts(said, "g1")[0]
    assert "接单 1" in texts(said, "@w1")[0]
    assert "已接单" in texts(await talk.say("w1", None, "接单 1"), "g1")[0]


@pytest.mark.parametrize("back", ["恢复 1", "取消办结 1", "1号办结错了"])
async def test_done_by_a_slip_goes_on_with_who_had_it(talk: Talk, back: str) -> None:
    await talk.say("r1", "g1", LAMP)
    await talk.say("w1", None, "接单 1")
    await talk.say("w1", None, "办结 1 换了")
    said = await talk.say("w1", None, back)
    assert "还没办完" in texts(said, "g1")[0]
    assert "已办结" in texts(await talk.say("w1", None, "办结 1 换了灯泡"), "g1")[0]


async def test_what_is_possible_is_said_of_what_was_called_no_matter(talk: Talk) -> None:
    await talk.say("r1", "g1", LAMP)
    assert "恢复 1" in texts(await talk.say("w1", None, "误判 1"), "@w1")[0]
    assert "现在能发：恢复 1" in texts(await talk.say("w1", None, "接单 1"), "@w1")[0]


async def test_the_reporter_brings_back_only_what_they_took_back(talk: Talk) -> None:
    await talk.say("r1", "g1", LAMP)
    await talk.say("r1", "g1", "撤销 1")
    assert "接着办" in texts(await talk.say("r1", "g1", "恢复 1"), "g1")[0]
    await talk.say("w1", None, "驳回 1 不归我们管")
    assert "再说一次" in texts(await talk.say("r1", "g1", "恢复 1"), "g1")[0]
    assert "这次没有改动" in texts(await talk.say("r2", "g1", "恢复 1"), "g1")[0]


async def test_what_is_open_and_what_is_talk_is_left_alone(talk: Talk) -> None:
    await talk.say("r1", "g1", LAMP)
    assert "没有结束" in texts(await talk.say("w1", None, "恢复 1"), "@w1")[0]
    assert not await talk.say("r2", "g1", "恢复供电了")


async def test_a_danger_called_off_by_mistake_calls_everybody_again(talk: Talk) -> None:
    await talk.say("r1", "g1", "着火了！3栋2楼冒烟")
    await talk.say("w1", None, "误判 1")
    assert rooms(await talk.say("w1", None, "恢复 1")) >= {"@l1", "@a1", "@p1", "g1"}


async def test_分开_parts_cases_too(talk: Talk) -> None:
    await talk.say("r1", "g1", LAMP)
    await talk.say("r2", "g1", "菜市场门口的垃圾堆了三天没人收")
    await talk.say("w1", None, "合并 1 2")
    assert "单独办" in texts(await talk.say("w1", None, "分开 2"), "g1")[0]
    await talk.say("w1", None, "合并 1 2")
    assert "单独办" in texts(await talk.say("w1", None, "恢复 2"), "g1")[0]

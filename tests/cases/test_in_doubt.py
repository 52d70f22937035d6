"""Lines that are in doubt by themselves, beside what is open: a neighbour joins, a private case goes on in private."""

from __future__ import annotations

import pytest

from tests.harness import Talk, rooms, texts

BIN = "菜市场门口垃圾堆了三天没人收"
BEATEN = "楼上天天打孩子，听着可怜，别在群里说"


@pytest.mark.parametrize("words", ["还有垃圾没人收", "还有垃圾没人收。"])
async def test_the_same_thing_once_more_joins(talk: Talk, words: str) -> None:
    await talk.say("r2", "g1", BIN)
    said = [*await talk.say("r1", "g1", words), *await talk.wait(minutes=3)]
    assert any("又有一位邻居" in one for one in texts(said, "@w1"))
    assert not any("待定" in one for one in texts(said, "@w1"))


async def test_of_another_thing_the_worker_is_asked_as_before(talk: Talk) -> None:
    await talk.say("r2", "g1", "柳树巷3栋路灯坏了，晚上黑乎乎的")
    assert "待定" in texts(await talk.say("r1", "g1", "还有垃圾没人收"), "@w1")[0]


async def test_what_was_confided_goes_on_in_private(talk: Talk) -> None:
    await talk.say("r1", None, BEATEN)
    said = await talk.say("r1", "g1", "楼上还在打")
    assert rooms(said) == {"@r1", "@w1"}
    assert "【事项 1】报事人在群里说：楼上还在打" in texts(said, "@w1")[0]
    assert "群里我不提" in texts(said, "@r1")[0]


async def test_of_others_it_is_asked_about(talk: Talk) -> None:
    await talk.say("r1", None, BEATEN)
    said = await talk.say("r2", "g1", "楼上还在打")
    assert "待定" in texts(said, "@w1")[0]
    assert "事项 1" not in texts(said, "@w1")[0]


@pytest.mark.parametrize("words", ["1号办到哪了", "1号修到哪里了", "1号处理到哪一步了"])
@pytest.mark.parametrize("who", ["w1", "r2"])
async def test_how_far_it_is(talk: Talk, who: str, words: str) -> None:
    await talk.say("r2", "g1", BIN)
    assert "等待接单" in texts(await talk.say(who, None, words), f"@{who}")[0]

"""保密: a reporter, or who answers for a case, keeps it out of the groups from now on."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from handlers.understanding import asks_secrecy
from storage.matters import Case
from tests.harness import Talk, rooms, texts

LAMP = "路灯坏了，晚上看不见路，能不能修一下"


async def is_quiet(talk: Talk) -> bool:
    return (await talk.rows(select(Case.quiet)))[0]


@pytest.mark.parametrize(
    ("words", "asks"),
    [
        ("这事别在群里说", True), ("我报的那件事不要公开，谢谢", True), ("请保密", True), ("12号别发群里了", True),
        ("私下处理就行", True), ("别在群里发广告", False), ("保密工作条例学习", False), ("公开透明", False),
        ("大家别在群里吵了", False),
    ],
)  # fmt: skip
def test_what_asks_for_secrecy(words: str, asks: bool) -> None:
    assert asks_secrecy(words) == asks


@pytest.mark.parametrize(
    ("who", "room", "words", "quote"),
    [
        ("r1", "g1", "这事别在群里说", None),
        ("r1", "g1", "别在群里说了", "1.1"),
        ("r1", "g1", "保密 1", None),
        ("r1", None, "保密 1", None),
        ("r1", None, "这事别在群里说", None),
        ("w1", "g1", "保密 1", None),
    ],
)
async def test_from_then_on_no_group_hears_of_it(
    talk: Talk, who: str, room: str | None, words: str, quote: str | None
) -> None:
    await talk.say("r1", "g1", LAMP)
    await talk.say("r4", "g3", "+1 1")
    said = await talk.say(who, room, words, quote=quote)
    assert rooms(said) == {"@r1", "@w1"} and await is_quiet(talk)
    said = await talk.say("w1", None, "接单 1")
    said += await talk.say("w1", None, "进展 1 师傅在路上")
    said += await talk.say("w1", None, "办结 1 修好了")
    said += await talk.say("r1", None, "不满意 1 没修好")
    said += await talk.wait(days=2)
    assert rooms(said) >= {"@r1", "@w1", "@r4"} and not [one for one in rooms(said) if one.startswith("g")]


async def test_what_waits_for_a_group_is_cancelled(talk: Talk) -> None:
    await talk.say("r1", "g1", LAMP)
    await talk.wait(hours=11)
    assert "夜里不打扰" in texts(await talk.say("w1", None, "进展 1 明天来修"), "@w1")[0]
    await talk.say("r1", "g1", "保密 1")
    assert not [one for one in rooms(await talk.wait(hours=12)) if one.startswith("g")]


async def test_who_reported_it_is_not_told_to_others(talk: Talk) -> None:
    await talk.say("r1", "g1", LAMP)
    said = await talk.say("r1", None, "保密 1")
    assert "请不要说出是谁反映的" in texts(said, "@w1")[0]
    said = await talk.say("w1", None, "转给 1 李珍")
    assert "报事人请求保密" in texts(said, "@w2")[0]


async def test_others_change_nothing(talk: Talk) -> None:
    await talk.say("r1", "g1", LAMP)
    said = await talk.say("r2", "g1", "保密 1")
    assert len(said) == 1 and "没有改动" in said[0].text
    assert await talk.say("r2", "g1", "这事别在群里说", quote="1.1") == []
    assert await talk.say("r1", "g1", "别在群里说了") == [] and not await is_quiet(talk)


async def test_twice_and_of_nothing(talk: Talk) -> None:
    assert await talk.say("r1", "g1", "这事别在群里说") == []
    await talk.say("r1", "g1", LAMP)
    await talk.say("r1", None, "保密 1")
    assert "本来就" in (await talk.say("r1", None, "保密 1"))[0].text
    assert texts(await talk.say("r1", "g1", "保密 1"), "g1") == ["@王姨 这件事涉及个人，请私聊我。"]


async def test_a_danger_is_for_the_neighbours_to_know(talk: Talk) -> None:
    await talk.say("r1", "g1", "3栋着火了，浓烟滚滚")
    assert "不能保密" in texts(await talk.say("r1", "g1", "保密 1"), "g1")[0]


@pytest.mark.parametrize("words", ["别说是我说的啊", "千万别跟他们说是我举报的", "不要告诉人家是我家反映的"])
async def test_who_told_it_is_not_named_however_late_it_is_asked(talk: Talk, words: str) -> None:
    await talk.say("r1", "g1", "楼上天天半夜吵架摔东西，我孩子都没法睡，就是3栋502那家")
    said = await talk.say("r1", "g1", words)
    assert rooms(said) == {"@r1", "@w1"}
    assert "请不要说出是谁反映的" in texts(said, "@w1")[0] and "不说出是您反映的" in texts(said, "@r1")[0]
    assert not await talk.say("r1", "g1", words), "said again it is known"


async def test_words_like_it_of_who_reported_nothing_are_talk(talk: Talk) -> None:
    await talk.say("r1", "g1", LAMP)
    assert not await talk.say("r2", "g1", "别说是我说的啊")
    assert not await is_quiet(talk)

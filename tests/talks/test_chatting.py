"""Plain words to the bot itself: answered warmly where somebody waits for it, and nowhere else."""

from __future__ import annotations

import pytest

from tests.harness import Talk, texts


@pytest.mark.parametrize("words", ["你好", "在吗？", "格格你好呀", "你是谁", "您会做什么？", "你能帮我什么忙"])
async def test_a_greeting_is_answered(talk: Talk, words: str) -> None:
    assert "我是格格" in texts(await talk.say("r1", None, words), "@r1")[0]
    assert "我是格格" in texts(await talk.say("r2", "g1", f"@格格 {words}"), "g1")[0]
    assert bool(await talk.say("r1", "g1", words)) == words.startswith("格格")


async def test_what_day_it_is(talk: Talk) -> None:
    assert texts(await talk.say("r1", None, "今天几号"), "@r1") == ["今天是2026年11月21日，星期六，现在 12:00。"]
    assert "星期六" in texts(await talk.say("r2", "g1", "@格格 今天星期几呀"), "g1")[0]
    assert not await talk.say("r2", "g1", "今天几号")


async def test_thanks_are_answered_where_they_are_meant(talk: Talk) -> None:
    assert texts(await talk.say("r1", None, "谢谢啊"), "@r1") == ["不客气，有事随时说。"]
    assert texts(await talk.say("r1", "g1", "@格格 辛苦了"), "g1") == ["@王姨 不客气，有事随时说。"]
    assert await talk.say("r1", "g1", "谢谢大家") == []


async def test_what_is_not_understood_is_said_once_in_private(talk: Talk) -> None:
    assert "没太看懂" in texts(await talk.say("r1", None, "老街的豆腐脑又排长队了"), "@r1")[0]
    assert await talk.say("r1", None, "我买了两碗") == []
    assert "没太看懂" in texts(await talk.say("r1", None, "好吃不？"), "@r1")[0]
    await talk.wait(minutes=11)
    assert "没太看懂" in texts(await talk.say("r1", None, "今天也排长队"), "@r1")[0]
    assert await talk.say("r1", "g1", "@格格 老街的豆腐脑又排长队了") == []


@pytest.mark.parametrize("words", ["好的", "收到，马上到", "嗯", "👌", "哈哈哈", "行"])
async def test_a_nod_needs_no_answer(talk: Talk, words: str) -> None:
    assert await talk.say("w1", None, words) == []


@pytest.mark.parametrize("words", ["通知全镇 明早6点到10点停水", "模式静默", "任命网格员 王芳 柳树一格"])
async def test_some_commands_need_no_gap(talk: Talk, words: str) -> None:
    (said,) = texts(await talk.say("t1", "g1" if words.startswith("模式") else None, words), "@t1")
    assert "没太看懂" not in said
    assert "请这样写" not in said


async def test_a_message_about_a_notice_is_no_notice(talk: Talk) -> None:
    assert await talk.say("t1", "s1", "通知全都发了") == []


async def test_how_to_tell_the_bot_something_is_its_own_to_answer(talk: Talk) -> None:
    said = await talk.say("r1", None, "请问怎么报修？")
    assert [one.room for one in said] == ["@r1"]
    assert "我是格格" in said[0].text


@pytest.mark.parametrize(
    "words",
    [
        "转人工",
        "我要找人工客服",
        "网格员电话多少",
        "怎么联系网格员",
        "社区电话是多少",
        "我们这归谁管",
        "我家归哪个网格员管？",
        "请问这边谁负责",
        "有事该找谁",
        "这一片归谁管呀",
        "谁管我们小区",
    ],
)
async def test_who_wants_a_person_hears_whom_to_call(talk: Talk, words: str) -> None:
    await talk.say("r1", "g1", "大家好")
    assert texts(await talk.say("r1", None, words), "@r1")[0].startswith("柳树一格网格员：小耿，电话")
    assert texts(await talk.say("r1", "g1", f"@格格 {words}"), "g1")[0].startswith("@王姨 柳树一格网格员：小耿")
    assert await talk.say("r1", "g1", words) == []

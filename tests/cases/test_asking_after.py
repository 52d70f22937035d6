"""The reporter asks how it goes, and puts right what was said."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from handlers.cases.placing import place_after
from storage.matters import Case, CaseState
from tests.harness import Talk, rooms, texts

LEAK = "3栋2单元的水管爆了，麻烦来人看看"
COMPLAINT = "我要投诉网格员，态度很差，打电话骂人"


async def test_what_was_reported_in_private_is_answered_in_private(talk: Talk) -> None:
    await talk.say("r1", None, COMPLAINT)
    said = await talk.say("r1", "g1", "@格格 我那个事怎么样了")
    assert "【事项 1】" in texts(said, "@r1")[0]
    assert texts(said, "g1") == ["@王姨 我私聊回您了。"]
    assert "【事项 1】" in texts(await talk.say("r1", None, "我投诉的事有进展吗"), "@r1")[0]


async def test_the_command_in_the_group_is_answered_in_private_too(talk: Talk) -> None:
    await talk.say("r1", None, COMPLAINT)
    said = await talk.say("r1", "g1", "进度 1")
    assert "投诉" not in texts(said, "g1")[0]
    assert "等待接单" in texts(said, "@r1")[0]
    assert "没有找到" in texts(await talk.say("r2", "g1", "进度 1"), "g1")[0]


async def test_of_several_the_one_spoken_of_is_told(talk: Talk) -> None:
    await talk.say("r1", None, LEAK)
    await talk.say("r1", None, "老街口的路灯坏了，麻烦修一下")
    said = await talk.say("r1", None, "我报的路灯的事怎么样了")
    assert "【事项 2】" in texts(said, "@r1")[0]
    said = await talk.say("r1", "g1", "@格格 我的事怎么样了")
    assert "【事项 1】" in texts(said, "@r1")[0]
    assert "【事项 2】" in texts(said, "@r1")[0]
    assert texts(said, "g1") == ["@王姨 我私聊回您了。"]


async def test_words_for_one_person_are_not_read_to_a_group(talk: Talk) -> None:
    await talk.say("r1", None, LEAK)
    await talk.say("w1", None, "进展 1 张大爷病着，我先帮他关了阀")
    assert "病着" not in texts(await talk.say("r2", "g1", "进度 1"), "g1")[0]
    assert "病着" in texts(await talk.say("r1", None, "进度 1"), "@r1")[0]


async def test_who_reported_nothing_is_told_of_nothing(talk: Talk) -> None:
    await talk.say("r1", None, COMPLAINT)
    said = await talk.say("r2", "g1", "@格格 我那个事怎么样了")
    assert not any("事项" in one.text for one in said)


@pytest.mark.parametrize("words", ["不对，是5栋不是3栋", "说错了，是5栋", "不是3栋，是5栋"])
async def test_a_corrected_place_replaces_the_wrong_one(talk: Talk, words: str) -> None:
    await talk.say("r1", "g1", LEAK)
    await talk.say("r1", "g1", words)
    said = await talk.wait(minutes=1)
    assert await talk.rows(select(Case.place)) == ["5栋2单元"]
    assert "现在的地点：5栋2单元" in texts(said, "@w1")[0]
    assert "现在的地点：5栋2单元" in texts(said, "g1")[0]


async def test_each_addition_is_told_once(talk: Talk) -> None:
    await talk.say("r1", "g1", LEAK)
    await talk.say("r1", "g1", "说错了，是5栋")
    await talk.wait(minutes=1)
    await talk.say("r1", "g1", "电话13800138000")
    (told,) = texts(await talk.wait(minutes=1), "@w1")
    assert "13800138000" in told
    assert "5栋" not in told


@pytest.mark.parametrize(
    ("known", "said", "after"),
    [
        ("3栋2单元", "5栋", "5栋2单元"),
        ("3栋", "2单元", "3栋2单元"),
        ("柳树小区3栋", "5栋", "柳树小区5栋"),
        ("3栋2单元", "东门", "东门"),
        ("老街口", "菜市场北门", "菜市场北门"),
        ("", "3栋", "3栋"),
        ("楼下", "3号楼", "3号楼"),
    ],
)
def test_what_is_named_anew_replaces_what_was_known(known: str, said: str, after: str) -> None:
    assert place_after(known, said) == after


async def test_late_words_that_close_are_asked_again_even_where_nobody_was_mentioned(talk: Talk) -> None:
    await talk.say("r1", "g1", LEAK)
    said = talk.now
    await talk.wait(minutes=20)
    assert "没有执行" in texts(await talk.say("r1", "g1", "不用来了", at=said), "g1")[0]
    assert await talk.rows(select(Case.state)) == [CaseState.REPORTED]
    assert "g1" in rooms(await talk.say("r1", "g1", "不用来了"))

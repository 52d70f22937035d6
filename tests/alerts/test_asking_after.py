"""People ask whether somebody is still sought, and say late that they saw them."""

from __future__ import annotations

import pytest

from tests.alerts.town import FORWARDED, GRANDPA, TOWN_ROOMS, the_alert
from tests.harness import Talk, rooms, texts


@pytest.mark.parametrize("words", ["@格格 M1还在找吗", "@格格 Ｍ１ 找到了没有", "@格格 m1找到了吗？"])
async def test_still_missing_is_answered_like_the_command(talk: Talk, words: str) -> None:
    await talk.say("r1", "g1", GRANDPA)
    assert "等网格员核实" in texts(await talk.say("r4", "g3", words), "g3")[0]
    await talk.say("w1", None, "确认 M1")
    assert "还在找" in texts(await talk.say("r4", "g3", words), "g3")[0]
    await talk.say("w1", None, "找到 M1")
    assert "已找到" in texts(await talk.say("r4", "g3", words), "g3")[0]


async def test_a_number_that_never_was_is_said_to_be_none(talk: Talk) -> None:
    assert "没有寻人 M7" in texts(await talk.say("r4", "g3", "@格格 M7还在找吗"), "g3")[0]
    await talk.say("r1", "g1", GRANDPA)
    assert "没有寻人 M7" in texts(await talk.say("r1", "g1", "M7找到了吗"), "g1")[0]


@pytest.mark.parametrize("words", ["在菜市场看到了", "刚才在菜市场北门看到他了，往东走了"])
async def test_a_clue_that_quotes_an_ended_card_is_answered(talk: Talk, words: str) -> None:
    await talk.say("r1", "g1", GRANDPA)
    await talk.say("w1", None, "确认 M1")
    card = next(one for one in talk.outputs if "紧急寻人" in one.text)
    await talk.say("w1", None, "找到 M1")
    said = await talk.say("r4", "g3", words, quote=card.ref)
    assert texts(said, "g3") == ["@周强 【寻人 M1】已找到。谢谢您留心！"]
    assert rooms(said) == {"g3"}
    assert await talk.say("r1", "g1", "在菜市场接到的", quote=card.ref) == []


@pytest.mark.parametrize("words", ["是", "是的，谢谢大家", "对", "找到了"])
async def test_the_family_answers_in_its_own_group_too(talk: Talk, words: str) -> None:
    await talk.say("r1", "g1", GRANDPA)
    await talk.say("w1", None, "确认 M1")
    assert "@r1" in rooms(await talk.say("r3", "g2", "找到啦"))
    assert rooms(await talk.say("r1", "g1", words)) >= TOWN_ROOMS
    assert (await the_alert(talk)).state == "found"
    assert await talk.say("r1", None, "是") == []


@pytest.mark.parametrize("words", ["好的", "嗯", "收到"])
async def test_what_the_family_says_to_its_neighbours_ends_nothing(talk: Talk, words: str) -> None:
    await talk.say("r1", "g1", GRANDPA)
    await talk.say("w1", None, "确认 M1")
    await talk.say("r3", "g2", "找到啦")
    assert await talk.say("r1", "g1", words) == []
    assert (await the_alert(talk)).state == "confirmed"
    assert "接着找" in texts(await talk.say("r1", "g1", "不是"), "g1")[0]
    assert (await the_alert(talk)).state == "confirmed"


async def test_with_nobody_missing_the_bare_command_says_so_and_how_to_report(talk: Talk) -> None:
    said = texts(await talk.say("r1", "g1", "寻人"), "g1")[0]
    assert "您这边现在没有正在找的人。" in said
    assert "110" in said
    await talk.say("r1", "g1", GRANDPA)
    assert "【寻人 M1】" in texts(await talk.say("r2", "g1", "寻人"), "g1")[0]


async def test_a_list_in_a_group_names_nobody_whom_the_group_has_not_heard_of(talk: Talk) -> None:
    await talk.say("r1", "g1", GRANDPA)
    await talk.say("r3", "g2", FORWARDED)
    assert "没有正在找的人" in texts(await talk.say("w1", "s1", "寻人"), "s1")[0]
    assert "没有正在找的人" in texts(await talk.say("r3", "g2", "寻人"), "g2")[0]
    assert "M1" in texts(await talk.say("w1", None, "寻人"), "@w1")[0]


async def test_a_late_yes_does_not_end_it(talk: Talk) -> None:
    await talk.say("r1", "g1", GRANDPA)
    await talk.say("w1", None, "确认 M1")
    await talk.say("r3", "g2", "找到啦")
    asked = talk.now
    await talk.wait(minutes=20)
    said = await talk.say("r1", None, "是", at=asked)
    assert "刚刚才收到" in texts(said, "@r1")[0]
    assert (await the_alert(talk)).state == "confirmed"
    assert rooms(await talk.say("r1", None, "是")) >= TOWN_ROOMS


async def test_a_late_word_that_takes_it_back_is_asked_again(talk: Talk) -> None:
    await talk.say("r1", "g1", GRANDPA)
    said = talk.now
    await talk.wait(minutes=20)
    assert "没有执行" in texts(await talk.say("r1", "g1", "不用找了", at=said), "g1")[0]
    assert (await the_alert(talk)).state == "unconfirmed"

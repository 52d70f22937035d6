"""Clues reach the family's group and the worker; nobody else is disturbed."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from storage.areas import Mode
from storage.matters import Sighting
from tests.alerts.town import CLUE, GRANDPA, set_mode
from tests.harness import Talk, rooms, texts

GRANDMA = "我奶奶走丢了，80岁，穿花棉袄，今天上午从北关一格走的，电话13900000004"


async def confirmed(talk: Talk) -> None:
    await talk.say("r1", "g1", GRANDPA)
    await talk.say("w1", None, "确认 M1")
    await talk.wait(minutes=1)


async def test_by_quoting_the_card(talk: Talk) -> None:
    await confirmed(talk)
    said = await talk.say("r4", "g3", "刚在老粮站看到过，往东走了", quote="M1.3")
    assert rooms(said) == {"g1", "g3", "@w1"}
    assert "北关一格 周强" in texts(said, "g1")[0]
    assert "老粮站" in texts(said, "g1")[0]


async def test_by_command_with_and_without_a_number(talk: Talk) -> None:
    await confirmed(talk)
    assert "g1" in rooms(await talk.say("r4", "g3", "线索 M1 刚在老粮站看到，往东走了"))
    assert "g1" in rooms(await talk.say("r4", None, "线索 刚在菜市场看到一个很像的大爷"))
    clues = await talk.rows(select(Sighting).order_by(Sighting.id))
    assert [one.place for one in clues] == ["老粮站", "菜市场"]


async def test_what_was_said_in_private_is_passed_on_without_a_name(talk: Talk) -> None:
    await confirmed(talk)
    await talk.say("r4", "g3", "大家好")
    said = await talk.say("r4", None, CLUE)
    assert "周强" not in texts(said, "g1")[0]
    assert rooms(said) == {"g1", "@r4", "@w1"}


async def test_in_the_familys_own_group_it_is_not_repeated(talk: Talk) -> None:
    await confirmed(talk)
    said = await talk.say("r2", "g1", CLUE)
    assert rooms(said) == {"g1", "@w1"}
    assert len(texts(said, "g1")) == 1


async def test_a_silent_group_is_thanked_in_private(talk: Talk) -> None:
    await confirmed(talk)
    await set_mode(talk, "g3", Mode.SILENT)
    assert rooms(await talk.say("r4", "g3", CLUE)) == {"@r4", "g1", "@w1"}


async def test_without_an_open_alert_it_is_talk(talk: Talk) -> None:
    assert await talk.say("r4", "g3", CLUE) == []


async def test_an_unconfirmed_alert_is_unknown_elsewhere(talk: Talk) -> None:
    await talk.say("r1", "g1", GRANDPA)
    assert await talk.say("r4", "g3", CLUE) == []
    said = await talk.say("r4", "g3", "线索 M1 在老粮站看到")
    assert rooms(said) == {"g3"}
    assert "等网格员核实" in said[0].text


async def test_with_two_alerts_the_facts_decide(talk: Talk) -> None:
    await confirmed(talk)
    await talk.say("r4", "g3", GRANDMA)
    await talk.say("w3", None, "确认 M2")
    said = await talk.say("r3", "g2", CLUE)
    assert rooms(said) == {"g2", "g1", "@w1"}
    said = await talk.say("r3", "g2", "刚看到一个穿花棉袄的老太太在二中门口，是不是群里找的")
    assert rooms(said) == {"g2", "g3", "@w3"}


async def test_of_two_alike_both_families_hear_it_and_the_finder_is_thanked_once(talk: Talk) -> None:
    await talk.say("r1", "g1", "我妈走丢了，75岁，红棉袄，从柳树巷走的，电话13900002210")
    await talk.say("r3", "g2", "我奶奶不见了，76岁，红色棉袄，菜市场那边走的")
    await talk.say("w1", None, "确认")
    await talk.say("w2", None, "确认")
    await talk.wait(minutes=1)
    said = await talk.say("r4", "g3", "看到一个穿红棉袄的老太太在老粮站")
    assert rooms(said) == {"g1", "g2", "g3", "@w1", "@w2"}
    assert "M1" in texts(said, "g1")[0] and "M2" in texts(said, "g2")[0]
    (thanks,) = texts(said, "g3")
    assert "110" in thanks and "13900002210" not in thanks, "it may be the other's"


@pytest.mark.parametrize("kin", ["爷爷", "奶奶", "爸爸", "弟弟"])
async def test_a_relative_whose_name_doubles_a_character_is_one_person(talk: Talk, kin: str) -> None:
    await talk.say("r1", "g1", f"我{kin}走丢了，从柳树巷走的，灰夹克")
    await talk.say("w1", None, "确认")
    await talk.wait(minutes=1)
    assert "已找到" in texts(await talk.say("r1", "g1", "找到了，谢谢大家"), "g2")[0]


async def test_gone_again_a_minute_after_is_a_report_at_once(talk: Talk) -> None:
    await talk.say("r1", "g1", "我妈王秀英走丢了，78岁，紫外套")
    await talk.say("w1", None, "确认")
    await talk.wait(minutes=1)
    await talk.say("r1", "g1", "找到了，谢谢")
    said = await talk.say("r1", "g1", "又不见了！！")
    assert "王秀英" in texts(said, "g1")[0] and "确认 M2" in texts(said, "@w1")[0]
    assert await talk.say("r2", "g1", "快递又不见了") == []


async def test_with_two_that_could_be_meant_the_workers_are_asked(talk: Talk) -> None:
    await confirmed(talk)
    await talk.say("r4", "g3", GRANDMA)
    await talk.say("w3", None, "确认 M2")
    said = await talk.say("r3", "g2", "刚才在菜市场好像看到群里找的那个人了")
    assert rooms(said) == {"@w1", "@w3"}
    assert "M1、M2" in said[0].text
    assert await talk.rows(select(Sighting)) == []


async def test_another_town_is_not_asked_for_clues(talk: Talk) -> None:
    await confirmed(talk)
    assert await talk.say("r5", "g4", "菜市场北门刚过去个大爷，是不是群里找的那个") == []


@pytest.mark.parametrize("words", ["看到王建国了，在老粮站", "刚才在老粮站门口碰到王建国", "王建国我见过，早上在桥头"])
async def test_who_is_seen_by_name_is_a_clue(talk: Talk, words: str) -> None:
    await talk.say("r1", "g1", "我爸王建国早上9点从柳树巷出去没回来,72岁,灰夹克")
    await talk.say("w1", None, "确认 M1")
    assert {"g1", "@w1"} <= rooms(await talk.say("r3", "g2", words))
    assert not rooms(await talk.say("r3", "g2", "谁看到王建国了吗")) & {"g1", "@w1"}
    assert not rooms(await talk.say("r3", "g2", "没看到王建国")) & {"g1", "@w1"}
    assert not await talk.say("r5", "g4", words), "there nobody has heard of him"


async def test_of_two_with_one_name_the_workers_are_asked_which(talk: Talk) -> None:
    await talk.say("r1", "g1", "我爸王建国早上9点从柳树巷出去没回来,72岁,灰夹克")
    await talk.say("r4", "g3", "我爸王建国走丢了，45岁，蓝外套，从菜市场走的")
    await talk.say("w1", None, "确认 M1")
    await talk.say("w3", None, "确认 M2")
    said = await talk.say("r3", "g2", "看到王建国了，在老粮站")
    assert rooms(said) == {"@w1", "@w3"}


CHILD = "我儿子不见了，8岁，蓝校服，下午四点从二小门口走的"


@pytest.mark.parametrize("words", ["小孩在我家写作业呢", "你家孩子在我家玩呢", "孩子在我这儿", "他现在在我店里"])
async def test_who_says_that_the_child_is_with_them_is_heard(talk: Talk, words: str) -> None:
    await talk.say("r1", "g1", CHILD)
    await talk.say("w1", None, "确认")
    said = await talk.say("r2", "g2", words)
    assert f"说“{words}”" in texts(said, "g1")[0]
    assert texts(said, "g2")[0].startswith("@赵大爷 【寻人 M1】谢谢")


@pytest.mark.parametrize("words", ["我家孩子在家写作业", "孩子在我家吗", "老奶奶在我家打牌呢", "孩子没在我这儿"])
async def test_who_is_not_whom_they_seek_is_no_clue(talk: Talk, words: str) -> None:
    await talk.say("r1", "g1", CHILD)
    await talk.say("w1", None, "确认")
    assert texts(await talk.say("r2", "g2", words), "g1") == []


async def test_where_nobody_is_sought_a_child_at_home_is_talk(talk: Talk) -> None:
    assert await talk.say("r2", "g2", "小孩在我家写作业呢") == []


WOMAN = "我妈走丢了，78岁，穿紫色棉袄，今天上午从柳树巷出去的"


async def test_one_who_never_heard_of_it_may_have_seen_whom_another_town_seeks(talk: Talk) -> None:
    await talk.say("r1", "g1", WOMAN)
    await talk.say("w1", None, "确认 M1")
    await talk.wait(minutes=1)
    said = await talk.say("r5", "g4", "刚刚在东山镇车站看见一个穿紫棉袄的老太太坐在那里发呆")
    assert rooms(said) == {"g1", "@w1", "g4"} and "东山镇车站" in texts(said, "g1")[0]


@pytest.mark.parametrize(
    "words",
    [
        "刚刚在东山镇车站看见一个穿红外套的老太太坐在那里发呆",  # another jacket
        "刚刚在东山镇车站看见一个穿紫棉袄的小女孩坐在那里发呆",  # a child
        "刚刚在东山镇车站看见一个老太太坐在那里发呆",  # says nothing of how she looks
    ],
)
async def test_who_only_saw_somebody_is_not_heard(talk: Talk, words: str) -> None:
    await talk.say("r1", "g1", WOMAN)
    await talk.say("w1", None, "确认 M1")
    await talk.wait(minutes=1)
    assert "g1" not in rooms(await talk.say("r5", "g4", words))


@pytest.mark.parametrize("words", ["王姨家电来了没", "路灯修好了没有"])
async def test_who_asks_after_a_thing_is_told_of_no_person(talk: Talk, words: str) -> None:
    await confirmed(talk)
    await talk.wait(minutes=1)
    assert await talk.say("r2", "g1", words) == []
    assert "还在找" in texts(await talk.say("r2", "g1", "人找到了吗"), "g1")[0]


async def test_what_the_finder_says_next_follows_without_thanks_each_time(talk: Talk) -> None:
    await talk.say("r1", "g1", GRANDPA)
    await talk.say("w1", None, "确认")
    assert "陪住" in texts(await talk.say("r3", "g2", "我刚看到一个穿灰夹克的老头"), "g2")[0]
    for words in ("在桥头", "黑布鞋 头发花白", "往车站那边走了"):
        said = await talk.say("r3", "g2", words)
        assert rooms(said) == {"g1", "@w1"} and words in texts(said, "g1")[0]
    said = await talk.locate("r3", "g2", "柳河大桥")
    assert rooms(said) == {"g1", "@w1"} and "柳河大桥" in texts(said, "@w1")[0]
    for words in ("我去庙里看看", "谢谢大家", "今天买菜了没", "我在路口等你们"):
        assert await talk.say("r3", "g2", words) == []
    assert "柳河大桥" in texts(await talk.say("w1", None, "线索 M1"), "@w1")[0]

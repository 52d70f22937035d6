"""What people say of a case days later, as whole weeks of them showed it."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from storage.matters import Case, CaseState
from tests.harness import Talk, rooms, texts

LAMP = "3栋楼道灯坏了两天了，黑咕隆咚的"
BINS = "柳树巷的垃圾桶满了两天了没人收"
WATER = "柳树巷口的主水管爆了，家里都没水了"


async def only_case(talk: Talk) -> Case:
    (case,) = await talk.rows(select(Case))
    return case


@pytest.mark.parametrize("words", ["这次可以，满意", "有水有电了，非常满意", "不麻了，谢谢，满意"])
async def test_a_rating_at_the_end_of_a_line_ends_the_case(talk: Talk, words: str) -> None:
    await talk.say("r1", "g1", WATER)
    await talk.say("w1", None, "办结 1 换了管子")
    await talk.wait(hours=3)
    assert "谢谢评价" in texts(await talk.say("r1", "g1", words), "g1")[0]
    assert (await only_case(talk)).state == CaseState.CONFIRMED


async def test_what_sounds_like_a_stabbing_in_a_rating_is_no_emergency(talk: Talk) -> None:
    await talk.say("r1", "g1", "3栋门口的下水道又堵了，污水都流到路上")
    await talk.say("w1", "g1", "办结 1 疏通了")
    said = await talk.say("r1", "g1", "不满意，你们就捅了两下，还在冒", quote="1.1")
    assert "已重新打开" in texts(said, "g1")[0] and "@p1" not in rooms(said)
    assert (await only_case(talk)).state == CaseState.REOPENED


async def test_water_that_is_back_is_no_danger(talk: Talk) -> None:
    await talk.say("r1", "g1", WATER)
    await talk.say("w1", None, "办结 1 换了管子")
    await talk.say("r1", "g1", "满意")
    assert await talk.say("r2", "g1", "有水了") == []
    await only_case(talk)


async def test_the_owner_hears_which_neighbour_still_has_the_trouble(talk: Talk) -> None:
    await talk.say("r1", "g1", WATER)
    await talk.say("r2", "g1", "+1 1")
    await talk.say("w1", None, "办结 1 换了管子")
    said = await talk.say("r2", "g1", "我家还没水啊")
    assert "赵大爷说还没好，已重新打开" in texts(said, "@w1")[0]


async def test_when_will_my_lamp_be_mended_is_answered(talk: Talk) -> None:
    await talk.say("r1", "g1", LAMP)
    assert "等待接单" in texts(await talk.say("r1", "g1", "楼道灯什么时候修啊"), "g1")[0]
    assert await talk.say("r1", "g1", "快递什么时候到啊") == []
    assert await talk.say("r2", "g1", "楼道灯什么时候修啊") == [] or len(await talk.rows(select(Case))) == 1


async def test_who_says_that_still_nobody_came_makes_no_second_case(talk: Talk) -> None:
    await talk.say("r1", "g1", BINS)
    await talk.wait(hours=20)
    said = await talk.say("r1", "g1", "垃圾桶还没人收")
    assert "王姨说：垃圾桶还没人收" in texts(said, "@w1")[0]
    await only_case(talk)


async def test_neighbours_of_other_groups_hear_that_a_case_was_misread(talk: Talk) -> None:
    await talk.say("r1", "g1", WATER)
    await talk.say("r3", "g2", "+1 1")
    assert "已撤下" in texts(await talk.say("w1", "g1", "误判 1"), "g2")[0]


async def test_who_had_the_case_hears_that_another_has_it_now(talk: Talk) -> None:
    await talk.say("r1", "g1", LAMP)
    await talk.say("w1", None, "接单 1")
    said = await talk.say("l1", None, "转给 1 李珍")
    assert texts(said, "@w1") == ["【事项 1】老郭已转给李珍，您不用再办。"]


async def test_at_night_the_owner_is_not_told_of_each_neighbour(talk: Talk) -> None:
    await talk.wait(hours=11)
    await talk.say("r1", "g1", "楼下烧烤店又在放音响唱歌，都11点多了，孩子没法睡")
    assert texts(await talk.say("r2", "g1", "+1 1"), "@w1") == []
    assert any("又有一位邻居" in one for one in texts(await talk.wait(hours=10), "@w1"))


@pytest.mark.parametrize("words", ["12号楼来水了", "恢复12号楼供水了", "12号楼已经恢复供水了"])
async def test_water_that_is_back_opens_no_case_and_ends_the_one_there_is(talk: Talk, words: str) -> None:
    assert not await talk.say("r3", "g2", words) and not await talk.say("w2", "g2", words)
    await talk.say("r1", "g1", "12号楼停水了")
    assert "记为已解决" in texts(await talk.say("r1", "g1", words), "g1")[0]
    await talk.say("r1", "g1", "12号楼又停水了，麻烦看看")
    await talk.say("w1", None, "接单 1")
    assert "已办结" in texts(await talk.say("w1", None, words), "g1")[0]
    assert (await only_case(talk)).state == CaseState.DONE

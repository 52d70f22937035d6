"""A double tap: the same command again a moment later does nothing a second time."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from storage.matters import Case
from tests.harness import Talk, rooms, texts

REPAIR = "3栋2单元的水管爆了，水流到楼道里了"


@pytest.mark.parametrize(
    "words",
    ["拆分 1 路灯也不亮", "代报 3栋 王姨 家里水管漏了", "先办 路灯老坏 柳树巷", "代报 王姨家两口子天天吵架打人"],
)
async def test_a_matter_is_written_down_once(talk: Talk, words: str) -> None:
    await talk.say("r1", "g1", REPAIR)
    await talk.say("w1", None, words)
    again = await talk.say("w1", None, words)
    assert rooms(again) == {"@w1"} and "已经记过了，是【事项 2】，没有再记" in again[0].text
    assert len(await talk.rows(select(Case))) == 2
    await talk.say("w1", None, "撤销 2")
    await talk.say("w1", None, words)
    await talk.wait(minutes=11)
    await talk.say("w1", None, words)
    assert len(await talk.rows(select(Case))) == 4


async def test_who_reported_a_person_hears_that_their_clue_was_noted(talk: Talk) -> None:
    await talk.say("w1", None, "寻人 王秀英 女 78岁 紫外套 早上8点从老粮站走的")
    for said in ("线索记下了", "刚才已经记下了"):
        (one,) = await talk.say("w1", None, "线索 M1 监控里看到在菜市场北门，往东走")
        assert said in one.text
    assert "菜市场北门" in (await talk.say("w1", None, "线索 M1"))[0].text


async def test_a_group_hears_once_of_what_is_waited_for(talk: Talk) -> None:
    await talk.say("r1", "g1", REPAIR)
    assert "等配件" in texts(await talk.say("w1", None, "挂起 1 等配件 周五"), "g1")[0]
    again = await talk.say("w1", None, "挂起 1 等配件 周五")
    assert rooms(again) == {"@w1"} and "已经发过了，没有再发" in again[0].text
    assert "11月23日" in texts(await talk.say("w1", None, "挂起 1 等配件 下周一"), "g1")[0]

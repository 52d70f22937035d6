"""Neighbours with the same trouble: one case, one line for each group, and nobody who joins is forgotten."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from handlers.likeness import Likeness, Told, likeness
from storage.matters import Case, CaseFollower
from tests.harness import NOON, Talk, rooms, texts

OUT = "我们这边停水了，麻烦看看"
GRID, NEXT = "/1/2/3/4/", "/1/2/3/5/"


def told(text: str, place: str = "", path: str = GRID, minutes: int = 0) -> Told:
    return Told(text, "其他", place, path, NOON + timedelta(minutes=minutes))


@pytest.mark.parametrize(
    ("known", "later", "how"),
    [
        (told("停水了"), told("停电了"), Likeness.NO),
        (told("停水了"), told("我们这儿没水了"), Likeness.SAME),
        (told("3栋停水了", "3栋"), told("5栋没水了", "5栋"), Likeness.SAME),
        (told("停水了"), told("没水了", path=NEXT), Likeness.SAME),
        (told("停水了"), told("没水了", minutes=7 * 60), Likeness.NO),
        (told("停水了"), told("就我家没水了"), Likeness.NO),
        (told("停电了"), told("停电了，老人靠呼吸机"), Likeness.NO),
        (told("马路上主管爆了"), told("没水了"), Likeness.SAME),
        (told("3栋2单元水管爆了", "3栋2单元"), told("没水了"), Likeness.MAYBE),
        (told("路灯坏了", "柳树巷"), told("路灯不亮了", "柳树巷"), Likeness.SAME),
        (told("路灯坏了", "柳树巷"), told("路灯不亮了", "菜市场"), Likeness.NO),
        (told("路灯坏了", "柳树巷"), told("路灯不亮了"), Likeness.MAYBE),
        (told("路灯坏了", "柳树巷"), told("路灯不亮了", path=NEXT), Likeness.NO),
        (told("电梯坏了", "3栋"), told("电梯又坏了", "5栋"), Likeness.NO),
        (told("3栋501漏水", "3栋501"), told("3栋601漏水", "3栋601"), Likeness.NO),
        (told("我家马桶堵了"), told("家里马桶堵了"), Likeness.NO),
        (told("垃圾没人清"), told("井盖丢了"), Likeness.NO),
    ],
)
def test_what_is_one_matter(known: Told, later: Told, how: Likeness) -> None:
    assert likeness(later, known) is how


def test_a_graver_report_is_only_proposed() -> None:
    assert likeness(replace(told("没水了"), urgent=True), told("停水了")) is Likeness.MAYBE


def test_who_says_that_they_have_it_too_may_come_a_day_later() -> None:
    assert likeness(told("我家也停水了", minutes=20 * 60), told("停水了"), too=True) is Likeness.SAME


async def cases(talk: Talk) -> int:
    return (await talk.rows(select(func.count()).select_from(Case)))[0]


async def test_one_water_main_is_one_case_and_no_flood(talk: Talk) -> None:
    await talk.say("r1", "g1", OUT)
    first = await talk.say("r2", "g1", "没水了，麻烦来修一下")
    assert "把您也记上" in texts(first, "g1")[0] and rooms(first) == {"g1", "@w1"}
    assert await talk.say("v1", "g1", "5栋停水了") == []
    assert await talk.say("v2", "g1", "我们楼也停水了，麻烦看看") == []
    there = await talk.say("r3", "g2", "我家也停水了")
    assert rooms(there) == {"g2"} and "把您也记上" in there[0].text
    later = await talk.wait(minutes=3)
    assert ["又有 1 位邻居" in one.text for one in later] == [True] and later[0].mentions == ("v1",)
    told = await talk.wait(minutes=10)
    assert rooms(told) == {"@w1"} and "共有 4 位邻居" in told[0].text
    assert await talk.wait(minutes=11) == []
    assert await cases(talk) == 1
    said = await talk.say("w1", "g1", "办结 1 修好了")
    assert {"g1", "g2"} <= rooms(said)
    assert [one.mentions for one in said if one.room == "g2"] == [("r3",)]


async def test_words_without_a_matter_are_talk(talk: Talk) -> None:
    await talk.say("r1", "g1", OUT)
    assert await talk.say("r3", "g2", "我们楼也是") == []
    assert "【事项 2】" in (await talk.say("r3", "g2", "我家也停电了"))[0].text  # another outage
    assert "【事项 3】" in (await talk.say("r4", "g3", "我们这栋也停水了，麻烦来看看"))[0].text  # another village
    assert await talk.rows(select(CaseFollower)) == []


async def test_not_the_same_makes_a_case_of_its_own(talk: Talk) -> None:
    await talk.say("r1", "g1", OUT)
    (joined,) = [one for one in await talk.say("r2", "g1", "没水了，麻烦来修一下") if one.room == "g1"]
    said = await talk.say("r2", "g1", "不是", quote=joined.ref)
    assert "【事项 2】已记下" in texts(said, "g1")[0]
    assert await talk.rows(select(CaseFollower)) == []
    assert await talk.say("r3", "g1", "不是", quote=joined.ref) == []


async def test_a_number_counts_in_the_whole_town_and_no_further(talk: Talk) -> None:
    await talk.say("r1", "g1", OUT)
    assert "把您也记上" in (await talk.say("r4", "g3", "+1 1"))[0].text
    assert "已经把您记上了" in (await talk.say("r4", "g3", "+1 1"))[0].text
    assert "没有找到" in (await talk.say("r5", "g4", "+1 1"))[0].text
    assert "没有找到" in (await talk.say("r4", "g3", "+1 9"))[0].text
    assert "就是您报的" in (await talk.say("r1", "g1", "+1 1"))[0].text
    assert await talk.say("r2", "g1", "+1 个人") == []


async def test_who_joined_from_another_group_may_name_its_number_there(talk: Talk) -> None:
    await talk.say("r1", "g1", OUT)
    await talk.say("r4", "g3", "+1 1")
    assert "【事项 1】" in (await talk.say("r4", "g3", "进度 1"))[0].text
    await talk.say("w1", "g1", "办结 1 好了")
    assert "已重新打开" in texts(await talk.say("r4", "g3", "不满意 1 还没水"), "g3")[0]
    assert "没有找到" in (await talk.say("w3", "g3", "进度 1"))[0].text


async def test_when_it_is_not_sure_the_worker_is_asked(talk: Talk) -> None:
    await talk.say("r1", "g1", "柳树巷的路灯坏了，麻烦修一下")
    said = await talk.say("r2", "g1", "路灯不亮了，麻烦来修一下")
    assert await cases(talk) == 2
    assert "可能和 1 是一件，是就回“合并 1 2”" in texts(said, "@w1")[0]


@pytest.mark.parametrize("words", ["网格员小耿天天不管事，停水了也不来", "停水了，隔壁两口子又打起来了，快来人"])
async def test_private_matters_never_join(talk: Talk, words: str) -> None:
    await talk.say("r1", "g1", OUT)
    await talk.say("r2", "g1", words)
    assert await talk.rows(select(CaseFollower)) == []


async def test_the_same_message_twice_joins_once(talk: Talk) -> None:
    await talk.say("r1", "g1", OUT)
    await talk.say("r2", "g1", "没水了，麻烦来修一下", id="twice")
    assert await talk.say("r2", "g1", "没水了，麻烦来修一下", id="again") == []
    assert len(await talk.rows(select(CaseFollower))) == 1

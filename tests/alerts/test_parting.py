"""A wrong merge is undone: each family has its number, its facts and its clues back, and hears its own end only."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from storage.matters import AlertState, Sighting
from tests.alerts.town import TOWN_ROOMS, balanced, the_alert
from tests.harness import Talk, rooms, texts

FATHER = "我爸下午2点从石桥走丢了,68岁,蓝棉袄"
ALIKE = "我爸下午2点从石桥走丢了,67岁,蓝棉袄,左腿有点瘸,电话13900000007"


@pytest.fixture
async def joined(talk: Talk) -> Talk:
    """Two fathers in two groups of the town, taken for one by a worker."""
    await talk.say("r1", "g1", FATHER)
    await talk.say("r4", "g3", ALIKE)
    await talk.say("w1", None, "合并 M1 M2")
    assert (await the_alert(talk, 2)).merged_id == 1
    return talk


@pytest.mark.parametrize(("who", "words"), [("w1", "分开 M2"), ("w3", "分开 M2"), ("t1", "分开 M1"), ("p1", "分开 m2")])
async def test_facts_and_clues_go_back_and_both_families_hear_it(joined: Talk, who: str, words: str) -> None:
    assert (await the_alert(joined)).phone == "13900000007"
    await joined.say("w1", None, "确认 M1")
    await joined.say("r3", "g2", "线索 M1 刚在菜市场北门看到，往东走")
    said = await joined.say(who, None, words)
    assert "不是同一个人" in "".join(texts(said, "g1"))
    assert "M2" in "".join(texts(said, "g3"))
    first, second = await the_alert(joined), await the_alert(joined, 2)
    assert (second.state, second.merged_id, second.phone) == (AlertState.UNCONFIRMED, None, "13900000007")
    assert (first.phone, first.features, "瘸" in first.text) == ("", "", False)
    [clue] = await joined.rows(select(Sighting))
    assert clue.alert_id == 1, "it was said of the card of M1"
    said = await joined.say("w1", None, "找到 M1")
    assert "@w3" not in rooms(said)
    assert (await the_alert(joined, 2)).state == AlertState.UNCONFIRMED
    assert await balanced(joined)


async def test_what_was_confirmed_is_sought_on_with_its_own_clues(talk: Talk) -> None:
    await talk.say("r1", "g1", FATHER)
    await talk.say("r4", "g3", ALIKE)
    for number, worker in ((1, "w1"), (2, "w3")):
        await talk.say(worker, None, f"确认 M{number}")
    await talk.wait(minutes=2)
    await talk.say("r3", "g2", "线索 M2 刚在菜市场北门看到，左腿瘸的")
    await talk.say("w1", None, "合并 M1 M2")
    await talk.wait(minutes=2)
    assert {one.alert_id for one in await talk.rows(select(Sighting))} == {1}
    await talk.say("w3", None, "分开 M2")
    await talk.wait(minutes=2)
    assert {one.alert_id for one in await talk.rows(select(Sighting))} == {2}
    assert (await the_alert(talk, 2)).state == AlertState.CONFIRMED
    said = await talk.say("w1", None, "找到 M1")
    assert {one.room for one in said if "M1" in one.text} >= TOWN_ROOMS
    assert "还在找" in texts(await talk.say("r3", "g2", "@格格 查 M2"), "g2")[0]
    said = await talk.say("w3", None, "找到 M2")
    assert {one.room for one in said if "M2" in one.text} >= TOWN_ROOMS
    assert await balanced(talk)


@pytest.mark.parametrize("words", ["还没找到 M2", "没找到，还在找"])
async def test_the_other_family_says_that_theirs_was_not_found(joined: Talk, words: str) -> None:
    await joined.say("w1", None, "确认 M1")
    await joined.wait(minutes=2)
    await joined.say("w1", None, "找到 M1")
    said = await joined.say("r4", "g3", words)
    first, second = await the_alert(joined), await the_alert(joined, 2)
    assert (first.state, second.state) == (AlertState.FOUND, AlertState.UNCONFIRMED)
    assert {"g3", "@w3"} <= rooms(said)
    said = await joined.say("w3", None, "确认 M2")
    assert rooms(said) >= TOWN_ROOMS


async def test_groups_that_heard_the_end_of_the_other_hear_that_this_one_is_sought_on(talk: Talk) -> None:
    await talk.say("r1", "g1", FATHER)
    await talk.say("r4", "g3", ALIKE)
    for number, worker in ((1, "w1"), (2, "w3")):
        await talk.say(worker, None, f"确认 M{number}")
    await talk.wait(minutes=2)
    await talk.say("w1", None, "合并 M1 M2")
    await talk.say("w1", None, "找到 M1")
    said = await talk.say("r4", "g3", "还没找到 M2")
    assert {one.room for one in said if "还没有找到" in one.text} >= TOWN_ROOMS
    await talk.say("w3", None, "找到 M2")
    assert await balanced(talk)


@pytest.mark.parametrize(
    ("who", "words", "answer"),
    [
        ("w2", "分开 M2", "只有"),
        ("r4", "分开 M2", "只有"),
        ("w4", "分开 M2", "只有"),
        ("w1", "分开 M9", "没有 M9"),
        ("w1", "分开 M3", "没有和别的寻人合并过"),
    ],
)
async def test_who_may_not_and_what_cannot_be(joined: Talk, who: str, words: str, answer: str) -> None:
    await joined.say("r5", "g4", "我妈走丢了，80岁，红棉袄，从东桥走的")
    said = await joined.say(who, None, words)
    assert answer in texts(said, f"@{who}")[0]
    assert (await the_alert(joined, 2)).merged_id == 1


async def test_twice_is_said_to_be_done(joined: Talk) -> None:
    await joined.say("w1", None, "分开 M2")
    assert "没有和别的寻人合并过" in texts(await joined.say("w1", None, "分开 M2"), "@w1")[0]


async def test_of_several_it_is_asked_which(joined: Talk) -> None:
    await joined.say("r3", "g2", "我爸下午2点从石桥走丢了,69岁,蓝棉袄")
    await joined.say("w1", None, "合并 M1 M3")
    assert "M2" in texts(await joined.say("w1", None, "分开 M1"), "@w1")[0]
    assert (await the_alert(joined, 3)).merged_id == 1


async def test_months_later_it_is_reported_anew(joined: Talk) -> None:
    await joined.say("w1", None, "找到 M1")
    await joined.wait(days=4)
    assert "重新报一次" in texts(await joined.say("w1", None, "分开 M2"), "@w1")[0]

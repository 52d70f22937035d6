"""Somebody found, and somebody sought: the family hears of it, and who says 是我爸 is heard where he sits."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from storage.matters import Stray
from tests.alerts.town import GRANDPA
from tests.harness import Talk, rooms, texts, words_of

FOUND = "老粮站门口有个老头坐着，灰夹克，问他啥也不说"


async def the_stray(talk: Talk) -> Stray:
    (stray,) = await talk.rows(select(Stray))
    return stray


async def test_the_family_hears_of_a_stray_who_may_be_theirs(talk: Talk) -> None:
    await talk.say("r1", "g1", GRANDPA)
    await talk.say("w1", None, "确认")
    await talk.wait(minutes=1)
    said = await talk.say("r4", "g3", FOUND)
    (family,) = texts(said, "g1")
    assert "F1" in family and "M1" in family and FOUND in family
    assert rooms(said) == {"g1", "g3", "@w1", "@w3", "@p1"}, "the other groups are not disturbed"
    said = await talk.say("r4", "g3", "他说他姓张，家在柳树巷")
    assert any("姓张" in one for one in texts(said, "g1"))


async def test_the_family_of_another_town_hears_of_it_too(talk: Talk) -> None:
    await talk.say("r1", "g1", GRANDPA)
    await talk.say("w1", None, "确认")
    await talk.wait(minutes=1)
    said = await talk.say("r5", "g4", "有个老人在我店里坐着，迷迷糊糊的说不清家在哪，穿灰衣服")
    assert len(texts(said, "g1")) == 1


async def test_a_search_that_begins_later_hears_who_was_found_before(talk: Talk) -> None:
    await talk.say("r4", "g3", FOUND)
    said = await talk.say("r1", "g1", GRANDPA)
    assert [one for one in texts(said, "g1") if "F1" in one and "老粮站" in one]


async def test_nobody_like_that_is_sought(talk: Talk) -> None:
    await talk.say("r1", "g1", "我女儿不见了，8岁，红裙子，下午从二中门口走的")
    assert not texts(await talk.say("r4", "g3", FOUND), "g1")


@pytest.mark.parametrize("words", ["是我爸！我马上过去", "F1 是我爸"])
async def test_the_family_says_it_is_theirs(talk: Talk, words: str) -> None:
    await talk.say("r1", "g1", GRANDPA)
    await talk.say("w1", None, "确认")
    await talk.wait(minutes=1)
    await talk.say("r4", "g3", FOUND)
    said = await talk.say("r1", "g1", words)
    assert {"@w3", "@p1", "g3", "g1"} <= rooms(said)
    assert any(words in one for one in texts(said, "g3"))
    said = await talk.say("r1", "g1", "找到了，谢谢大家")
    assert (await the_stray(talk)).state == "matched"
    assert all(len(words_of(said, room)) == 1 and "好消息" in words_of(said, room)[0] for room in ("g1", "g3"))


async def test_who_is_told_of_no_stray_and_says_it_is_not_theirs_reports_none(talk: Talk) -> None:
    await talk.say("r1", "g1", GRANDPA)
    await talk.say("w1", None, "确认")
    await talk.wait(minutes=1)
    await talk.say("r4", "g3", FOUND)
    assert not await talk.say("r2", "g1", "不是我家的，谁家老头")
    await the_stray(talk)


async def test_a_family_that_had_its_stray_settled_elsewhere_hears_that_end(talk: Talk) -> None:
    await talk.say("r1", "g1", GRANDPA)
    await talk.say("w1", None, "确认")
    await talk.wait(minutes=1)
    await talk.say("r4", "g3", FOUND)
    said = await talk.say("w3", None, "办结 F1 女儿接走了")
    assert any("F1" in one for one in texts(said, "g1"))

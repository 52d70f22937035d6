"""Somebody is seen where nobody was told whom to look for."""

from __future__ import annotations

from sqlalchemy import select

from storage.matters import Alert
from tests.alerts.town import GRANDPA
from tests.harness import Talk, rooms, texts

SEEN = "刚才在石桥头看到一个穿灰夹克的大爷往东走，是不是那个走丢的"


async def test_a_clue_from_another_town_reaches_the_family(talk: Talk) -> None:
    await talk.say("r1", "g1", GRANDPA)
    await talk.say("w1", None, "确认")
    await talk.wait(minutes=1)
    said = await talk.say("r5", "g4", SEEN)
    assert rooms(said) == {"g1", "g4", "@w1"}
    assert "石桥" in texts(said, "g1")[0] and "谢谢" in texts(said, "g4")[0]
    assert "13900002210" not in texts(said, "g4")[0], "the family's phone is for who got the card"


async def test_what_fits_nobody_beyond_doubt_stays_talk(talk: Talk) -> None:
    assert not await talk.say("r5", "g4", SEEN)
    await talk.say("r1", "g1", GRANDPA)
    assert "g1" not in rooms(await talk.say("r5", "g4", SEEN)), "nobody vouched for it"
    await talk.say("w1", None, "确认")
    await talk.wait(minutes=1)
    assert not await talk.say("r5", "g4", "刚才在石桥头看到一个穿红裙子的小女孩往东走，是不是那个走丢的")


async def test_whom_a_neighbour_has_with_them_is_no_second_report(talk: Talk) -> None:
    await talk.say("r1", "g1", "我家孩子不见了，8岁，女孩，红外套，从柳树巷走的")
    said = await talk.say("r2", "g1", "孩子跟我家妞妞在楼下玩呢")
    assert "M1" in texts(said, "@w1")[0] and "线索" in texts(said, "@w1")[0]
    assert len(await talk.rows(select(Alert))) == 1

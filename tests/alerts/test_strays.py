"""Someone is found whose family is unknown."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from storage.areas import Mode
from storage.matters import Stray
from tests.alerts.town import balanced, set_mode, the_alert
from tests.harness import Talk, rooms, texts

STRAY = "桥头坐着个老太太说不清家在哪,穿花棉袄"


async def test_worker_and_police_hear_and_nothing_is_spread(talk: Talk) -> None:
    said = await talk.say("r4", "g3", STRAY)
    assert rooms(said) == {"g3", "@w3", "@p1"}
    assert "【待认领 F1】" in texts(said, "g3")[0]
    assert "110" in texts(said, "g3")[0]
    (stray,) = await talk.rows(select(Stray))
    assert (stray.sex, stray.clothes, stray.place) == ("女", "花棉袄", "桥头")
    assert await talk.wait(hours=1) == []


async def test_a_fitting_alert_is_named_to_the_worker_only(talk: Talk) -> None:
    await talk.say("r1", "g1", "我妈走丢了，70岁，穿花棉袄，今早从柳树巷走的")
    said = await talk.say("r4", "g3", STRAY)
    assert "M1" in texts(said, "@w3")[0]
    assert "M1" not in texts(said, "g3")[0]


async def test_an_alert_that_cannot_be_is_not_named(talk: Talk) -> None:
    await talk.say("r1", "g1", "我爸走丢了，70岁，穿灰夹克，今早从柳树巷走的")
    assert "M1" not in texts(await talk.say("r4", "g3", STRAY), "@w3")[0]


async def test_told_twice_it_is_one_stray(talk: Talk) -> None:
    await talk.say("r4", "g3", STRAY)
    assert await talk.say("w3", "g3", "桥头那个老太太还在，说不清家在哪，穿花棉袄") == []
    assert len(await talk.rows(select(Stray))) == 1


async def test_a_silent_group_is_answered_in_private(talk: Talk) -> None:
    await set_mode(talk, "g3", Mode.SILENT)
    assert rooms(await talk.say("r4", "g3", STRAY)) == {"@r4", "@w3", "@p1"}


@pytest.mark.parametrize(("words", "heard"), [("办结 F1 派出所接走了", "安顿好了"), ("误报 F1", "没有人走失")])
async def test_whoever_heard_of_a_stray_hears_how_it_ended(talk: Talk, words: str, heard: str) -> None:
    await talk.say("r4", "g3", STRAY)
    assert "只有" in (await talk.say("r4", "g3", words))[0].text
    said = await talk.say("w3", "g3", words)
    assert rooms(said) == {"g3", "@p1"}
    assert all(heard in one.text for one in said)
    (stray,) = await talk.rows(select(Stray))
    assert stray.state == "closed"
    assert "已经结束" in (await talk.say("w3", "g3", words))[0].text


async def test_a_match_ends_both_and_nobody_hears_it_twice(talk: Talk) -> None:
    await talk.say("r1", "g1", "我妈走丢了，70岁，穿花棉袄，今早从柳树巷走的")
    await talk.say("w1", None, "确认 M1")
    assert "对上 F1 M1" in texts(await talk.say("r4", "g3", STRAY), "@w3")[0]
    said = await talk.say("p1", None, "对上 f1 m1")
    assert {"g1", "g2", "g3", "@w3", "@p1"} <= rooms(said)
    assert all(len(texts(said, room)) == 1 for room in rooms(said))
    (stray,) = await talk.rows(select(Stray))
    assert (stray.state, stray.alert_id) == ("matched", 1)
    assert (await the_alert(talk)).state == "found"
    assert await balanced(talk)


async def test_a_match_with_the_alert_of_another_grid_asks_its_people(talk: Talk) -> None:
    await talk.say("r1", "g1", "我妈走丢了，70岁，穿花棉袄，今早从柳树巷走的")
    await talk.say("w1", None, "确认 M1")
    await talk.say("r4", "g3", STRAY)
    said = await talk.say("w3", None, "对上 F1 M1")
    assert rooms(said) == {"@r1", "@w1", "@w3"}
    assert (await the_alert(talk)).state == "confirmed"


async def test_words_that_quote_the_post_reach_those_who_look_after_it(talk: Talk) -> None:
    post = next(one for one in await talk.say("r4", "g3", STRAY) if one.room == "g3")
    said = await talk.say("r5", "g3", "她说她叫李秀英，家在老粮站", quote=post.ref)
    assert "李秀英" in texts(said, "@w3")[0]
    assert "还在等家人" in texts(await talk.say("r5", "g3", "查 F1"), "g3")[0]

"""Someone is found whose family is unknown."""

from __future__ import annotations

from sqlalchemy import select

from storage.areas import Mode
from storage.matters import Stray
from tests.alerts.town import set_mode
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

"""A second word about the same danger that nobody heard."""

from __future__ import annotations

from tests.harness import Talk, rooms, texts


async def test_a_second_place_that_burns_reaches_those_on_their_way(talk: Talk) -> None:
    await talk.say("r1", "g1", "着火了！3栋着火了快来人")
    said = await talk.say("r2", "g1", "8栋也着火了！快来人救命")
    assert {"@w1", "@l1", "@a1", "@p1", "g1"} == rooms(said)
    assert "8栋" in texts(said, "@w1")[0]
    assert await talk.say("r2", "g1", "8栋着火了啊！快来人救命") == []


async def test_who_reports_the_same_fire_in_private_is_answered(talk: Talk) -> None:
    await talk.say("r1", "g1", "着火了！3栋着火了快来人")
    await talk.say("r2", "g1", "天哪")
    (line,) = await talk.say("r2", None, "3栋着火了，快救命")
    assert line.room == "@r2"
    assert "119" in line.text

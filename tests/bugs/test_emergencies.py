"""A second word about the same danger that nobody heard."""

from __future__ import annotations

import pytest

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


@pytest.mark.parametrize("words", ["没着火", "火灭了", "虚惊一场"])
async def test_of_several_dangers_none_was_asked_after(talk: Talk, words: str) -> None:
    await talk.say("r1", "g1", "着火了！3栋冒黑烟，快来人")
    await talk.say("r3", "g2", "着火了！8栋冒黑烟，快来人")
    said = await talk.say("l1", None, words)
    assert rooms(said) == {"@l1"}
    assert "【事项 1】" in said[0].text and "【事项 2】" in said[0].text and "办结 1" in said[0].text
    said = await talk.say("l1", None, words, quote="2.3")
    assert "【事项 2】已办结" in texts(said, "@l1")[0]
    said = await talk.say("l1", None, words)
    assert "【事项 1】已办结" in texts(said, "@l1")[0]


async def test_no_fire_ended_somebodys_drowning(talk: Talk) -> None:
    await talk.say("r3", "g2", "有人落水了，快救人")
    assert rooms(await talk.say("w2", None, "没着火")) <= {"@w2"}
    assert await talk.say("r2", "g2", "没着火") == []
    await talk.say("r1", "g1", "着火了！3栋冒黑烟，快来人")
    assert "【事项 1】" not in "".join(one.text for one in await talk.say("l1", None, "火灭了"))
    assert "【事项 1】已撤销" in texts(await talk.say("r3", "g2", "看错了，没落水"), "g2")[0]


async def test_who_reported_two_dangers_in_private_is_asked_which_is_over(talk: Talk) -> None:
    await talk.say("r1", None, "着火了！3栋冒黑烟，快来人")
    await talk.say("r1", None, "有人落水了，快救人")
    said = await talk.say("r1", None, "虚惊一场")
    assert rooms(said) == {"@r1"} and "撤销 1" in said[0].text

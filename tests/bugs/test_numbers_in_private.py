"""In private a number that the speaker's group could read is answered, and of any other nothing untrue is said."""

from __future__ import annotations

import pytest

from tests.alerts.town import GRANDPA
from tests.harness import Talk, texts

LAMP = "2号楼路灯坏了，请求修一下"
DISPUTE = "楼上402天天半夜吵架砸东西，跟他说还骂人，能不能来调解一下"


async def answer(talk: Talk, person: str, words: str, room: str | None = None) -> str:
    (text,) = texts(await talk.say(person, room, words), room or f"@{person}")
    return text


@pytest.mark.parametrize(("person", "room"), [("r4", None), ("r4", "g3"), ("r2", None)])
async def test_who_is_sought_in_the_town_is_told_of_by_the_bare_number(
    talk: Talk, person: str, room: str | None
) -> None:
    await talk.say("r1", "g1", GRANDPA)
    await talk.say("w1", None, "确认 M1")
    assert "【寻人 M1】还在找" in await answer(talk, person, "查 1", room)
    assert "查 M1" in await answer(talk, person, "进度 1", room)
    await talk.say("r1", "g1", "找到 M1")
    assert "【寻人 M1】已找到" in await answer(talk, person, "查 1", room)


@pytest.mark.parametrize("words", ["查 1", "进度 1"])
async def test_who_could_not_read_of_it_learns_nothing(talk: Talk, words: str) -> None:
    await talk.say("r1", "g1", GRANDPA)
    hidden = await answer(talk, "r4", words)  # nobody confirmed it yet
    assert hidden == (await answer(talk, "r4", words.replace("1", "77"))).replace("77", "1")
    assert "您能看的里面" in hidden


async def test_a_case_of_the_own_group_is_told_of_and_a_private_one_is_not(talk: Talk) -> None:
    await talk.say("r1", "g1", LAMP)
    await talk.say("r1", "g1", DISPUTE)
    assert "【事项 1】" in await answer(talk, "r2", "进度 1")
    assert "您能看的里面没有找到 2 号" in await answer(talk, "r2", "进度 2")
    assert "您能看的里面没有找到 1 号" in await answer(talk, "r4", "进度 1")


async def test_a_case_goes_before_an_alert_of_the_same_number(talk: Talk) -> None:
    await talk.say("r1", "g1", GRANDPA)
    await talk.say("w1", None, "确认 M1")
    await talk.say("r1", "g1", LAMP)
    assert "【事项 1】" in await answer(talk, "r2", "进度 1")

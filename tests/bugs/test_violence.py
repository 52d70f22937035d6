"""Blows told of, which were read as chat: the worker hears of them in private, the group nothing."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from storage.matters import Case
from tests.harness import Talk, rooms, texts

TOLD = [
    "我老公经常打我",
    "公公家暴婆婆",
    "隔壁男的天天打老婆孩子",
    "我女婿打我闺女",
    "媳妇经常打骂婆婆",
    "儿子把他妈打了",
]


@pytest.mark.parametrize("room", ["g1", None])
@pytest.mark.parametrize("words", TOLD)
async def test_violence_told_of_was_chat(talk: Talk, words: str, room: str | None) -> None:
    said = await talk.say("r1", room, words)
    assert {"@r1", "@w1"} <= rooms(said)
    assert not {"g1", "s1"} & rooms(said)
    assert words in texts(said, "@w1")[0]
    assert await talk.rows(select(Case.quiet)) == [True]


@pytest.mark.parametrize(
    "words", ["老公打我电话没接到", "我妈天天打麻将", "我妈从来不打我", "老师说孩子打了疫苗", "我爸以前经常打我"]
)
async def test_what_only_sounds_like_blows_stays_chat(talk: Talk, words: str) -> None:
    assert await talk.say("r1", "g1", words) == []


async def test_blows_beside_something_worse_are_an_emergency(talk: Talk) -> None:
    said = await talk.say("r1", None, "儿子把他妈打得都是血，晕倒了")
    assert {"@w1", "@l1", "@p1"} <= rooms(said)

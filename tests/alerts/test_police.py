"""报警 M3: the police know of it."""

from __future__ import annotations

import pytest

from tests.alerts.town import GRANDPA, TOWN_ROOMS
from tests.harness import Talk, rooms, texts


@pytest.mark.parametrize(
    ("who", "others"), [("r1", {"g1", "@w1"}), ("w1", {"g1", "@w1"}), ("p1", {"g1", "@w1", "@p1"})]
)
async def test_family_and_workers_hear_it_once_and_the_card_says_so(talk: Talk, who: str, others: set[str]) -> None:
    await talk.say("r1", "g1", GRANDPA)
    said = await talk.say(who, "g1" if who == "r1" else None, "报警 M1")
    assert rooms(said) == others
    assert all(len(texts(said, room)) == 1 for room in others)
    assert "已经记过" in texts(await talk.say("w1", None, "报警 M1"), "@w1")[0]
    said = await talk.say("w1", None, "确认 M1")
    assert all("11-21 12:00 已报警" in text for room in TOWN_ROOMS for text in texts(said, room) if "紧急寻人" in text)
    assert "已报警" in texts(await talk.say("r4", "g3", "查 M1"), "g3")[0]


async def test_who_may_not_and_when_it_is_over(talk: Talk) -> None:
    await talk.say("r1", "g1", GRANDPA)
    assert "110" in texts(await talk.say("r4", None, "报警 M1"), "@r4")[0]
    assert await talk.say("r2", "g1", "报警") == []
    assert await talk.say("r2", "g1", "赶紧报警吧") == []
    await talk.say("w1", None, "确认 M1")
    await talk.say("w1", None, "找到 M1")
    assert "不用再记" in texts(await talk.say("w1", None, "报警 M1"), "@w1")[0]


@pytest.mark.parametrize("words", ["报了 派出所来人了", "报过了", "已经报警了，民警在调监控", "警察来了"])
async def test_the_family_s_answer_to_whether_they_called_the_police(talk: Talk, words: str) -> None:
    await talk.say("r1", "g1", GRANDPA)
    await talk.say("r2", "g1", "报警了没")
    said = await talk.say("r1", "g1", words)
    assert "已报警，记下了" in texts(said, "g1")[0] and not any("事项" in one for one in texts(said, "g1"))

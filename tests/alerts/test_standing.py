"""Until when an alert stands, and what happens when that time runs out."""

from __future__ import annotations

import pytest

from storage.matters import AlertState
from tests.alerts.town import GRANDPA, the_alert
from tests.harness import Talk, rooms, texts


async def run_out(talk: Talk) -> None:
    await talk.say("r1", "g1", GRANDPA)
    await talk.say("w1", None, "确认 M1")
    said = await talk.wait(hours=73)
    for chat in ("@r1", "@w1"):
        assert any("有效期到了" in text for text in texts(said, chat))


async def test_the_card_says_until_when(talk: Talk) -> None:
    await talk.say("r1", "g1", GRANDPA)
    said = await talk.say("w1", None, "确认 M1")
    assert "11-21 12:00 核实，有效到 11-24 12:00" in texts(said, "g2")[0]
    assert "有效到 11-24 12:00" in (await talk.say("r4", "g3", "查 M1"))[0].text


@pytest.mark.parametrize(
    ("person", "room", "words"),
    [("r1", None, "是"), ("w1", None, "是"), ("r1", "g1", "人还没找到"), ("w1", None, "还没找到 M1")],
)
async def test_family_or_worker_say_that_it_goes_on(talk: Talk, person: str, room: str | None, words: str) -> None:
    await run_out(talk)
    before = (await the_alert(talk)).stands_until
    said = await talk.say(person, room, words)
    assert rooms(said) == {room or f"@{person}"} and "有效到 11-27" in said[0].text
    after = (await the_alert(talk)).stands_until
    assert before is not None and after is not None and after > before
    assert await talk.wait(hours=20) == []


async def test_nobody_else_can(talk: Talk) -> None:
    await run_out(talk)
    await talk.say("r3", "g2", "还没找到 M1")
    assert "有效期已过" in (await talk.say("r4", "g3", "查 M1"))[0].text


async def test_without_an_answer_it_is_said_once_and_not_ended(talk: Talk) -> None:
    await run_out(talk)
    said = await talk.wait(hours=24)
    assert rooms(said) == {"g1", "@w1"} and all("没有自动结束" in one.text for one in said)
    assert [one for one in await talk.wait(hours=80) if one.ref.startswith("M1.")] == []
    assert (await the_alert(talk)).state == AlertState.CONFIRMED
    assert "有效期已过" in (await talk.say("r4", "g3", "查 M1"))[0].text


async def test_a_bare_no_is_asked_back(talk: Talk) -> None:
    await run_out(talk)
    assert "找到 M1" in (await talk.say("r1", None, "不是"))[0].text
    assert (await the_alert(talk)).state == AlertState.CONFIRMED


async def test_nobody_is_asked_about_one_that_ended(talk: Talk) -> None:
    await talk.say("r1", "g1", GRANDPA)
    await talk.say("w1", None, "确认 M1")
    await talk.say("w1", None, "找到 M1")
    assert await talk.wait(hours=100) == []

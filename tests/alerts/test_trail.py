"""What was seen of somebody, in order, and how well each clue fits."""

from __future__ import annotations

import pytest

from tests.alerts.town import GRANDPA
from tests.harness import Talk, rooms, texts


async def sought(talk: Talk) -> None:
    await talk.say("r1", "g1", GRANDPA)
    await talk.say("w1", None, "确认 M1")


async def test_a_clue_says_in_what_it_fits(talk: Talk) -> None:
    await sought(talk)
    said = await talk.say("r3", "g2", "线索 M1 菜市场北门看到个穿灰夹克的大爷，往东走了")
    assert "对得上：" in texts(said, "@w1")[0] and "穿着" in texts(said, "@w1")[0]
    await talk.say("r1", "g1", "他走路拄个拐")
    said = await talk.say("r3", "g2", "线索 M1 有个大爷拄拐在看下棋")
    assert "特征" in texts(said, "@w1")[0]


async def test_the_trail_is_in_the_order_of_time(talk: Talk) -> None:
    await sought(talk)
    await talk.say("r4", "g3", "线索 M1 11点在老粮站看到的，穿灰夹克")
    await talk.say("r3", "g2", "线索 M1 10点在菜市场北门看到个穿灰夹克的，往东走")
    lines = texts(await talk.say("w1", None, "线索 M1"), "@w1")[0].splitlines()
    assert "共 2 条线索" in lines[0]
    assert lines[1].startswith("1. ") and "菜市场" in lines[1] and "10:00" in lines[1]
    assert lines[2].startswith("2. ") and "老粮站" in lines[2] and "11:00" in lines[2]
    assert rooms(await talk.say("r2", "g1", "线索 M1")) == {"g1"}


async def test_without_clues_it_says_so(talk: Talk) -> None:
    await sought(talk)
    assert "还没有收到线索" in texts(await talk.say("r1", None, "线索 M1"), "@r1")[0]


@pytest.mark.parametrize(("person", "room"), [("r4", "g3"), ("r5", None), ("w4", None)])
async def test_others_do_not_see_it(talk: Talk, person: str, room: str | None) -> None:
    await sought(talk)
    await talk.say("r3", "g2", "线索 M1 10点在菜市场北门看到个穿灰夹克的，往东走")
    said = await talk.say(person, room, "线索 M1")
    assert rooms(said) == {room or f"@{person}"}
    assert "只给家人和网格员看" in said[0].text and "菜市场" not in said[0].text

"""The same on PostgreSQL: report, confirmation, clue, correction and end."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.alerts.town import CLUE, GRANDPA, TOWN_ROOMS, balanced
from tests.harness import Talk, rooms

pytestmark = pytest.mark.postgres


async def test_the_whole_way(tmp_path: Path, postgres: Callable[[], str]) -> None:
    talk = await Talk(tmp_path, url=postgres()).open()
    await talk.say("r1", "g1", GRANDPA)
    await talk.wait(minutes=4)
    assert rooms(await talk.say("a1", None, "确认")) >= TOWN_ROOMS
    await talk.wait(minutes=1)
    assert "g1" in rooms(await talk.say("r4", "g3", CLUE))
    await talk.say("r1", "g1", "他叫王建国")
    assert rooms(await talk.wait(minutes=1)) == TOWN_ROOMS
    await talk.say("r3", "g2", "查 M1")
    assert rooms(await talk.say("p1", None, "找到 M1")) >= TOWN_ROOMS
    assert await balanced(talk)
    await talk.close()

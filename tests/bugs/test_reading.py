"""Messages that were read wrongly once."""

from __future__ import annotations

import pytest

from tests.harness import Talk, rooms


@pytest.mark.parametrize("words", ["我家没电了", "家里没电了", "我们楼没电了"])
async def test_no_power_at_home_was_chat(talk: Talk, words: str) -> None:
    await talk.say("r1", "g1", "出租两室一厅")
    assert "g1" in rooms(await talk.say("r1", "g1", words))


async def test_an_empty_phone_is_no_power_cut(talk: Talk) -> None:
    assert await talk.say("r1", "g1", "手机没电了") == []

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


async def test_an_accused_official_was_shown_in_the_group(talk: Talk) -> None:
    said = await talk.say("r1", "g1", "我要举报村支书贪污")
    assert "g1" not in rooms(said)
    assert "@w1" not in rooms(said)
    assert "@r1" in rooms(said)


async def test_just_now_hid_the_hour_and_half_of_it_was_the_age(talk: Talk) -> None:
    said = await talk.say("r1", "g1", "我妈刚才11点从菜市场走丢了，68岁，花棉袄")
    assert all("女，68岁" in one.text and "11:00左右，菜市场" in one.text for one in said)


async def test_where_the_family_searches_was_the_place(talk: Talk) -> None:
    await talk.say("r1", "g1", "我妈不见了，73岁，穿睡衣")
    await talk.say("r1", "g1", "我们在楼下找")
    assert not any("楼下找" in one.text for one in await talk.wait(minutes=1))


async def test_the_hour_was_taken_for_the_age(talk: Talk) -> None:
    (text, _) = [one.text for one in await talk.say("r1", "g1", "我奶奶走丢了，穿红棉袄，11点走的") if one.room][::-1]
    assert "11岁" not in text
    assert "11:00" in text

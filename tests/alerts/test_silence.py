"""A group that is silent while a card goes out gets it once the silence is lifted."""

from __future__ import annotations

from pathlib import Path

from tests.alerts.town import GRANDPA, MOTHER, TOWN_ROOMS, balanced, paced
from tests.harness import Output, Talk, rooms, texts


def cards(said: list[Output]) -> list[str]:
    """The groups that got a card."""
    return sorted(one.room for one in said if "紧急寻人" in one.text)


async def test_what_was_confirmed_in_a_silent_town_is_sent_when_it_may_be(talk: Talk) -> None:
    await talk.say("t1", "s1", "模式 静默 全镇")
    await talk.say("r3", "g2", MOTHER)
    said = await talk.say("w2", None, "确认")
    assert "现在没有能发的群，另有 3 个群设了静默。静默解除后马上补发。" in texts(said, "@w2")[0]
    await talk.wait(minutes=1)
    assert "没有能发的群" in texts(await talk.say("w2", None, "确认 M1"), "@w2")[0]
    said = await talk.say("t1", "s1", "模式 恢复 全镇")
    assert "正在补发寻人卡片" in texts(said, "s1")[0]
    assert cards(said) == sorted(TOWN_ROOMS)
    assert "已发到 3 个群" in texts(await talk.wait(minutes=10), "g2")[0]
    assert "已经在发了" in texts(await talk.say("w2", None, "确认 M1"), "@w2")[0]
    assert cards(await talk.say("t1", "s1", "模式 正式 全镇")) == []
    await talk.say("w2", None, "找到 M1")
    assert await balanced(talk)


async def test_one_group_catches_up_once_and_with_what_is_known_by_then(talk: Talk) -> None:
    await talk.say("w3", "g3", "模式 静默")
    await talk.say("r1", "g1", GRANDPA)
    await talk.say("w1", None, "确认")
    await talk.wait(minutes=5)
    await talk.say("r1", "g1", "不是灰夹克，是黑夹克")
    await talk.wait(minutes=5)
    said = await talk.say("w3", "g3", "模式 试点")
    assert cards(said) == ["g3"]
    assert "黑夹克" in texts(said, "g3")[-1] or "黑夹克" in texts(said, "g3")[-2]
    await talk.say("w3", "g3", "模式 静默")
    assert cards(await talk.say("w3", "g3", "模式 正式")) == []
    assert "g3" in rooms(await talk.say("r1", "g1", "找到了"))
    assert await balanced(talk)


async def test_a_card_that_was_taken_back_on_its_way_is_sent_after_all(tmp_path: Path) -> None:
    talk = await paced(tmp_path, 60)
    await talk.say("r1", "g1", GRANDPA)
    await talk.wait(minutes=2)
    await talk.say("w1", None, "确认 M1")
    await talk.say("t1", None, "模式 静默 全镇")
    await talk.wait(minutes=10)
    await talk.say("t1", None, "模式 恢复 全镇")
    await talk.wait(minutes=20)
    assert cards(talk.outputs) == sorted(TOWN_ROOMS)
    await talk.say("r1", "g1", "找到了")
    await talk.wait(minutes=20)
    assert await balanced(talk)
    await talk.close()


async def test_nobody_catches_up_on_who_is_found_or_not_confirmed(talk: Talk) -> None:
    await talk.say("w3", "g3", "模式 静默")
    await talk.say("r1", "g1", GRANDPA)
    await talk.say("r3", "g2", MOTHER)
    await talk.say("w1", None, "确认 M1")
    await talk.say("w1", None, "找到 M1")
    assert cards(await talk.say("w3", "g3", "模式 正式")) == []


async def test_a_group_that_missed_that_it_goes_on_hears_it_after_the_silence(talk: Talk) -> None:
    await talk.say("r1", "g1", GRANDPA)
    await talk.say("w1", None, "确认 M1")
    await talk.say("w3", "g3", "模式 静默")
    assert "g3" in rooms(await talk.say("w1", None, "误报 M1"))
    said = await talk.say("w1", None, "还没找到 M1")
    assert "正在告诉 2 个群" in texts(said, "@w1")[0]
    assert "还没有找到" in texts(await talk.say("w3", "g3", "模式 正式"), "g3")[1]
    await talk.say("w3", "g3", "模式 静默")
    assert len(texts(await talk.say("w3", "g3", "模式 正式"), "g3")) == 1
    assert "g3" in rooms(await talk.say("w1", None, "找到 M1"))
